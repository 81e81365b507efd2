/* The texts of the view and their versions: what a name reads as now. */
#pragma once

#include "fs/inode.h"

/* The node of what name reads as now, with a reference; -ENOENT when it is absent here. */
int document_lookup(struct fs *fs, const struct name *name, struct inode **ret);

/* The text of a document as it is now, with a reference; -ENOENT when it is absent here. */
int document_read(struct fs *fs, const struct name *name, struct helios_text **ret);

/* Whether a look-up would still give the node; if not, it is superseded. Cheap while so. */
bool document_is_current(struct inode *node);
