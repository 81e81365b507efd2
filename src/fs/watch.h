/*
 * The daemon's own threads: one notices changes in the home and does what is due now and then,
 * the other tells the kernel what to forget, which no request's handler may do by itself.
 */
#pragma once

#include "fs/names.h"

int watch_start(struct fs *fs);
void watch_stop(struct fs *fs); /* joins the threads; NULL state is fine */

/* Something is due sooner than was known. */
void watch_wake(struct fs *fs);

/* Something in the home was changed through the mount: what the kernel has is compared soon. */
void watch_changed(struct fs *fs);

/* The kernel is to forget what name leads to. */
void watch_forget(struct fs *fs, const struct name *name);
/* The same, and waits until it has, a moment at most. Not when the caller holds the directory. */
void watch_forget_now(struct fs *fs, const struct name *name);
