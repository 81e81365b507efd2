/* Nodes as JSON; see yaml/json_node.h. */
#include "yaml/json_node.h"

#include "yaml/scalar.h"

static void list(struct buf *out, const struct node *node)
{
	json_open(out, '[');
	for (size_t i = 0; i < node->count; i++)
		json_node(out, node->items[i]);
	json_close(out, ']');
}

static void map(struct buf *out, const struct node *node)
{
	json_open(out, '{');
	for (size_t i = 0; i < node->count; i++) {
		json_key(out, node->entries[i].key);
		json_node(out, node->entries[i].value);
	}
	json_close(out, '}');
}

void json_node(struct buf *out, const struct node *node)
{
	switch (node->kind) {
	case NODE_NULL:
		json_text(out, NULL);
		break;
	case NODE_BOOL:
		json_bool(out, node->boolean);
		break;
	case NODE_INT:
		json_whole(out, node->integer);
		break;
	case NODE_FLOAT:
		json_real(out, node->real);
		break;
	case NODE_BIGINT:
	case NODE_STRING:
		json_text_n(out, node->text, node->length);
		break;
	case NODE_LIST:
		list(out, node);
		break;
	case NODE_MAP:
		map(out, node);
		break;
	}
}

static struct node *string_of(struct arena *arena, struct slice value)
{
	cleanup_buf struct buf text = {0};

	slice_text(value, &text);
	return text.failed ? NULL : node_string(arena, buf_text(&text), text.length);
}

static struct node *scalar_of(struct arena *arena, struct slice value)
{
	struct node *node = node_null(arena);
	char *text = arena_strndup(arena, value.at, value.length);

	if (!node || !text)
		return NULL;
	scalar_resolve(node, text, value.length);
	return node;
}

static struct node *list_of(struct arena *arena, struct slice value)
{
	struct node *list_node = node_list(arena);
	struct slice item;

	for (size_t at = 0; list_node && slice_next(value, &at, NULL, &item);)
		if (node_append(arena, list_node, node_of_json(arena, item)) < 0)
			return NULL;
	return list_node;
}

/* Keys are known to be different: they are not looked for, which would take long for many. */
static struct node *map_of(struct arena *arena, struct slice value)
{
	struct node *map_node = node_map(arena);
	struct slice key, item;

	for (size_t at = 0; map_node && slice_next(value, &at, &key, &item);) {
		struct node_entry *entries = arena_grow(arena, map_node->entries, map_node->count,
							&map_node->capacity, sizeof(*entries));
		const struct node *text = string_of(arena, key);
		struct node *node = node_of_json(arena, item);

		if (!entries || !text || !node)
			return NULL;
		map_node->entries = entries;
		entries[map_node->count++] = (struct node_entry){.key = text->text, .value = node};
	}
	return map_node;
}

struct node *node_of_json(struct arena *arena, struct slice value)
{
	switch (slice_kind(value)) {
	case SLICE_MAP:
		return map_of(arena, value);
	case SLICE_LIST:
		return list_of(arena, value);
	case SLICE_STRING:
		return string_of(arena, value);
	default:
		return scalar_of(arena, value);
	}
}
