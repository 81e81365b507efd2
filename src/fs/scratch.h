/*
 * Editors' own files beside the documents: swap files, backups, new files on their way to a
 * rename. They live in .scratch/personas and .scratch/sources under their own names, together
 * no more than LIMIT_SCRATCH bytes, and go seven days after their last use.
 */
#pragma once

#include "base/buf.h"
#include "fs/inode.h"

struct scratch;

int scratches_new(struct fs *fs);
void scratches_free(struct fs *fs);
void scratch_free(struct scratch *scratch);

/* The node of a scratch file or link, with a reference; -ENOENT when there is none. */
int scratch_lookup(struct fs *fs, const struct name *name, struct inode **ret);
/* The same for a new file (flags: O_EXCL counts), which is opened, too. */
int scratch_create(struct fs *fs, const struct name *name, int flags, struct inode **ret);

/* Between open and close the file can be used even when its name is gone. */
int scratch_open(struct inode *node);
void scratch_close(struct inode *node);

int scratch_attributes(struct inode *node, struct stat *ret);
void scratch_reply_read(fuse_req_t req, struct inode *node, size_t size, off_t offset);
int scratch_write(struct inode *node, const char *bytes, size_t length, off_t offset);
int scratch_truncate(struct inode *node, off_t length);
int scratch_times(struct inode *node, const struct timespec times[2]);

/* Appends the text of a file, at most LIMIT_TEXT bytes. */
int scratch_read(struct fs *fs, const struct name *name, struct buf *text);
/* Makes or replaces a file. */
int scratch_store(struct fs *fs, const struct name *name, const char *text, size_t length);
int scratch_symlink(struct fs *fs, const struct name *name, const char *target);
int scratch_unlink(struct fs *fs, const struct name *name);
int scratch_rename(struct fs *fs, const struct name *from, const struct name *to, bool replace);

/* A counter that rises when a name comes or goes. */
uint64_t scratch_changes(struct fs *fs);
/* Calls fn for each name. */
int scratch_list(struct fs *fs, enum fs_dir dir, int (*fn)(void *data, const char *file),
		 void *data);

void scratch_sweep(struct fs *fs);
