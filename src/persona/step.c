/*
 * One step of resolution: who wins where, before the table is asked. The order is lock, tag,
 * null, absence, metadata, strategy, table. Depth is bounded by LIMIT_DEPTH, which the parser
 * enforces.
 */
#include "persona/step.h"

#include "persona/schema.h"

static void enter(struct step *step, struct path_step at)
{
	if (step->depth < ARRAY_SIZE(step->trail))
		step->trail[step->depth] = at;
	step->depth++;
}

void step_enter(struct step *step, const char *key)
{
	enter(step, (struct path_step){.key = key});
}

void step_enter_item(struct step *step, size_t index)
{
	enter(step, (struct path_step){.index = index});
}

void step_leave(struct step *step)
{
	step->depth--;
}

/* The name of a key of the root that is being looked at, or NULL. */
static const char *root_key(const struct step *step)
{
	return step->depth == 1 ? step->trail[0].key : NULL;
}

bool step_at_metadata(const struct step *step)
{
	const char *key = root_key(step);

	return key && schema_is_metadata(key);
}

void step_path(const struct step *step, struct buf *out)
{
	for (size_t i = 0; i < step->depth && i < ARRAY_SIZE(step->trail); i++) {
		if (step->trail[i].key)
			path_add_key(out, step->trail[i].key);
		else
			path_add_index(out, step->trail[i].index);
	}
}

static void set_origin(struct step *step, struct node *node, const struct origin *source,
		       enum rule rule)
{
	struct origin *origin =
		maker_check(step->maker, arena_alloc(step->maker->arena, sizeof(*origin)));

	if (!origin || !node)
		return;
	*origin = *source;
	origin->rule = rule;
	origin->strategy = rule == RULE_STRATEGY ? step->strategy : NULL;
	origin->weight = step->weight;
	node->origin = origin;
}

struct node *step_shell(struct step *step, const struct node *from, bool own, enum rule rule)
{
	struct node *shell = maker_shell(step->maker, from);
	struct origin source = {.layer = step->layer, .line = from->place.line};

	set_origin(step, shell, own || !from->origin ? &source : from->origin, rule);
	return shell;
}

struct node *step_keep(struct step *step, const struct node *base, enum rule rule)
{
	struct node *copy = step_shell(step, base, false, rule);

	if (!copy)
		return NULL;
	copy->items = base->items;
	copy->entries = base->entries;
	copy->count = copy->capacity = base->count;
	return copy;
}

struct node *step_adopt(struct step *step, const struct node *value, enum rule rule,
			bool keep_nulls)
{
	struct node *copy = step_shell(step, value, true, rule);

	for (size_t i = 0; copy && i < value->count; i++) {
		const struct node *child =
			value->kind == NODE_LIST ? value->items[i] : value->entries[i].value;

		if (value->kind == NODE_LIST) {
			maker_add_item(step->maker, copy, step_adopt(step, child, rule, true));
			continue;
		}
		if (child->kind == NODE_NULL && !child->override_tag && !keep_nulls)
			continue;
		maker_add_entry(step->maker, copy, &value->entries[i],
				step_adopt(step, child, child->override_tag ? RULE_OVERRIDE : rule,
					   keep_nulls || child->override_tag));
	}
	return copy;
}

/* A locked value that a later layer tried to change: all its leaves say so. */
static struct node *relabel(struct step *step, const struct node *base)
{
	struct node *copy = base ? step_shell(step, base, false, RULE_LOCK) : NULL;

	for (size_t i = 0; copy && i < base->count; i++) {
		if (base->kind == NODE_LIST)
			maker_add_item(step->maker, copy, relabel(step, base->items[i]));
		else
			maker_add_entry(step->maker, copy, &base->entries[i],
					relabel(step, base->entries[i].value));
	}
	return copy;
}

static void note_dead(struct step *step, uint64_t locks, const struct node *value)
{
	struct maker *maker = step->maker;
	struct dead_list *dead = step->dead;
	cleanup_buf struct buf text = {0};
	struct dead_value *values;

	if (!dead)
		return;
	step_path(step, &text);
	values = maker_check(maker, arena_grow(maker->arena, dead->values, dead->count,
					       &dead->capacity, sizeof(*values)));
	if (!values)
		return;
	dead->values = values;
	values[dead->count++] = (struct dead_value){
		.path = maker_check(maker, arena_strdup(maker->arena, buf_text(&text))),
		.layer = step->layer,
		.locker = &step->layers[__builtin_ctzll(locks)],
		.line = value->place.line,
	};
}

struct scope step_scope(const struct step *step, struct scope scope, const char *key)
{
	return scope_enter(step->rules, scope, key, step->index);
}

bool step_holds_locked(struct step *step, struct scope scope, const struct node *base)
{
	if (!base || step_locks(step, scope))
		return base;
	if (!step_locks_below(step, scope) || base->kind != NODE_MAP)
		return false;
	for (const struct rule_node *at = scope.at->children; at; at = at->next)
		if (step_holds_locked(step, step_scope(step, scope, at->key),
				      node_get(base, at->key)))
			return true;
	return false;
}

static struct node *enforce(struct step *step, struct scope scope, struct node *base,
			    struct node *fresh, const struct node *value);

/* What stands at one key that is locked or has locked keys below; fresh is what would. */
static struct node *enforce_child(struct step *step, struct scope scope, struct node *base,
				  struct node *fresh, const struct node *value)
{
	uint64_t locks = step_locks(step, scope);

	if (!locks && !step_locks_below(step, scope))
		return fresh;
	if (!locks && (!fresh || fresh->kind == NODE_MAP))
		return enforce(step, scope, base, fresh, value);
	if (!locks && !step_holds_locked(step, scope, base))
		return fresh;
	if (fresh || (base && value->kind == NODE_NULL))
		note_dead(step, locks ? locks : scope.at->locks_below & step_lockers(step), value);
	return base;
}

