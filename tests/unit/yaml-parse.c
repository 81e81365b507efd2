/* yaml_parse(): every refusal with its place and hint; what is accepted means what it says. */
#include "test.h"

#include <time.h>

#include "base/limits.h"
#include "yaml/path.h"
#include "yaml/yaml.h"

struct refusal {
	const char *text;
	size_t length; /* 0: to the NUL */
	enum helios_code code;
	unsigned line, column;
};

static const struct refusal refusals[] = {
	{"a: [1\n", 0, HELIOS_SYNTAX, 2, 1},
	{"a: \"x\nb: 1\n", 0, HELIOS_SYNTAX, 3, 1},
	{"a: b: c\n", 0, HELIOS_SYNTAX, 1, 5},
	{"a:\n\tb: 1\n", 0, HELIOS_SYNTAX, 2, 1},
	{"a: 1\n b: 2\n", 0, HELIOS_SYNTAX, 2, 3},
	{"a: @x\n", 0, HELIOS_SYNTAX, 1, 4},
	{"a: \"\\q\"\n", 0, HELIOS_SYNTAX, 1, 5},
	{"a: \"\\ud800\"\n", 0, HELIOS_SYNTAX, 1, 7},
	{"%YAML 1.3\n---\na: 1\n", 0, HELIOS_SYNTAX, 1, 1},
	{"a: 1\n...\nrubbish: x\n", 0, HELIOS_DOCUMENTS, 3, 1},
	{"a: 1\n---\nb: 1\n", 0, HELIOS_DOCUMENTS, 2, 1},
	{"a: 1\na: 2\n", 0, HELIOS_DUPLICATE_KEY, 2, 1},
	{"m:\n  a: 1\n  \"a\": 2\n", 0, HELIOS_DUPLICATE_KEY, 3, 3},
	{"m: {x: 1, x: 2}\n", 0, HELIOS_DUPLICATE_KEY, 1, 11},
	{"b: &b {}\nm:\n  <<: *b\n  <<: *b\n", 0, HELIOS_DUPLICATE_KEY, 4, 3},
	{"? [a]\n: 1\n", 0, HELIOS_KEY_KIND, 1, 3},
	{"{a: 1}: 1\n", 0, HELIOS_KEY_KIND, 1, 1},
	{"a: &x k\n*x : 1\n", 0, HELIOS_KEY_KIND, 2, 1},
	{"a: !foo 1\n", 0, HELIOS_TAG, 1, 4},
	{"a: !!binary aGk=\n", 0, HELIOS_TAG, 1, 4},
	{"a: !!python/object/apply:os.system [x]\n", 0, HELIOS_TAG, 1, 4},
	{"a: !e!x 1\n", 0, HELIOS_TAG, 1, 4},
	{"a: ! x\n", 0, HELIOS_TAG, 1, 4},
	{"a: !!int x\n", 0, HELIOS_TAG, 1, 4},
	{"a: !!null x\n", 0, HELIOS_TAG, 1, 4},
	{"a: !!map [x]\n", 0, HELIOS_TAG, 1, 4},
	{"a: !!seq x\n", 0, HELIOS_TAG, 1, 4},
	{"!override\na: 1\n", 0, HELIOS_TAG, 1, 1},
	{"a:\n  - !override 1\n", 0, HELIOS_TAG, 2, 5},
	{"!override a: 1\n", 0, HELIOS_TAG, 1, 1},
	{"a: \xFF\n", 0, HELIOS_ENCODING, 1, 4},
	{"a: 1\nb: \xC0\xAF\n", 0, HELIOS_ENCODING, 2, 4},
	{"a: \xED\xA0\x80\n", 0, HELIOS_ENCODING, 1, 4},
	{"a: \xF4\x90\x80\x80\n", 0, HELIOS_ENCODING, 1, 4},
	{"\xC3\xA9: \xC3", 0, HELIOS_ENCODING, 1, 4},
	{"a: x\0y\n", 7, HELIOS_ENCODING, 1, 5},
	{"a: 1\n\0", 6, HELIOS_ENCODING, 2, 1},
	{"a: \"x\\0y\"\n", 0, HELIOS_ENCODING, 1, 4},
	{"\"k\\0\": 1\n", 0, HELIOS_ENCODING, 1, 1},
	{"a: 1\nb: \x1B[1m\n", 0, HELIOS_ENCODING, 2, 4},
	{"a: x\x7F\n", 0, HELIOS_ENCODING, 1, 5},
	{"a: \xC2\x81\n", 0, HELIOS_ENCODING, 1, 4},
	{"a: \"\"\nb: x\xC2\x85y\n", 0, HELIOS_ENCODING, 2, 5},
	{"a: 'x\xE2\x80\xA8y'\n", 0, HELIOS_ENCODING, 1, 6},
	{"a: 1 # \xE2\x80\xA9\n", 0, HELIOS_ENCODING, 1, 8},
	{"a: 1\nb: \xEF\xBB\xBFx\n", 0, HELIOS_ENCODING, 2, 4},
	{"\xFF\xFE"
	 "a\0:\0",
	 6, HELIOS_ENCODING, 1, 1},
	{"a\0:\0 \0", 6, HELIOS_ENCODING, 1, 1},
	{"a: *x\n", 0, HELIOS_ALIAS, 1, 4},
	{"a: &x [*x]\n", 0, HELIOS_ALIAS, 1, 8},
	{"a: &x {b: *x}\n", 0, HELIOS_ALIAS, 1, 11},
	{"a: &x\n  <<: *x\n", 0, HELIOS_ALIAS, 2, 7},
	{"<<: 5\n", 0, HELIOS_ALIAS, 1, 5},
	{"<<:\na: 1\n", 0, HELIOS_ALIAS, 1, 4},
	{"<<: [{a: 1}, 2]\n", 0, HELIOS_ALIAS, 1, 5},
	{"", 0, HELIOS_NOT_A_MAPPING, 1, 1},
	{"\n\n", 0, HELIOS_NOT_A_MAPPING, 1, 1},
	{"# only\n", 0, HELIOS_NOT_A_MAPPING, 1, 1},
	{"text\n", 0, HELIOS_NOT_A_MAPPING, 1, 1},
	{"---\n...\n", 0, HELIOS_NOT_A_MAPPING, 2, 1},
	{"# c\n- a\n", 0, HELIOS_NOT_A_MAPPING, 2, 1},
	{"~\n", 0, HELIOS_NOT_A_MAPPING, 1, 1},
};

