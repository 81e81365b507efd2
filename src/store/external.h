/*
 * Edits made behind our back (DESIGN.md section 5): found by comparing the working files with
 * HEAD, taken as a commit of their own once they are valid and quiet, else set aside.
 */
#pragma once

#include "store/txn.h"

/* What is taken, and what is said of it. */
struct external_choice {
	const struct helios_client *client;
	const char *summary;
	const struct helios_names *paths; /* only these; NULL: all */
};

/*
 * Under the lock: commits what can be taken, notes what cannot. Waits a little for files that
 * are still being written. choice NULL: all, as edited outside.
 */
int external_take(struct txn *txn, const struct external_choice *choice,
		  struct helios_error *error);

/* Whether a path may be changed: -EBUSY (HELIOS_INVALID_ON_DISK) while it is set aside. */
int external_check(struct helios_home *home, const char *path, struct helios_error *error);

/*
 * Without the lock: whether something waits to be taken, and whether some of it is not quiet.
 */
int external_look(struct helios_home *home, bool *ret_waiting, bool *ret_unquiet,
		  struct helios_error *error);

/*
 * Without the lock and without taking anything: what cannot be taken, for set_aside_free(), and how
 * many files can.
 */
int external_examine(struct helios_home *home, struct set_aside **ret, size_t *ret_count,
		     size_t *ret_waiting, struct helios_error *error);

/*
 * For processes without a watch: takes what waits, at the first read, as far as it can be. With a
 * name only its own layers are looked at, and everything only when one of them was touched.
 */
void external_notice(struct helios_home *home, const char *name);

/*
 * The same for one file, such as settings.yaml, also in processes with a watch, of which the first look
 * is still to come.
 */
void external_notice_file(struct helios_home *home, const char *path);

/* Says that all edits behind our back are looked for; whether that is the first time. */
bool external_set_noticed(struct helios_home *home);

/* The names of files set aside, with reasons; a copy the caller frees with set_aside_free(). */
int external_set_aside(struct helios_home *home, struct set_aside **ret, size_t *ret_count);
void set_aside_free(struct set_aside *list, size_t count);
