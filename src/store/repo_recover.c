/*
 * What a dead writer or a power cut can leave in .git, found and mended without libgit2, which
 * would loop for ever on a truncated loose object. Moves aside, never deletes, what holds data.
 */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <zlib.h>

#include "base/file.h"
#include "store/repo_private.h"

#define LIMIT_LOOSE_OBJECT (64u << 20) /* bytes after inflating */

const char *repo_busy(int directory)
{
	static const struct {
		const char *path, *what;
	} signs[] = {
		{".git/MERGE_HEAD", "a merge"},
		{".git/rebase-merge", "a rebase"},
		{".git/rebase-apply", "a rebase"},
		{".git/CHERRY_PICK_HEAD", "a cherry-pick"},
		{".git/REVERT_HEAD", "a revert"},
		{".git/BISECT_LOG", "a bisect"},
		{".git/index.lock", "another git program (index.lock)"},
	};
	struct stat st;

	for (size_t i = 0; i < ARRAY_SIZE(signs); i++)
		if (fstatat(directory, signs[i].path, &st, AT_SYMLINK_NOFOLLOW) == 0)
			return signs[i].what;
	return NULL;
}

/*
 * Whether a process has a file with this inode number open. Only fdinfo is read: following or
 * reading the links of /proc/ID/fd waits while ID is in execve, which may be waiting for us.
 */
static bool has_open(int process, ino_t inode)
{
	int fd = openat(process, "fdinfo", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *fds = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;
	bool found = false;

	if (!fds && fd >= 0)
		close(fd);
	while (fds && !found && (entry = readdir(fds))) {
		char text[1024] = "";
		cleanup_fd int info = openat(dirfd(fds), entry->d_name, O_RDONLY | O_CLOEXEC);
		const char *line;

		if (info < 0 || read(info, text, sizeof(text) - 1) <= 0)
			continue;
		line = strstr(text, "\nino:");
		found = line && strtoull(line + 5, NULL, 10) == inode;
	}
	if (fds)
		closedir(fds);
	return found;
}

/* A running git works in the top directory of its work tree, even while no file is open. */
static bool is_git_in(int process, const char *home)
{
	char name[32] = "", cwd[PATH_MAX];
	cleanup_fd int fd = openat(process, "comm", O_RDONLY | O_CLOEXEC);
	ssize_t length;

	if (fd < 0 || read(fd, name, sizeof(name) - 1) <= 0 || strncmp(name, "git", 3) != 0)
		return false;
	length = readlinkat(process, "cwd", cwd, sizeof(cwd) - 1);
	cwd[length > 0 ? length : 0] = '\0';
	return streq(cwd, home);
}

static bool real_path(int directory, char path[PATH_MAX])
{
	char link[64];
	ssize_t length;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", directory);
	length = readlink(link, path, PATH_MAX - 1);
	path[length > 0 ? length : 0] = '\0';
	return length > 0;
}

/* True while some process may still want the lock: it has it open, or is a git at work here. */
static bool is_alive(int home, ino_t lock)
{
	char path[PATH_MAX];
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	bool alive = !proc || !real_path(home, path);

	while (!alive && (entry = readdir(proc))) {
		cleanup_fd int process = -1;

		if (entry->d_name[0] < '1' || entry->d_name[0] > '9')
			continue;
		process = openat(dirfd(proc), entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		alive = process >= 0 && (has_open(process, lock) || is_git_in(process, path));
	}
	if (proc)
		closedir(proc);
	return alive;
}

/* A second name for the committed file is link + unlink cut in two: the work itself is done. */
static void clear_lock(int home, int directory, const char *path)
{
	struct stat st;

	if (fstatat(directory, path, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode))
		return;
	if (st.st_nlink > 1 || !is_alive(home, st.st_ino))
		unlinkat(directory, path, 0);
}

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), tail = strlen(end);

	return length >= tail && streq(text + length - tail, end);
}

/* Unlinks what a test accepts in one directory of .git. */
static void clear_directory(int directory, const char *path, bool temporaries)
{
	int fd = file_open_beneath(directory, path, O_RDONLY | O_DIRECTORY, 0);
	DIR *stream = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;

	if (!stream && fd >= 0)
		close(fd);
	while (stream && (entry = readdir(stream))) {
		if (temporaries ? strncmp(entry->d_name, "tmp_helios_", 11) == 0
				: ends_with(entry->d_name, ".lock"))
			clear_lock(directory, dirfd(stream), entry->d_name);
	}
	if (stream)
		closedir(stream);
}

int repo_clear_leftovers(int directory, struct helios_error *error)
{
	(void)error;
	clear_directory(directory, ".git", false);
	clear_directory(directory, ".git/refs/heads", false);
	clear_directory(directory, ".git/refs/tags", false);
	clear_directory(directory, ".git/objects", true);
	return 0;
}

