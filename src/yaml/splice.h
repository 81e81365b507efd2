/* Replacements of bytes of one text, gathered first and applied together. Pure. */
#pragma once

#include "base/arena.h"
#include "base/buf.h"

struct splice {
	size_t start, end;  /* the bytes that go */
	const char *bytes;  /* what comes instead; lives in the arena */
	size_t length;
	size_t order;	    /* insertions at one place stay in the order they were added */
	const void *owner;  /* of whom added it */
	bool renews;	    /* it brings other comments for those it takes */
};

struct splices {
	struct splice *items;
	size_t count, capacity;
};

int splices_add(struct splices *splices, struct arena *arena, const struct splice *splice) must_use;

void splices_sort(struct splices *splices);

/* Appends the text with the first count splices applied; those that overlap are joined. */
void splices_apply(const struct splices *splices, size_t count, const char *text, size_t length,
		   struct buf *out);