static void refusals_name_the_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
		const struct refusal *want = &refusals[i];
		size_t length = want->length ? want->length : strlen(want->text);
		struct document *document = NULL;
		struct helios_error error = {0};
		int r = yaml_parse(want->text, length, "x.yaml", &document, &error);

		if (r != -error.errnum || r == 0 || error.code != want->code ||
		    error.line != want->line || error.column != want->column || !*error.hint ||
		    strcmp(error.file, "x.yaml") != 0)
			fail_msg("%s\ngave %d %s:%u:%u %s: %s (%s)", want->text, r, error.file,
				 error.line, error.column, helios_code_name(error.code),
				 error.message, error.hint);
		assert_null(document);
	}
}

static void errors_name_the_key(void **state)
{
	static const char text[] = "a:\n  \"b.c\":\n    - x\n    - y: 1\n      y: 2\n";
	struct document *document = NULL;
	struct helios_error error = {0};

	(void)state;
	assert_int_equal(yaml_parse(text, strlen(text), "f", &document, &error), -EINVAL);
	assert_string_equal(error.key, "a.\"b.c\"[1].y");
}

static const struct {
	const char *text, *want; /* in flow style */
} accepted[] = {
	{"a: yes\nb: on\nc: 1:30\nd: 2025-09-07\n", "{a: yes, b: on, c: 1:30, d: 2025-09-07}"},
	{"a: true\nb: Null\nc: ~\nd:\n", "{a: true, b: null, c: null, d: null}"},
	{"a: 0o17\nb: 0x1F\nc: -5\nd: +7\ne: 0777\n", "{a: 0o17, b: 0x1F, c: -5, d: +7, e: 0777}"},
	{"a: !!str 1\nb: !!int '7'\nc: !!float 1\n", "{a: \"1\", b: 7, c: 1.0}"},
	{"a: !override {b: 1}\n", "{a: !override {b: 1}}"},
	{"a:\n  - b: !override [1]\n", "{a: [{b: !override [1]}]}"},
	{"a: &x {p: 1}\nb: *x\n", "{a: {p: 1}, b: {p: 1}}"},
	{"a: &x {p: 1, q: 2}\nb:\n  r: 3\n  <<: *x\n  p: 9\n",
	 "{a: {p: 1, q: 2}, b: {r: 3, q: 2, p: 9}}"},
	{"a: &x {p: 1}\nb: &y {p: 2, q: 3}\nc: {<<: [*x, *y]}\n",
	 "{a: {p: 1}, b: {p: 2, q: 3}, c: {p: 1, q: 3}}"},
	{"\"<<\": 1\n", "{\"<<\": 1}"},
	{"\xEF\xBB\xBF"
	 "a: 1\n",
	 "{a: 1}"},
	{"a: 1\r\nb: |\r\n  x\r\n  y\r\n", "{a: 1, b: \"x\\ny\\n\"}"},
	{"a: 1\rb: 2\r", "{a: 1, b: 2}"},
	{"%YAML 1.1\n---\na: no\n", "{a: no}"},
	{"a:\t1\n", "{a: 1}"},
	{"1: a\nnull: b\n1.5: c\n\"\": d\n? |\n  k\n: e\n",
	 "{1: a, null: b, 1.5: c, \"\": d, \"k\\n\": e}"},
	{"a.b: 1\na: {b: 2}\n", "{a.b: 1, a: {b: 2}}"},
	{"a: \"x\xC2\x85 y\xE2\x80\xA8z\" # c\n", "{a: \"x\\x85 y\\u2028z\"}"},
	{"a: 99999999999999999999\nb: 1e400\n", "{a: 99999999999999999999, b: 1e400}"},
};

