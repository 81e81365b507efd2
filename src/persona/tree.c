/* Building documents and finding things in them; see tree.h. */
#include "persona/tree.h"

#define SMALL_MAP 12u /* up to here a scan is as fast as a table */
#define SMALL_SET 8u

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

void key_index_init(struct key_index *index, struct maker *maker, const struct node *map)
{
	size_t size;

	*index = (struct key_index){.map = node_is(map, NODE_MAP) ? map : NULL};
	if (!index->map || map->count <= SMALL_MAP)
		return;
	size = table_size(map->count);
	index->slots = maker_check(maker, arena_alloc(maker->arena, size * sizeof(uint32_t)));
	if (!index->slots)
		return;
	index->mask = size - 1;
	for (size_t i = 0; i < map->count; i++) {
		const char *key = map->entries[i].key;
		size_t at = text_hash(key, strlen(key)) & index->mask;

		while (index->slots[at])
			at = (at + 1) & index->mask;
		index->slots[at] = (uint32_t)i + 1;
	}
}

static struct node_entry *find_hashed(const struct key_index *index, const char *key)
{
	size_t at = text_hash(key, strlen(key)) & index->mask;

	for (; index->slots[at]; at = (at + 1) & index->mask) {
		struct node_entry *entry = &index->map->entries[index->slots[at] - 1];

		if (streq(entry->key, key))
			return entry;
	}
	return NULL;
}

struct node_entry *key_index_find(struct key_index *index, const char *key)
{
	size_t count = index->map ? index->map->count : 0;

	if (index->slots)
		return find_hashed(index, key);
	for (size_t i = 0; i < count; i++) {
		size_t at =
			index->cursor + i < count ? index->cursor + i : index->cursor + i - count;

		if (streq(index->map->entries[at].key, key)) {
			index->cursor = at + 1 < count ? at + 1 : 0;
			return &index->map->entries[at];
		}
	}
	return NULL;
}

struct node *key_index_get(struct key_index *index, const char *key)
{
	struct node_entry *entry = key_index_find(index, key);

	return entry ? entry->value : NULL;
}

static uint64_t mix(uint64_t h)
{
	h ^= h >> 32;
	h *= 0xd6e8feb86659fd93u;
	h ^= h >> 32;
	h *= 0xd6e8feb86659fd93u;
	return h ^ h >> 32;
}

uint64_t text_hash(const char *text, size_t length)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (size_t i = 0; i < length; i++)
		h = (h ^ (unsigned char)text[i]) * 0x100000001b3u;
	return mix(h);
}

/* 1 and 1.0 are equal, so they hash alike; so do all NaNs. */
static uint64_t hash_float(double real)
{
	uint64_t bits;

	if (real != real)
		return 0x7ff8;
	if (real >= -9223372036854775808.0 && real < 9223372036854775808.0 &&
	    (double)(int64_t)real == real)
		return mix((uint64_t)(int64_t)real);
	memcpy(&bits, &real, sizeof(bits));
	return mix(bits);
}

uint64_t node_hash(const struct node *node)
{
	uint64_t h = (uint64_t)node->kind << 56;

	switch (node->kind) {
	case NODE_NULL:
		return h;
	case NODE_BOOL:
		return mix(h + node->boolean);
	case NODE_INT:
		return mix((uint64_t)node->integer);
	case NODE_FLOAT:
		return hash_float(node->real);
	case NODE_LIST:
		for (size_t i = 0; i < node->count; i++)
			h = mix(h ^ node_hash(node->items[i]));
		return h;
	case NODE_MAP: /* a sum: the order of keys does not matter */
		for (size_t i = 0; i < node->count; i++) {
			const char *key = node->entries[i].key;

			h += mix(text_hash(key, strlen(key)) ^
				 mix(node_hash(node->entries[i].value) + 1));
		}
		return h;
	default:
		return h ^ text_hash(node->text, node->length);
	}
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
