/*
 * base/slice.h: what is JSON and what is not, each value found again, and on random texts, whole
 * and damaged, that walking stays within the text. HELIOS_SEED repeats a run.
 */
#include "test.h"

#include "base/limits.h"
#include "base/slice.h"
#include "yaml/node.h"

#include "random.h"

/* Parses a copy that ends where the text does, so that a sanitizer sees a step too far. */
static int parse(const char *text, size_t length, struct slice *ret, char **ret_copy)
{
	char *copy = malloc(length ?: 1);

	assert_non_null(copy);
	memcpy(copy, text, length);
	*ret_copy = copy;
	return slice_parse(copy, length, ret);
}

static const struct {
	const char *text;
	enum slice_kind kind;
} good[] = {
	{"null", SLICE_NULL},	   {" true ", SLICE_BOOL},     {"\t\r\nfalse", SLICE_BOOL},
	{"0", SLICE_NUMBER},	   {"-0", SLICE_NUMBER},       {"10", SLICE_NUMBER},
	{"-1.50", SLICE_NUMBER},   {"1e3", SLICE_NUMBER},      {"1E+3", SLICE_NUMBER},
	{"0.1e-9", SLICE_NUMBER},  {"1e999", SLICE_NUMBER},    {"\"\"", SLICE_STRING},
	{"\"\\\"\"", SLICE_STRING}, {"\"\\\\\"", SLICE_STRING}, {"\"\\ud800\"", SLICE_STRING},
	{"\"\x7f\"", SLICE_STRING}, {"\"\xf4\x8f\xbf\xbf\"", SLICE_STRING}, {"[]", SLICE_LIST},
	{"[ ]", SLICE_LIST},	   {"[1,[2,[]],{}]", SLICE_LIST}, {"{}", SLICE_MAP},
	{"{\"a\":1,\"A\":2}", SLICE_MAP}, {" { \"\" : [ ] , \"b\" : { } } ", SLICE_MAP},
	{"[\"]\",\"}\",\"\\\"]\"]", SLICE_LIST},
	{"[{\"a\":1},{\"a\":1}]", SLICE_LIST},
};

static const char *const bad[] = {
	"", " ", "nul", "nulll", "True", "tru", "+1", "01", "-", "-a", "1.", ".5", "1e", "1e+", "0x1",
	"1 2", "1,", "NaN", "Infinity", "'a'", "a", "\"", "\"a", "\"\\\"", "\"\\x\"", "\"\\u12\"",
	"\"\\u12g4\"", "\"\\u0000\"", "\"\\", "\"\\u", "\"a\tb\"", "\"a\nb\"", "\"\x1f\"", "\"\xff\"",
	"\"\xc0\x80\"", "\"\xed\xa0\x80\"", "\"\xf4\x90\x80\x80\"", "\"\xc3", "[", "]", "[1", "[1,",
	"[1,]", "[,]", "[1 2]", "[1}", "[1:2]", "{", "}", "{\"a\"", "{\"a\":", "{\"a\":}", "{\"a\":1",
	"{\"a\":1,", "{\"a\":1,}", "{\"a\" 1}", "{\"a\",1}", "{a:1}", "{1:1}", "{\"a\":1]", "{,}",
	"{}{}", "[] []", "\xef\xbb\xbf{}", "/**/1", "{\"a\":1,\"a\":2}", "[{\"a\":{\"b\":1,\"b\":1}}]",
	"{\"a\":1,\"\\u0061\":2}", "\"a\" \"b\"", "\v1", "\302\2401",
};

static void what_is_json(void **state)
{
	struct slice root;
	char *copy;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		if (parse(good[i].text, strlen(good[i].text), &root, &copy) < 0)
			fail_msg("refused: %s", good[i].text);
		assert_int_equal(slice_kind(root), good[i].kind);
		free(copy);
	}
}

static void what_is_not(void **state)
{
	static const char nul[] = "\"a\0b\"", behind[] = "1\0";
	struct slice root;
	char *copy;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		if (parse(bad[i], strlen(bad[i]), &root, &copy) != -EINVAL)
			fail_msg("accepted: %s", bad[i]);
		free(copy);
	}
	assert_int_equal(slice_parse(nul, sizeof(nul) - 1, &root), -EINVAL);
	assert_int_equal(slice_parse(behind, sizeof(behind) - 1, &root), -EINVAL);
}