/* Inflates a whole loose object; false when it is truncated or not zlib's. */
static bool inflate_object(const struct buf *packed, struct buf *out)
{
	unsigned char block[65536];
	z_stream stream = {.next_in = (unsigned char *)packed->data,
			   .avail_in = (unsigned)packed->length};
	int state;

	if (packed->length == 0 || inflateInit(&stream) != Z_OK)
		return false;
	do {
		stream.next_out = block;
		stream.avail_out = sizeof(block);
		state = inflate(&stream, Z_NO_FLUSH);
		buf_add(out, block, sizeof(block) - stream.avail_out);
	} while (state == Z_OK && out->length <= LIMIT_LOOSE_OBJECT);
	inflateEnd(&stream);
	return state == Z_STREAM_END && !out->failed;
}

static bool object_is_whole(const struct buf *packed, const struct object_id *id)
{
	static const struct {
		const char *name;
		git_object_t type;
	} types[] = {
		{"blob ", GIT_OBJECT_BLOB},
		{"tree ", GIT_OBJECT_TREE},
		{"commit ", GIT_OBJECT_COMMIT},
	};
	cleanup_buf struct buf object = {0};
	git_oid actual;

	if (!inflate_object(packed, &object))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		size_t prefix = strlen(types[i].name),
		       header = strnlen(object.data, object.length) + 1;

		if (strncmp(object.data, types[i].name, prefix) != 0 || header > object.length)
			continue;
		if (strtoull(object.data + prefix, NULL, 10) != object.length - header)
			return false;
		git_odb_hash(&actual, object.data + header, object.length - header, types[i].type);
		return git_oid_equal(&actual, as_oid(id));
	}
	return false;
}

int repo_check_object(int directory, const struct object_id *id, bool *ret_present,
		      struct helios_error *error)
{
	cleanup_buf struct buf packed = {0};
	char hex[OBJECT_ID_HEX + 1], path[80], aside[80];
	int err;

	object_id_format(id, hex);
	snprintf(path, sizeof(path), ".git/objects/%.2s/%s", hex, hex + 2);
	err = file_read(directory, path, LIMIT_LOOSE_OBJECT, &packed, NULL);
	*ret_present = false;
	if (err == -ENOENT)
		return 0; /* packed, or never written */
	if (err < 0)	  /* an errno is no evidence of corruption */
		return helios_fail_errno(error, -err, path, "cannot check an object");
	*ret_present = object_is_whole(&packed, id);
	if (*ret_present)
		return 0;
	snprintf(aside, sizeof(aside), ".recovery/object-%s", hex);
	if (renameat(directory, path, directory, aside) < 0)
		return helios_fail_errno(error, errno, path, "cannot set a damaged object aside");
	return 0;
}

/* ---- HEAD */

#define BRANCH "refs/heads/main"

/* A small file of .git without its line's end; "" and *ret_there false when it is missing. */
static int read_line(struct repo *repo, const char *name, char line[300], bool *ret_there,
		     struct helios_error *error)
{
	cleanup_buf struct buf text = {0};
	char path[320];
	int err;

	snprintf(path, sizeof(path), ".git/%s", name);
	err = file_read(repo->directory, path, 299, &text, NULL);
	line[0] = '\0';
	*ret_there = err != -ENOENT;
	if (err == -ENOENT || err == -EFBIG)
		return 0;
	if (err < 0)
		return helios_fail_errno(error, -err, path, "cannot read %s", path);
	if (text.length && !memchr(text.data, '\0', text.length))
		memcpy(line, text.data, text.length + 1);
	line[strcspn(line, "\n")] = '\0';
	return 0;
}

/* The ref HEAD leads to, "" when HEAD holds an id itself; *ret_damaged when it is neither. */
static int read_head_file(struct repo *repo, char ref[300], bool *ret_damaged,
			  struct helios_error *error)
{
	char line[300];
	struct object_id id;
	bool there;
	int err = read_line(repo, "HEAD", line, &there, error);

	*ret_damaged =
		err == 0 && strncmp(line, "ref: refs/", 10) != 0 && !object_id_parse(line, &id);
	snprintf(ref, 300, "%s", strncmp(line, "ref: ", 5) == 0 ? line + 5 : "");
	return err;
}

static int check_tree(struct repo *repo, const git_oid *id, bool below, bool *ret_whole,
		      struct helios_error *error)
{
	git_tree *tree = NULL;
	bool present;
	int err = repo_check_object(repo->directory, (const struct object_id *)id, &present, error);

