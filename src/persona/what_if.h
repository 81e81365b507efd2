/*
 * What another level or importance would make of a persona, and which leaves two documents differ
 * in. Pure. Relies on persona/resolve.h.
 */
#pragma once

#include "persona/resolve.h"

/* A leaf that is not the same in two documents. */
struct leaf_change {
	const char *path;
	const struct node *now, *then; /* NULL: it is not there */
};

struct leaf_changes {
	struct leaf_change *items; /* in the order of the first document, then what only then has */
	size_t count, capacity;
};

/*
 * The leaves (what is no mapping, and empty mappings) that differ. Paths live in arena, nodes are
 * borrowed. 0 or -ENOMEM.
 */
int leaves_compare(struct arena *arena, const struct node *now, const struct node *then,
		   struct leaf_changes *ret) must_use;

struct what_if {
	double weight_now, weight_then;
	struct leaf_changes changes; /* without the control keys themselves */
};

/*
 * Resolves the layers twice: as they are, and with level and importance (NULL: as it is) in
 * layers[own]. The result lives in arena and points into the layers' documents. 0 or a negative
 * errno: what the schema refuses, such as a level below 1, is refused here, too.
 */
int what_if(struct arena *arena, const struct layer *layers, size_t count, size_t own,
	    struct node *level, struct node *importance, struct what_if *ret,
	    struct helios_error *error) must_use;
