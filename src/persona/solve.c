/*
 * The order in which values are tried: what is there, the same tag with the new value, the part
 * that the base does not supply, the plain value, the value with !override; see solve.h.
 */
#include "persona/solve.h"

#include "persona/schema.h"

bool solve_gives(struct step *step, struct scope scope, struct node *base, const struct node *value,
		 const struct node *target)
{
	cleanup(arena_done) struct arena arena = {0};
	struct maker *maker = step->maker, trial = {.arena = &arena};
	const struct node *given;

	step->maker = &trial;
	given = step_value(step, scope, base, value);
	step->maker = maker;
	if (trial.failed) /* what was made is not whole, and not to be looked at */
		maker->failed = true;
	return !trial.failed && same_or_absent(given, target);
}

static struct node *tagged(struct node *node)
{
	if (node)
		node->override_tag = true;
	return node;
}

/* A copy of target that may be stored: without the keys that are locked. */
static struct node *storable(struct step *step, struct scope scope, const struct node *target)
{
	struct node *copy;

	if (!step_locks_below(step, scope) || target->kind != NODE_MAP)
		return maker_clean(step->maker, target);
	copy = maker_shell(step->maker, target);
	for (size_t i = 0; i < target->count; i++) {
		const struct node_entry *entry = &target->entries[i];
		struct scope below = step_scope(step, scope, entry->key);

		if (!step_locks(step, below))
			maker_add_entry(step->maker, copy, entry,
					storable(step, below, entry->value));
	}
	return copy;
}

/* Whether a value that stands as it is reads as target: tags inside it do not show. */
static bool reads_as(struct step *step, const struct node *own, const struct node *target)
{
	cleanup(arena_done) struct arena arena = {0};
	struct maker *maker = step->maker, trial = {.arena = &arena};
	const struct node *adopted;

	step->maker = &trial;
	adopted = step_adopt(step, own, RULE_OVERRIDE, true);
	step->maker = maker;
	if (trial.failed)
		maker->failed = true;
	return !trial.failed && same_or_absent(adopted, target);
}

/* target in the clothes of own, whose value stands as it is: own's unchanged children stay. */
static struct node *refit(struct step *step, struct scope scope, struct node *own,
			  struct node *target)
{
	bool maps = node_is(own, NODE_MAP) && target->kind == NODE_MAP;
	struct key_index in_own, in_target;
	struct node *result;

	if (own && !maps && reads_as(step, own, target))
		return own;
	result = maps ? maker_shell(step->maker, own) : storable(step, scope, target);
	if (!result)
		return NULL;
	result->override_tag = own && own->override_tag;
	if (!maps)
		return result;
	key_index_init(&in_own, step->maker->arena, own);
	key_index_init(&in_target, step->maker->arena, target);
	for (size_t i = 0; i < own->count; i++) {
		struct node_entry *entry = &own->entries[i];
		struct node *wanted = key_index_get(&in_target, entry->key);
		struct scope below = step_scope(step, scope, entry->key);
		bool dead = step_locks(step, below);

		if (wanted || dead)
			maker_add_entry(step->maker, result, entry,
					dead ? entry->value
					     : refit(step, below, entry->value, wanted));
	}
	for (size_t i = 0; i < target->count; i++) {
		struct node_entry *entry = &target->entries[i];
		struct scope below = step_scope(step, scope, entry->key);

		if (!key_index_find(&in_own, entry->key) && !step_locks(step, below))
			maker_add_entry(step->maker, result, entry,
					storable(step, below, entry->value));
	}
	return result;
}

static struct node *map_or_null(struct node *node, bool plain)
{
	return node_is(node, NODE_MAP) && !(plain && node->override_tag) ? node : NULL;
}

/* Whether two mappings, or one that is taken over, are resolved key by key here. */
static bool is_by_key(const struct step *step, const struct node *base, const struct node *own,
		      const struct node *target)
{
	if (!node_is(target, NODE_MAP) || (own && (own->kind != NODE_MAP || own->override_tag)))
		return false;
	return !base || base->kind == NODE_NULL ||
	       (base->kind == NODE_MAP && !step_at_metadata(step));
}

/* A new value for target, which own does not give. */
static struct node *find_value(struct step *step, struct scope scope, struct node *base,
			       struct node *own, struct node *target)
{
	struct node *value;
	bool changed;

