/*
 * Opening and making the home's repository, and its HEAD. A repository is made by hand: five
 * small files, complete before the rename shows them, where libgit2 would leave probe files.
 */
#include <fcntl.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/harden.h"
#include "base/limits.h"
#include "store/repo_private.h"

/* Bytes libgit2 may keep: of packs mapped at once, in one piece, and of parsed objects. */
#define MAPPED_LIMIT (16u << 20)
#define MAPPED_WINDOW (1u << 20)
#define CACHE_LIMIT (8 << 20)

static pthread_once_t library_once = PTHREAD_ONCE_INIT;

static void *init_unread(void *ret)
{
	harden_from_reading();
	*(int *)ret = git_libgit2_init();
	return NULL;
}

/*
 * libgit2 begins by parsing every certificate the system trusts, for a network that it never sees
 * here: most of the time a command would take. Where it can read none it does without.
 */
static void init_library(void)
{
	pthread_t thread;
	int done = 0;
	bool begun = pthread_create(&thread, NULL, init_unread, &done) == 0;

	if (begun)
		pthread_join(thread, NULL);
	if (begun && done >= 0)
		return;
	if (begun) /* it counts attempts: only from none it begins anew */
		git_libgit2_shutdown();
	git_libgit2_init();
}

static void start_library(void)
{
	static const char *extensions[] = {"preciousobjects"};

	init_library();
	for (int level = GIT_CONFIG_LEVEL_PROGRAMDATA; level <= GIT_CONFIG_LEVEL_GLOBAL; level++)
		git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, level, "");
	git_libgit2_opts(GIT_OPT_SET_EXTENSIONS, extensions, ARRAY_SIZE(extensions));
	git_libgit2_opts(GIT_OPT_SET_MWINDOW_SIZE, (size_t)MAPPED_WINDOW);
	git_libgit2_opts(GIT_OPT_SET_MWINDOW_MAPPED_LIMIT, (size_t)MAPPED_LIMIT);
	git_libgit2_opts(GIT_OPT_SET_CACHE_MAX_SIZE, (ssize_t)CACHE_LIMIT);
}

void repo_start_library(void)
{
	pthread_once(&library_once, start_library);
}

int repo_no_memory(void)
{
	git_error_set_oom();
	return GIT_ERROR;
}

/* errno may be another's by now; the message holds what was said of it. */
static bool is_memory(const git_error *last)
{
	return last && (last->klass == GIT_ERROR_NOMEMORY ||
			(last->klass == GIT_ERROR_OS && last->message &&
			 ends_with(last->message, strerror(ENOMEM))));
}

int repo_fail(struct helios_error *error, int code, const char *what)
{
	const git_error *last = git_error_last();
	const char *text = last && last->message ? last->message : "unknown error";

	if (code == GIT_ELOCKED)
		return helios_fail(error, HELIOS_GIT_BUSY, NULL,
				   "another git program works in the home; try again",
				   "cannot %s: %s", what, text);
	if (is_memory(last))
		return helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "cannot %s", what);
	if (last && last->klass == GIT_ERROR_OS &&
	    (errno == ENOSPC || errno == EROFS || errno == EDQUOT || errno == EACCES ||
	     errno == EIO || errno == EMFILE || errno == ENFILE))
		return helios_fail_errno(error, errno, ".git", "cannot %s", what);
	return helios_fail(error, HELIOS_GIT_DAMAGED, NULL, NULL, "cannot %s: %s", what, text);
}

bool repo_config_includes(int directory)
{
	cleanup_buf struct buf text = {0};

	return file_read(directory, ".git/config", LIMIT_TEXT, &text, NULL) == 0 &&
	       strcasestr(buf_text(&text), "[include");
}

static int is_no_file(const struct dirent *entry)
{
	return entry->d_type != DT_REG && entry->d_type != DT_UNKNOWN && entry->d_name[0] != '.';
}

