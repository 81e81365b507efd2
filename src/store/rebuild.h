/*
 * A history that cannot be read any more, made again from what else knows of it: the journal, which
 * holds what changes wrote, the working files, and the commits that are still whole.
 */
#pragma once

#include "store/home_private.h"

/* Whether HEAD leads to a commit that is whole; a branch without commit is damaged if it had one. */
bool history_is_whole(struct helios_home *home);

/* Makes objects that are missing again, as far as the working files and the journal hold them. */
int rebuild_objects(struct helios_home *home, struct helios_error *error);

/*
 * Mends HEAD under the home's lock, which it takes: to where it was when all of that can be made
 * again, else to the newest commit that is whole. What the working files hold beyond that is
 * taken as an edit by the next transaction. 0, or a negative errno when nothing could be done.
 */
int rebuild_history(struct helios_home *home, struct helios_error *error);
