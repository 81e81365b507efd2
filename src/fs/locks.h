/*
 * flock and fcntl locks on the view's files. The kernel cannot keep them, since the inodes of one
 * file are many; they belong to the file's number.
 */
#pragma once

#include "fs/inode.h"

int locks_new(struct fs *fs);
void locks_free(struct fs *fs);

/* A close, or the last one of an open file: drops what the owner, or the handle, has locked. */
void locks_drop_owner(struct fs *fs, uint64_t number, uint64_t owner);
void locks_drop_handle(struct fs *fs, uint64_t handle);