static void depth_has_a_limit(void **state)
{
	char text[2 * LIMIT_JSON_DEPTH + 4];
	struct slice root;

	(void)state;
	for (size_t depth = LIMIT_JSON_DEPTH; depth <= LIMIT_JSON_DEPTH + 1; depth++) {
		memset(text, '[', depth);
		memset(text + depth, ']', depth);
		assert_int_equal(slice_parse(text, 2 * depth, &root),
				 depth > LIMIT_JSON_DEPTH ? -EINVAL : 0);
	}
}

static struct slice at(const char *text)
{
	struct slice root;

	assert_int_equal(slice_parse(text, strlen(text), &root), 0);
	return root;
}

static void members_are_found_by_their_name(void **state)
{
	struct slice root = at(" {\"a\": [1, {\"x\":2}] ,\"A\":\"b\", \"\\u00e9\":3,\"\":null}");

	(void)state;
	assert_int_equal(slice_kind(slice_get(root, "a")), SLICE_LIST);
	assert_int_equal(slice_get(root, "a").length, strlen("[1, {\"x\":2}]"));
	assert_true(slice_is(slice_get(root, "A"), "b"));
	assert_int_equal(slice_kind(slice_get(root, "\xc3\xa9")), SLICE_NUMBER);
	assert_int_equal(slice_kind(slice_get(root, "")), SLICE_NULL);
	assert_null(slice_get(root, "x").at);
	assert_null(slice_get(slice_get(root, "a"), "x").at);
	assert_null(slice_get((struct slice){NULL, 0}, "x").at);
	assert_int_equal(slice_kind((struct slice){NULL, 0}), SLICE_NONE);
	assert_false(slice_is((struct slice){NULL, 0}, ""));
}