static void what_is_accepted_means_this(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(accepted); i++) {
		cleanup_document struct document *document = NULL;
		cleanup_buf struct buf flow = {0};
		struct helios_error error = {0};

		if (yaml_parse(accepted[i].text, strlen(accepted[i].text), "", &document, &error))
			fail_msg("%s\n%s", accepted[i].text, error.message);
		assert_int_equal(yaml_emit_flow(document->root, &flow), 0);
		assert_string_equal(buf_text(&flow), accepted[i].want);
		assert_string_equal(document->text, accepted[i].text);
	}
}

static void kinds_are_the_core_schema(void **state)
{
	static const struct {
		const char *text;
		enum node_kind kind;
	} cases[] = {
		{"1", NODE_INT},
		{"-0", NODE_INT},
		{"9223372036854775807", NODE_INT},
		{"-9223372036854775808", NODE_INT},
		{"9223372036854775808", NODE_BIGINT},
		{"0xFFFFFFFFFFFFFFFFFF", NODE_BIGINT},
		{"1.", NODE_FLOAT},
		{".5", NODE_FLOAT},
		{"1e3", NODE_FLOAT},
		{"-.inf", NODE_FLOAT},
		{".NaN", NODE_FLOAT},
		{"-0.0", NODE_FLOAT},
		{"1_000", NODE_STRING},
		{"0x", NODE_STRING},
		{"-0x1", NODE_STRING},
		{"0b1", NODE_STRING},
		{"1e", NODE_STRING},
		{".", NODE_STRING},
		{"nan", NODE_STRING},
		{"inf", NODE_STRING},
		{"TRUE", NODE_BOOL},
		{"tRUE", NODE_STRING},
		{"0o8", NODE_STRING},
		{"+.nan", NODE_STRING},
		{"[]", NODE_LIST},
		{"{}", NODE_MAP},
		{"'1'", NODE_STRING},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_document struct document *document = NULL;

		assert_int_equal(
			yaml_parse_value(cases[i].text, strlen(cases[i].text), &document, NULL), 0);
		if (document->root->kind != cases[i].kind)
			fail_msg("%s is %s", cases[i].text, node_kind_name(document->root));
	}
}

static void a_value_is_on_one_line(void **state)
{
	static const char *const refused[] = {"what: now", "- a\n- b", "|\n text", ">\n text",
					      "a: 1\n"};
	cleanup_document struct document *document = NULL;
	struct helios_error error;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		cleanup_document struct document *none = NULL;

		assert_int_equal(yaml_parse_value(refused[i], strlen(refused[i]), &none, &error),
				 -EINVAL);
		assert_int_equal(error.code, HELIOS_USAGE);
	}
	assert_int_equal(yaml_parse_value("!override warm", 14, &document, &error), 0);
	assert_true(document->root->override_tag);
}

