/* yaml/breaks.h: raw line separators in double quotes, whatever other characters there are. */
#include "test.h"

#include "base/buf.h"
#include "yaml/yaml.h"

#define SEPARATORS "<\xC2\x85|\xE2\x80\xA8|\xE2\x80\xA9>"

static void add_character(struct buf *out, uint32_t c)
{
	if (c < 0x10000)
		buf_addf(out, "%c%c%c", 0xE0 | c >> 12, 0x80 | (c >> 6 & 0x3F), 0x80 | (c & 0x3F));
	else
		buf_addf(out, "%c%c%c%c", 0xF0 | c >> 18, 0x80 | (c >> 12 & 0x3F),
			 0x80 | (c >> 6 & 0x3F), 0x80 | (c & 0x3F));
}

/* Whether a text in double quotes and the separators beside it are read as they stand. */
static void reads_as(const struct buf *quoted, const struct buf *value)
{
	cleanup_document struct document *document = NULL;
	cleanup_buf struct buf text = {0};
	struct helios_error error = {0};
	const struct node *node;

	buf_addf(&text, "a: \"" SEPARATORS "\"\nb: \"%s\" # c\n", buf_text(quoted));
	if (yaml_parse(buf_text(&text), text.length, "", &document, &error) < 0)
		fail_msg("line %u: %s", error.line, error.message);
	assert_string_equal(node_get(document->root, "a")->text, SEPARATORS);
	node = node_get(document->root, "b");
	assert_int_equal(node->length, value->length);
	assert_memory_equal(node->text, value->data, value->length);
}

/* All of the three private-use areas fit into one text. */
static void every_private_character_is_taken(void **state)
{
	static const uint32_t areas[][2] = {
		{0xE000, 0xF900}, {0xF0000, 0x100000}, {0x100000, 0x110000}};
	cleanup_buf struct buf text = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(areas); i++)
		for (uint32_t c = areas[i][0]; c < areas[i][1]; c++)
			add_character(&text, c);
	reads_as(&text, &text);
}

static void escapes_are_characters_too(void **state)
{
	cleanup_buf struct buf text = {0}, value = {0};

	(void)state;
	for (uint32_t c = 0x10FFF0; c < 0x110000; c++) {
		buf_addf(&text, c % 2 ? "\\U%08X" : "\\U%08x", c);
		add_character(&value, c);
	}
	buf_addstr(&text, "\\uE000\\uF8FF\\u2028");
	buf_addstr(&value, "\xEE\x80\x80\xEF\xA3\xBF\xE2\x80\xA8");
	reads_as(&text, &value);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_private_character_is_taken),
		cmocka_unit_test(escapes_are_characters_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
