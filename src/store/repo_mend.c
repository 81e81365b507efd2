/*
 * What may be wrong with .git itself, looked at and mended file by file, before libgit2 opens it.
 * What is in the way is moved to .recovery; nothing is deleted.
 */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>

#include "base/file.h"
#include "store/mended.h"
#include "store/quarantine.h"
#include "store/repo_private.h"

struct mending {
	int directory;
	bool fix;
	repo_tell *tell;
	void *context;
};

static void tell(const struct mending *mending, const char *what, int err)
{
	mending->tell(mending->context, what, !mending->fix ? 0 : err < 0 ? err : 1);
}

static void mend_directory(const struct mending *mending, const char *path)
{
	char what[128];
	struct stat st;
	int err = file_stat(mending->directory, path, &st);

	if ((err == 0 && S_ISDIR(st.st_mode)) || (err < 0 && err != -ENOENT && !file_is_odd(err)))
		return;
	if (err == -ENOENT)
		snprintf(what, sizeof(what), "%s is missing", path);
	else
		snprintf(what, sizeof(what), "%s is no directory", path);
	tell(mending, what, mending->fix ? quarantine_make_directory(mending->directory, path) : 0);
}

static bool is_id(const char *text, size_t length)
{
	return length == OBJECT_ID_HEX && strspn(text, "0123456789abcdef") >= OBJECT_ID_HEX;
}

/*
 * A file of less than 300 bytes, with zeros behind it. Its length, 0 when it is none, or empty, or
 * why that cannot be told. Takes no memory.
 */
static ssize_t read_small(int directory, const char *path, char bytes[300])
{
	cleanup_fd int fd = file_open_beneath(directory, path, O_RDONLY, 0);
	struct stat st;
	int err;

	memset(bytes, 0, 300);
	if (fd < 0)
		return fd == -ENOENT || file_is_odd(fd) ? 0 : fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (st.st_size >= 300)
		return 0;
	err = file_read_at(fd, bytes, 300, 0);
	return err < 0 ? err : (ssize_t)st.st_size;
}

/* A file of one line without its end: 1, 0 when it cannot be one, or why that cannot be told. */
static int read_one_line(int directory, const char *path, char line[300])
{
	ssize_t whole = read_small(directory, path, line);
	size_t length = whole > 0 ? strcspn(line, "\n") : 0;

	if (whole < 0)
		return (int)whole;
	if ((size_t)whole - length > 1 || length == 0)
		return 0;
	line[length] = '\0';
	return 1;
}

static int is_branch_file(const struct dirent *entry)
{
	return entry->d_name[0] != '.' && !strchr(entry->d_name, ' ');
}

/* The branch HEAD must have named: main, or the only one there is. */
static void guess_branch(int directory, char branch[300])
{
	struct dirent **names;
	int count = file_scan(directory, ".git/refs/heads", &names, is_branch_file, alphasort);
	struct stat st;

	snprintf(branch, 300, "main");
	if (count == 1 && file_stat(directory, ".git/refs/heads/main", &st) < 0)
		snprintf(branch, 300, "%s", names[0]->d_name);
	for (int i = 0; i < count; i++)
		free(names[i]);
	if (count >= 0)
		free(names);
}

/*
 * "ref: refs/heads/…" or an id; git ends the line, so without its end it was cut. One that cannot
 * be read for now is not bad.
 */
static bool head_is_good(int directory)
{
	char line[300], whole[300];
	int read = read_one_line(directory, ".git/HEAD", line);

	if (read <= 0)
		return read < 0;
	if (read_small(directory, ".git/HEAD", whole) != (ssize_t)strlen(line) + 1)
		return false;
	return is_id(line, strlen(line)) ||
	       (strncmp(line, "ref: refs/heads/", 16) == 0 && line[16]);
}

