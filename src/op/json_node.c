/* Nodes and errors as JSON; see op/json_node.h. */
#include "op/json_node.h"

#include <helios/op.h>

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

void json_error(struct buf *out, const struct helios_error *error)
{
	json_open(out, '{');
	json_member_whole(out, "code", error->code);
	json_member(out, "name", helios_code_name(error->code));
	json_member_whole(out, "errno", error->errnum);
	json_member(out, "message", error->message);
	json_member(out, "file", error->file);
	if (error->line)
		json_member_whole(out, "line", error->line);
	if (error->column)
		json_member_whole(out, "column", error->column);
	json_member(out, "key", error->key);
	json_member(out, "hint", error->hint);
	json_close(out, '}');
}

char *helios_error_json(const struct helios_error *error)
{
	cleanup_buf struct buf out = {0};

	json_error(&out, error);
	return buf_take(&out);
}
