/*
 * The laws of saving (DESIGN.md section 4) on one world: its base, parents and overlay, and edits
 * that come from its choices, some of them three-way. A broken law ends the test.
 */
#pragma once

#include "worlds.h"

#include "persona/merge3.h"
#include "persona/put.h"
#include "persona/schema.h"

/* A list with an item inserted, removed, changed or moved. */
static inline struct node *edited_list(struct world *w, const struct node *list)
{
	struct node *copy = must(node_copy(&w->arena, list));
	size_t at = pick(&w->random, copy->count + 1);
	struct node *item =
		random_value(&w->arena, &w->random, (struct random_kind){.nulls = 20}, 1);

	if (chance(w, 2) || at == copy->count) {
		assert_int_equal(node_append(&w->arena, copy, item), 0);
		if (at < copy->count) {
			copy->items[copy->count - 1] = copy->items[at];
			copy->items[at] = item;
		}
	} else if (chance(w, 2)) {
		copy->count--;
		memmove(&copy->items[at], &copy->items[at + 1],
			(copy->count - at) * sizeof(*copy->items));
	} else {
		copy->items[at] = item;
	}
	return copy;
}

/* One edit somewhere below map; *ret_key is the key of map that was touched. */
static inline struct node *edited_map(struct world *w, const struct node *map, const char **ret_key)
{
	struct random_kind kind = {.nulls = 15};
	struct node *copy = must(node_copy(&w->arena, map));
	const char *key = random_keys[pick(&w->random, ARRAY_SIZE(random_keys))];
	struct node *value;

	if (copy->count && !chance(w, 4))
		key = copy->entries[pick(&w->random, copy->count)].key;
	*ret_key = key;
	if (schema_is_control(key))
		return copy;
	value = node_get(copy, key);
	if (node_is(value, NODE_MAP) && !chance(w, 4)) {
		const char *ignored;

		value = edited_map(w, value, &ignored);
	} else if (node_is(value, NODE_LIST) && !chance(w, 4)) {
		value = edited_list(w, value);
	} else if (chance(w, 4)) {
		value = NULL;
	} else {
		value = random_value(&w->arena, &w->random, kind, 2);
	}
	set(w, copy, key, value);
	return copy;
}

static inline void describe(const struct world *w, const struct node *edited)
{
	for (size_t i = 0; i < w->count; i++)
		print_node(w->layers[i].name, w->layers[i].root);
	print_node("read", w->now);
	print_node("edited", edited);
}

#define law(w, condition, edited, stored)                                                          \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			describe(w, edited);                                                       \
			print_node("stored", stored);                                              \
			fail_msg("law broken: %s (%s)", #condition, (w)->error.message);           \
		}                                                                                  \
	} while (0)

static inline int save(struct world *w, const struct node *ancestor, const struct node *edited,
		       struct put_result *ret)
{
	struct put_request request = {
		.layers = w->layers,
		.count = w->count,
		.parents = w->layers,
		.parent_count = w->count - 1,
		.ancestor = ancestor,
		.edited = edited,
	};

	*ret = (struct put_result){0};
	w->error = (struct helios_error){0};
	return put(&w->arena, &request, ret, &w->error);
}

static inline struct resolution resolve_with(struct world *w, const struct node *overlay)
{
	struct resolution resolution;
	struct layer layers[4];

	memcpy(layers, w->layers, sizeof(layers));
	layers[w->count - 1].root = overlay;
	assert_int_equal(resolve(&w->arena, layers, w->count, &resolution, NULL), 0);
	return resolution;
}

static inline struct node *get_with(struct world *w, const struct node *overlay)
{
	return resolve_with(w, overlay).root;
}

/* No program lets a value be written that a lock keeps from counting. */
static inline bool no_dead_value_more(struct world *w, const struct node *overlay)
{
	return resolve_with(w, overlay).dead_count <=
	       resolve_with(w, w->layers[w->count - 1].root).dead_count;
}

static inline bool locks_anything(const struct world *w)
{
	for (size_t i = 0; i + 1 < w->count; i++) {
		const struct node *rules = node_get(w->layers[i].root, "merge");

		for (size_t j = 0; rules && j < rules->count; j++)
			if (node_is(rules->entries[j].value, NODE_STRING) &&
			    streq(rules->entries[j].value->text, "lock"))
				return true;
	}
	return false;
}

/* A refusal must be for a lock that is there, and a value that was to change. */
static inline bool refused_rightly(struct world *w, int r, const struct node *edited)
{
	const struct node *before, *after;
	struct path path;

	if (r != -EPERM || w->error.code != HELIOS_LOCKED || !locks_anything(w) ||
	    path_parse(&w->arena, w->error.key, &path, NULL) < 0 ||
	    !resolve_locker(w->layers, w->count - 1, &path))
		return false;
	before = path_lookup(w->now, &path);
	after = path_lookup(edited, &path);
	return before && after ? !node_same(before, after) : before != after;
}

