/* What the files of the repository share: libgit2's one home, and its translation of errors. */
#pragma once

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
	bool doubting;
};

/* Explains libgit2's last error of this thread and returns the errno. */
int repo_fail(struct helios_error *error, int code, const char *what);

static inline void cleanup_unlock(pthread_mutex_t **mutex)
{
	pthread_mutex_unlock(*mutex);
}

/* Holds the repository's mutex until the end of the scope. */
#define REPO_LOCK(repo)                                                                            \
	pthread_mutex_lock(&(repo)->mutex);                                                        \
	cleanup(cleanup_unlock) __attribute__((unused)) pthread_mutex_t *held_ = &(repo)->mutex

static inline const git_oid *as_oid(const struct object_id *id)
{
	return (const git_oid *)id;
}

_Static_assert(sizeof(git_oid) == sizeof(struct object_id), "object ids are SHA-1");
