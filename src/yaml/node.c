/* The document tree of yaml/node.h. */
#include "yaml/node.h"

static struct node *make(struct arena *arena, enum node_kind kind)
{
	struct node *node = arena_alloc(arena, sizeof(*node));

	if (node)
		node->kind = kind;
	return node;
}

struct node *node_null(struct arena *arena)
{
	return make(arena, NODE_NULL);
}

struct node *node_bool(struct arena *arena, bool value)
{
	struct node *node = make(arena, NODE_BOOL);

	if (node)
		node->boolean = value;
	return node;
}

struct node *node_int(struct arena *arena, int64_t value)
{
	struct node *node = make(arena, NODE_INT);

	if (node)
		node->integer = value;
	return node;
}

struct node *node_float(struct arena *arena, double value)
{
	struct node *node = make(arena, NODE_FLOAT);

	if (node)
		node->real = value;
	return node;
}

struct node *node_string(struct arena *arena, const char *text, size_t length)
{
	struct node *node = make(arena, NODE_STRING);

	if (!node)
		return NULL;
	node->text = arena_strndup(arena, text, length);
	node->length = length;
	return node->text ? node : NULL;
}

struct node *node_list(struct arena *arena)
{
	return make(arena, NODE_LIST);
}

struct node *node_map(struct arena *arena)
{
	return make(arena, NODE_MAP);
}

struct node *node_copy(struct arena *arena, const struct node *node)
{
	struct node *copy = make(arena, node->kind);
	size_t size;

	if (!copy)
		return NULL;
	*copy = *node;
	copy->capacity = node->count;
	if (node->kind == NODE_LIST && node->count) {
		size = node->count * sizeof(*node->items);
		copy->items = arena_alloc(arena, size);
		if (!copy->items)
			return NULL;
		memcpy(copy->items, node->items, size);
	}
	if (node->kind == NODE_MAP && node->count) {
		size = node->count * sizeof(*node->entries);
		copy->entries = arena_alloc(arena, size);
		if (!copy->entries)
			return NULL;
		memcpy(copy->entries, node->entries, size);
	}
	return copy;
}

struct node *node_deep_copy(struct arena *arena, const struct node *node)
{
	struct node *copy = node_copy(arena, node);

	if (!copy)
		return NULL;
	copy->origin = NULL;
	if (node->text && !(copy->text = arena_strndup(arena, node->text, node->length)))
		return NULL;
	for (size_t i = 0; i < node->count; i++) {
		struct node **child =
			node->kind == NODE_LIST ? &copy->items[i] : &copy->entries[i].value;

		*child = node_deep_copy(arena, *child);
		if (!*child)
			return NULL;
		if (node->kind == NODE_MAP &&
		    !(copy->entries[i].key = arena_strdup(arena, node->entries[i].key)))
			return NULL;
	}
	return copy;
}

int node_append(struct arena *arena, struct node *list, struct node *item)
{
	struct node **items;

	if (!list || !item)
		return -ENOMEM;
	items = arena_grow(arena, list->items, list->count, &list->capacity, sizeof(*items));
	if (!items)
		return -ENOMEM;
	list->items = items;
	list->items[list->count++] = item;
	return 0;
}

int node_put(struct arena *arena, struct node *map, const char *key, struct node *value)
{
	struct node_entry *entry, *entries;

	if (!map || !key || !value)
		return -ENOMEM;
	entry = node_find(map, key);
	if (entry) {
		entry->value = value;
		return 0;
	}
	entries = arena_grow(arena, map->entries, map->count, &map->capacity, sizeof(*entries));
	if (!entries)
		return -ENOMEM;
	map->entries = entries;
	map->entries[map->count++] = (struct node_entry){.key = key, .value = value};
	return 0;
}

void node_remove(struct node *map, const char *key)
{
	struct node_entry *entry = node_find(map, key);

	if (!entry)
		return;
	map->count--;
	memmove(entry, entry + 1, (size_t)(map->entries + map->count - entry) * sizeof(*entry));
}

struct node_entry *node_find(const struct node *map, const char *key)
{
	if (!node_is(map, NODE_MAP))
		return NULL;
	for (size_t i = 0; i < map->count; i++)
		if (streq(map->entries[i].key, key))
			return &map->entries[i];
	return NULL;
}

struct node *node_get(const struct node *map, const char *key)
{
	struct node_entry *entry = node_find(map, key);

	return entry ? entry->value : NULL;
}

struct node *node_get_next(const struct node *map, const char *key, size_t *at)
{
	const size_t count = node_is(map, NODE_MAP) ? map->count : 0;

	for (size_t i = 0; i < count; i++) {
		size_t place = (*at + i) % count;

		if (!streq(map->entries[place].key, key))
			continue;
		*at = place + 1;
		return map->entries[place].value;
	}
	return NULL;
}

bool node_is_number(const struct node *node)
{
	return node_is(node, NODE_INT) || node_is(node, NODE_FLOAT);
}

double node_number(const struct node *node)
{
	return node->kind == NODE_INT ? (double)node->integer : node->real;
}

const char *node_kind_name(const struct node *node)
{
	static const char *const names[] = {
		[NODE_NULL] = "null",	    [NODE_BOOL] = "true or false", [NODE_INT] = "a number",
		[NODE_BIGINT] = "a number", [NODE_FLOAT] = "a number",	   [NODE_STRING] = "text",
		[NODE_LIST] = "a list",	    [NODE_MAP] = "a mapping",
	};

	return node ? names[node->kind] : "nothing";
}
