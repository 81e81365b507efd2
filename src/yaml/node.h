/*
 * The document tree: what YAML means, with where it stood. Nodes live in an arena and are not
 * changed once they are shared; a change builds new nodes that point to the old ones.
 * Pure: relies on base/arena only.
 */
#pragma once

#include "base/arena.h"

enum node_kind {
	NODE_NULL,
	NODE_BOOL,
	NODE_INT,
	NODE_BIGINT, /* an integer outside int64: its text is its value */
	NODE_FLOAT,
	NODE_STRING,
	NODE_LIST,
	NODE_MAP,
};

enum node_style {
	STYLE_ANY, /* made by a program: the emitter chooses */
	STYLE_PLAIN,
	STYLE_SINGLE_QUOTED,
	STYLE_DOUBLE_QUOTED,
	STYLE_LITERAL, /* | */
	STYLE_FOLDED,  /* > */
	STYLE_BLOCK,
	STYLE_FLOW,
};

/* The bytes [start, end) of the source text, and the line and column (from 1) of start. */
struct node_place {
	size_t start, end;
	unsigned line, column;
};

struct node_entry;
struct origin; /* persona/resolve.h: where a resolved value came from */

struct node {
	enum node_kind kind;
	enum node_style style;
	bool override_tag; /* !override stands on it */
	bool anchor;	   /* &name stands on it */
	bool alias;	   /* it was written *name; place is the alias, children are the anchor's */
	union {
		bool boolean;
		int64_t integer;
		double real;
	};
	/* STRING: the value. BIGINT, INT, FLOAT: as written in the source, or NULL if made. */
	const char *text;
	size_t length;
	struct node **items;	    /* LIST */
	struct node_entry *entries; /* MAP, in file order; keys are unique */
	size_t count;		    /* of items or entries */
	size_t capacity;	    /* private to node_append and node_put */
	struct node_place place;    /* all zero when made by a program */
	const struct origin *origin;
};

struct node_entry {
	const char *key; /* NUL-terminated text of the key; never holds a NUL */
	enum node_style key_style;
	bool merged; /* it came in through << */
	struct node_place key_place;
	struct node *value;
};

/* New nodes; NULL when memory is out. Strings are copied into the arena. */
struct node *node_null(struct arena *arena);
struct node *node_bool(struct arena *arena, bool value);
struct node *node_int(struct arena *arena, int64_t value);
struct node *node_float(struct arena *arena, double value);
struct node *node_string(struct arena *arena, const char *text, size_t length);
struct node *node_list(struct arena *arena);
struct node *node_map(struct arena *arena);

/* A copy of one node whose items or entries may be changed; the children are shared. */
struct node *node_copy(struct arena *arena, const struct node *node);

/* A copy of the whole tree into arena, texts included: nothing of the source is referenced. */
struct node *node_deep_copy(struct arena *arena, const struct node *node);

/* Building; a NULL child is refused. 0 or -ENOMEM. Keys and texts are not copied. */
int node_append(struct arena *arena, struct node *list, struct node *item) must_use;
int node_put(struct arena *arena, struct node *map, const char *key, struct node *value) must_use;
void node_remove(struct node *map, const char *key);

/* The value of a key, or NULL; map may be NULL or of another kind. Borrowed. */
struct node *node_get(const struct node *map, const char *key);
struct node_entry *node_find(const struct node *map, const char *key);

/*
 * The same for who asks for one key after the other of a map that has most of them in that order:
 * looks from *at on first, and sets it behind what was found. *at begins as 0.
 */
struct node *node_get_next(const struct node *map, const char *key, size_t *at);

static inline bool node_is(const struct node *node, enum node_kind kind)
{
	return node && node->kind == kind;
}

/* INT or FLOAT (a BIGINT is not a number to calculate with). */
bool node_is_number(const struct node *node);

/* The value of an INT or FLOAT as a double. */
double node_number(const struct node *node);

/*
 * Equality of list items (DESIGN.md section 3): deep, kinds must match except that 1 equals
 * 1.0, the order of a mapping's keys does not matter. Tags are not looked at.
 */
bool node_equal(const struct node *a, const struct node *b);

/*
 * The same document: kinds, values and !override tags alike (1 and 1.0 differ, NaN is NaN,
 * -0.0 differs from 0.0), the order of a mapping's keys does not matter.
 */
bool node_same(const struct node *a, const struct node *b);

/* The same where !override does not count. */
bool node_same_but_tags(const struct node *a, const struct node *b);

/* Alike for nodes that are node_equal(), and in another process another one (base/hash.h). */
uint64_t node_hash(const struct node *node);

/* "text", "number", "list", … for messages. */
const char *node_kind_name(const struct node *node);
