/* yaml_emit(): what is written reads back as the same document, in the form people expect. */
#include "test.h"

#include "random.h"
#include "yaml/scalar.h"
#include "yaml/yaml.h"

static void reads_back(const struct node *root)
{
	cleanup_buf struct buf text = {0}, flow = {0};
	cleanup_document struct document *again = NULL, *value = NULL;
	struct helios_error error = {0};

	assert_int_equal(yaml_emit(root, &text), 0);
	if (yaml_parse(buf_text(&text), text.length, "emitted", &again, &error) < 0 ||
	    !node_same(root, again->root))
		fail_msg("line %u: %s\n%s", error.line, error.message, buf_text(&text));
	assert_int_equal(yaml_emit_flow(root, &flow), 0);
	assert_null(strchr(buf_text(&flow), '\n'));
	if (yaml_parse_value(buf_text(&flow), flow.length, &value, &error) < 0 ||
	    !node_same(root, value->root))
		fail_msg("line %u: %s\n%s", error.line, error.message, buf_text(&flow));
}

static void every_document_reads_back(void **state)
{
	(void)state;
	random_begin();
	for (unsigned i = 0; i < 20000; i++) {
		struct arena arena = {0};

		reads_back(random_map(&arena, 4));
		arena_done(&arena);
	}
}

static void long_keys_read_back(void **state)
{
	struct arena arena = {0};
	struct node *root = node_map(&arena), *inner = node_map(&arena);
	char *key = arena_alloc(&arena, 3001), *odd = arena_alloc(&arena, 601);

	(void)state;
	memset(key, 'k', 3000);
	memset(odd, '\t', 600);
	assert_int_equal(node_put(&arena, inner, key, node_int(&arena, 1)), 0);
	assert_int_equal(node_put(&arena, inner, odd, inner->entries[0].value), 0);
	assert_int_equal(node_put(&arena, root, key, inner), 0);
	assert_int_equal(node_put(&arena, root, "z", node_int(&arena, 2)), 0);
	reads_back(root);
	arena_done(&arena);
}

static void has_the_form_expected(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{"{a: 1, b: {c: [x, {d: 1, e: 2}], f: []}}",
		 "a: 1\nb:\n  c:\n    - x\n    - d: 1\n      e: 2\n  f: []\n"},
		{"{a: 0x1F, b: 1.10, c: 2., d: 1e3, e: +5, f: 0777}",
		 "a: 0x1F\nb: 1.10\nc: 2.\nd: 1e3\ne: +5\nf: 0777\n"},
		{"{a: !!float 1, b: !!int '7', c: !!str 1}", "a: 1.0\nb: 7\nc: \"1\"\n"},
		{"{a: \"x\\ny\\n\", b: \"x\\ny\"}", "a: \"x\\ny\\n\"\nb: \"x\\ny\"\n"},
		{"{a: !override [1, 2], b: !override {c: 1}, d: !override x}",
		 "a: !override [1, 2]\nb: !override {c: 1}\nd: !override x\n"},
		{"{a: 'q', b: \"d\", c: plain, d: yes, 1: x, \"on\": y}",
		 "a: 'q'\nb: \"d\"\nc: plain\nd: yes\n1: x\n\"on\": y\n"},
		{"{a: 99999999999999999999, b: ~, c: .NaN, d: .5}",
		 "a: 99999999999999999999\nb: null\nc: .NaN\nd: .5\n"},
		{"{}", "{}\n"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_document struct document *document = NULL;
		cleanup_buf struct buf out = {0};

		assert_int_equal(yaml_parse(cases[i].text, strlen(cases[i].text), "", &document,
					    NULL), 0);
		/* Programs choose block style. */
		for (size_t k = 0; k < document->root->count; k++)
			if (i == 0)
				document->root->entries[k].value->style = STYLE_ANY;
		if (i == 0) {
			struct node *list = node_get(node_get(document->root, "b"), "c");

			list->style = list->items[1]->style = STYLE_ANY;
		}
		assert_int_equal(yaml_emit(document->root, &out), 0);
		assert_string_equal(buf_text(&out), cases[i].want);
	}
}

static void strings_are_quoted_for_older_readers(void **state)
{
	static const struct {
		const char *value, *want;
	} cases[] = {
		{"yes", "\"yes\""}, {"Off", "\"Off\""}, {"y", "\"y\""},
		{"2025-09-07", "\"2025-09-07\""}, {"1_000", "\"1_000\""}, {"12", "\"12\""},
		{"null", "\"null\""}, {"", "\"\""}, {"hello world", "hello world"},
		{"a:b", "a:b"}, {"x: y", "\"x: y\""}, {"3 apples", "3 apples"},
		{"two\nlines\n", "|\n    two\n    lines"}, {"no end\nx", "|-\n    no end\n    x"},
		{"bell\a", "\"bell\\a\""}, {"-x", "-x"}, {"- x", "\"- x\""}, {"~x", "~x"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct arena arena = {0};
		struct node *root = node_map(&arena), *inner = node_map(&arena);
		cleanup_buf struct buf out = {0}, want = {0};

		assert_int_equal(node_put(&arena, inner, "k",
					  node_string(&arena, cases[i].value,
						      strlen(cases[i].value))), 0);
		assert_int_equal(node_put(&arena, root, "m", inner), 0);
		assert_int_equal(yaml_emit(root, &out), 0);
		buf_addf(&want, "m:\n  k: %s\n", cases[i].want);
		assert_string_equal(buf_text(&out), buf_text(&want));
		arena_done(&arena);
	}
}

static void floats_are_short_and_look_like_floats(void **state)
{
	static const struct {
		double value;
		const char *want;
	} cases[] = {
		{2, "2.0"}, {0.1, "0.1"}, {0.30000000000000004, "0.30000000000000004"},
		{-0.0, "-0.0"}, {1e15, "1000000000000000.0"}, {1e16, "1.0e+16"},
		{1e300, "1.0e+300"}, {5e-324, "5.0e-324"}, {0.00001, "0.00001"},
		{1.5e-7, "1.5e-07"}, {1 / 0.0, ".inf"}, {-1 / 0.0, "-.inf"}, {0.7, "0.7"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_buf struct buf out = {0};

		scalar_format_float(&out, cases[i].value);
		assert_string_equal(buf_text(&out), cases[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_document_reads_back),
		cmocka_unit_test(long_keys_read_back),
		cmocka_unit_test(has_the_form_expected),
		cmocka_unit_test(strings_are_quoted_for_older_readers),
		cmocka_unit_test(floats_are_short_and_look_like_floats),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
