/*
 * Two lists: the three bands of the table, and the strategies append, prepend, replace and
 * by: FIELD. Items are compared with node_equal(); those of the base keep their origins.
 */
#include "persona/step.h"

/* A list being put together from both sides. */
struct weave {
	struct step *step;
	struct node *list;
	struct item_set seen;
	enum rule rule;
};

static void weave_init(struct weave *weave, struct step *step, const struct node *base,
		       const struct node *value, enum rule rule)
{
	bool own = value->count >= base->count;

	*weave = (struct weave){.step = step, .rule = rule};
	weave->list = step_shell(step, own ? value : base, own, rule);
	item_set_init(&weave->seen, step->maker, base->count + value->count);
}

/* Items of the layer are taken over, those of the base are shared. */
static void add(struct weave *weave, struct node *item, bool own)
{
	if (own)
		item = step_adopt(weave->step, item, weave->rule, true);
	maker_add_item(weave->step->maker, weave->list, item);
}

static void add_all(struct weave *weave, const struct node *from, bool own)
{
	for (size_t i = 0; i < from->count; i++) {
		item_set_add(&weave->seen, from->items[i]);
		add(weave, from->items[i], own);
	}
}

static void add_new(struct weave *weave, const struct node *from, size_t start, size_t count,
		    bool own)
{
	for (size_t i = start; i < from->count && i - start < count; i++)
		if (item_set_add(&weave->seen, from->items[i]))
			add(weave, from->items[i], own);
}

static size_t chunk(size_t count, double part)
{
	size_t size = (size_t)((double)count * part);

	return size ? size : 1;
}

static void add_in_turn(struct weave *weave, const struct node *base, const struct node *value)
{
	size_t of_base = chunk(base->count, weave->step->weight);
	size_t of_value = chunk(value->count, 1.0 - weave->step->weight);
	size_t i = 0, j = 0;

	while (i < base->count || j < value->count) {
		add_new(weave, base, i, of_base, false);
		add_new(weave, value, j, of_value, true);
		i += of_base;
		j += of_value;
	}
}

static struct node *base_first(struct weave *weave, const struct node *base,
			       const struct node *value)
{
	add_all(weave, base, false);
	add_new(weave, value, 0, value->count, true);
	return weave->list;
}

static struct node *base_last(struct weave *weave, const struct node *base,
			      const struct node *value)
{
	add_all(weave, value, true);
	add_new(weave, base, 0, base->count, false);
	return weave->list;
}

struct node *lists_by_weight(struct step *step, const struct node *base, const struct node *value)
{
	struct weave weave;

	weave_init(&weave, step, base, value, RULE_LIST);
	if (step->weight > 0.7)
		return base_first(&weave, base, value);
	if (step->weight < 0.3)
		return base_last(&weave, base, value);
	add_in_turn(&weave, base, value);
	return weave.list;
}

const struct node *lists_field(const struct node *item, const char *field)
{
	const struct node *value = node_get(item, field);

	return value && value->kind != NODE_NULL ? value : NULL;
}

bool lists_match_init(struct lists_match *match, struct maker *maker, const struct node *list,
		      const char *field)
{
	match->field = field;
	match->positions =
		maker_check(maker, arena_alloc(maker->arena, (list->count + 1) * sizeof(size_t)));
	match->used = maker_check(maker, arena_alloc(maker->arena, list->count + 1));
	item_set_init(&match->fields, maker, list->count);
	if (maker->failed)
		return false;
	for (size_t i = 0; i < list->count; i++) {
		const struct node *value = lists_field(list->items[i], field);

		if (value && item_set_add(&match->fields, value))
			match->positions[match->fields.count - 1] = i;
	}
	return true;
}

size_t lists_match(struct lists_match *match, const struct node *item)
{
	const struct node *value = lists_field(item, match->field);
	size_t at = value ? item_set_index(&match->fields, value) : SIZE_MAX;

	if (at == SIZE_MAX || match->used[match->positions[at]])
		return SIZE_MAX;
	match->used[match->positions[at]] = true;
	return match->positions[at];
}

static struct node *by_field(struct step *step, struct scope scope, const struct node *base,
			     const struct node *value)
{
	struct node *list = step_shell(step, value, true, RULE_STRATEGY);
	const char *name = step->strategy;
	struct lists_match match;

	if (!lists_match_init(&match, step->maker, base, scope.strategy->field))
		return NULL;
	for (size_t i = 0; i < base->count; i++)
		maker_add_item(step->maker, list, base->items[i]);
	for (size_t i = 0; i < value->count && !step->maker->failed; i++) {
		struct node *item = value->items[i];
		size_t at = lists_match(&match, item);

		step->strategy = name;
		if (at == SIZE_MAX) {
			maker_add_item(step->maker, list,
				       step_adopt(step, item, RULE_STRATEGY, true));
			continue;
		}
		step_enter_item(step, at);
		list->items[at] = step_maps(step, scope_item(scope), base->items[at], item);
		step_leave(step);
	}
	return list;
}

struct node *lists_by_strategy(struct step *step, struct scope scope, const struct node *base,
			       const struct node *value)
{
	struct weave weave;

	weave_init(&weave, step, base, value, RULE_STRATEGY);
	switch (scope.strategy->kind) {
	case STRATEGY_APPEND:
		return base_first(&weave, base, value);
	case STRATEGY_PREPEND:
		return base_last(&weave, base, value);
	case STRATEGY_REPLACE:
		return step_adopt(step, value, RULE_STRATEGY, true);
	default:
		return by_field(step, scope, base, value);
	}
}