static void mend_head(const struct mending *mending)
{
	char branch[300], text[320];
	struct stat st;
	bool there = file_stat(mending->directory, ".git/HEAD", &st) == 0;
	int err = 0;

	if (there && head_is_good(mending->directory))
		return;
	if (mending->fix && there)
		err = quarantine(mending->directory, ".git/HEAD");
	if (mending->fix && err == 0) {
		guess_branch(mending->directory, branch);
		snprintf(text, sizeof(text), "ref: refs/heads/%s\n", branch);
		err = file_create_synced(mending->directory, ".git/HEAD", text, strlen(text));
	}
	tell(mending, there ? ".git/HEAD leads nowhere" : ".git/HEAD is missing", err);
}

/* Lines of packed-refs: a comment, "ID NAME", or "^ID". */
static bool is_packed_line(const char *line, size_t length)
{
	if (*line == '#')
		return true;
	if (*line == '^')
		return is_id(line + 1, length - 1);
	return length > OBJECT_ID_HEX + 6 && is_id(line, OBJECT_ID_HEX) &&
	       strncmp(line + OBJECT_ID_HEX, " refs/", 6) == 0;
}

static void mend_packed_refs(const struct mending *mending)
{
	cleanup_buf struct buf text = {0};
	bool whole = true;
	int err = file_read(mending->directory, ".git/packed-refs", 64u << 20, &text, NULL);

	if (err < 0 && !file_is_odd(err)) /* which says nothing against it */
		return;
	if (err == 0)
		whole = !memchr(buf_text(&text), '\0', text.length);
	for (const char *at = buf_text(&text); err == 0 && whole && *at;) {
		size_t length = strcspn(at, "\n");

		whole = is_packed_line(at, length);
		at += length + (at[length] == '\n');
	}
	if (err == 0 && whole)
		return;
	tell(mending, ".git/packed-refs cannot be read",
	     mending->fix ? quarantine(mending->directory, ".git/packed-refs") : 0);
}

/* Values that git must understand before it does anything. */
static bool has_good_values(const git_config *config)
{
	static const char *const keys[] = {"core.filemode", "core.bare", "core.logallrefupdates",
					   "core.autocrlf", "extensions.preciousobjects"};
	git_config *snapshot = NULL;
	bool good = git_config_snapshot(&snapshot, (git_config *)config) == 0;

	for (size_t i = 0; good && i < ARRAY_SIZE(keys); i++) {
		const char *value;
		int truth;

		good = git_config_get_string(&value, snapshot, keys[i]) < 0 ||
		       streq(value, "input") || git_config_parse_bool(&truth, value) == 0;
	}
	git_config_free(snapshot);
	return good;
}

/* A directory where HEAD's branch must be: recovery knows what that was. */
static void mend_branch(const struct mending *mending)
{
	char line[300], path[320];
	struct stat st;

	if (read_one_line(mending->directory, ".git/HEAD", line) != 1 ||
	    strncmp(line, "ref: refs/heads/", 16) != 0)
		return;
	snprintf(path, sizeof(path), ".git/%s", line + 5);
	if (file_stat(mending->directory, path, &st) == 0 && S_ISDIR(st.st_mode))
		tell(mending, "HEAD's branch is a directory",
		     mending->fix ? quarantine(mending->directory, path) : 0);
}

static bool config_is_read(int directory)
{
	char link[64], path[PATH_MAX + 16];
	cleanup_buf struct buf text = {0};
	git_config *config = NULL;
	ssize_t length;
	bool good;
	int err = file_read(directory, ".git/config", 1u << 20, &text, NULL);

	if ((err < 0 && !file_is_odd(err)) || repo_config_includes(directory))
		return true; /* nothing is known against it, or it must not be followed */
	if (err < 0 || memchr(buf_text(&text), '\0', text.length))
		return false; /* git reads no NUL, libgit2 passes over it */
	snprintf(link, sizeof(link), "/proc/self/fd/%d", directory);
	length = readlink(link, path, PATH_MAX - 1);
	if (length <= 0)
		return true;
	snprintf(path + length, 16, "/.git/config");
	good = git_config_open_ondisk(&config, path) == 0 && has_good_values(config);
	git_config_free(config);
	return good;
}

