/*
 * Packing: loose objects go into one file, so that a long history stays small and fast. The pack is
 * made aside, read back whole, synced, and only then shown; only then its loose objects go. A kill
 * or a power cut at any moment leaves each object in one place at least. Others read, write and
 * commit meanwhile: what they add is not touched.
 */
#include <dirent.h>
#include <fcntl.h>
#include <git2/sys/odb_backend.h>
#include <limits.h>
#include <sys/file.h>
#include <time.h>

#include "base/file.h"
#include "base/limits.h"
#include "store/read.h"
#include "store/repo_private.h"

#define AT_ONCE 16384u		  /* objects of one pack made in the background */
#define GROWN (LIMIT_LOOSE / 256) /* in one of 256 directories, which are filled evenly */
#define GIT_GC_S (12 * 3600)	  /* as long git itself believes its gc.pid */

struct packing {
	const char *home;
	int directory;
	const atomic_bool *stop;
	git_repository *git;
	git_packbuilder *builder;
	struct object_id *loose; /* that are in the pack */
	size_t count, capacity, most;
	char name[80]; /* of the new pack, without its suffix */
};

/* ---- the directory of packs */

int repo_list_packs(int directory, const char *suffix, struct helios_names *ret)
{
	int fd = file_open_beneath(directory, PACKS, O_RDONLY | O_DIRECTORY, 0), err = 0;
	DIR *stream = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;

	if (!stream) {
		err = fd < 0 ? fd : -errno;
		if (fd >= 0)
			close(fd);
		return err;
	}
	while (err == 0 && (entry = readdir(stream)))
		if (strncmp(entry->d_name, "pack-", 5) == 0 && ends_with(entry->d_name, suffix))
			err = list_add(ret, entry->d_name);
	closedir(stream);
	return err;
}

void repo_pack_path(char out[PATH_MAX], const char *directory, const char *name, const char *suffix)
{
	snprintf(out, PATH_MAX, "%s/%.*s%s", directory, (int)strcspn(name, "."), name, suffix);
}

/* ---- measuring */

static int count_one(void *context, const struct object_id *id)
{
	(void)id;
	(*(size_t *)context)++;
	return 0;
}

bool repo_has_grown(int directory)
{
	size_t count = 0;

	repo_each_loose(directory, 1, count_one, &count);
	return count > GROWN;
}

struct measuring {
	int directory;
	struct repo_growth *growth;
};

static int measure_one(void *context, const struct object_id *id)
{
	const struct measuring *measuring = context;
	struct stat st;
	char path[80];

	repo_object_path(id, path);
	measuring->growth->loose++;
	if (file_stat(measuring->directory, path, &st) == 0)
		measuring->growth->bytes += (uint64_t)st.st_blocks * 512;
	return 0;
}

int repo_measure(int directory, struct repo_growth *ret, struct helios_error *error)
{
	cleanup(helios_names_free) struct helios_names packs = {0};
	struct measuring measuring = {.directory = directory, .growth = ret};
	struct stat st;
	int err = repo_list_packs(directory, ".idx", &packs);

	*ret = (struct repo_growth){.packs = packs.count};
	for (size_t i = 0; i < packs.count; i++) {
		static const char *const suffixes[] = {".pack", ".idx"};

		for (size_t j = 0; j < ARRAY_SIZE(suffixes); j++) {
			char path[PATH_MAX];

			repo_pack_path(path, PACKS, packs.entries[i], suffixes[j]);
			if (file_stat(directory, path, &st) == 0)
				ret->bytes += (uint64_t)st.st_blocks * 512;
		}
	}
	repo_each_loose(directory, LOOSE_FAN_OUTS, measure_one, &measuring);
	return err < 0 && err != -ENOENT
		       ? helios_fail_errno(error, -err, PACKS, "cannot look at the history")
		       : 0;
}

/* ---- making a pack */

static bool is_stopped(const struct packing *packing)
{
	return packing->stop && atomic_load(packing->stop);
}

static int progress(int stage, uint32_t current, uint32_t total, void *payload)
{
	(void)stage;
	(void)current;
	(void)total;
	return is_stopped(payload) ? GIT_EUSER : 0;
}

/* Of a loose object: one that is damaged would make libgit2 loop, and is left to doctor. */
static int insert_loose(void *context, const struct object_id *id)
{
	struct packing *packing = context;
	struct object_id *grown;
	bool there, whole;

	if (is_stopped(packing))
		return GIT_EUSER;
	if (packing->count == packing->most)
		return 0;
	if (repo_look_at_object(packing->directory, id, &there, &whole, NULL) < 0 || !whole)
		return 0;
	if (packing->count == packing->capacity) {
		packing->capacity = packing->capacity ? packing->capacity * 2 : 1024;
		grown = realloc(packing->loose, packing->capacity * sizeof(*grown));
		if (!grown)
			return repo_no_memory();
		packing->loose = grown;
	}
	packing->loose[packing->count++] = *id;
	return git_packbuilder_insert(packing->builder, as_oid(id), NULL);
}

