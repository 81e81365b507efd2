/*
 * The index, kept in step so that the user's own git sees a clean tree. It is a cache: one that
 * cannot be read is made anew from HEAD.
 */
#include <limits.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/limits.h"
#include "store/quarantine.h"
#include "store/read.h"
#include "store/repo_private.h"

static void note_mtime(struct repo *repo)
{
	struct stat st;

	repo->index_mtime = (struct timespec){0};
	if (stat(git_index_path(repo->index), &st) == 0)
		repo->index_mtime = st.st_mtim;
}

static int load(struct repo *repo)
{
	int err;

	if (!repo->index) {
		char path[PATH_MAX]; /* no allocation that could make a sound index look damaged */

		snprintf(path, sizeof(path), "%s/index", repo->path);
		err = git_index_open(&repo->index, path);
	} else {
		err = git_index_read(repo->index, false);
	}
	if (err == 0)
		note_mtime(repo);
	return err;
}

static int read_head_tree(struct repo *repo)
{
	REPO_LOCK(repo);
	git_object *tree = NULL;
	int err = git_revparse_single(&tree, repo->git, "HEAD^{tree}");

	if (err == GIT_ENOTFOUND)
		err = git_index_clear(repo->index);
	else if (err == 0)
		err = git_index_read_tree(repo->index, (git_tree *)tree);
	git_object_free(tree);
	return err;
}

/* An index that cannot be read is dropped and filled from HEAD. */
static int load_or_remake(struct repo *repo)
{
	int moved;

	if (load(repo) == 0)
		return 0;
	git_index_free(repo->index);
	repo->index = NULL;
	moved = quarantine(repo->directory, ".git/index");
	if (moved < 0 && moved != -ENOENT)
		return -1;
	return load(repo) == 0 ? read_head_tree(repo) : -1;
}

static git_index_time index_time(struct timespec t)
{
	return (git_index_time){.seconds = (int32_t)t.tv_sec, .nanoseconds = (uint32_t)t.tv_nsec};
}

/*
 * The attributes of a file that holds these bytes; false when it holds others, which somebody has put
 * there since: with their attributes the index would call them known.
 */
static bool stat_of(int directory, const struct repo_change *change, struct stat *ret)
{
	cleanup_buf struct buf text = {0};
	struct object_id id;

	if (file_read(directory, change->path, LIMIT_TEXT, &text, ret) < 0)
		return false;
	id = object_id_of_blob(buf_text(&text), text.length);
	return object_id_equal(&id, change->id);
}

static int set(struct repo *repo, int directory, const struct repo_change *change)
{
	git_index_entry entry = {.mode = GIT_FILEMODE_BLOB, .path = change->path};
	struct stat st;

	if (!change->id) {
		int err = git_index_remove(repo->index, change->path, 0);

		return err == GIT_ENOTFOUND ? 0 : err;
	}
	memcpy(&entry.id, change->id, sizeof(entry.id));
	if (stat_of(directory, change, &st)) {
		entry.ctime = index_time(st.st_ctim);
		entry.mtime = index_time(st.st_mtim);
		entry.dev = (uint32_t)st.st_dev;
		entry.ino = (uint32_t)st.st_ino;
		entry.uid = st.st_uid;
		entry.gid = st.st_gid;
		entry.file_size = (uint32_t)st.st_size;
	}
	return git_index_add(repo->index, &entry);
}

/* libgit2 leaves its mode to the umask. */
static void make_private(const struct repo *repo)
{
	struct stat st;

	if (file_stat(repo->directory, ".git/index", &st) == 0 && (st.st_mode & 0777) != 0600 &&
	    file_chmod(repo->directory, ".git/index", 0600) < 0)
		return;
}

int repo_update_index(struct repo *repo, int directory, const struct repo_change *changes,
		      size_t count, struct helios_error *error)
{
	LOCK_UNTIL_END(&repo->index_mutex);
	int err = load_or_remake(repo);

	for (size_t i = 0; i < count && err == 0; i++)
		err = set(repo, directory, &changes[i]);
	if (err == 0)
		err = git_index_write(repo->index);
	if (err == 0)
		make_private(repo);
	if (err == 0)
		note_mtime(repo);
	return err < 0 ? repo_fail(error, err, "write the index") : 0;
}

void repo_refresh_index(struct repo *repo)
{
	LOCK_UNTIL_END(&repo->index_mutex);
	if (load(repo) < 0) {
		git_index_free(repo->index);
		repo->index = NULL;
	}
}

int repo_index_leftovers(struct repo *repo, const struct repo_files *files, bool doubt,
			 struct helios_names *ret)
{
	LOCK_UNTIL_END(&repo->index_mutex);
	size_t count = repo->index ? git_index_entrycount(repo->index) : 0;
	int err = 0;

	for (size_t i = 0; err == 0 && (doubt || count > files->count) && i < count; i++) {
		const git_index_entry *entry = git_index_get_byindex(repo->index, i);

		if (!repo_files_find(files, entry->path))
			err = list_add(ret, entry->path);
	}
	return err;
}

static bool same_time(git_index_time a, struct timespec b)
{
	git_index_time other = index_time(b);

	return a.seconds == other.seconds && a.nanoseconds == other.nanoseconds;
}

bool repo_index_knows(struct repo *repo, const char *path, const struct stat *st,
		      const struct object_id *id)
{
	LOCK_UNTIL_END(&repo->index_mutex);
	const git_index_entry *entry =
		repo->index ? git_index_get_bypath(repo->index, path, 0) : NULL;
	bool older; /* one as young as the index may have changed after it was noted */

	if (!entry || memcmp(&entry->id, id, sizeof(*id)) != 0)
		return false;
	older = st->st_mtim.tv_sec < repo->index_mtime.tv_sec ||
		(st->st_mtim.tv_sec == repo->index_mtime.tv_sec &&
		 st->st_mtim.tv_nsec < repo->index_mtime.tv_nsec);
	return older && same_time(entry->mtime, st->st_mtim) &&
	       same_time(entry->ctime, st->st_ctim) && entry->ino == (uint32_t)st->st_ino &&
	       entry->file_size == (uint32_t)st->st_size;
}