/*
 * fresh (a new mapping or NULL) is about to replace base; the values of base that are locked
 * below this path stay all the same.
 */
static struct node *enforce(struct step *step, struct scope scope, struct node *base,
			    struct node *fresh, const struct node *value)
{
	for (const struct rule_node *at = scope.at->children; at; at = at->next) {
		struct node *had = node_get(fresh, at->key), *stays;

		step_enter(step, at->key);
		stays = enforce_child(step, step_scope(step, scope, at->key),
				      node_get(base, at->key), had, value);
		step_leave(step);
		if (stays == had)
			continue;
		if (!fresh)
			fresh = maker_shell(step->maker, base);
		maker_set(step->maker, fresh, at->key, stays);
	}
	return fresh;
}

static struct node *with_strategy(struct step *step, struct scope scope, struct node *base,
				  const struct node *value)
{
	step->strategy = scope.strategy->name;
	switch (scope.strategy->kind) {
	case STRATEGY_BASE:
		return step_keep(step, base, RULE_STRATEGY);
	case STRATEGY_PERSONA:
		return step_adopt(step, value, RULE_STRATEGY, false);
	case STRATEGY_APPEND:
	case STRATEGY_PREPEND:
	case STRATEGY_REPLACE:
	case STRATEGY_BY:
		if (base->kind == NODE_LIST && value->kind == NODE_LIST)
			return lists_by_strategy(step, scope, base, value);
		return table_value(step, base, value);
	default:
		return table_value(step, base, value);
	}
}

/* The rows of the table where no lock is concerned. */
static struct node *unlocked_value(struct step *step, struct scope scope, struct node *base,
				   const struct node *value)
{
	const char *key = root_key(step);

	if (key && schema_is_control(key))
		return node_is_number(value) ? step_adopt(step, value, RULE_CONTROL, false) : base;
	if (value->override_tag)
		return step_adopt(step, value, RULE_OVERRIDE, true);
	if (value->kind == NODE_NULL)
		return NULL;
	if (!base || base->kind == NODE_NULL)
		return step_adopt(step, value, RULE_PERSONA_ONLY, false);
	if (step_at_metadata(step))
		return step_adopt(step, value, RULE_METADATA, false);
	if (base->kind == NODE_MAP && value->kind == NODE_MAP)
		return step_maps(step, scope, base, value);
	return scope.strategy ? with_strategy(step, scope, base, value)
			      : table_value(step, base, value);
}

/* A value that is not locked itself, but has locked keys below. */
static struct node *guarded_value(struct step *step, struct scope scope, struct node *base,
				  const struct node *value)
{
	bool map = value->kind == NODE_MAP;
	struct node *fresh;

	if (map && !value->override_tag && node_is(base, NODE_MAP) && !step_at_metadata(step))
		return step_maps(step, scope, base, value);
	if (!map && (value->override_tag || value->kind != NODE_NULL) &&
	    step_holds_locked(step, scope, base)) {
		note_dead(step, scope.at->locks_below & step_lockers(step), value);
		return base;
	}
	fresh = unlocked_value(step, scope, base, value);
	return !fresh || fresh->kind == NODE_MAP ? enforce(step, scope, base, fresh, value) : fresh;
}

static struct node *locked_value(struct step *step, struct scope scope, struct node *base,
				 const struct node *value)
{
	/* a longer path in the merge: that locks may except keys below */
	if (scope.at && scope.at->children && node_is(base, NODE_MAP) && value->kind == NODE_MAP &&
	    !value->override_tag)
		return step_maps(step, scope, base, value);
	note_dead(step, step_locks(step, scope), value);
	return relabel(step, base);
}

struct node *step_value(struct step *step, struct scope scope, struct node *base,
			const struct node *value)
{
	if (!value)
		return base;
	if (step_locks(step, scope))
		return locked_value(step, scope, base, value);
	if (step_locks_below(step, scope))
		return guarded_value(step, scope, base, value);
	return unlocked_value(step, scope, base, value);
}

static void add_key(struct step *step, struct scope scope, struct node *map,
		    const struct node_entry *entry, const struct node *value)
{
	struct node *base = entry->value;

	step_enter(step, entry->key);
	maker_add_entry(step->maker, map, entry,
			step_value(step, step_scope(step, scope, entry->key), base, value));
	step_leave(step);
}

/* The layer's keys that base lacks, in the layer's order. */
static void add_own_keys(struct step *step, struct scope scope, struct node *map,
			 const struct node *value, const bool *seen)
{
	for (size_t i = 0; i < value->count; i++) {
		struct node_entry entry = value->entries[i];

		if (seen[i] || (step->depth == 0 && streq(entry.key, "merge")))
			continue;
		entry.value = NULL;
		add_key(step, scope, map, &entry, value->entries[i].value);
	}
}

struct node *step_maps(struct step *step, struct scope scope, struct node *base,
		       const struct node *value)
{
	struct node *map = value->count ? step_shell(step, value, true, RULE_NULL)
					: step_shell(step, base, false, RULE_BASE_ONLY);
	bool *seen = maker_check(step->maker, arena_alloc(step->maker->arena, value->count + 1));
	struct key_index own;

	key_index_init(&own, step->maker->arena, value);
	if (step->maker->failed)
		return NULL;
	for (size_t i = 0; i < base->count; i++) {
		struct node_entry *entry = key_index_find(&own, base->entries[i].key);

		if (entry)
			seen[entry - value->entries] = true;
		add_key(step, scope, map, &base->entries[i], entry ? entry->value : NULL);
	}
	add_own_keys(step, scope, map, value, seen);
	return map;
}
