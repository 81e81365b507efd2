/*
 * history/: a directory for each persona, and in it every version its resolved text has had. A
 * version never changes, so only its place is kept; its text is made again for who opens it.
 */
#pragma once

#include "fs/handle.h"

struct past;

/* What file means in the directory of a kernel inode; NAME_NONE when that is none. */
struct name past_child(struct fs *fs, fuse_ino_t parent, const char *file);

/* The node of a persona's directory, and of a version, with a reference. */
int past_directory(struct fs *fs, const struct name *name, struct inode **ret);
int past_lookup(struct fs *fs, const struct name *name, struct inode **ret);

/* When the persona of such a directory changed last, where that is known. */
void past_changed(const struct inode *node, struct timespec *ret);

/* What is in a persona's directory now, with a reference. */
int past_listing(struct inode *directory, struct listing **ret);

/* The text of a version, with a reference. */
int past_read(const struct inode *node, struct helios_text **ret);

void past_free(struct past *past); /* NULL is fine */
