/*
 * Temporary overlays: temporary/ID.yaml, a mapping of persona (a name, or "*" for all), expires_at,
 * overlay and, for people, reason. They count while they have not expired, and lie on each other in
 * the order of their ids, which begin with the time they were made at.
 */
#pragma once

#include "store/txn.h"
#include "yaml/yaml.h"

#define TEMPORARY_DIRECTORY "temporary"

struct temporary {
	char *path;
	struct document *document;    /* NULL when it cannot be parsed */
	struct helios_error fault;    /* code 0: the members below are set */
	const char *persona, *reason; /* reason NULL: none; both live in document */
	int64_t expires;	      /* seconds since 1970; the same */
	const struct node *overlay;   /* the same */
};

struct temporaries {
	struct temporary *items;
	size_t count;
};

/* All there are, also those that do not count. Freed with temporaries_done(). */
int temporaries_list(struct helios_home *home, struct temporaries *ret, struct helios_error *error);
void temporaries_done(struct temporaries *list);

/* Whether it counts at a time (seconds since 1970). */
bool temporary_is_in_force(const struct temporary *temporary, int64_t now);

/* The id that names it: its file's name without .yaml. The caller frees it. */
char *temporary_id(const struct temporary *temporary);

struct temporary_request {
	const char *persona; /* or "*" */
	const char *reason;  /* or NULL */
	int64_t seconds;     /* from now, at most TEMPORARY_LONGEST */
	const struct node *overlay;
};

#define TEMPORARY_LONGEST (366 * INT64_C(86400))

/*
 * Makes one, and moves those which expired long ago to .recovery, in one transaction; *ret_id is
 * freed by the caller. Refused: what schema_check_on_top() refuses, what a layer locks
 * (HELIOS_LOCKED), more than LIMIT_TEMPORARY in force (HELIOS_LIMIT).
 */
int temporary_add(struct helios_home *home, const struct helios_client *client,
		  const struct temporary_request *request, char **ret_id, int64_t *ret_expires,
		  struct helios_error *error);

/* Removes one. -ENOENT (HELIOS_NO_TEMPORARY). */
int temporary_drop(struct helios_home *home, const struct helios_client *client, const char *id,
		   struct helios_error *error);

/* Moves those that expired over keep_s seconds ago to .recovery, under the transaction's lock. */
int temporaries_sweep(struct txn *txn, int64_t keep_s, struct helios_error *error);
