/*
 * One step of resolution: what a layer makes of the result of the layers before it. This is the
 * table of DESIGN.md section 3 with strategies and locks; resolve() takes the steps in turn,
 * put() asks what a value it might store would become. Pure; relies on rules.h and tree.h.
 */
#pragma once

#include "base/limits.h"
#include "persona/rules.h"

struct step {
	struct maker *maker;
	const struct rules *rules;
	const struct layer *layer; /* whose values are added */
	const struct layer *layers;
	unsigned index; /* of layer; locks of layers before it hold */
	double weight;
	const char *strategy;			 /* the name for RULE_STRATEGY */
	struct path_step trail[LIMIT_DEPTH + 2]; /* the path being looked at */
	size_t depth;
	struct dead_list *dead; /* NULL: not wanted */
};

struct dead_list {
	struct dead_value *values;
	size_t count, capacity;
};

/* The layers whose locks hold in this step, as bits. */
static inline uint64_t step_lockers(const struct step *step)
{
	return (UINT64_C(1) << step->index) - 1;
}

/* The layers that lock this very path, and whether one locks something strictly below it. */
static inline uint64_t step_locks(const struct step *step, struct scope scope)
{
	return scope.locks & step_lockers(step);
}

static inline bool step_locks_below(const struct step *step, struct scope scope)
{
	return scope.at && scope.at->locks_below & step_lockers(step);
}

/* What holds at a key below. */
struct scope step_scope(const struct step *step, struct scope scope, const char *key);

void step_enter(struct step *step, const char *key);
void step_enter_item(struct step *step, size_t index);
void step_leave(struct step *step);

/* The path entered is a key of the root that is never blended. */
bool step_at_metadata(const struct step *step);

/* Appends the path entered. */
void step_path(const struct step *step, struct buf *out);

/* The whole step: the weight from the control keys, then the document. */
struct node *step_root(struct step *step, struct node *base);

/* Sets the weight that the control keys in effect give. */
void step_weigh(struct step *step, const struct node *base);

/* Two mappings; at the root merge: of the layer is left out. */
struct node *step_maps(struct step *step, struct scope scope, struct node *base,
		       const struct node *value);

/*
 * What becomes of value, the layer's own at the path entered (NULL: it says nothing), on top of
 * base (NULL: absent). NULL: the key is absent. Nodes of base are shared, not changed.
 */
struct node *step_value(struct step *step, struct scope scope, struct node *base,
			const struct node *value);

/* A value of the layer taken over whole: without tags, and without null entries unless kept. */
struct node *step_adopt(struct step *step, const struct node *value, enum rule rule,
			bool keep_nulls);

/* Whether base holds a value, here or below, that a layer before locks. */
bool step_holds_locked(struct step *step, struct scope scope, const struct node *base);

/* A value of base with the rule that kept it; items and entries are shared. */
struct node *step_keep(struct step *step, const struct node *base, enum rule rule);

/* A copy without children of a value of the layer (own) or of base, with its origin. */
struct node *step_shell(struct step *step, const struct node *from, bool own, enum rule rule);

/* table.c: two values that are both present and not both mappings, by the table. */
struct node *table_value(struct step *step, struct node *base, const struct node *value);

/* lists.c: two lists, by the bands of the table or by a strategy. */
struct node *lists_by_weight(struct step *step, const struct node *base, const struct node *value);
struct node *lists_by_strategy(struct step *step, struct scope scope, const struct node *base,
			       const struct node *value);

/* The value of FIELD that an item of a 'by: FIELD' list is matched on; NULL: it has none. */
const struct node *lists_field(const struct node *item, const char *field);

/* Finds in one list the item of the same FIELD, each at most once. */
struct lists_match {
	const char *field;
	struct item_set fields;
	size_t *positions;
	bool *used;
};

bool lists_match_init(struct lists_match *match, struct maker *maker, const struct node *list,
		      const char *field);

/* The position of the item that matches, or SIZE_MAX. */
size_t lists_match(struct lists_match *match, const struct node *item);
