/* show and get: reading a document as a whole and one value of it. */
#include "op/ops.h"

/*
 * Text that does not parse (a source somebody broke) is shown all the same; its JSON is the text
 * as one string.
 */
static void add_json(struct buf *json, const struct helios_text *text)
{
	cleanup_document struct document *document = NULL;

	json->failed |= yaml_try(text->data, text->length, "", &document, NULL) < 0;
	if (document)
		json_node(json, document->root);
	else
		json_text_n(json, text->data, text->length);
}

/* Which of its texts an option asks for; the base is what is stored. */
static int choose_kind(const struct helios_call *call, enum helios_kind *ret,
		       struct helios_error *error)
{
	static const enum helios_kind kinds[] = {HELIOS_STORED, HELIOS_EFFECTIVE, HELIOS_PROMPT};
	size_t chosen = 0;

	*ret = op_is_base(call->values[0]) ? HELIOS_STORED : HELIOS_RESOLVED;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (!call->values[1 + i])
			continue;
		*ret = kinds[i];
		chosen++;
	}
	return chosen <= 1 ? 0
			   : helios_fail(error, HELIOS_USAGE, NULL, NULL,
					 "--source, --effective and --prompt are different texts");
}

int op_show(const struct helios_call *call, struct helios_answer *answer,
	    struct helios_error *error)
{
	cleanup_buf struct buf text = {0}, json = {0};
	struct helios_text *read;
	enum helios_kind kind;
	int err = choose_kind(call, &kind, error);

	if (err == 0)
		err = helios_read(call->home, kind, call->values[0], &read, error);
	if (err < 0)
		return err;
	buf_add(&text, read->data, read->length);
	if (read->length && read->data[read->length - 1] != '\n')
		buf_addch(&text, '\n');
	if (kind == HELIOS_PROMPT)
		json_text_n(&json, read->data, read->length);
	else
		add_json(&json, read);
	helios_text_unref(read);
	return answer_give(answer, &text, &json, error);
}

/* A scalar as it is, so that a script can use it; a collection as one line of YAML. */
static int add_value(struct buf *out, const struct node *node)
{
	int err = 0;

	if (node->kind == NODE_STRING)
		buf_add(out, node->text, node->length);
	else
		err = yaml_emit_flow(node, out);
	buf_addch(out, '\n');
	return err;
}

int op_get(const struct helios_call *call, struct helios_answer *answer, struct helios_error *error)
{
	const char *name = call->values[0], *written = call->values[1];
	cleanup_document struct document *document = NULL;
	cleanup_buf struct buf text = {0}, json = {0};
	const struct node *node;
	struct path path;
	int err = op_document(call, HELIOS_RESOLVED, name, &document, error);

	if (err < 0)
		return err;
	err = path_parse(&document->arena, written, &path, error);
	if (err < 0)
		return err;
	node = path_lookup(document->root, &path);
	if (!node)
		return path_missing(document->root, &path, error);
	if (add_value(&text, node) < 0)
		return op_no_memory(error);
	json_node(&json, node);
	return answer_give(answer, &text, &json, error);
}
