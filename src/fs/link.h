/*
 * Symbolic links in the root of the view: active.yaml, active.md, and the new link that ln -sf
 * makes under another name and renames over the first, which is kept in memory for a minute.
 */
#pragma once

#include "fs/inode.h"

int links_new(struct fs *fs);
void links_free(struct fs *fs);

/* The node of active.yaml, active.md or a new link, with a reference; -ENOENT without one. */
int link_lookup(struct fs *fs, const struct name *name, struct inode **ret);

/* Makes a link; active.yaml switches the active persona. */
int link_create(struct fs *fs, const struct name *name, const char *target, struct inode **ret);
int link_unlink(struct fs *fs, const struct name *name);
int link_rename(struct fs *fs, const struct name *from, const struct name *to);

/* Forgets links nobody has renamed. */
void links_sweep(struct fs *fs);
