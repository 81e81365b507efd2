/*
 * Finds keys of one mapping; fast in any order and when there are many. Relies on yaml/node.h.
 */
#pragma once

#include "yaml/node.h"

/* Nothing to be freed: it lives in the arena, as long as the mapping is not changed. */
struct key_index {
	const struct node *map; /* NULL: nothing is found */
	struct arena *arena;
	uint32_t *slots; /* NULL until a key of a large mapping is asked for out of order */
	size_t mask;
	size_t cursor; /* keys are mostly asked for in order */
};

/* map may be NULL or of another kind. */
void key_index_init(struct key_index *index, struct arena *arena, const struct node *map);

/* Entry or value of a key, or NULL. Borrowed. Without memory it is only slower. */
struct node_entry *key_index_find(struct key_index *index, const char *key);
struct node *key_index_get(struct key_index *index, const char *key);
