/* Open addressing with linear probing; at most half of the slots are taken. */
#include "yaml/index.h"

#include "base/hash.h"

#define SMALL_MAP 16u /* up to here a scan is as fast as a table */

void key_index_init(struct key_index *index, struct arena *arena, const struct node *map)
{
	*index = (struct key_index){.map = node_is(map, NODE_MAP) ? map : NULL, .arena = arena};
}

/* The slot where a key is or belongs. */
static uint32_t *probe(const struct key_index *index, const char *key)
{
	size_t at = hash_text(key) & index->mask;

	while (index->slots[at] && !streq(index->map->entries[index->slots[at] - 1].key, key))
		at = (at + 1) & index->mask;
	return &index->slots[at];
}

static bool make_table(struct key_index *index)
{
	size_t count = index->map->count, size = SMALL_MAP * 2;

	if (index->slots)
		return true;
	while (size < count * 2)
		size *= 2;
	index->slots = arena_alloc(index->arena, size * sizeof(*index->slots));
	index->mask = size - 1;
	for (size_t i = 0; index->slots && i < count; i++)
		*probe(index, index->map->entries[i].key) = (uint32_t)i + 1;
	return index->slots != NULL;
}

struct node_entry *key_index_find(struct key_index *index, const char *key)
{
	const struct node *map = index->map;
	struct node_entry *found;
	uint32_t slot;

	if (!map)
		return NULL;
	if (index->cursor < map->count && streq(map->entries[index->cursor].key, key))
		return &map->entries[index->cursor++];
	if (map->count <= SMALL_MAP || !make_table(index)) {
		found = node_find(map, key);
	} else {
		slot = *probe(index, key);
		found = slot ? &map->entries[slot - 1] : NULL;
	}
	if (found)
		index->cursor = (size_t)(found - map->entries) + 1;
	return found;
}

struct node *key_index_get(struct key_index *index, const char *key)
{
	struct node_entry *entry = key_index_find(index, key);

	return entry ? entry->value : NULL;
}