/* libgit2 opens what is there, and waits for a pipe. */
static int check_packs(int directory, struct helios_error *error)
{
	static const char *const directories[] = {".git/objects/pack", ".git/objects/info"};

	for (size_t i = 0; i < ARRAY_SIZE(directories); i++) {
		struct dirent **names;
		int count = file_scan(directory, directories[i], &names, is_no_file, alphasort);

		for (int j = 0; j < count; j++)
			free(names[j]);
		if (count >= 0)
			free(names);
		if (count > 0)
			return helios_fail(error, HELIOS_GIT_UNSAFE,
					   &(struct helios_place){.file = directories[i]}, NULL,
					   "%s holds what is no plain file", directories[i]);
	}
	return 0;
}

/* Files that make git read another repository's objects, refs or settings. */
static int check_elsewhere(int directory, struct helios_error *error)
{
	static const struct {
		const char *path, *hint;
	} files[] = {
		{".git/commondir", NULL},
		{".git/objects/info/alternates",
		 "'git repack -a -d' in the home copies what it leads to; then remove it"},
	};
	struct stat st;

	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		if (file_stat(directory, files[i].path, &st) == 0)
			return helios_fail(error, HELIOS_GIT_UNSAFE,
					   &(struct helios_place){.file = files[i].path},
					   files[i].hint, "%s sends git to another repository",
					   files[i].path);
	if (repo_config_includes(directory))
		return helios_fail(error, HELIOS_GIT_UNSAFE,
				   &(struct helios_place){.file = ".git/config"},
				   "put the settings themselves there, or leave them out",
				   ".git/config includes another file");
	return 0;
}

/* Links and files that would make git work somewhere else than in HOME/.git. */
static int check_safe(int directory, struct helios_error *error)
{
	static const struct {
		const char *path;
		mode_t type;
	} parts[] = {
		{".git", S_IFDIR},
		{".git/objects", S_IFDIR},
		{".git/objects/info", S_IFDIR},
		{".git/objects/pack", S_IFDIR},
		{".git/refs", S_IFDIR},
		{".git/refs/heads", S_IFDIR},
		{".git/refs/tags", S_IFDIR},
		{".git/refs/proposals", S_IFDIR},
		{".git/HEAD", S_IFREG},
		{".git/index", S_IFREG},
		{".git/config", S_IFREG},
		{".git/packed-refs", S_IFREG},
	};
	struct stat st;
	int err;

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		const struct helios_place place = {.file = parts[i].path};

		if (file_stat(directory, parts[i].path, &st) < 0)
			continue; /* what is missing is libgit2's or recovery's matter */
		if ((st.st_mode & S_IFMT) != parts[i].type)
			return helios_fail(error, HELIOS_GIT_UNSAFE, &place, NULL,
					   "%s is not a plain %s", parts[i].path,
					   parts[i].type == S_IFDIR ? "directory" : "file");
	}
	err = check_packs(directory, error);
	return err < 0 ? err : check_elsewhere(directory, error);
}

/*
 * An empty configuration in place of the repository's: nothing in it can redirect or convert
 * what we write, and our commits need no reflog (they are never rewound; a person's own git
 * notes them as the old value when it moves the branch).
 */
static int isolate(struct repo *repo)
{
	git_config *empty = NULL;
	int err = git_config_new(&empty);

	if (err == 0)
		err = git_repository_set_config(repo->git, empty);
	git_config_free(empty);
	return err;
}

