/* Nodes as JSON; see yaml/json_node.h. */
#include "yaml/json_node.h"

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
