/*
 * Keeping a home small: loose objects are packed, the journal's old days and expired temporary
 * overlays move away. What is packed can be read, undone and gone back to as before.
 */
#pragma once

#include "store/home_private.h"

struct gc_report {
	struct repo_growth before, after;
};

/* All of it, now; the whole history becomes one pack. Waits for nobody who does the same. */
int gc_run(struct helios_home *home, const struct helios_client *client, struct gc_report *ret,
	   struct helios_error *error);

/*
 * Packs in a thread of its own when there is much to pack, and completes the cache of changes when that
 * is far behind. Now and then, after changes.
 */
void gc_consider(struct helios_home *home, bool behind);

/* Ends that thread, and begins none any more: the home is about to be closed. */
void gc_stop(struct helios_home *home);
