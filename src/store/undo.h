/*
 * Taking changes back, leaf by leaf, as a new commit. A commit that takes others back names their
 * operations in the trailer Helios-Reverts, so what was undone is known after a restart, too.
 */
#pragma once

#include "store/home_private.h"

struct undo_request {
	size_t count;	     /* how many changes */
	bool learning;	     /* only what tools learned */
	const char *persona; /* only changes that touched it, by any name it had; NULL: all */
	const char *key;     /* of the persona only this value; NULL: the whole change */
};

struct undo_result {
	char **changes;		    /* what was undone: the commits' summaries, newest first */
	char **reverted, **skipped; /* "coder: communication.tone"; skipped: changed since */
	size_t change_count, reverted_count, skipped_count;
	char before[41]; /* HEAD before */
	char commit[41]; /* "": there was nothing to undo */
};

/*
 * Undoes the newest changes that were not undone yet, back to the one that made the home. What
 * somebody changed since stays and is named. A file that is as the change left it becomes what it
 * was, byte for byte. All of it is one transaction: -EBUSY (HELIOS_HAS_CHILDREN) when others
 * inherit from a persona that would go; -EPERM (HELIOS_LOCKED, HELIOS_AGENTS) for a tool.
 */
int undo(struct helios_home *home, const struct helios_client *client,
	 const struct undo_request *request, struct undo_result *ret, struct helios_error *error);
void undo_result_done(struct undo_result *result);
