/*
 * Resolution: get(base, persona) of DESIGN.md section 3, strategies and locks included.
 * Pure: no I/O, same input same output, safe from any thread. Relies on yaml/node.h.
 */
#pragma once

#include <helios/error.h>

#include "yaml/path.h"

/* One source document on the way from the base to the persona. */
struct layer {
	const char *name; /* "base" or the persona's name */
	const char *file; /* "base/identity.yaml", for origins and messages */
	const struct node *root;
	bool on_top; /* project or temporary: counts as w = 0 and leaves the control keys alone */
};

/* The row of section 3's table, or the strategy, that decided a value. */
enum rule {
	RULE_BASE_ONLY,
	RULE_PERSONA_ONLY,
	RULE_NULL,
	RULE_OVERRIDE,
	RULE_EQUAL,
	RULE_BLEND,
	RULE_WEIGHT, /* strings and booleans: w above or below one half */
	RULE_LIST,
	RULE_KINDS, /* any other pair of kinds: the persona's */
	RULE_METADATA,
	RULE_CONTROL,
	RULE_STRATEGY,
	RULE_LOCK,
};

struct origin {
	const struct layer *layer; /* who supplied the value, or its larger part */
	unsigned line;		   /* in layer->file; 0 when nothing was written (a default) */
	enum rule rule;
	const char *strategy; /* for RULE_STRATEGY: its name */
	double weight;	      /* w of the step that decided */
};

/* A value of a later layer that a lock keeps from counting. */
struct dead_value {
	const char *path;
	const struct layer *layer;  /* whose value it is */
	const struct layer *locker; /* who locked it */
	unsigned line;
};

struct resolution {
	struct node *root; /* every leaf has its origin set */
	double weight;	   /* w of the persona's own step; 1 for the base alone */
	struct dead_value *dead;
	size_t dead_count;
};

/*
 * Resolves layers[0] (the base), parents in order, the persona, and what lies on top of it, at
 * most 64 in all. With one layer the result is the base without merge:. All memory comes from arena; the result points into the
 * layers' documents. Layers have passed persona/schema.h. 0 or -ENOMEM.
 */
int resolve(struct arena *arena, const struct layer *layers, size_t count,
	    struct resolution *ret, struct helios_error *error) must_use;

/* One step at a given weight without strategies: the table itself, as the vectors test it. */
int resolve_blend(struct arena *arena, const struct node *base, const struct node *persona,
		  double weight, struct node **ret) must_use;

/* clamp(importance / level², 0.01, 1.0) */
double resolve_weight(double importance, double level);

/* "base-led", "balanced" or "persona-led": which row for lists and strings w falls into. */
const char *resolve_band(double weight);

const char *resolve_rule_name(enum rule rule);

/*
 * The layer that locks path, or NULL: the one nearest the base with a lock on it or above. A
 * layer's lock does not bind itself: layers are those below the one that is to be written.
 */
const struct layer *resolve_locker(const struct layer *layers, size_t count,
				   const struct path *path);
