/*
 * The opens that were answered ESTALE, so that the kernel walks the path again: for a moment each
 * remembers which thread it was and, when it wants to write, the draft that is to be found by
 * that thread's next look-up of the name.
 */
#pragma once

#include "fs/inode.h"

int stales_new(struct fs *fs);
void stales_free(struct fs *fs);

/* The open of from by tid was answered ESTALE; draft may be NULL. Takes its own references. */
void stale_add(struct fs *fs, pid_t tid, struct inode *from, struct inode *draft);

/* A look-up by tid: the draft it is to find, with a reference, or NULL. */
struct inode *stale_lookup(struct fs *fs, pid_t tid, const struct name *name);

/*
 * An open by tid of node: whether the same open was answered ESTALE before, so that it must be
 * served as it is: the kernel walks a path twice at most, and not at all for /proc/self/fd.
 * Whatever was remembered for the thread and the name is forgotten.
 */
bool stale_open(struct fs *fs, pid_t tid, const struct inode *node);

/* Forgets what no thread has come back for. */
void stales_sweep(struct fs *fs);
