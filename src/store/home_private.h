/* An open home, as the files of the store share it. */
#pragma once

#include <pthread.h>

#include <helios/home.h>

#include "base/base.h"
#include "store/generation.h"
#include "store/repo.h"
#include "store/session.h"

#define VIEWS_DIRECTORY ".views"
#define RECOVERY_DIRECTORY ".recovery"
#define REJECTED_DIRECTORY ".rejected"
#define SCRATCH_DIRECTORY ".scratch"
#define ACTIVE_FILE ".active"

/* Keys two sides changed at once, kept for status. */
#define CONFLICTS_KEPT 16

struct served;
struct metrics;
struct document_cache;
struct version_cache;

/* A file of the home that differs from HEAD and cannot be taken. */
struct set_aside {
	char *path;
	struct object_id id; /* what it holds; zero when it is no plain file, or gone */
	bool unquiet;	     /* it was being written: it is looked at again */
	struct helios_error reason;
};

struct helios_home {
	char *path;
	int directory;
	struct repo *repo;

	pthread_mutex_t writer; /* one transaction of this process at a time */

	struct metrics *metrics;
	pthread_mutex_t telling; /* guards the session, and writing it and the counts */
	struct session session;

	atomic_bool stop_packing, packed;
	pthread_t packer; /* while packing, which state guards */
	bool packing;

	pthread_mutex_t state; /* guards everything below */
	bool follows_project;
	char *project; /* the directory; NULL: that of the environment */
	struct generation *generation;
	bool generation_writable;
	struct served *served;
	struct document_cache *documents;
	struct version_cache *versions;
	struct set_aside *set_aside;
	size_t set_aside_count;
	int watch;		   /* inotify, -1 until helios_watch() */
	int64_t overlay_ends;	   /* when the next temporary overlay expires; 0: none is known */
	struct object_id overlays; /* what all of them said when they were looked at; zero: never */
	bool noticed;		   /* edits behind our back were looked for once */
	char *conflicts[CONFLICTS_KEPT]; /* newest first: "writer: communication.tone" */
	char *problem_where;
	struct helios_error problem;
};

static inline void cleanup_mutex_unlock(pthread_mutex_t **mutex)
{
	pthread_mutex_unlock(*mutex);
}

/* Holds a mutex until the end of the scope. */
#define HOLD(mutex)                                                                                \
	pthread_mutex_lock(mutex);                                                                 \
	cleanup(cleanup_mutex_unlock) __attribute__((unused)) pthread_mutex_t *held_ = (mutex)

/*
 * Opens a home; make says whether directories and an empty repository are made when there is
 * none (-ENOENT otherwise). Closed with helios_close().
 */
int home_open(const char *path, bool make, struct helios_home **ret, struct helios_error *error);

/*
 * 0, unless the directory is a git repository with nothing of a home in it: somebody's project, in
 * which nothing may be made (HELIOS_NO_HOME).
 */
int home_check_ours(int directory, const char *path, struct helios_error *error);

/* Maps .generation for writing; called by the first transaction. */
int home_writable(struct helios_home *home, struct helios_error *error);
