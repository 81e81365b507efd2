/*
 * Markdown as its blocks: headings, and below each the paragraphs, list items, tables and code in
 * their order, each as the text it is. What is within a block stays as it is written. Pure.
 */
#pragma once

#include "import/import.h"

#define NO_ITEM (-1)

struct piece {
	int indent; /* of an item of a list: where its marker stands; else NO_ITEM */
	const char *text;
	size_t length;
};

struct section {
	unsigned level;	     /* of its heading, 1 to 6; 0: what stands before the first one */
	const char *heading; /* without marks; NULL for level 0 */
	size_t first, count; /* its pieces, up to the next heading of any level */
};

struct blocks {
	struct piece *pieces;
	size_t piece_count, piece_capacity;
	struct section *sections; /* in order; the first is of level 0 */
	size_t section_count, section_capacity;
};

/* The memory is the import's; what is left out is noted there. 0 or a negative errno. */
int blocks_read(struct import *import, const char *text, size_t length, struct blocks *ret,
		struct helios_error *error);