static void mend_config(const struct mending *mending)
{
	struct stat st;
	bool there = file_stat(mending->directory, ".git/config", &st) == 0;
	int err = 0;

	if (!there && errno != ENOENT)
		return;
	if (there && S_ISREG(st.st_mode) && config_is_read(mending->directory))
		return;
	if (mending->fix && there)
		err = quarantine(mending->directory, ".git/config");
	if (mending->fix && err == 0)
		err = file_create_synced(mending->directory, ".git/config", repo_new_config,
					 strlen(repo_new_config));
	tell(mending, ".git/config cannot be read", err);
}

/* The index is a cache: without one it is made anew. */
static void mend_index(const struct mending *mending)
{
	struct stat st;

	if (file_stat(mending->directory, ".git/index", &st) < 0 || S_ISREG(st.st_mode))
		return;
	tell(mending, ".git/index is no plain file",
	     mending->fix ? quarantine(mending->directory, ".git/index") : 0);
}

/* A branch or tag that holds no id; of HEAD's own branch recovery knows what it was. */
static void mend_refs(const struct mending *mending, const char *directory)
{
	struct dirent **names;
	int count = file_scan(mending->directory, directory, &names, is_branch_file, alphasort);

	for (int i = 0; i < count; i++) {
		char path[320], what[360], line[300];
		struct stat st;
		int read;

		snprintf(path, sizeof(path), "%s/%s", directory, names[i]->d_name);
		free(names[i]);
		if (file_stat(mending->directory, path, &st) < 0 || S_ISDIR(st.st_mode) ||
		    strstr(path, ".lock"))
			continue;
		read = read_one_line(mending->directory, path, line);
		if (read < 0 ||
		    (read && (is_id(line, strlen(line)) || strncmp(line, "ref: ", 5) == 0)))
			continue;
		snprintf(what, sizeof(what), "%s holds no commit", path);
		tell(mending, what, mending->fix ? quarantine(mending->directory, path) : 0);
	}
	if (count >= 0)
		free(names);
}

void repo_mend(int directory, bool fix, repo_tell *told, void *context)
{
	static const char *const directories[] = {
		".git/objects", ".git/objects/info", ".git/objects/pack",
		".git/refs",	".git/refs/heads",   ".git/refs/tags",
	};
	const struct mending mending = {
		.directory = directory, .fix = fix, .tell = told, .context = context};
	struct stat st;

	if (file_stat(directory, ".git", &st) < 0 || !S_ISDIR(st.st_mode))
		return; /* none, or a link that is never followed */
	repo_start_library();
	for (size_t i = 0; i < ARRAY_SIZE(directories); i++)
		mend_directory(&mending, directories[i]);
	mend_head(&mending);
	mend_config(&mending);
	mend_index(&mending);
	mend_packed_refs(&mending);
	mend_branch(&mending);
	mend_refs(&mending, ".git/refs/heads");
	mend_refs(&mending, ".git/refs/tags");
	mend_refs(&mending, ".git/refs/proposals");
}

/* ---- objects */

static int mend_object(void *context, const struct object_id *id)
{
	const struct mending *mending = context;
	char hex[OBJECT_ID_HEX + 1], what[96];
	struct helios_error why = {0};
	bool there, whole, present;
	int err = repo_look_at_object(mending->directory, id, &there, &whole, &why);

	if (err == 0 && (!there || whole))
		return 0;
	object_id_format(id, hex);
	snprintf(what, sizeof(what), "the object %.12s is %s", hex,
		 err < 0 ? "unreadable" : "damaged");
	if (err == 0 && mending->fix)
		err = repo_check_object(mending->directory, id, &present, &why);
	tell(mending, what, err);
	return 0;
}

void repo_tell_mended(void *context, const char *what, int outcome)
{
	(void)context;
	if (outcome == 1)
		mended_tell("%s; mended", what);
}

void repo_mend_objects(int directory, bool fix, repo_tell *told, void *context)
{
	struct mending mending = {
		.directory = directory, .fix = fix, .tell = told, .context = context};

	repo_each_loose(directory, LOOSE_FAN_OUTS, mend_object, &mending);
}
