/*
 * The configuration files of AI clients, and blocks in a person's file. The first byte chooses the
 * format, the rest is the text. What is put into a text is found there as it was wanted, and taken
 * out again leaves the text byte for byte; in YAML, whose patcher may spell anew what is next to an
 * edit, the same document.
 */
#include "fuzz.h"

#include "client/block.h"
#include "client/client.h"
#include "client/entry.h"
#include "yaml/yaml.h"

static const struct entry wanted = {"/usr/bin/helios-mcp", "/home/me/.helios"};

static struct config_text as_text(const struct buf *buf)
{
	return (struct config_text){buf_text(buf), buf->length, "settings"};
}

static void same_bytes(const struct buf *got, const char *bytes, size_t length)
{
	assert_int_equal(got->length, length);
	assert_memory_equal(buf_text(got), bytes, length);
}

static void same_document(const struct buf *got, const struct config_text *want)
{
	cleanup_document struct document *one = NULL, *other = NULL;

	if (config_is_blank(want)) {
		same_bytes(got, want->bytes, want->length);
		return;
	}
	assert_int_equal(yaml_parse(want->bytes, want->length, "", &one, NULL), 0);
	assert_int_equal(yaml_parse(buf_text(got), got->length, "", &other, NULL), 0);
	assert_true(node_same(one->root, other->root));
}

static void try_entry(const struct client *client, const struct config_text *text)
{
	const struct entry_format *format = client->format;
	cleanup_buf struct buf with = {0}, without = {0};
	struct helios_error error = {0};
	struct entry_found found;
	struct config_text then;
	enum entry_state before;

	if (format->look(client, text, &wanted, &found, &error) < 0) {
		assert_true(*error.message);
		return;
	}
	before = found.state;
	assert_true(found.at <= text->length);
	if (before == ENTRY_OTHER || format->put(client, text, &wanted, &with, NULL) < 0)
		return; /* only what starts a helios-mcp is changed */
	then = as_text(&with);
	assert_int_equal(format->look(client, &then, &wanted, &found, NULL), 0);
	assert_int_equal(found.state, ENTRY_SAME);
	assert_int_equal(format->drop(client, &then, text, &without, NULL), 0);
	if (before == ENTRY_ABSENT && format == &entry_yaml)
		same_document(&without, text);
	else if (before == ENTRY_ABSENT)
		same_bytes(&without, text->bytes, text->length);
}

static void try_block(const struct part *text)
{
	cleanup_buf struct buf body = {0}, with = {0}, without = {0};
	struct block block;
	size_t glue = 0;
	int before = block_find(text->text, text->length, &block);

	buf_addstr(&body, "a\n");
	if (block_put(text->text, text->length, &body, &with, &glue) < 0)
		return;
	assert_int_equal(block_find(with.data, with.length, &block), 0);
	assert_int_equal(block.body_end - block.body, body.length);
	assert_memory_equal(with.data + block.body, body.data, body.length);
	assert_int_equal(block_remove(with.data, with.length, glue, &without), 0);
	if (before == -ENOENT)
		same_bytes(&without, text->text, text->length);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = {"claude-code", "codex", "continue", "zed"};
	cleanup_part struct part part = size ? part_copy(data + 1, size - 1) : part_copy("", 0);
	struct config_text text = {part.text, part.length, "settings"};
	size_t choice = size ? data[0] % (ARRAY_SIZE(names) + 1) : 0;

	if (choice < ARRAY_SIZE(names))
		try_entry(client_find(names[choice], NULL), &text);
	else
		try_block(&part);
	return 0;
}