static void places_are_bytes(void **state)
{
	static const char text[] =
		"\xEF\xBB\xBF\xC3\xA9: \xC3\xBC\nb: [x, \xF0\x9F\x98\x80 y]\nc: 1\n";
	cleanup_document struct document *document = NULL;
	const struct node *node;

	(void)state;
	assert_int_equal(yaml_parse(text, strlen(text), "", &document, NULL), 0);
	node = node_get(document->root, "\xC3\xA9");
	assert_memory_equal(text + node->place.start, "\xC3\xBC\nb", 4);
	assert_int_equal(node->place.end - node->place.start, 2);
	assert_int_equal(node->place.column, 4);
	node = node_get(document->root, "b")->items[1];
	assert_memory_equal(text + node->place.start, "\xF0\x9F\x98\x80 y]", 7);
	assert_int_equal(node->place.end - node->place.start, 6);
	node = node_get(document->root, "c");
	assert_memory_equal(text + node->place.start, "1\n", 2);
	assert_int_equal(node->place.line, 3);
}

/* Of this process: the machine may be busy. */
static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double plain_seconds; /* what an ordinary text takes here, of a few hundred kilobytes */

static void measure_plain_text(void)
{
	cleanup_buf struct buf text = {0};
	struct document *document;
	struct helios_error error;
	double began;

	for (int i = 0; i < 20000; i++)
		buf_addf(&text, "k%d: a text\n", i);
	began = seconds();
	assert_int_equal(yaml_parse(text.data, text.length, "plain", &document, &error), 0);
	plain_seconds = seconds() - began;
	document_free(document);
}

static void is_refused_fast(struct buf *text, enum helios_code code)
{
	struct document *document = NULL;
	struct helios_error error = {0};
	double began = seconds();
	int r = yaml_parse(text->data, text->length, "bomb", &document, &error);

	if (code)
		assert_int_equal(error.code, code);
	else
		assert_int_equal(r, 0);
	document_free(document);
	/* five times as many entries are allowed; what explodes takes for ever */
	if (seconds() - began > 50 * plain_seconds)
		fail_msg("%.1f times as long as a plain text: %.60s",
			 (seconds() - began) / plain_seconds, text->data);
	buf_clear(text);
}

static void limits_hold_before_time_is_spent(void **state)
{
	static const char *const nests[] = {"[", "{a: ", "- ", "[[{a: [", "&a [", "!!seq ["};
	cleanup_buf struct buf text = {0};

	(void)state;
	measure_plain_text();
	for (size_t i = 0; i < ARRAY_SIZE(nests); i++) {
		buf_addstr(&text, "a:\n  ");
		while (text.length < 800000)
			buf_addstr(&text, nests[i]);
		is_refused_fast(&text, HELIOS_LIMIT);
	}
	while (text.length < 800000)
		buf_addstr(&text, "? ");
	is_refused_fast(&text, HELIOS_KEY_KIND);
	buf_addstr(&text, "l0: &l0 [x]\n");
	for (int i = 1; i < 12; i++) {
		buf_addf(&text, "l%d: &l%d [", i, i);
		for (int k = 0; k < 9; k++)
			buf_addf(&text, "*l%d,", i - 1);
		buf_addstr(&text, "]\n");
	}
	is_refused_fast(&text, HELIOS_LIMIT);
	buf_addstr(&text, "m0: &m0 {k: 1}\n");
	for (int i = 1; i < 30; i++)
		buf_addf(&text, "m%d: &m%d {<<: [*m%d, *m%d], k%d: 1}\n", i, i, i - 1, i - 1, i);
	is_refused_fast(&text, HELIOS_LIMIT);
	buf_addstr(&text, "d0: &d0 []\n");
	for (int i = 1; i < 70; i++)
		buf_addf(&text, "d%d: &d%d [*d%d]\n", i, i, i - 1);
	is_refused_fast(&text, HELIOS_LIMIT);
	buf_addstr(&text, "a:\n");
	for (int i = 0; i < 90000; i++)
		buf_addf(&text, "- &a%x\n", i);
	is_refused_fast(&text, HELIOS_OK);
	for (int i = 0; i < 99999; i++)
		buf_addf(&text, "k%d: 1\n", i);
	is_refused_fast(&text, HELIOS_OK);
	for (int i = 0; i < 100001; i++)
		buf_addf(&text, "k%d: 1\n", i);
	is_refused_fast(&text, HELIOS_LIMIT);
	buf_addstr(&text, "a: 1\n#");
	while (text.length < LIMIT_TEXT)
		buf_addch(&text, text.length < LIMIT_TEXT / 2 ? 'x' : '\n');
	is_refused_fast(&text, HELIOS_OK);
	buf_addstr(&text, "a: 1\n#");
	while (text.length <= LIMIT_TEXT)
		buf_addch(&text, 'x');
	is_refused_fast(&text, HELIOS_LIMIT);
}

