/*
 * yaml_parse() on any bytes. What it takes has its nodes in the text, none of its beginnings is
 * refused as past mending, and it reads back the same as it is emitted, in lines and in brackets;
 * as JSON it is JSON.
 */
#include "fuzz.h"

#include "base/limits.h"
#include "base/slice.h"
#include "yaml/json_node.h"
#include "yaml/yaml.h"

static void places_are_in_the_text(const struct document *document, const struct node *node)
{
	assert_true(node->place.start <= node->place.end);
	assert_true(node->place.end <= document->length);
	for (size_t i = 0; i < node->count; i++)
		places_are_in_the_text(document, node->kind == NODE_LIST ? node->items[i]
									 : node->entries[i].value);
}

/* Some of them: all would take the square of the time. */
static void beginnings_are_not_refused(const struct document *document)
{
	for (size_t i = 1; i < 8; i++) {
		size_t length = document->length * i / 8;
		struct part part = part_copy(document->text, length);

		assert_int_equal(yaml_check_prefix(part.text, length, "", NULL), 0);
		part_done(&part);
	}
}

static void reads_back(const struct node *root)
{
	cleanup_document struct document *again = NULL, *value = NULL;
	cleanup_buf struct buf text = {0}, flow = {0};

	assert_int_equal(yaml_emit(root, &text), 0);
	assert_int_equal(yaml_emit_flow(root, &flow), 0);
	if (text.length > LIMIT_TEXT || flow.length > LIMIT_TEXT)
		return; /* aliases that were expanded */
	assert_int_equal(yaml_parse(buf_text(&text), text.length, "", &again, NULL), 0);
	assert_true(node_same(again->root, root));
	assert_int_equal(yaml_parse_value(buf_text(&flow), flow.length, &value, NULL), 0);
	assert_true(node_same(value->root, root));
}

static void is_json(const struct node *root)
{
	cleanup_buf struct buf json = {0};
	struct slice slice;

	json_node(&json, root);
	assert_int_equal(slice_parse(buf_text(&json), json.length, &slice), 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_part struct part text = part_copy(data, size);
	cleanup_document struct document *document = NULL, *value = NULL;
	struct helios_error error = {0};

	if (yaml_parse_value(text.text, size, &value, NULL) == 0 && value->root->kind != NODE_MAP)
		is_json(value->root);
	if (yaml_parse(text.text, size, "fuzz", &document, &error) < 0) {
		assert_true(*error.message);
		assert_true(error.line || error.code == HELIOS_LIMIT);
		return 0;
	}
	places_are_in_the_text(document, document->root);
	beginnings_are_not_refused(document);
	reads_back(document->root);
	is_json(document->root);
	return 0;
}
