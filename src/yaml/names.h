/*
 * A hash table from (scope, name) to a pointer: keys of a mapping, anchors of a document. What
 * keeps 100 000 keys from costing 100 000 scans. Relies on base/base.h.
 */
#pragma once

#include "base/base.h"

struct name_slot {
	const void *scope;
	const char *name; /* NULL: free */
	void *value;
};

/* Begins zeroed. Names are not copied. */
struct names {
	struct name_slot *slots;
	size_t count, capacity;
};

/* The slot of a name, or NULL. Borrowed until the next names_add(). */
struct name_slot *names_find(const struct names *names, const void *scope, const char *name);

/*
 * 1 when the name is new, 0 when it was there (its value stays as it was; *ret is its slot
 * either way, and ret may be NULL), or -ENOMEM.
 */
int names_add(struct names *names, const void *scope, const char *name, void *value,
	      struct name_slot **ret) must_use;

void names_done(struct names *names);
