/* One path of an overlay set or unset, as 'helios set' does on a source; see put.h. */
#include "persona/put.h"
#include "persona/tree.h"

struct edit {
	struct maker maker;
	const struct path *path;
	struct node *value; /* NULL: unset */
	bool no_key;
};

static struct node *edit_at(struct edit *edit, struct node *node, size_t depth);

/* What stands at the end of the path afterwards. */
static struct node *last_value(struct edit *edit, const struct node *before)
{
	struct node *value;

	if (!edit->value) {
		edit->no_key |= !before;
		return NULL;
	}
	value = maker_check(&edit->maker, node_copy(edit->maker.arena, edit->value));
	if (value && before && before->override_tag)
		value->override_tag = true;
	return value;
}

static struct node *edit_child(struct edit *edit, struct node *child, size_t depth)
{
	return depth + 1 == edit->path->count ? last_value(edit, child)
					      : edit_at(edit, child, depth + 1);
}

static struct node *edit_item(struct edit *edit, struct node *list, size_t depth)
{
	size_t index = edit->path->steps[depth].index;
	struct node *copy, *item;

	if (!node_is(list, NODE_LIST) || index > list->count) {
		edit->no_key = true;
		return list;
	}
	item = edit_child(edit, index < list->count ? list->items[index] : NULL, depth);
	copy = maker_check(&edit->maker, node_copy(edit->maker.arena, list));
	if (!copy || edit->no_key)
		return list;
	if (item && index < copy->count)
		copy->items[index] = item;
	else if (item)
		maker_add_item(&edit->maker, copy, item);
	else if (index < copy->count)
		memmove(&copy->items[index], &copy->items[index + 1],
			(--copy->count - index) * sizeof(struct node *));
	return copy;
}

static struct node *edit_key(struct edit *edit, struct node *map, size_t depth)
{
	const char *key = edit->path->steps[depth].key;
	struct node *child = edit_child(edit, node_get(map, key), depth);
	struct node *copy;

	if (edit->no_key)
		return map;
	copy = maker_check(&edit->maker, node_copy(edit->maker.arena, map));
	maker_set(&edit->maker, copy, key, child);
	return copy;
}

/* node with the rest of the path, from its step at depth, set or unset. */
static struct node *edit_at(struct edit *edit, struct node *node, size_t depth)
{
	struct node *map = node;

	if (!edit->path->steps[depth].key)
		return edit_item(edit, node, depth);
	if (!node_is(node, NODE_MAP)) {
		if ((node && node->kind != NODE_NULL) || !edit->value) {
			edit->no_key = true;
			return node;
		}
		map = maker_check(&edit->maker, node_map(edit->maker.arena));
		if (!map)
			return NULL;
		map->override_tag = node && node->override_tag;
	}
	return edit_key(edit, map, depth);
}

int overlay_edit(struct arena *arena, const struct node *overlay, const struct path *path,
		 struct node *value, struct node **ret, struct helios_error *error)
{
	struct edit edit = {.maker = {.arena = arena}, .path = path, .value = value};
	struct node *root = NULL;

	if (path->count)
		root = edit_at(&edit, (struct node *)(uintptr_t)overlay, 0);
	if (edit.maker.failed)
		return helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "memory ran out");
	if (edit.no_key || !path->count)
		return path_missing(overlay, path, error);
	*ret = root;
	return 0;
}
