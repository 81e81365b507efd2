/*
 * Saving the resolved view. First what the edit means now: the document that should be read
 * after the save (control keys decide how the keys the edit left alone resolve, and somebody
 * else's changes since the ancestor stay). Then the overlay that gives it, found by solve.c, and
 * the proof with resolve(). See put.h.
 */
#include "persona/put.h"

#include "persona/merge3.h"
#include "persona/schema.h"
#include "persona/solve.h"

static const char *const controls[] = {"base_importance", "specialization_level"};

struct save {
	const struct put_request *request;
	struct maker maker;
	struct helios_error *error;
	struct layer *after;		/* parents after the save, and the overlay being made */
	size_t count;			/* of after */
	struct resolution now;		/* what is resolved before the save */
	struct resolution then;		/* the same with control keys and parents of the save */
	struct node *ancestor, *edited; /* with control keys that were left out filled in */
	struct node *target;
	struct put_result result;
};

static int no_memory(struct helios_error *error)
{
	return helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "memory ran out");
}

const char *put_parent(const struct node *overlay, const struct node *ancestor,
		       const struct node *edited)
{
	bool touched = !ancestor || !same_or_absent(node_get(ancestor, "inherits_from"),
						    node_get(edited, "inherits_from"));

	return schema_parent(touched ? edited : overlay);
}

static bool is_new(const struct save *save)
{
	return save->request->ancestor && save->request->ancestor->count == 0;
}

static const struct node *overlay_before(const struct save *save)
{
	return save->request->layers[save->request->count - 1].root;
}

/* What resolves when the persona says nothing about the control keys. */
static int resolve_defaults(struct save *save, const struct layer *parents, size_t count,
			    struct resolution *ret)
{
	struct arena *arena = save->maker.arena;
	struct layer *layers = arena_alloc(arena, (count + 1) * sizeof(*layers));
	struct node *overlay = node_copy(arena, overlay_before(save));

	if (!layers || !overlay)
		return no_memory(save->error);
	for (size_t i = 0; i < ARRAY_SIZE(controls); i++)
		node_remove(overlay, controls[i]);
	memcpy(layers, parents, count * sizeof(*layers));
	layers[count] = save->request->layers[save->request->count - 1];
	layers[count].root = overlay;
	return resolve(arena, layers, count + 1, ret, save->error);
}

/* A document in which each control key that was left out has its default. */
static int fill_controls(struct save *save, const struct node *document,
			 const struct layer *parents, size_t count, struct node **ret)
{
	struct node *filled = node_copy(save->maker.arena, document);
	struct resolution defaults = {0};

	for (size_t i = 0; filled && i < ARRAY_SIZE(controls); i++) {
		int r;

		if (node_get(document, controls[i]))
			continue;
		r = defaults.root ? 0 : resolve_defaults(save, parents, count, &defaults);
		if (r < 0)
			return r;
		maker_set(&save->maker, filled, controls[i], node_get(defaults.root, controls[i]));
	}
	*ret = filled;
	return filled && !save->maker.failed ? 0 : no_memory(save->error);
}

/* Sets or removes one key of the overlay; the tag that stands on it stays. */
static void set_key(struct save *save, struct node *overlay, const char *key,
		    const struct node *value)
{
	const struct node *before = node_get(overlay, key);
	struct node *stored = value ? maker_clean(&save->maker, value) : NULL;

	if (stored)
		stored->override_tag = before && before->override_tag;
	maker_set(&save->maker, overlay, key, stored);
}

/*
 * The overlay with what the save says about control keys and inherits_from. A control key that
 * already has the effect that was written is left as it is.
 */
static int set_controls(struct save *save, const struct node *effective, struct node **ret)
{
	const struct node *edited = save->request->edited;
	struct node *overlay = node_copy(save->maker.arena, overlay_before(save));

	if (!overlay)
		return no_memory(save->error);
	for (size_t i = 0; i < ARRAY_SIZE(controls); i++) {
		const char *key = controls[i];
		const struct node *value = node_get(edited, key);

		if (same_or_absent(node_get(save->ancestor, key), node_get(save->edited, key)) ||
		    (value && same_or_absent(node_get(effective, key), value)))
			continue;
		set_key(save, overlay, key, value);
	}
	if (!same_or_absent(node_get(save->ancestor, "inherits_from"),
			    node_get(edited, "inherits_from")))
		set_key(save, overlay, "inherits_from", node_get(edited, "inherits_from"));
	*ret = overlay;
	return save->maker.failed ? no_memory(save->error) : 0;
}

