/* Open files and directories: what fuse_file_info.fh points to. */
#pragma once

#include "fs/inode.h"
#include "fs/listing.h"

struct handle {
	struct inode *node;
	struct helios_text *text; /* of a version of the past */
	atomic_bool written;	  /* through this handle */
	atomic_bool unread;	  /* a read through it will be a reading (records_await_read()) */
	struct listing *listing;  /* of a directory */
	struct fs *fs;
	struct handle *prev, *next;
};

int handles_new(struct fs *fs);
void handles_free(struct fs *fs); /* closes what is still open */

/* Takes over the reference to listing, which may be NULL, not that to node. */
struct handle *handle_new(struct fs *fs, struct inode *node, struct listing *listing);
void handle_free(struct handle *handle);

static inline struct handle *handle_of(const struct fuse_file_info *file)
{
	return (struct handle *)(uintptr_t)file->fh;
}
