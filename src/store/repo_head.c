/*
 * HEAD and its branch after an unclean stop, read without libgit2, and commits looked at before
 * libgit2 reads them.
 */
#include "base/file.h"
#include "store/repo_private.h"

#define LIMIT_REFLOG (64u << 20) /* bytes */

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
	int err = file_read(repo->directory, ".git/logs/HEAD", LIMIT_REFLOG, &log, NULL);

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
	if (err == 0 && file_rename(repo->directory, lock, path, 0) < 0)
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

struct newest {
	struct repo *repo;
	struct object_id id;
	int64_t time;
};

/* A loose object is looked at first: libgit2 would loop for ever on a truncated one. */
static int consider(const git_oid *id, void *context)
{
	struct newest *newest = context;
	git_commit *commit = NULL;
	bool present;

	if (repo_check_object(newest->repo->directory, (const struct object_id *)id, &present,
			      NULL) < 0 ||
	    git_commit_lookup(&commit, newest->repo->git, id) < 0)
		return 0;
	if (git_commit_time(commit) > newest->time) {
		newest->time = git_commit_time(commit);
		memcpy(&newest->id, id, sizeof(newest->id));
	}
	git_commit_free(commit);
	return 0;
}

int repo_newest_commit(struct repo *repo, struct object_id *ret, struct helios_error *error)
{
	REPO_LOCK(repo);
	struct newest newest = {.repo = repo, .time = INT64_MIN};
	int err = git_odb_foreach(repo->odb, consider, &newest);

	*ret = newest.id;
	return err < 0 ? repo_fail(error, err, "look through the history") : 0;
}

/* Entries of a tree that the one before did not have; of directories what is in them. */
static void count_tree(struct repo *repo, const git_oid *id, const git_oid *before, size_t *missing)
{
	git_tree *tree = NULL, *old = NULL;

	if (before && git_oid_equal(id, before))
		return;
	if (!git_odb_exists(repo->odb, id) || git_tree_lookup(&tree, repo->git, id) < 0) {
		++*missing;
		return;
	}
	if (before && git_odb_exists(repo->odb, before))
		git_tree_lookup(&old, repo->git, before);
	for (size_t i = 0; i < git_tree_entrycount(tree); i++) {
		const git_tree_entry *entry = git_tree_entry_byindex(tree, i);
		const git_tree_entry *was =
			old ? git_tree_entry_byname(old, git_tree_entry_name(entry)) : NULL;

		if (git_tree_entry_type(entry) == GIT_OBJECT_TREE)
			count_tree(repo, git_tree_entry_id(entry),
				   was ? git_tree_entry_id(was) : NULL, missing);
		else if (!was || !git_oid_equal(git_tree_entry_id(was), git_tree_entry_id(entry)))
			*missing += !git_odb_exists(repo->odb, git_tree_entry_id(entry));
	}
	git_tree_free(tree);
	git_tree_free(old);
}

int repo_count_missing(struct repo *repo, size_t *ret, struct helios_error *error)
{
	REPO_LOCK(repo);
	git_oid at, before;
	bool first = true;
	int err = git_reference_name_to_id(&at, repo->git, "HEAD");

	*ret = 0;
	while (err == 0) {
		git_commit *commit = NULL;
		unsigned parents;

		if (!git_odb_exists(repo->odb, &at) ||
		    git_commit_lookup(&commit, repo->git, &at) < 0) {
			++*ret;
			break; /* what it came from nobody can tell */
		}
		count_tree(repo, git_commit_tree_id(commit), first ? NULL : &before, ret);
		before = *git_commit_tree_id(commit);
		first = false;
		parents = git_commit_parentcount(commit);
		if (parents)
			at = *git_commit_parent_id(commit, 0);
		git_commit_free(commit);
		if (!parents)
			break;
	}
	return err < 0 && err != GIT_ENOTFOUND ? repo_fail(error, err, "look through the history")
					       : 0;
}
