/* What the files of the repository share: libgit2's one home, and its translation of errors. */
#pragma once

#include <limits.h>

#include <git2.h>
#include <git2/sys/index.h>
#include <git2/sys/repository.h>
#include <pthread.h>

#include "store/repo.h"

struct repo {
	git_repository *git;
	git_odb *odb;
	git_index *index; /* NULL until needed */
	struct timespec index_mtime;
	pthread_mutex_t mutex;
	char *path;    /* HOME/.git */
	int directory; /* the home; borrowed */
	struct staged_object *staged;
	pthread_mutex_t index_mutex; /* guards index and index_mtime */
};

/* Explains libgit2's last error of this thread and returns the errno. */
int repo_fail(struct helios_error *error, int code, const char *what);

/* Makes it libgit2's last error that memory ran out; the code for it. */
int repo_no_memory(void);

/*
 * Before libgit2 reads an object: 1.5 would loop for ever on a loose one that is truncated. A libgit2
 * error code.
 */
int repo_check_sound(struct repo *repo, const git_oid *id);

/* Whether .git/config names other files to read; libgit2 would, and wait for a pipe. */
bool repo_config_includes(int directory);

/*
 * What git never writes, but a history from elsewhere may hold: a name in a tree that leads out of
 * its directory, or into .git. A libgit2 error code.
 */
int repo_check_name(const char *name, size_t length);

/* The id of a commit's tree. A libgit2 error code. */
int repo_tree_of(struct repo *repo, const struct object_id *commit, git_oid *ret);

/* Makes the object of a tag, as repo_write_commit() makes a commit's. */
int repo_write_tag(struct repo *repo, const struct repo_tag *tag, struct object_id *ret,
		   struct helios_error *error);

/* Whether directory ("refs/tags") has a ref of that name, packed or not. */
bool repo_has_ref(struct repo *repo, const char *directory, const char *name);

/*
 * Writes what was not flushed, syncs everything, and makes the ref lead to it. -EEXIST, unexplained,
 * when there is one.
 */
int repo_make_ref(struct repo *repo, const char *directory, const char *name,
		  const struct object_id *id, struct helios_error *error);

/* Sets libgit2 up, once. */
void repo_start_library(void);

/* What a new repository's config says. */
extern const char repo_new_config[];

/* ".git/objects/ab/cdef…" */
void repo_object_path(const struct object_id *id, char path[80]);

/* Whether an object's loose file is there, and whole; nothing is moved. */
int repo_look_at_object(int directory, const struct object_id *id, bool *ret_there, bool *ret_whole,
			struct helios_error *error);

/* Writes one, unsynced, unless it is there. 0 or a negative errno. */
int repo_put_loose(int directory, const struct object_id *id, git_object_t type, const char *bytes,
		   size_t length);

/* Told of a loose object; what is not 0 ends the walk and is passed on. */
typedef int loose_fn(void *context, const struct object_id *id);

/* All loose objects of the first so many directories of .git/objects. */
int repo_each_loose(int directory, unsigned fan_outs, loose_fn *visit, void *context);

#define LOOSE_FAN_OUTS 256u

/* repo_pack.c: where packs are, and where they are made. */
#define PACKS ".git/objects/pack"
#define PACK_ASIDE ".recovery/packing"

/* The names in PACKS that begin with "pack-" and end so. 0 or a negative errno. */
int repo_list_packs(int directory, const char *suffix, struct helios_names *ret);

/* "DIRECTORY/NAME.SUFFIX" for a name with or without a suffix of its own. */
void repo_pack_path(char out[PATH_MAX], const char *directory, const char *name,
		    const char *suffix);

/* One pack alone, by its index. A libgit2 error code. */
int repo_open_pack(int directory, const char *place, const char *name, git_odb **ret);

/* Reads every object of a pack and compares its hash. A libgit2 error code. */
int repo_read_pack(git_odb *pack);

/* Makes PACK_ASIDE, or empties it of what a kill left there. 0 or a negative errno. */
int repo_clear_aside(int directory);

/* Syncs a pack and its index, which stand aside, and moves them to PACKS. 0 or a negative errno. */
int repo_show_pack(int directory, const char *name);

static inline void cleanup_unlock(pthread_mutex_t **mutex)
{
	pthread_mutex_unlock(*mutex);
}

/* Holds one of the repository's mutexes until the end of the scope. */
#define LOCK_UNTIL_END(held)                                                                       \
	pthread_mutex_lock(held);                                                                  \
	cleanup(cleanup_unlock) __attribute__((unused)) pthread_mutex_t *held_ = (held)
#define REPO_LOCK(repo) LOCK_UNTIL_END(&(repo)->mutex)

static inline const git_oid *as_oid(const struct object_id *id)
{
	return (const git_oid *)id;
}

_Static_assert(sizeof(git_oid) == sizeof(struct object_id), "object ids are SHA-1");