static inline void nothing_changes(struct world *w)
{
	struct put_result result;

	law(w, save(w, NULL, w->now, &result) == 0, w->now, NULL);
	law(w, !result.changed && !result.merged, w->now, result.overlay);
	law(w, result.overlay == w->layers[w->count - 1].root, w->now, result.overlay);
	law(w, save(w, w->now, w->now, &result) == 0 && !result.changed, w->now, result.overlay);
}

/* The keys of the root, other than the one edited, are stored as they were. */
static inline bool others_untouched(const struct node *before, const struct node *after,
				    const char *key)
{
	for (size_t i = 0; i < before->count; i++)
		if (!streq(before->entries[i].key, key) &&
		    node_get(after, before->entries[i].key) != before->entries[i].value)
			return false;
	for (size_t i = 0; i < after->count; i++)
		if (!streq(after->entries[i].key, key) && !node_get(before, after->entries[i].key))
			return false;
	return true;
}

/*
 * Wherever a stored key has !override, the plain value would not have done: it would resolve to
 * something else. Looked at on the keys of the root, where the tag was not there before.
 */
static inline bool plain_first(struct world *w, const struct node *edited, struct node *overlay,
			       const char *key)
{
	const struct node *before = node_get(w->layers[w->count - 1].root, key);
	struct node *stored = node_get(overlay, key), *trial, *plain;

	if (!stored || !stored->override_tag || (before && before->override_tag))
		return true;
	plain = must(node_copy(&w->arena, stored));
	plain->override_tag = false;
	trial = must(node_copy(&w->arena, overlay));
	set(w, trial, key, plain);
	return !node_same(get_with(w, trial), edited);
}

static inline void one_edit_is_one_edit(struct world *w)
{
	struct node *before = (struct node *)w->layers[w->count - 1].root;
	struct put_result result;
	const char *key;
	struct node *edited = edited_map(w, w->now, &key);
	int r = save(w, chance(w, 2) ? w->now : NULL, edited, &result);

	if (r < 0) {
		law(w, refused_rightly(w, r, edited), edited, NULL);
		return;
	}
	law(w, node_same(result.resolved, edited), edited, result.overlay);
	law(w, node_same(get_with(w, result.overlay), edited), edited, result.overlay);
	law(w, !result.merged && !result.conflict_count, edited, result.overlay);
	law(w, others_untouched(before, result.overlay, key), edited, result.overlay);
	law(w, no_dead_value_more(w, result.overlay), edited, result.overlay);
	law(w, plain_first(w, edited, result.overlay, key), edited, result.overlay);
	law(w, result.changed == !node_same(edited, w->now), edited, result.overlay);
}

/* A document that has nothing to do with what is there. */
static inline void anything_can_be_saved(struct world *w)
{
	struct node *edited =
		must(random_map(&w->arena, &w->random, (struct random_kind){.nulls = 10}, 4));
	struct put_result result;
	int r;

	set(w, edited, "base_importance", node_get(w->now, "base_importance"));
	set(w, edited, "specialization_level", node_get(w->now, "specialization_level"));
	r = save(w, NULL, edited, &result);
	if (r < 0) {
		law(w, refused_rightly(w, r, edited), edited, NULL);
		return;
	}
	law(w, node_same(get_with(w, result.overlay), edited), edited, result.overlay);
	law(w, !result.merged, edited, result.overlay);
	law(w, no_dead_value_more(w, result.overlay), edited, result.overlay);
}

/* Each leaf of edited that differs from before reads as written; the others resolve anew. */
static inline bool edits_read_back(const struct node *before, const struct node *anew,
				   const struct node *edited, const struct node *after)
{
	if (!edited || !before)
		return edited ? after && node_same(edited, after) : before == NULL || !after;
	if (node_same(before, edited))
		return anew ? after && node_same(anew, after) : !after;
	if (!node_is(before, NODE_MAP) || !node_is(edited, NODE_MAP) || !node_is(anew, NODE_MAP))
		return after && node_same(edited, after);
	for (size_t i = 0; i < edited->count; i++) {
		const char *key = edited->entries[i].key;

		if (!schema_is_control(key) && node_get(before, key) &&
		    !edits_read_back(node_get(before, key), node_get(anew, key),
				     edited->entries[i].value, node_get(after, key)))
			return false;
	}
	return true;
}

