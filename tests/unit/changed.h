/* Random edits of documents. Relies on random.h. */
#pragma once

#include "random.h"

/* Changes something below a node, or the node. */
static inline struct node *changed(struct arena *arena, const struct node *node, unsigned depth)
{
	struct node *copy = node_copy(arena, node);
	size_t at = node->count ? random_below((unsigned)node->count) : 0;

	if (node->kind == NODE_MAP && !random_chance(6)) {
		switch (node->count ? random_below(4) : 0) {
		case 0:
			assert_int_equal(
				node_put(arena, copy, random_key(arena), random_node(arena, 2)), 0);
			return copy;
		case 1:
			node_remove(copy, copy->entries[at].key);
			return copy;
		default:
			copy->entries[at].value =
				changed(arena, copy->entries[at].value, depth + 1);
			return copy;
		}
	}
	if (node->kind == NODE_LIST && !random_chance(6)) {
		switch (node->count ? random_below(4) : 0) {
		case 0:
			assert_int_equal(node_append(arena, copy, random_node(arena, 2)), 0);
			if (copy->count > 1 && random_chance(2)) {
				struct node *last = copy->items[copy->count - 1];

				copy->items[copy->count - 1] = copy->items[at];
				copy->items[at] = last;
			}
			return copy;
		case 1:
			copy->count--;
			memmove(copy->items + at, copy->items + at + 1,
				(copy->count - at) * sizeof(*copy->items));
			return copy;
		default:
			copy->items[at] = changed(arena, copy->items[at], depth + 1);
			copy->items[at]->override_tag = false;
			return copy;
		}
	}
	copy = random_node(arena, 2);
	copy->override_tag = depth && random_chance(8);
	return copy;
}

/* Lists under lists lose tags: only values of keys may have them. */
static inline void drop_item_tags(struct node *node)
{
	for (size_t i = 0; i < node->count; i++) {
		struct node *child =
			node->kind == NODE_LIST ? node->items[i] : node->entries[i].value;

		if (node->kind == NODE_LIST)
			child->override_tag = false;
		drop_item_tags(child);
	}
}