	if (own && own->override_tag) {
		value = refit(step, scope, own, target);
		if (solve_gives(step, scope, base, value, target))
			return value;
	}
	if (target->kind == NODE_MAP) {
		value = solve_map(step, scope,
				  step_at_metadata(step) ? NULL : map_or_null(base, false),
				  map_or_null(own, true), target, &changed);
		if (!value) /* base supplies all of it, but own stands in the way */
			value = maker_shell(step->maker, target);
		if (solve_gives(step, scope, base, value, target))
			return value;
	}
	if (target->kind == NODE_LIST) {
		value = solve_list(step, scope, base, own, target);
		if (value)
			return value;
	}
	value = storable(step, scope, target);
	if (solve_gives(step, scope, base, value, target))
		return value;
	return tagged(storable(step, scope, target));
}

static struct node *null_value(struct step *step)
{
	return maker_check(step->maker, node_null(step->maker->arena));
}

/* A locked mapping whose merge: excepts keys below: only those can have changed. */
static struct node *solve_locked(struct step *step, struct scope scope, struct node *base,
				 struct node *own, struct node *target)
{
	struct node *value;
	bool changed;

	if (!scope.at || !scope.at->children || !node_is(base, NODE_MAP) ||
	    !node_is(target, NODE_MAP))
		return own;
	value = solve_map(step, scope, base, map_or_null(own, true), target, &changed);
	return changed ? value : own;
}

static struct node *solve_value(struct step *step, struct scope scope, struct node *base,
				struct node *own, struct node *target)
{
	struct node *value;
	bool changed;

	if (step_locks(step, scope))
		return solve_locked(step, scope, base, own, target);
	if (is_by_key(step, base, own, target)) {
		value = solve_map(step, scope, map_or_null(base, false), own, target, &changed);
		return value || node_is(base, NODE_MAP) ? value : maker_shell(step->maker, target);
	}
	if (solve_gives(step, scope, base, own, target))
		return own;
	if (target && target->kind != NODE_NULL)
		return find_value(step, scope, base, own, target);
	if (solve_gives(step, scope, base, NULL, target))
		return NULL;
	return target ? tagged(null_value(step)) : null_value(step);
}

/* One mapping's keys being gone through; three sides, each may lack a key. */
struct keys {
	struct step *step;
	struct scope scope;
	struct key_index base, own, target;
	struct node *map;
	bool changed;
};

/* Not a matter of solving: merge: never shows, control keys were decided before. */
static bool is_apart(const struct step *step, const char *key)
{
	return step->depth == 0 && (streq(key, "merge") || schema_is_control(key));
}

static void solve_key(struct keys *keys, const struct node_entry *like)
{
	struct step *step = keys->step;
	struct node_entry *own = key_index_find(&keys->own, like->key);
	struct node *before = own ? own->value : NULL, *after = before;

	if (!is_apart(step, like->key)) {
		step_enter(step, like->key);
		after = solve_value(step, step_scope(step, keys->scope, like->key),
				    key_index_get(&keys->base, like->key), before,
				    key_index_get(&keys->target, like->key));
		step_leave(step);
	}
	if (after != before)
		keys->changed = true;
	maker_add_entry(step->maker, keys->map, own ? own : like, after);
	/* an untouched entry stays with all it knows of its text */
	if (own && after && after == before && !step->maker->failed)
		keys->map->entries[keys->map->count - 1] = *own;
}

struct node *solve_map(struct step *step, struct scope scope, struct node *base, struct node *own,
		       struct node *target, bool *changed)
{
	struct keys keys = {.step = step, .scope = scope};

	key_index_init(&keys.base, step->maker->arena, base);
	key_index_init(&keys.own, step->maker->arena, own);
	key_index_init(&keys.target, step->maker->arena, target);
	keys.map = maker_shell(step->maker, own ? own : target);
	*changed = false;
	if (step->maker->failed)
		return own;
	for (size_t i = 0; own && i < own->count; i++)
		solve_key(&keys, &own->entries[i]);
	for (size_t i = 0; i < target->count; i++)
		if (!key_index_find(&keys.own, target->entries[i].key))
			solve_key(&keys, &target->entries[i]);
	for (size_t i = 0; base && i < base->count; i++)
		if (!key_index_find(&keys.own, base->entries[i].key) &&
		    !key_index_find(&keys.target, base->entries[i].key))
			solve_key(&keys, &base->entries[i]);
	*changed = keys.changed;
	return keys.changed ? keys.map : own;
}

struct node *solve_root(struct step *step, struct node *base, struct node *own, struct node *target)
{
	bool changed;

	step->depth = 0;
	return solve_map(step, scope_root(step->rules), base, own, target, &changed);
}
