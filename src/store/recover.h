/*
 * Completing what a dead process left, under the home's lock: after kill -9 the last change,
 * after a power cut everything since the last checkpoint. Moves aside, never deletes.
 */
#pragma once

#include "store/home_private.h"

/* Whether somebody died in mid-change, or the machine went down since the last one. */
bool recover_is_needed(struct helios_home *home);

/* Does nothing, at the cost of one stat, when the last transaction ended well. */
int recover_if_needed(struct helios_home *home, struct helios_error *error);

struct journal_change;

/* The same whatever the last transaction's end: when HEAD turned out to be damaged. */
int recover_damaged(struct helios_home *home, struct helios_error *error);

/* Writes all objects of a change again on parent; what is there and damaged is replaced. */
int recover_restore_objects(struct helios_home *home, const struct journal_change *change,
			    const struct object_id *parent, struct object_id *ret_commit,
			    struct helios_error *error);

/* Syncs the file system and says so in the journal; takes the lock only for the record. */
int recover_checkpoint(struct helios_home *home, struct helios_error *error);
