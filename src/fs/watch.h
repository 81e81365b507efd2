/*
 * The daemon's own thread: it notices changes in the home and does what is due now and then.
 */
#pragma once

#include "fs/names.h"

int watch_start(struct fs *fs);
void watch_stop(struct fs *fs); /* joins the thread; NULL state is fine */

/* Something is due sooner than was known. */
void watch_wake(struct fs *fs);

/* Something in the home was changed through the mount: what the kernel has is compared soon. */
void watch_changed(struct fs *fs);

/*
 * The kernel forgets the attributes of what name leads to: asked for them, an old version gives
 * those of the new one, and an open of it answers ESTALE. For any thread, also while a request is
 * served: attributes are forgotten without a lock. The entry itself is never invalidated: that
 * waits for the lock of its directory, in a way no kill can end, while its holder waits for us.
 */
void watch_forget(struct fs *fs, const struct name *name);