static int resolve_after(struct save *save, struct node *overlay, struct resolution *ret)
{
	save->after[save->count - 1].root = overlay;
	return resolve(save->maker.arena, save->after, save->count, ret, save->error);
}

/* The documents on both sides of the edit, with all control keys. */
static int read_sides(struct save *save)
{
	const struct put_request *request = save->request;
	const struct node *ancestor = request->ancestor ? request->ancestor : save->now.root;
	int r = 0;

	if (is_new(save))
		save->ancestor = node_copy(save->maker.arena, ancestor);
	else
		r = fill_controls(save, ancestor, request->layers, request->count - 1,
				  &save->ancestor);
	if (r < 0)
		return r;
	if (!save->ancestor)
		return no_memory(save->error);
	return fill_controls(save, request->edited, request->parents, request->parent_count,
			     &save->edited);
}

/* Sets then: what would be read if the save had changed nothing but control keys and parents. */
static int reresolve(struct save *save)
{
	struct resolution effective;
	struct node *overlay = NULL;
	int r = resolve_after(save, (struct node *)(uintptr_t)overlay_before(save), &effective);

	if (r < 0)
		return r;
	r = set_controls(save, effective.root, &overlay);
	if (r < 0)
		return r;
	return resolve_after(save, overlay, &save->then);
}

static int copy_conflicts(struct save *save, const struct merge3_result *merged)
{
	struct put_conflict *conflicts =
		arena_alloc(save->maker.arena, (merged->conflict_count + 1) * sizeof(*conflicts));

	if (!conflicts)
		return no_memory(save->error);
	for (size_t i = 0; i < merged->conflict_count; i++)
		conflicts[i].path = merged->conflicts[i];
	save->result.conflicts = conflicts;
	save->result.conflict_count = merged->conflict_count;
	return 0;
}

/*
 * What should be read after the save. Conflicts are with what somebody else changed, not with
 * what resolves differently because of this very save; a new name has none.
 */
static int find_target(struct save *save)
{
	struct arena *arena = save->maker.arena;
	struct merge3_result merged, others;

	if (merge3(arena, save->ancestor, save->then.root, save->edited, &merged) < 0)
		return no_memory(save->error);
	save->target = merged.root;
	if (is_new(save))
		return 0;
	if (merge3(arena, save->ancestor, save->now.root, save->edited, &others) < 0)
		return no_memory(save->error);
	return copy_conflicts(save, &others);
}

static int refuse_locked(struct step *step, uint64_t locks, const struct node *target,
			 struct helios_error *error)
{
	const struct layer *locker = &step->layers[__builtin_ctzll(locks)];
	cleanup_buf struct buf path = {0};
	struct helios_place place = {.file = step->layer->file};

	step_path(step, &path);
	place.key = buf_text(&path);
	if (target) {
		place.line = target->place.line;
		place.column = target->place.column;
	}
	return helios_fail(error, HELIOS_LOCKED, &place, NULL, "'%s' is locked by %s (%s)",
			   buf_text(&path), locker->name, locker->file);
}

static int check_locks(struct step *step, struct scope scope, const struct node *now,
		       const struct node *target, struct helios_error *error);

static int check_lock_at(struct step *step, struct scope scope, const char *key,
			 const struct node *const sides[2], struct helios_error *error)
{
	int r;

	step_enter(step, key);
	r = check_locks(step, step_scope(step, scope, key), sides[0], sides[1], error);
	step_leave(step);
	return r;
}