int repo_open(const char *home, int directory, struct repo **ret, struct helios_error *error)
{
	struct repo *repo;
	struct stat st;
	int err;

	repo_start_library();
	if (file_stat(directory, ".git/HEAD", &st) < 0 && errno == ENOENT)
		return helios_fail(error, HELIOS_NO_HOME, &(struct helios_place){.file = home},
				   NULL, "there is no Helios home in %s", home);
	err = check_safe(directory, error);
	if (err < 0)
		return err;
	repo = calloc(1, sizeof(*repo));
	if (!repo)
		return helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "cannot open the history");
	pthread_mutex_init(&repo->mutex, NULL);
	pthread_mutex_init(&repo->index_mutex, NULL);
	repo->directory = directory;
	if (asprintf(&repo->path, "%s/.git", home) < 0)
		repo->path = NULL;
	/* As if bare: the work tree is ours to write, and core.worktree must not redirect. */
	err = repo->path ? git_repository_open_ext(
				   &repo->git, repo->path,
				   GIT_REPOSITORY_OPEN_BARE | GIT_REPOSITORY_OPEN_NO_SEARCH, NULL)
			 : repo_no_memory();
	if (err == 0)
		err = isolate(repo);
	if (err == 0)
		err = git_repository_odb(&repo->odb, repo->git);
	if (err < 0) {
		err = repo_fail(error, err, "open the history");
		repo_close(repo);
		return err;
	}
	*ret = repo;
	return 0;
}

void repo_close(struct repo *repo)
{
	if (!repo)
		return;
	repo_discard(repo);
	git_index_free(repo->index);
	git_odb_free(repo->odb);
	git_repository_free(repo->git);
	pthread_mutex_destroy(&repo->mutex);
	pthread_mutex_destroy(&repo->index_mutex);
	free(repo->path);
	free(repo);
}

const char repo_new_config[] = "[core]\n"
			       "\trepositoryformatversion = 1\n"
			       "\tfilemode = true\n"
			       "\tbare = false\n"
			       "\tlogallrefupdates = true\n"
			       "\tautocrlf = false\n"
			       "[extensions]\n"
			       "\t# keeps 'git gc --prune=now' from breaking history\n"
			       "\tpreciousObjects = true\n"
			       "[gc]\n"
			       "\tauto = 0\n";

static int fill_new(int directory)
{
	static const char *const directories[] = {
		".git.new",
		".git.new/objects",
		".git.new/objects/info",
		".git.new/objects/pack",
		".git.new/refs",
		".git.new/refs/heads",
		".git.new/refs/tags",
		".git.new/info",
	};
	static const struct {
		const char *path, *text;
	} files[] = {
		{".git.new/HEAD", "ref: refs/heads/main\n"},
		{".git.new/config", repo_new_config},
		{".git.new/description", "A Helios home\n"},
	};
	int err = 0;

	for (size_t i = 0; i < ARRAY_SIZE(directories) && err == 0; i++)
		err = file_make_directory(directory, directories[i]);
	for (size_t i = 0; i < ARRAY_SIZE(files) && err == 0; i++) {
		file_unlink(directory, files[i].path, 0); /* of an init that died */
		err = file_create(directory, files[i].path, files[i].text, strlen(files[i].text));
	}
	return err;
}

int repo_init(const char *home, int directory, struct helios_error *error)
{
	int err = fill_new(directory);

	if (err == 0 && syncfs(directory) < 0)
		err = -errno;
	if (err == 0 && file_rename(directory, ".git.new", ".git", RENAME_NOREPLACE) < 0 &&
	    errno != EEXIST)
		err = -errno;
	if (err < 0)
		return helios_fail_errno(error, -err, home, "cannot make the history");
	return 0;
}

int repo_head(struct repo *repo, struct object_id *ret, struct helios_error *error)
{
	REPO_LOCK(repo);
	git_oid oid;
	int err = git_reference_name_to_id(&oid, repo->git, "HEAD");

	memset(ret, 0, sizeof(*ret));
	if (err == GIT_ENOTFOUND)
		return 0;
	if (err < 0)
		return repo_fail(error, err, "read HEAD");
	memcpy(ret, &oid, sizeof(*ret));
	return 0;
}

/* The full name of what a commit moves: HEAD's branch, or "HEAD" itself when detached. */
static int head_target(struct repo *repo, char **ret)
{
	git_reference *head = NULL;
	int err = git_reference_lookup(&head, repo->git, "HEAD");

	if (err < 0)
		return err;
	*ret = strdup(git_reference_type(head) == GIT_REFERENCE_SYMBOLIC
			      ? git_reference_symbolic_target(head)
			      : "HEAD");
	git_reference_free(head);
	return *ret ? 0 : repo_no_memory();
}