static inline void control_keys_resolve_the_rest_anew(struct world *w)
{
	struct node *own = must(node_copy(&w->arena, w->layers[w->count - 1].root));
	struct put_result result;
	const char *key;
	struct node *edited = edited_map(w, w->now, &key), *anew;
	int r;

	switch (pick(&w->random, 3)) {
	case 0:
		set(w, edited, "specialization_level", NULL);
		set(w, own, "specialization_level", NULL);
		break;
	case 1:
		set(w, edited, "specialization_level", random_level(w));
		set(w, own, "specialization_level", node_get(edited, "specialization_level"));
		break;
	default:
		set(w, edited, "base_importance", random_importance(w));
		set(w, own, "base_importance", node_get(edited, "base_importance"));
	}
	r = save(w, NULL, edited, &result);
	if (r < 0) {
		law(w, refused_rightly(w, r, edited), edited, NULL);
		return;
	}
	anew = get_with(w, own);
	law(w, edits_read_back(w->now, anew, edited, result.resolved), edited, result.overlay);
	law(w, node_same(get_with(w, result.overlay), result.resolved), edited, result.overlay);
	law(w, result.conflict_count == 0, edited, result.overlay);
	if (node_get(edited, "specialization_level"))
		law(w,
		    node_same(node_get(result.resolved, "specialization_level"),
			      node_get(edited, "specialization_level")),
		    edited, result.overlay);
}

static inline bool same_key(const struct node *a, const struct node *b, const char *key)
{
	const struct node *x = node_get(a, key), *y = node_get(b, key);

	return x && y ? node_same(x, y) : !x && !y;
}

/* While one edits what was read, the overlay changes. */
static inline void both_edits_stay(struct world *w)
{
	struct node *ancestor = w->now, *edited, *theirs;
	struct put_result other, result;
	struct merge3_result merged;
	const char *mine, *key;
	int r;

	edited = edited_map(w, ancestor, &mine);
	theirs = edited_map(w, ancestor, &key);
	if (save(w, ancestor, theirs, &other) < 0)
		return;
	w->layers[w->count - 1].root = other.overlay;
	w->now = other.resolved;
	r = save(w, ancestor, edited, &result);
	if (r < 0) {
		law(w, refused_rightly(w, r, edited), edited, NULL);
		return;
	}
	assert_int_equal(merge3(&w->arena, ancestor, w->now, edited, &merged), 0);
	law(w, node_same(result.resolved, merged.root), edited, result.overlay);
	law(w, node_same(get_with(w, result.overlay), merged.root), edited, result.overlay);
	law(w, result.conflict_count == merged.conflict_count, edited, result.overlay);
	if (!streq(mine, key)) {
		law(w, same_key(result.resolved, edited, mine), edited, result.overlay);
		law(w, same_key(result.resolved, theirs, key), edited, result.overlay);
		law(w, result.conflict_count == 0, edited, result.overlay);
	}
}

static inline void new_names_keep_what_they_say(struct world *w)
{
	struct node *edited =
		must(random_map(&w->arena, &w->random, (struct random_kind){.nulls = 10}, 3));
	struct put_result result;
	int r;

	w->layers[w->count - 1].root = must(node_map(&w->arena));
	w->now = get(w, w->layers, w->count);
	if (!edited->count)
		return;
	r = save(w, node_map(&w->arena), edited, &result);
	if (r < 0) {
		law(w, refused_rightly(w, r, edited), edited, NULL);
		return;
	}
	law(w, node_same(get_with(w, result.overlay), result.resolved), edited, result.overlay);
	for (size_t i = 0; i < edited->count; i++)
		if (edited->entries[i].value->kind != NODE_MAP)
			law(w, same_key(edited, result.resolved, edited->entries[i].key), edited,
			    result.overlay);
	for (size_t i = 0; i < w->now->count; i++)
		if (!node_get(edited, w->now->entries[i].key))
			law(w, same_key(w->now, result.resolved, w->now->entries[i].key), edited,
			    result.overlay);
}

/* inherits_from changes: the parent goes or comes. */
static inline void parents_come_and_go(struct world *w)
{
	const char *key;
	struct node *edited = edited_map(w, w->now, &key);
	struct layer parents[3] = {w->layers[0]};
	struct put_request request = {
		.layers = w->layers,
		.count = w->count,
		.parents = parents,
		.parent_count = 1,
		.ancestor = w->now,
		.edited = edited,
	};
	struct put_result result = {0};
	struct node *own = (struct node *)w->layers[w->count - 1].root, *anew;
	struct layer after[3];
	int r;

	if (w->count == 2)
		parents[request.parent_count++] = (struct layer){
			.name = "parent", .file = "parent", .root = random_overlay(w)};
	memcpy(after, parents, sizeof(after));
	after[request.parent_count] = w->layers[w->count - 1];
	after[request.parent_count].root = own;
	anew = get(w, after, request.parent_count + 1);
	r = put(&w->arena, &request, &result, &w->error);
	if (r < 0) {
		law(w, r == -EPERM, edited, NULL);
		return;
	}
	after[request.parent_count].root = result.overlay;
	law(w, node_same(get(w, after, request.parent_count + 1), result.resolved), edited,
	    result.overlay);
	law(w, edits_read_back(w->now, anew, edited, result.resolved), edited, result.overlay);
}