/* A locked mapping of which the same merge: excepts keys: each key is looked at. */
static int check_locked_map(struct step *step, struct scope scope, const struct node *now,
			    const struct node *target, struct helios_error *error)
{
	struct key_index in_now, in_target;
	int r = 0;

	key_index_init(&in_now, step->maker->arena, now);
	key_index_init(&in_target, step->maker->arena, target);
	for (size_t i = 0; i < now->count && r == 0; i++) {
		const char *key = now->entries[i].key;

		r = check_lock_at(step, scope, key,
				  (const struct node *[]){now->entries[i].value,
							  key_index_get(&in_target, key)},
				  error);
	}
	for (size_t i = 0; i < target->count && r == 0; i++) {
		const char *key = target->entries[i].key;

		if (!key_index_find(&in_now, key))
			r = check_lock_at(step, scope, key,
					  (const struct node *[]){NULL, target->entries[i].value},
					  error);
	}
	return r;
}

/* Refuses a target that differs from what is read now where a layer below locks. */
static int check_locks(struct step *step, struct scope scope, const struct node *now,
		       const struct node *target, struct helios_error *error)
{
	uint64_t locks = step_locks(step, scope);
	int r = 0;

	if (locks) {
		if (same_or_absent(now, target))
			return 0;
		if (scope.at && scope.at->children && node_is(now, NODE_MAP) &&
		    node_is(target, NODE_MAP))
			return check_locked_map(step, scope, now, target, error);
		return refuse_locked(step, locks, target, error);
	}
	if (!step_locks_below(step, scope))
		return 0;
	for (const struct rule_node *at = scope.at->children; at && r == 0; at = at->next)
		r = check_lock_at(
			step, scope, at->key,
			(const struct node *[]){node_get(now, at->key), node_get(target, at->key)},
			error);
	return r;
}

/* The overlay that reads as target; after's last layer has the control keys of the save. */
static int find_overlay(struct save *save, struct node **ret)
{
	const struct layer *own = &save->after[save->count - 1];
	struct rules rules;
	struct step step = {
		.maker = &save->maker,
		.rules = &rules,
		.layer = own,
		.layers = save->after,
		.index = (unsigned)save->count - 1,
	};
	struct resolution base;
	int r = resolve(save->maker.arena, save->after, save->count - 1, &base, save->error);

	if (r < 0)
		return r;
	rules_init(&rules, &save->maker, save->after, save->count);
	step_weigh(&step, base.root);
	r = check_locks(&step, scope_root(&rules), save->then.root, save->target, save->error);
	if (r < 0)
		return r;
	*ret = solve_root(&step, base.root, (struct node *)(uintptr_t)own->root, save->target);
	return save->maker.failed ? no_memory(save->error) : 0;
}

/* Nothing is trusted: what is stored is resolved once more and compared. */
static int verify(struct save *save, struct node *overlay)
{
	struct put_result *result = &save->result;
	struct resolution proof;
	int r = resolve_after(save, overlay, &proof);

	if (r < 0)
		return r;
	if (!node_same(proof.root, save->target))
		return helios_fail(save->error, HELIOS_CONFLICT, NULL,
				   "save the change in sources/ instead",
				   "no overlay resolves to the document that was saved");
	result->changed = !node_same(overlay_before(save), overlay);
	result->overlay =
		result->changed ? overlay : (struct node *)(uintptr_t)overlay_before(save);
	result->resolved = proof.root;
	result->merged = !node_same(proof.root, save->request->edited);
	return 0;
}

static int run(struct save *save)
{
	struct node *overlay = NULL;
	int r = resolve(save->maker.arena, save->request->layers, save->request->count, &save->now,
			save->error);

	if (r == 0)
		r = read_sides(save);
	if (r == 0)
		r = reresolve(save);
	if (r == 0)
		r = find_target(save);
	if (r == 0)
		r = find_overlay(save, &overlay);
	return r < 0 ? r : verify(save, overlay);
}

int put(struct arena *arena, const struct put_request *request, struct put_result *ret,
	struct helios_error *error)
{
	struct save save = {
		.request = request,
		.maker = {.arena = arena},
		.error = error,
		.count = request->parent_count + 1,
	};
	int r;

	save.after = arena_alloc(arena, save.count * sizeof(*save.after));
	if (!save.after)
		return no_memory(error);
	memcpy(save.after, request->parents, request->parent_count * sizeof(*save.after));
	save.after[save.count - 1] = request->layers[request->count - 1];
	r = run(&save);
	if (r == 0)
		*ret = save.result;
	return r;
}
