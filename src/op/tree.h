/*
 * The personas as a tree below the base: what tree prints, as text and as a picture. Relies on
 * op/rows.h.
 */
#pragma once

#include "op/rows.h"

/* One line of it. */
struct branch {
	const struct persona_row *row; /* NULL: the base */
	size_t parent;		       /* the branch it grows from; the base's is its own */
	size_t depth;
	bool last; /* of those that grow from the same one */
};

/* In the order they are printed; the first is the base. */
struct branches {
	struct branch *items;
	size_t count, capacity;
	double importance; /* the base's own */
};

const char *branch_name(const struct branch *branch);

/* Appends "level 1.5  weight 0.311  balanced", or what is wrong with it. */
void add_branch_words(struct buf *out, const struct branches *tree, const struct branch *branch);

/* Appends an SVG picture, complete with XML declaration. */
void add_tree_picture(struct buf *out, const struct branches *tree);
