/*
 * What is in a directory of the view. A listing never changes, so reading one is stable, sorted
 * and without duplicates whatever happens meanwhile; while nothing changed it is the same one.
 */
#pragma once

#include "fs/names.h"

struct listing {
	atomic_uint refs;
	char **files; /* in bytewise order */
	size_t count;
};

int listings_new(struct fs *fs);
void listings_free(struct fs *fs);

/* An empty one with a reference, and adding to it; to be made before anybody sees it. */
struct listing *listing_new(void);
int listing_add(struct listing *listing, const char *file);

/*
 * The listing of a fixed directory as it is now, with a reference. *ret_same: the one the last call
 * gave.
 */
int listing_get(struct fs *fs, enum fs_dir dir, struct listing **ret, bool *ret_same);
void listing_unref(struct listing *listing);

/* Whether the listing of a fixed directory has a file now. */
bool listing_has(struct fs *fs, enum fs_dir dir, const char *file);

/* Brings the kept listing up to date; whether it has changed. */
bool listing_refresh(struct fs *fs, enum fs_dir dir);

/* When the listing was last seen to change. */
struct timespec listing_changed(struct fs *fs, enum fs_dir dir);
