/*
 * What resolving and saving build documents with: construction whose failure is asked for once
 * at the end, and look-ups that stay fast in large lists.
 * Pure; relies on yaml/index.h.
 */
#pragma once

#include "yaml/index.h"

/* Where new nodes come from. Once memory is out it stays failed and nodes may be missing. */
struct maker {
	struct arena *arena;
	bool failed;
};

/* Returns p, noting when it is NULL because memory ran out. */
void *maker_check(struct maker *maker, void *p);

/* A copy of one node without children, tag, anchor, place and origin. */
struct node *maker_shell(struct maker *maker, const struct node *node);

/* A copy of a whole tree, as maker_shell() copies one node: what a program may store. */
struct node *maker_clean(struct maker *maker, const struct node *node);

/* Appends without looking whether the key is there; a NULL value or item is left out. */
void maker_add_entry(struct maker *maker, struct node *map, const struct node_entry *like,
		     struct node *value);
void maker_add_item(struct maker *maker, struct node *list, struct node *item);

/* Sets one key, keeping its place when it is there; removes it when value is NULL. */
void maker_set(struct maker *maker, struct node *map, const char *key, struct node *value);

/* A set of list items under node_equal(), for at most the announced number of items. */
struct item_set {
	const struct node **items;
	uint64_t *hashes;   /* NULL in small sets */
	uint32_t *ordinals; /* the same: the how-manieth item it was */
	size_t mask, count;
};

void item_set_init(struct item_set *set, struct maker *maker, size_t most);

/* How many items were added before the one equal to item; SIZE_MAX: there is none. */
size_t item_set_index(const struct item_set *set, const struct node *item);

/* Adds item unless an equal one is there; true when it was added. */
bool item_set_add(struct item_set *set, const struct node *item);

/* node_same() where absent is a value, too. */
bool same_or_absent(const struct node *a, const struct node *b);