	if (err < 0)
		return err;
	*ret_whole = *ret_whole && (present || git_odb_exists(repo->odb, id));
	if (!*ret_whole || git_tree_lookup(&tree, repo->git, id) < 0) {
		*ret_whole = false;
		return 0;
	}
	for (size_t i = 0; below && err == 0 && *ret_whole && i < git_tree_entrycount(tree); i++) {
		const git_tree_entry *entry = git_tree_entry_byindex(tree, i);

		if (git_tree_entry_type(entry) == GIT_OBJECT_TREE)
			err = check_tree(repo, git_tree_entry_id(entry), false, ret_whole, error);
	}
	git_tree_free(tree);
	return err;
}

int repo_check_commit(struct repo *repo, const struct object_id *id, bool *ret_whole,
		      struct helios_error *error)
{
	REPO_LOCK(repo);
	git_commit *commit = NULL;
	bool present;
	int err = repo_check_object(repo->directory, id, &present, error);

	*ret_whole = err == 0 && (present || git_odb_exists(repo->odb, as_oid(id)));
	if (!*ret_whole)
		return err;
	if (git_commit_lookup(&commit, repo->git, as_oid(id)) < 0) {
		*ret_whole = false;
		return 0;
	}
	err = check_tree(repo, git_commit_tree_id(commit), true, ret_whole, error);
	git_commit_free(commit);
	return err;
}

int repo_last_move(struct repo *repo, struct object_id *ret_from, struct object_id *ret_to,
		   struct helios_error *error)
{
	cleanup_buf struct buf log = {0};
	const char *line;
	char hex[2][OBJECT_ID_HEX + 1];
	int err = file_read(repo->directory, ".git/logs/HEAD", LIMIT_LOOSE_OBJECT, &log, NULL);

	memset(ret_from, 0, sizeof(*ret_from));
	memset(ret_to, 0, sizeof(*ret_to));
	if (err == -ENOENT || err == -EFBIG)
		return 0;
	if (err < 0)
		return helios_fail_errno(error, -err, ".git/logs/HEAD", "cannot read the reflog");
	if (log.length && log.data[log.length - 1] == '\n')
		log.data[--log.length] = '\0';
	line = memrchr(buf_text(&log), '\n', log.length);
	line = line ? line + 1 : buf_text(&log);
	if (sscanf(line, "%40[0-9a-f] %40[0-9a-f] ", hex[0], hex[1]) == 2 &&
	    (!object_id_parse(hex[0], ret_from) || !object_id_parse(hex[1], ret_to)))
		memset(ret_to, 0, sizeof(*ret_to));
	return 0;
}

int repo_examine_head(struct repo *repo, struct object_id *ret, bool *ret_damaged,
		      struct helios_error *error)
{
	char ref[300], line[300];
	bool whole, there = false;
	int err = read_head_file(repo, ref, ret_damaged, error);

	memset(ret, 0, sizeof(*ret));
	if (err == 0 && !*ret_damaged && *ref)
		err = read_line(repo, ref, line, &there, error);
	if (err < 0 || *ret_damaged)
		return err;
	if (there && !object_id_parse(line, ret)) {
		*ret_damaged = true;
		return 0;
	}
	err = repo_head(repo, ret, error); /* also of a packed branch */
	if (err < 0 || object_id_is_zero(ret))
		return err;
	err = repo_check_commit(repo, ret, &whole, error);
	*ret_damaged = err == 0 && !whole;
	if (*ret_damaged)
		memset(ret, 0, sizeof(*ret));
	return err;
}

/* A file of .git with one line, put in place as a whole. */
static int put_line(struct repo *repo, const char *name, const char *line,
		    struct helios_error *error)
{
	char path[320], lock[328];
	int err;

	snprintf(path, sizeof(path), ".git/%s", name);
	snprintf(lock, sizeof(lock), "%s.lock", path);
	err = file_create(repo->directory, lock, line, strlen(line));
	if (err == 0 && renameat(repo->directory, lock, repo->directory, path) < 0)
		err = -errno;
	return err < 0 ? helios_fail_errno(error, -err, path, "cannot mend %s", path) : 0;
}

int repo_reset_head(struct repo *repo, const struct object_id *commit, struct helios_error *error)
{
	char ref[300], line[OBJECT_ID_HEX + 2];
	bool damaged;
	int err = read_head_file(repo, ref, &damaged, error);

	if (err == 0 && damaged) {
		snprintf(ref, sizeof(ref), BRANCH);
		err = put_line(repo, "HEAD", "ref: " BRANCH "\n", error);
	}
	if (err < 0)
		return err;
	object_id_format(commit, line);
	line[OBJECT_ID_HEX] = '\n';
	line[OBJECT_ID_HEX + 1] = '\0';
	return put_line(repo, *ref ? ref : "HEAD", line, error);
}
