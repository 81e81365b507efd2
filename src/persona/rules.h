/*
 * The merge: mappings of all layers as one tree of keys: which strategy holds at a path, and who
 * locks it (DESIGN.md section 3, Strategies). Pure; relies on persona/resolve.h and tree.h.
 */
#pragma once

#include "persona/resolve.h"
#include "persona/tree.h"

#define RULES_LAYERS 64u /* one bit for each layer's locks */

enum strategy_kind {
	STRATEGY_WEIGHTED,
	STRATEGY_BASE,
	STRATEGY_PERSONA,
	STRATEGY_APPEND,
	STRATEGY_PREPEND,
	STRATEGY_REPLACE,
	STRATEGY_BY,
	STRATEGY_LOCK,
};

struct strategy {
	enum strategy_kind kind;
	const char *name;
	const char *field; /* for BY */
};

/* Reads the value of an entry of merge:. False when it is no strategy. */
bool strategy_read(const struct node *value, struct strategy *ret);

/* One key on the way to a path that some layer's merge: names. */
struct rule_node {
	const char *key;
	struct rule_node *parent, *children, *next;
	struct rule_entry *entries; /* weakest layer first */
	uint64_t locks_below;	    /* the layers with a lock strictly beneath */
};

struct rule_entry {
	unsigned layer;
	struct strategy strategy;
	struct rule_entry *next;
};

struct rules {
	struct rule_node *root; /* NULL: no layer has a merge: */
	struct rule_node **slots;
	size_t mask, count;
};

/*
 * Gathers the entries of all layers; those that cannot be read (the schema refuses them) are
 * left out. Failure is noted in maker.
 */
void rules_init(struct rules *rules, struct maker *maker, const struct layer *layers, size_t count);

/* What holds at one path. Zeroed: nothing is said. */
struct scope {
	const struct rule_node *at;	 /* NULL: nothing is said below this path */
	const struct strategy *strategy; /* NULL: the table */
	unsigned layer;			 /* who says strategy */
	uint64_t locks;			 /* the layers that lock this path */
};

struct scope scope_root(const struct rules *rules);

/* What holds at a key below, for the step that adds layer: later layers do not count yet. */
struct scope scope_enter(const struct rules *rules, struct scope scope, const char *key,
			 unsigned layer);

/* What holds inside a list item: the same as on the list. */
struct scope scope_item(struct scope scope);
