/* The comparisons of persona/what_if.h: nothing is guessed, everything is resolved again. */
#include "persona/what_if.h"

#include "base/buf.h"
#include "persona/schema.h"
#include "persona/tree.h"

struct comparison {
	struct arena *arena;
	struct leaf_changes *changes;
	struct buf path;
};

static int add(struct comparison *comparison, const struct node *now, const struct node *then)
{
	struct leaf_changes *changes = comparison->changes;
	struct leaf_change *grown = arena_grow(comparison->arena, changes->items, changes->count,
					       &changes->capacity, sizeof(*grown));
	char *path = arena_strdup(comparison->arena, buf_text(&comparison->path));

	if (!grown || !path || comparison->path.failed)
		return -ENOMEM;
	changes->items = grown;
	grown[changes->count++] = (struct leaf_change){.path = path, .now = now, .then = then};
	return 0;
}

static bool is_inner(const struct node *node)
{
	return node_is(node, NODE_MAP) && node->count;
}

static int compare(struct comparison *comparison, const struct node *now, const struct node *then);

/* The entries of map against those of other; of the later document only what is new. */
static int compare_entries(struct comparison *comparison, const struct node *map,
			   const struct node *other, bool map_is_then)
{
	size_t length = comparison->path.length;
	int err = 0;

	for (size_t i = 0; is_inner(map) && i < map->count && err == 0; i++) {
		const struct node *value = map->entries[i].value;
		const struct node *pair = node_get(other, map->entries[i].key);

		if (map_is_then && pair)
			continue;
		path_add_key(&comparison->path, map->entries[i].key);
		err = map_is_then ? compare(comparison, NULL, value)
				  : compare(comparison, value, pair);
		buf_splice(&comparison->path, length, comparison->path.length, "", 0);
	}
	return err;
}

static int compare(struct comparison *comparison, const struct node *now, const struct node *then)
{
	bool now_inner = is_inner(now), then_inner = is_inner(then);
	int err = 0;

	if (now && then && !now_inner && !then_inner)
		return node_same_but_tags(now, then) ? 0 : add(comparison, now, then);
	if (now && !now_inner)
		err = add(comparison, now, NULL);
	if (err == 0)
		err = compare_entries(comparison, now, then, false);
	if (err == 0)
		err = compare_entries(comparison, then, now, true);
	if (err == 0 && then && !then_inner)
		err = add(comparison, NULL, then);
	return err;
}

int leaves_compare(struct arena *arena, const struct node *now, const struct node *then,
		   struct leaf_changes *ret)
{
	struct comparison comparison = {.arena = arena, .changes = ret};
	int err;

	*ret = (struct leaf_changes){0};
	err = compare(&comparison, now, then);
	buf_done(&comparison.path);
	return err;
}

static int no_memory(struct helios_error *error)
{
	return helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "memory ran out");
}

/* A copy of the persona's document with other control keys. */
static int change_controls(struct arena *arena, const struct node *root, struct node *level,
			   struct node *importance, struct node **ret, struct helios_error *error)
{
	struct document asked = {.text = "", .file = "", .root = node_map(arena)};
	struct maker maker = {.arena = arena};

	*ret = node_copy(arena, root);
	if (!*ret || !asked.root)
		return no_memory(error);
	if (level) {
		maker_set(&maker, asked.root, "specialization_level", level);
		maker_set(&maker, *ret, "specialization_level", level);
	}
	if (importance) {
		maker_set(&maker, asked.root, "base_importance", importance);
		maker_set(&maker, *ret, "base_importance", importance);
	}
	return maker.failed ? no_memory(error) : schema_check_persona(&asked, error);
}

/* The control keys differ because that was asked for. */
static void drop_controls(struct leaf_changes *changes)
{
	size_t kept = 0;

	for (size_t i = 0; i < changes->count; i++)
		if (!schema_is_control(changes->items[i].path))
			changes->items[kept++] = changes->items[i];
	changes->count = kept;
}

int what_if(struct arena *arena, const struct layer *layers, size_t count, size_t own,
	    struct node *level, struct node *importance, struct what_if *ret,
	    struct helios_error *error)
{
	struct layer *changed;
	struct resolution now, then;
	struct node *root = NULL;
	int err = resolve(arena, layers, count, &now, error);

	if (err == 0)
		err = change_controls(arena, layers[own].root, level, importance, &root, error);
	if (err < 0)
		return err;
	changed = arena_alloc(arena, count * sizeof(*changed)); /* origins point to it */
	if (!changed)
		return no_memory(error);
	memcpy(changed, layers, count * sizeof(*changed));
	changed[own].root = root;
	err = resolve(arena, changed, count, &then, error);
	if (err < 0)
		return err;
	*ret = (struct what_if){.weight_now = now.weight, .weight_then = then.weight};
	if (leaves_compare(arena, now.root, then.root, &ret->changes) < 0)
		return no_memory(error);
	drop_controls(&ret->changes);
	return 0;
}