static void depth_stops_at_the_limit(void **state)
{
	(void)state;
	for (unsigned depth = LIMIT_DEPTH - 2; depth <= LIMIT_DEPTH; depth++) {
		cleanup_document struct document *document = NULL;
		cleanup_buf struct buf text = {0};
		int r;

		buf_addstr(&text, "a: ");
		for (unsigned i = 0; i < depth; i++)
			buf_addch(&text, '[');
		for (unsigned i = 0; i < depth; i++)
			buf_addch(&text, ']');
		r = yaml_parse(text.data, text.length, "", &document, NULL);
		assert_int_equal(r, depth < LIMIT_DEPTH ? 0 : -EFBIG);
	}
}

/* No prefix of a good text is past mending; of a bad one only what is bad whatever follows. */
static void prefixes_are_judged_fairly(void **state)
{
	static const struct {
		const char *text;
		bool hopeless;
	} cases[] = {
		{"", false},
		{"a", false},
		{"a: \"x", false},
		{"a: [1, ", false},
		{"a: {b: ", false},
		{"a: \xC3", false},
		{"a: \xF0\x9F", false},
		{"- ", false},
		{"- a\n", true},
		{"\xEF\xBB", false},
		{"# c", false},
		{"a: 1\na", false},
		{"a: *x", false},
		{"a: *x\n", false},
		{"a: *x\nb: 1\n", true},
		{"a: 1\na: 2\n", true},
		{"a:\n\tb: 1\n", true},
		{"a: \xFF", true},
		{"a: \xE2\x28", true},
		{"a: \x01", true},
		{"a: b: c\n", true},
		{"a: !foo x\nb: 1\n", true},
		{"[1, 2]\nxyz: 1\n", true},
		{"a: 1\n---\nb: 1\n", true},
		{"a: 1\n--", false},
		{"a: \xE0\x80", true},
		{"a: \xED\xA0", true},
		{"a: \xF0\x80", true},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct helios_error error = {0};
		int r = yaml_check_prefix(cases[i].text, strlen(cases[i].text), "", &error);

		if ((r < 0) != cases[i].hopeless)
			fail_msg("%s: %d %s", cases[i].text, r, error.message);
		assert_int_equal(r < 0, error.code != 0);
	}
	for (size_t i = 0; i < ARRAY_SIZE(accepted); i++)
		for (size_t length = 0; length <= strlen(accepted[i].text); length++)
			assert_int_equal(yaml_check_prefix(accepted[i].text, length, "", NULL), 0);
}

static void paths_are_read_and_written(void **state)
{
	static const char *const good[] = {"a",	   "a.b[2].c", "\"a.b\".c", "\"x\\\"y\\\\\"",
					   "\"\"", "[0].a",    "a b.c]d"};
	static const char *const bad[] = {"",
					  ".",
					  "a.",
					  "a..b",
					  "a[",
					  "a[x]",
					  "a[1",
					  "a\"b",
					  "\"a",
					  "a[1]b",
					  "a[99999999999999999999999]"};
	cleanup_document struct document *document = NULL;
	struct arena arena = {0};
	struct path path;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		cleanup_buf struct buf text = {0};

		assert_int_equal(path_parse(&arena, good[i], &path, NULL), 0);
		path_format(&text, &path);
		assert_string_equal(buf_text(&text), good[i]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct helios_error error = {0};

		if (path_parse(&arena, bad[i], &path, &error) == 0)
			fail_msg("'%s' was read", bad[i]);
		assert_int_equal(error.code, HELIOS_BAD_PATH);
	}
	assert_int_equal(yaml_parse("a: [x, {\"b.c\": 5}]", 18, "", &document, NULL), 0);
	assert_int_equal(path_parse(&arena, "a[1].\"b.c\"", &path, NULL), 0);
	assert_int_equal(path_lookup(document->root, &path)->integer, 5);
	assert_int_equal(path_parse(&arena, "a[2]", &path, NULL), 0);
	assert_null(path_lookup(document->root, &path));
	arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refusals_name_the_place),
		cmocka_unit_test(errors_name_the_key),
		cmocka_unit_test(what_is_accepted_means_this),
		cmocka_unit_test(kinds_are_the_core_schema),
		cmocka_unit_test(a_value_is_on_one_line),
		cmocka_unit_test(places_are_bytes),
		cmocka_unit_test(limits_hold_before_time_is_spent),
		cmocka_unit_test(depth_stops_at_the_limit),
		cmocka_unit_test(prefixes_are_judged_fairly),
		cmocka_unit_test(paths_are_read_and_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