int repo_branch(struct repo *repo, char **ret, struct helios_error *error)
{
	REPO_LOCK(repo);
	cleanup_free char *target = NULL;
	int err = head_target(repo, &target);

	if (err < 0)
		return repo_fail(error, err, "read HEAD");
	*ret = strdup(streq(target, "HEAD")			? "(detached)"
		      : strncmp(target, "refs/heads/", 11) == 0 ? target + 11
								: target);
	return *ret ? 0 : helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "cannot read HEAD");
}

/* Where a ref stands now; zero when it does not exist. */
static int ref_value(struct repo *repo, const char *name, struct object_id *ret)
{
	git_oid oid = {{0}};
	int err = git_reference_name_to_id(&oid, repo->git, name);

	if (err < 0 && err != GIT_ENOTFOUND)
		return err;
	memcpy(ret, &oid, sizeof(*ret));
	return 0;
}

/*
 * The new value takes the place of the old one by exchange: when a file is renamed over another,
 * ext4 writes it out at once, and the journal has what we need already.
 */
static int put_in_place(int directory, const char *lock, const char *path)
{
	if (file_rename(directory, lock, path, RENAME_EXCHANGE) == 0) {
		file_unlink(directory, lock, 0);
		return 0;
	}
	if (errno != ENOENT) /* of a branch that is not born */
		return -errno;
	return file_rename(directory, lock, path, 0) < 0 ? -errno : 0;
}

/* The directories a file of .git stands in: git removes those it leaves empty. */
static int make_parents(int directory, const char *path)
{
	char part[520];
	int err = 0;

	for (const char *at = strchr(path, '/'); at && err == 0; at = strchr(at + 1, '/')) {
		snprintf(part, sizeof(part), "%.*s", (int)(at - path), path);
		if (file_mkdir(directory, part) < 0 && errno != EEXIST)
			err = -errno;
	}
	return err;
}

/*
 * Git's own protocol: NAME.lock is made, the value compared under it, then put in NAME's place.
 * By hand, because libgit2 reads each file four times over and links before it renames.
 */
static int replace_ref(struct repo *repo, const char *name, const struct object_id *expected,
		       const struct object_id *commit, struct helios_error *error)
{
	char path[512], lock[520], hex[OBJECT_ID_HEX + 1], line[OBJECT_ID_HEX + 2];
	struct object_id now;
	int err;

	snprintf(path, sizeof(path), ".git/%s", name);
	snprintf(lock, sizeof(lock), "%s.lock", path);
	object_id_format(commit, hex);
	snprintf(line, sizeof(line), "%s\n", hex);
	err = file_create(repo->directory, lock, line, strlen(line));
	if (err == -ENOENT && make_parents(repo->directory, lock) == 0) /* its branch was packed */
		err = file_create(repo->directory, lock, line, strlen(line));
	if (err == -EEXIST)
		return helios_fail(error, HELIOS_GIT_BUSY, &(struct helios_place){.file = lock},
				   NULL, "another git program moves the branch");
	if (err < 0)
		return helios_fail_errno(error, -err, lock, "cannot move the branch");
	err = ref_value(repo, name, &now);
	if (err < 0)
		err = repo_fail(error, err, "read the branch");
	else if (!object_id_equal(&now, expected))
		err = -EAGAIN;
	else if ((err = put_in_place(repo->directory, lock, path)) < 0)
		err = helios_fail_errno(error, -err, path, "cannot move the branch");
	if (err < 0)
		file_unlink(repo->directory, lock, 0);
	return err;
}

int repo_move_head(struct repo *repo, const struct object_id *expected,
		   const struct object_id *commit, struct helios_error *error)
{
	REPO_LOCK(repo);
	cleanup_free char *target = NULL;
	int err = head_target(repo, &target);

	if (err < 0)
		return repo_fail(error, err, "read HEAD");
	return replace_ref(repo, target, expected, commit, error);
}