static void strings_become_characters(void **state)
{
	static const struct {
		const char *json, *text;
	} cases[] = {
		{"\"\"", ""},
		{"\"a\\/\\\\\\\"\\b\\f\\n\\r\\t\"", "a/\\\"\b\f\n\r\t"},
		{"\"\\u0041\\u00e9\\u20AC\"", "A\xc3\xa9\xe2\x82\xac"},
		{"\"\\ud83d\\ude00\"", "\xf0\x9f\x98\x80"},
		{"\"\\udbff\\udfff\"", "\xf4\x8f\xbf\xbf"},
		{"\"\\ud83d\"", "\xef\xbf\xbd"},
		{"\"\\ud83dx\"", "\xef\xbf\xbdx"},
		{"\"\\ud83d\\n\"", "\xef\xbf\xbd\n"},
		{"\"\\ude00\\ud83d\"", "\xef\xbf\xbd\xef\xbf\xbd"},
		{"\"\\ud83d\\ud83d\\ude00\"", "\xef\xbf\xbd\xf0\x9f\x98\x80"},
		{"\"\\ud83d\\u0041\"", "\xef\xbf\xbd" "A"},
		{"\"\xf0\x9f\x98\x80\"", "\xf0\x9f\x98\x80"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *text = slice_strdup(at(cases[i].json));

		assert_non_null(text);
		assert_string_equal(text, cases[i].text);
		assert_true(slice_is(at(cases[i].json), cases[i].text));
		assert_false(slice_is(at(cases[i].json), "other"));
		free(text);
	}
	assert_null(slice_strdup(at("12")));
	assert_null(slice_strdup(at("[\"a\"]")));
	assert_null(slice_strdup((struct slice){NULL, 0}));
}

static void integers_are_those_of_64_bits(void **state)
{
	static const char *const none[] = {"1.01", "1e3", "9223372036854775808",
					   "-9223372036854775809", "100000000000000000000000000000",
					   "\"1\"", "true", "[1]"};
	int64_t value;

	(void)state;
	assert_true(slice_integer(at("-0"), &value) && value == 0);
	assert_true(slice_integer(at("7.0"), &value) && value == 7);
	assert_true(slice_integer(at("-7.00"), &value) && value == -7);
	assert_true(slice_integer(at("9223372036854775807"), &value) && value == INT64_MAX);
	assert_true(slice_integer(at("-9223372036854775808"), &value) && value == INT64_MIN);
	for (size_t i = 0; i < ARRAY_SIZE(none); i++)
		assert_false(slice_integer(at(none[i]), &value));
}

/* ---- random texts: one with blanks, and the same value without */

struct twin {
	struct buf spaced, compact;
};

static void blanks(struct twin *twin)
{
	while (random_chance(3))
		buf_addch(&twin->spaced, " \t\n\r"[random_below(4)]);
}

static void put(struct twin *twin, const char *token)
{
	blanks(twin);
	buf_addstr(&twin->spaced, token);
	buf_addstr(&twin->compact, token);
	blanks(twin);
}

static void put_value(struct twin *twin, unsigned depth)
{
	static const char *const scalars[] = {
		"null", "true", "false", "0", "-1", "2.5e-3", "9007199254740993", "\"\"", "\"x\"",
		"\"\\\"\"", "\"]\"", "\"}\"", "\"{[,:\"", "\"\\\\\"", "\"\xc3\xa9\"", "\"\\ud83d\"",
	};
	bool map = random_chance(2);
	char key[32];

	if (!depth || random_chance(3)) {
		put(twin, scalars[random_below(ARRAY_SIZE(scalars))]);
		return;
	}
	put(twin, map ? "{" : "[");
	for (unsigned i = 0, count = random_below(4); i < count; i++) {
		if (i)
			put(twin, ",");
		snprintf(key, sizeof(key), "\"%s%u\"", random_chance(2) ? "\\\"" : "k,]", i);
		if (map) {
			put(twin, key);
			put(twin, ":");
		}
		put_value(twin, depth - 1);
	}
	put(twin, map ? "}" : "]");
}

/* The value written without blanks, by walking it; every slice must lie within whole. */
static void rewrite(struct slice whole, struct slice value, struct buf *out)
{
	bool map = slice_kind(value) == SLICE_MAP, first = true;
	struct slice key, child;
	size_t at = 0;

	assert_true(value.at >= whole.at && value.at + value.length <= whole.at + whole.length);
	if (!map && slice_kind(value) != SLICE_LIST) {
		buf_add(out, value.at, value.length);
		return;
	}
	buf_addch(out, map ? '{' : '[');
	for (; slice_next(value, &at, map ? &key : NULL, &child); first = false) {
		buf_addstr(out, first ? "" : ",");
		if (map) {
			rewrite(whole, key, out);
			buf_addch(out, ':');
		}
		rewrite(whole, child, out);
	}
	buf_addch(out, map ? '}' : ']');
}

static void check_whole(const struct twin *twin)
{
	cleanup_buf struct buf out = {0};
	struct slice root;
	char *copy;

	if (parse(twin->spaced.data, twin->spaced.length, &root, &copy) < 0)
		fail_msg("refused: %s", buf_text(&twin->compact));
	rewrite(root, root, &out);
	assert_string_equal(buf_text(&out), buf_text(&twin->compact));
	free(copy);
}

/* A damaged text is refused, or is JSON all the same and walked like any. */
static void check_damaged(struct twin *twin)
{
	static const char bytes[] = "{}[]\",:\\u0 \x01\xff\xc3""a-.e1";
	cleanup_buf struct buf out = {0};
	struct buf *text = &twin->spaced;
	struct slice root;
	char *copy;

	for (unsigned n = random_below(3); n; n--)
		text->data[random_below((unsigned)text->length)] =
			bytes[random_below(sizeof(bytes) - 1)];
	if (parse(text->data, random_below((unsigned)text->length + 1), &root, &copy) == 0) {
		rewrite(root, root, &out);
		assert_int_equal(slice_parse(buf_text(&out), out.length, &root), 0);
	}
	free(copy);
}

static void walking_gives_the_text_again(void **state)
{
	(void)state;
	random_begin();
	for (unsigned i = 0; i < 20000; i++) {
		struct twin twin = {0};

		put_value(&twin, 5);
		check_whole(&twin);
		check_damaged(&twin);
		buf_done(&twin.spaced);
		buf_done(&twin.compact);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_json),
		cmocka_unit_test(what_is_not),
		cmocka_unit_test(depth_has_a_limit),
		cmocka_unit_test(members_are_found_by_their_name),
		cmocka_unit_test(strings_become_characters),
		cmocka_unit_test(integers_are_those_of_64_bits),
		cmocka_unit_test(walking_gives_the_text_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
