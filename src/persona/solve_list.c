/*
 * Lists that are stored plain without storing what the base supplies anyway: own's list with
 * the same insertions and deletions, the items the base lacks, and for 'by: FIELD' each item
 * with the fields that differ. All of them are guesses that are tried.
 */
#include "persona/solve.h"

/* The item of own if it is the very same, else a copy of target's. */
static struct node *stored_item(struct step *step, const struct item_set *set,
				const struct node *own, struct node *item)
{
	size_t at = own ? item_set_index(set, item) : SIZE_MAX;

	for (size_t i = at; own && at != SIZE_MAX && i < own->count; i++)
		if (node_same(own->items[i], item))
			return own->items[i];
	return maker_clean(step->maker, item);
}

static void add_set(struct item_set *set, struct maker *maker, const struct node *list)
{
	item_set_init(set, maker, list ? list->count : 0);
	for (size_t i = 0; list && i < list->count; i++)
		item_set_add(set, list->items[i]);
}

/*
 * The items of target that own has or that are new, in target's order. What shows now comes
 * from own or base, so an item that neither own nor what shows has is an insertion.
 */
static struct node *edited_own(struct step *step, struct scope scope, struct node *base,
			       struct node *own, struct node *target)
{
	struct node *now = step_value(step, scope, base, own);
	struct node *list = maker_shell(step->maker, own);
	struct item_set in_own, shown;

	if (!node_is(now, NODE_LIST))
		return NULL;
	add_set(&in_own, step->maker, own);
	add_set(&shown, step->maker, now);
	for (size_t i = 0; i < target->count && !step->maker->failed; i++) {
		struct node *item = target->items[i];

		if (item_set_index(&in_own, item) != SIZE_MAX ||
		    item_set_index(&shown, item) == SIZE_MAX)
			maker_add_item(step->maker, list, stored_item(step, &in_own, own, item));
	}
	return list;
}

static struct node *not_in_base(struct step *step, struct node *base, struct node *target)
{
	struct node *list = maker_shell(step->maker, target);
	struct item_set in_base;

	add_set(&in_base, step->maker, base);
	for (size_t i = 0; i < target->count; i++)
		if (item_set_index(&in_base, target->items[i]) == SIZE_MAX)
			maker_add_item(step->maker, list,
				       maker_clean(step->maker, target->items[i]));
	return list;
}

/* The item of own that is merged with each item of base, by base's position. */
static struct node **own_by_base(struct step *step, const struct node *base, const struct node *own,
				 const char *field)
{
	struct node **found = maker_check(
		step->maker, arena_alloc(step->maker->arena, (base->count + 1) * sizeof(*found)));
	struct lists_match match;

	if (!lists_match_init(&match, step->maker, base, field))
		return NULL;
	for (size_t i = 0; own && i < own->count; i++) {
		size_t at = lists_match(&match, own->items[i]);

		if (at != SIZE_MAX)
			found[at] = own->items[i];
	}
	return found;
}

/* An item as it is stored on top of base's of the same FIELD; NULL: base supplies all of it. */
static struct node *merged_item(struct step *step, struct scope scope, struct node *base,
				struct node *own, struct node *item)
{
	const struct node_entry *field = node_find(item, scope.strategy->field);
	struct node *stored, *whole;
	bool changed;

	stored = solve_map(step, scope_item(scope), base, own, item, &changed);
	if (own || !changed || node_get(stored, field->key))
		return stored;
	whole = maker_shell(step->maker, item);
	maker_add_entry(step->maker, whole, field, maker_clean(step->maker, field->value));
	for (size_t i = 0; i < stored->count; i++)
		maker_add_entry(step->maker, whole, &stored->entries[i], stored->entries[i].value);
	return whole;
}

static struct node *by_field(struct step *step, struct scope scope, struct node *base,
			     struct node *own, struct node *target)
{
	const char *field = scope.strategy->field;
	struct node **owns = own_by_base(step, base, own, field);
	struct node *list = maker_shell(step->maker, own ? own : target);
	struct lists_match match;
	struct item_set in_own;

	if (!owns || !lists_match_init(&match, step->maker, base, field))
		return NULL;
	add_set(&in_own, step->maker, own);
	for (size_t i = 0; i < target->count && !step->maker->failed; i++) {
		struct node *item = target->items[i];
		size_t at = lists_match(&match, item);

		if (at == SIZE_MAX) {
			maker_add_item(step->maker, list, stored_item(step, &in_own, own, item));
			continue;
		}
		step_enter_item(step, at);
		maker_add_item(step->maker, list,
			       merged_item(step, scope, base->items[at], owns[at], item));
		step_leave(step);
	}
	return list;
}

struct node *solve_list(struct step *step, struct scope scope, struct node *base, struct node *own,
			struct node *target)
{
	struct node *plain_own = node_is(own, NODE_LIST) && !own->override_tag ? own : NULL;
	struct node *list;

	if (!node_is(base, NODE_LIST))
		return NULL;
	if (scope.strategy && scope.strategy->kind == STRATEGY_BY) {
		list = by_field(step, scope, base, plain_own, target);
		if (list && solve_gives(step, scope, base, list, target))
			return list;
	}
	if (plain_own) {
		list = edited_own(step, scope, base, plain_own, target);
		if (list && solve_gives(step, scope, base, list, target))
			return list;
	}
	list = not_in_base(step, base, target);
	return solve_gives(step, scope, base, list, target) ? list : NULL;
}
