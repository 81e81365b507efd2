/* Finds the comments of a text. Pure; relies on yaml/shape.h. */
#pragma once

#include "yaml/shape.h"

struct comment {
	size_t start, length; /* from '#' to the end of the line */
	const char *text;
	size_t home; /* for yaml/keep.c; NOWHERE at first */
};

struct comments {
	struct comment *items;
	size_t count, capacity;
};

/* All of them, in the order of the text. They live in arena. 0 or -ENOMEM. */
int comments_find(const struct document *document, struct arena *arena,
		  struct comments *ret) must_use;
