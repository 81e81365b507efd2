/* Open files and directories: what fuse_file_info.fh points to. */
#pragma once

#include "fs/inode.h"
#include "fs/listing.h"

struct handle {
	struct inode *node;	 /* of a file */
	struct listing *listing; /* of a directory */
	struct fs *fs;
	struct handle *prev, *next;
};

int handles_new(struct fs *fs);
void handles_free(struct fs *fs); /* closes what is still open */

/* Takes over the reference to listing, not that to node; both may be NULL. */
struct handle *handle_new(struct fs *fs, struct inode *node, struct listing *listing);
void handle_free(struct handle *handle);

static inline struct handle *handle_of(const struct fuse_file_info *file)
{
	return (struct handle *)(uintptr_t)file->fh;
}
