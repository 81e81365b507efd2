/*
 * Making a tree whose one failure, memory, is asked for at the end: each call is without effect
 * after the first that failed. Relies on yaml/node.h.
 */
#pragma once

#include "yaml/node.h"

struct maker {
	struct arena *arena;
	int err; /* 0, or -ENOMEM */
};

/* An entry; map and value may be NULL: memory was out. Keys are not copied, texts are. */
void make_entry(struct maker *maker, struct node *map, const char *key, struct node *value);
void make_text(struct maker *maker, struct node *map, const char *key, const char *text);
void make_int(struct maker *maker, struct node *map, const char *key, int64_t number);

/* An item of a list; both may be NULL. */
void make_item(struct maker *maker, struct node *list, struct node *item);
