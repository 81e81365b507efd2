/* Building documents and finding things in them; see tree.h. */
#include "persona/tree.h"

#define SMALL_SET 8u /* up to here a scan is as fast as a table */

void *maker_check(struct maker *maker, void *p)
{
	if (!p)
		maker->failed = true;
	return p;
}

struct node *maker_shell(struct maker *maker, const struct node *node)
{
	struct node *shell = maker_check(maker, arena_alloc(maker->arena, sizeof(*shell)));

	if (!shell)
		return NULL;
	*shell = *node;
	shell->override_tag = shell->anchor = shell->alias = false;
	shell->items = NULL;
	shell->entries = NULL;
	shell->count = shell->capacity = 0;
	shell->place = (struct node_place){0};
	shell->origin = NULL;
	return shell;
}

struct node *maker_clean(struct maker *maker, const struct node *node)
{
	struct node *copy = maker_shell(maker, node);

	for (size_t i = 0; copy && i < node->count; i++) {
		if (node->kind == NODE_LIST)
			maker_add_item(maker, copy, maker_clean(maker, node->items[i]));
		else
			maker_add_entry(maker, copy, &node->entries[i],
					maker_clean(maker, node->entries[i].value));
	}
	return copy;
}

void maker_add_entry(struct maker *maker, struct node *map, const struct node_entry *like,
		     struct node *value)
{
	struct node_entry *entries;

	if (!map || !value)
		return;
	entries = arena_grow(maker->arena, map->entries, map->count, &map->capacity,
			     sizeof(*entries));
	if (!maker_check(maker, entries))
		return;
	map->entries = entries;
	entries[map->count++] = (struct node_entry){
		.key = like->key,
		.key_style = like->key_style,
		.value = value,
	};
}

void maker_add_item(struct maker *maker, struct node *list, struct node *item)
{
	if (list && item && node_append(maker->arena, list, item) < 0)
		maker->failed = true;
}

void maker_set(struct maker *maker, struct node *map, const char *key, struct node *value)
{
	if (!map)
		return;
	if (!value)
		node_remove(map, key);
	else if (node_put(maker->arena, map, key, value) < 0)
		maker->failed = true;
}

/* Room for twice as many entries as there will be, so that probing stays short. */
static size_t table_size(size_t count)
{
	size_t size = 32;

	while (size < count * 2)
		size *= 2;
	return size;
}

void item_set_init(struct item_set *set, struct maker *maker, size_t most)
{
	size_t size = most <= SMALL_SET ? SMALL_SET : table_size(most);
	struct arena *arena = maker->arena;

	*set = (struct item_set){.mask = size - 1};
	set->items = maker_check(maker, arena_alloc(arena, size * sizeof(*set->items)));
	if (most <= SMALL_SET)
		return;
	set->hashes = maker_check(maker, arena_alloc(arena, size * sizeof(*set->hashes)));
	set->ordinals = maker_check(maker, arena_alloc(arena, size * sizeof(*set->ordinals)));
	if (!set->hashes || !set->ordinals)
		set->items = NULL;
}

/* Where item is or would be put. */
static size_t item_slot(const struct item_set *set, const struct node *item, uint64_t hash)
{
	size_t at;

	if (!set->hashes) {
		for (at = 0; at < set->count; at++)
			if (node_equal(set->items[at], item))
				break;
		return at;
	}
	at = hash & set->mask;
	while (set->items[at] && !(set->hashes[at] == hash && node_equal(set->items[at], item)))
		at = (at + 1) & set->mask;
	return at;
}

size_t item_set_index(const struct item_set *set, const struct node *item)
{
	size_t at;

	if (!set->items)
		return SIZE_MAX;
	at = item_slot(set, item, set->hashes ? node_hash(item) : 0);
	if (set->hashes)
		return set->items[at] ? set->ordinals[at] : SIZE_MAX;
	return at < set->count ? at : SIZE_MAX;
}

bool item_set_add(struct item_set *set, const struct node *item)
{
	uint64_t hash;
	size_t at;

	if (!set->items || !item)
		return false;
	hash = set->hashes ? node_hash(item) : 0;
	at = item_slot(set, item, hash);
	if ((set->hashes || at < set->count) && set->items[at])
		return false;
	set->items[at] = item;
	if (set->hashes) {
		set->hashes[at] = hash;
		set->ordinals[at] = (uint32_t)set->count;
	}
	set->count++;
	return true;
}

bool same_or_absent(const struct node *a, const struct node *b)
{
	return a && b ? node_same(a, b) : !a && !b;
}