static int insert_packed(const git_oid *id, void *context)
{
	struct packing *packing = context;

	return is_stopped(packing) ? GIT_EUSER : git_packbuilder_insert(packing->builder, id, NULL);
}

/* All objects that stand in packs now. */
static int insert_packs(struct packing *packing)
{
	git_odb_backend *backend = NULL;
	char path[PATH_MAX];
	git_odb *odb = NULL;
	int err;

	snprintf(path, sizeof(path), "%s/.git/objects", packing->home);
	err = git_odb_new(&odb);
	if (err == 0)
		err = git_odb_backend_pack(&backend, path);
	if (err == 0)
		err = git_odb_add_backend(odb, backend, 1); /* it owns the backend then */
	if (err == 0)
		err = git_odb_foreach(odb, insert_packed, packing);
	git_odb_free(odb);
	return err;
}

int repo_clear_aside(int directory)
{
	int fd = file_open_beneath(directory, PACK_ASIDE, O_RDONLY | O_DIRECTORY, 0);
	DIR *stream = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;

	if (!stream) {
		if (fd >= 0)
			close(fd);
		return fd == -ENOENT ? file_make_directory(directory, PACK_ASIDE) : fd;
	}
	while ((entry = readdir(stream)))
		if (strncmp(entry->d_name, "pack", 4) == 0)
			file_unlink(dirfd(stream), entry->d_name, 0);
	closedir(stream);
	return 0;
}

static int read_back(const git_oid *id, void *context)
{
	struct git_odb *odb = context;
	git_odb_object *object = NULL;
	int err = git_odb_read(&object, odb, id); /* compares the hash */

	git_odb_object_free(object);
	return err;
}

int repo_read_pack(git_odb *pack)
{
	return git_odb_foreach(pack, read_back, pack);
}

int repo_open_pack(int directory, const char *place, const char *name, git_odb **ret)
{
	git_odb_backend *backend = NULL;
	char index[PATH_MAX], path[PATH_MAX + 64];
	int err = git_odb_new(ret);

	repo_pack_path(index, place, name, ".idx");
	snprintf(path, sizeof(path), "/proc/self/fd/%d/%s", directory, index);
	if (err == 0)
		err = git_odb_backend_one_pack(&backend, path);
	if (err == 0)
		err = git_odb_add_backend(*ret, backend, 1); /* it owns the backend then */
	if (err < 0)
		git_odb_free(take_ptr(*ret));
	return err;
}

/* Whether the new pack holds all that was put in, and each as it was. */
static int verify(const struct packing *packing)
{
	git_odb *odb = NULL;
	int err = repo_open_pack(packing->directory, PACK_ASIDE, packing->name, &odb);

	if (err == 0)
		err = repo_read_pack(odb);
	for (size_t i = 0; err == 0 && i < packing->count; i++)
		if (!git_odb_exists(odb, as_oid(&packing->loose[i])))
			err = GIT_ENOTFOUND;
	git_odb_free(odb);
	return err;
}

static int sync_file(int directory, const char *path)
{
	cleanup_fd int fd = file_open_beneath(directory, path, O_RDONLY, 0);

	return fd < 0 ? fd : fsync(fd) < 0 ? -errno : 0;
}

/* The pack first: nobody looks at one before its index is there. */
int repo_show_pack(int directory, const char *name)
{
	static const char *const suffixes[] = {".pack", ".idx"};
	char from[2][PATH_MAX], to[PATH_MAX];
	int err = 0;

	for (size_t i = 0; err == 0 && i < ARRAY_SIZE(suffixes); i++) {
		repo_pack_path(from[i], PACK_ASIDE, name, suffixes[i]);
		err = sync_file(directory, from[i]);
	}
	for (size_t i = 0; err == 0 && i < ARRAY_SIZE(suffixes); i++) {
		repo_pack_path(to, PACKS, name, suffixes[i]);
		if (file_rename(directory, from[i], to, 0) < 0)
			err = -errno;
	}
	return err < 0 ? err : file_sync_directory(directory, PACKS);
}

/*
 * They are in the pack now. A disk that discards what is freed takes milliseconds for each, so who
 * wants to end does not wait: what is left goes with the next pack.
 */
static void remove_loose(const struct packing *packing)
{
	for (size_t i = 0; i < packing->count && !is_stopped(packing); i++) {
		char path[80];

		repo_object_path(&packing->loose[i], path);
		file_unlink(packing->directory, path, 0);
	}
}

/* Builds the pack aside; packing->name says how it is called. A libgit2 error code. */
static int build(struct packing *packing, bool everything)
{
	char path[PATH_MAX];
	int err = git_packbuilder_new(&packing->builder, packing->git);

	if (err < 0)
		return err;
	git_packbuilder_set_threads(packing->builder, 1);
	git_packbuilder_set_callbacks(packing->builder, progress, packing);
	err = repo_each_loose(packing->directory, LOOSE_FAN_OUTS, insert_loose, packing);
	if (err == 0 && everything)
		err = insert_packs(packing);
	if (err < 0 || git_packbuilder_object_count(packing->builder) == 0)
		return err;
	snprintf(path, sizeof(path), "%s/" PACK_ASIDE, packing->home);
	err = git_packbuilder_write(packing->builder, path, 0400, NULL, NULL);
	if (err == 0)
		snprintf(packing->name, sizeof(packing->name), "pack-%s",
			 git_packbuilder_name(packing->builder));
	return err == 0 ? verify(packing) : err;
}

