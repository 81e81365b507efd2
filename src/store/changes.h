/*
 * Which commit changed which file: a cache beside the repository, so that the past of one persona
 * is known without comparing every commit. Commits that are not in it yet are compared. It may be
 * removed at any time, is checked line by line when it is read, and is never the only witness.
 */
#pragma once

#include <stdatomic.h>

#include "store/home_private.h"

/* A commit on the first-parent line from HEAD, and what it did to one file. */
struct change {
	struct object_id commit;
	struct object_id before, after; /* blobs; zero: it was not there */
};

/* 0 to go on; what is not 0 ends the walk and is passed on. */
typedef int change_fn(void *context, const struct change *change, struct helios_error *error);

/*
 * Visits the changes of name ("base" or a persona), newest first. Needs no lock: what is visited is
 * HEAD's past when the walk began.
 */
int changes_walk(struct helios_home *home, const char *name, change_fn *visit, void *context,
		 struct helios_error *error);

/* A commit and what it changed. */
struct commit_line;

/* Whether it changed the file of name ("base" or a persona). */
bool changes_touch(const struct commit_line *line, const char *name);

/* 0 to go on. */
typedef int file_fn(void *context, const struct object_id *commit, const char *path,
		    const struct object_id *blob);

/* Calls visit for each file it made or changed. */
int changes_each_file(const struct commit_line *line, const struct object_id *commit,
		      file_fn *visit, void *context);

/* 0 to go on; what is not 0 ends the walk and is passed on. */
typedef int commit_fn(void *context, const struct object_id *commit, const struct commit_line *line,
		      struct helios_error *error);

/*
 * Visits the commits behind one (zero: all), oldest first, up to HEAD. *ret_found: it is on the
 * first-parent line from HEAD; where it is not, nothing is visited.
 */
int changes_since(struct helios_home *home, const struct object_id *after, commit_fn *visit,
		  void *context, bool *ret_found, struct helios_error *error);

/*
 * Adds the commits that the cache lacks, unless another program is adding. With everything as many
 * as there are, until stop says so; else only when there are few: *ret_behind says that there were
 * more. A failure costs nothing but time later.
 */
void changes_extend(struct helios_home *home, bool everything, const atomic_bool *stop,
		    bool *ret_behind);
