/*
 * A block of ours in a file that is the person's: between two lines of comment, which count only
 * where a line begins. What is outside stays byte for byte. Pure.
 */
#pragma once

#include "base/buf.h"

struct block {
	size_t start, end;     /* with both marks and the newline after them */
	size_t body, body_end; /* what stands between */
};

/* Whether text has exactly one; -ENOENT without, -EINVAL when the marks make no sense. */
int block_find(const char *text, size_t length, struct block *ret) must_use;

/*
 * The text with this body: in its place, else at the end. *ret_glue is how many newlines were put
 * before a new one; untouched otherwise.
 */
int block_put(const char *text, size_t length, const struct buf *body, struct buf *out,
	      size_t *ret_glue) must_use;

/* The text without it and without as many newlines before it. -ENOENT, -EINVAL. */
int block_remove(const char *text, size_t length, size_t glue, struct buf *out) must_use;