/* One pack. 1 when something was packed, 0 when there was nothing or it was stopped. */
static int pack(struct packing *packing, bool everything, struct helios_error *error)
{
	int err = repo_clear_aside(packing->directory);

	if (err < 0)
		return helios_fail_errno(error, -err, PACK_ASIDE, "cannot pack the history");
	err = build(packing, everything);
	if (err < 0) {
		err = is_stopped(packing) ? 0 : repo_fail(error, err, "pack the history");
		repo_clear_aside(packing->directory);
		return err;
	}
	if (!*packing->name)
		return 0;
	err = repo_show_pack(packing->directory, packing->name);
	if (err < 0)
		return helios_fail_errno(error, -err, PACKS, "cannot pack the history");
	remove_loose(packing);
	return 1;
}

static int is_in(const git_oid *id, void *context)
{
	return git_odb_exists(context, id) ? 0 : GIT_ENOTFOUND;
}

/* Whether all of an old pack is in the new one; what cannot be read of it may not be. */
static bool is_covered(const struct packing *packing, const char *old, git_odb *new)
{
	git_odb *pack = NULL;
	bool covered = repo_open_pack(packing->directory, PACKS, old, &pack) == 0 &&
		       repo_read_pack(pack) == 0 && git_odb_foreach(pack, is_in, new) == 0;

	git_odb_free(pack);
	return covered;
}

static void remove_pack(int directory, const char *name)
{
	static const char *const suffixes[] = {".idx", ".rev", ".bitmap", ".pack"};
	char path[PATH_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		repo_pack_path(path, PACKS, name, suffixes[i]);
		file_unlink(directory, path, 0);
	}
}

/*
 * Removes packs whose objects are all in the new one. Who knows them and does not find them looks
 * for the new one; who has them open reads on.
 */
static int remove_packs(const struct packing *packing, const struct helios_names *old)
{
	git_odb *new = NULL;
	int err = repo_open_pack(packing->directory, PACKS, packing->name, &new);

	for (size_t i = 0; err == 0 && i < old->count; i++) {
		const char *name = old->entries[i];
		char path[PATH_MAX];

		repo_pack_path(path, PACKS, name, ".keep");
		if (strncmp(name, packing->name, strlen(packing->name)) == 0)
			continue; /* it held the same objects */
		if (faccessat(packing->directory, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
			continue; /* somebody wants to keep it */
		if (is_covered(packing, name, new))
			remove_pack(packing->directory, name);
	}
	git_odb_free(new);
	return err;
}

/* Whether a person's own git packs just now. */
static bool git_packs(int directory)
{
	struct stat st;

	return file_stat(directory, ".git/gc.pid", &st) == 0 && time(NULL) - st.st_mtime < GIT_GC_S;
}

static int pack_all(struct packing *packing, bool everything, struct helios_error *error)
{
	cleanup(helios_names_free) struct helios_names old = {0};
	int err = everything ? repo_list_packs(packing->directory, ".idx", &old) : 0;

	if (err < 0)
		return helios_fail_errno(error, -err, PACKS, "cannot pack the history");
	err = pack(packing, everything, error);
	if (err == 1 && everything && remove_packs(packing, &old) < 0)
		err = helios_fail(error, HELIOS_GIT_DAMAGED, NULL, NULL,
				  "the new pack cannot be read; the old ones stay");
	file_unlink(packing->directory, PACK_ASIDE, AT_REMOVEDIR);
	git_packbuilder_free(packing->builder);
	free(packing->loose);
	return err;
}

int repo_pack(const char *home, int directory, bool everything, const atomic_bool *stop,
	      struct helios_error *error)
{
	struct packing packing = {.home = home,
				  .directory = directory,
				  .stop = stop,
				  .most = everything ? SIZE_MAX : AT_ONCE};
	/* the kernel's lock on the directory itself: one packs at a time */
	cleanup_fd int lock = file_open_beneath(directory, PACKS, O_RDONLY | O_DIRECTORY, 0);
	struct repo *repo;
	int err;

	if (lock < 0)
		return helios_fail_errno(error, -lock, PACKS, "cannot pack the history");
	if (flock(lock, LOCK_EX | LOCK_NB) < 0 || git_packs(directory))
		return helios_fail(error, HELIOS_GIT_BUSY, NULL, "it will be done in a moment",
				   "another program packs the history");
	err = repo_open(home, directory, &repo, error); /* nobody waits for this one */
	if (err < 0)
		return err;
	packing.git = repo->git;
	err = pack_all(&packing, everything, error);
	repo_close(repo);
	return err;
}
