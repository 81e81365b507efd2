/*
 * How many requests of each kind the kernel has made of this daemon: each is a round trip somebody
 * may have waited for. Counted where they are taken, so that none can be forgotten.
 */
#pragma once

#include "fs/fs.h"

/* The attribute of the view's root that tells them. */
#define REQUESTS_ATTRIBUTE "user.helios.requests"

/* Begins to count; the session is mounted, and its loop has not begun. 0 or a negative errno. */
int requests_count(struct fs *fs);

/* "open: 12", a line a kind there was, as YAML. The caller frees it; NULL when memory is out. */
char *requests_text(void);
