/*
 * Lists of Markdown as lists, or as mappings where each item is "Words: text", which is how the
 * prompt shows both. Pure. NULL when memory is out.
 */
#pragma once

#include "import/blocks.h"

/* The items that the pieces [from, end) are, which all are items. */
struct node *items_read(struct arena *arena, const struct blocks *blocks, size_t from, size_t end);

/* The same as a list, also where it could be a mapping. */
struct node *items_list(struct arena *arena, const struct blocks *blocks, size_t from, size_t end);

/* A piece as text, and a list of one item. */
struct node *items_text(struct arena *arena, const struct piece *piece);
struct node *items_single(struct arena *arena, struct node *item);
