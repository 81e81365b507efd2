/*
 * Entries in JSON with comments: put in and taken out again, byte for byte, in random texts; what
 * is not JSON is refused with its place. The seed is printed, and HELIOS_SEED repeats a run.
 */
#include "test.h"

#include "random.h"

#include "base/buf.h"
#include "client/client.h"
#include "client/entry.h"

static const struct entry wanted = {"/usr/bin/helios-mcp", "/home/me/.helios"};
static const struct client first = {.name = "a",
				    .title = "A",
				    .key = "mcpServers",
				    .before = {{"type", "\"stdio\""}},
				    .after = {{"env", "{}"}}};
static const struct client second = {.name = "b", .title = "B", .key = "servers"};

static struct config_text as_text(const struct buf *buf)
{
	return (struct config_text){buf_text(buf), buf->length, "settings.json"};
}

static void put(const struct client *client, const struct config_text *text, struct buf *out)
{
	struct helios_error error = {0};

	if (entry_json.put(client, text, &wanted, out, &error) < 0)
		fail_msg("%u:%u: %s in\n%s", error.line, error.column, error.message, text->bytes);
}

static void drop(const struct client *client, const struct buf *text,
		 const struct config_text *before, struct buf *out)
{
	struct config_text now = as_text(text);
	struct helios_error error = {0};

	if (entry_json.drop(client, &now, before, out, &error) < 0)
		fail_msg("%u:%u: %s in\n%s", error.line, error.column, error.message, now.bytes);
}

static enum entry_state state(const struct client *client, const struct buf *text)
{
	struct config_text now = as_text(text);
	struct entry_found found;
	struct helios_error error = {0};

	assert_int_equal(entry_json.look(client, &now, &wanted, &found, &error), 0);
	return found.state;
}

static void check_equal(const struct buf *got, const struct config_text *want,
			const struct buf *between)
{
	if (got->length != want->length || memcmp(buf_text(got), want->bytes, want->length) != 0)
		fail_msg("this\n%s<<\nwith the entry\n%s<<\nand without it\n%s<<", want->bytes,
			 buf_text(between), buf_text(got));
}

/* ---- random texts */

static const char *line_end;

static void add_gap(struct buf *out)
{
	switch (random_below(9)) {
	case 0:
		buf_addf(out, "%s%*s", line_end, (int)random_below(6), "");
		break;
	case 1:
		buf_addf(out, " // \"}, { %u%s%s\t", random_below(9), random_chance(2) ? " " : "",
			 line_end);
		break;
	case 2:
		buf_addstr(out, "/* } * / \" */");
		break;
	case 3:
		buf_addstr(out, "\t ");
		break;
	default:
		break;
	}
}

static void add_value(struct buf *out, unsigned depth);

static void add_collection(struct buf *out, unsigned depth, bool object)
{
	unsigned count = random_below(4);

	buf_addch(out, object ? '{' : '[');
	add_gap(out);
	for (unsigned i = 0; i < count; i++) {
		if (i) {
			buf_addch(out, ',');
			add_gap(out);
		}
		if (object)
			buf_addf(out, "\"k%u\\n\":", i);
		add_gap(out);
		add_value(out, depth);
		add_gap(out);
	}
	if (count && random_chance(3)) {
		buf_addch(out, ',');
		add_gap(out);
	}
	buf_addch(out, object ? '}' : ']');
}

static void add_value(struct buf *out, unsigned depth)
{
	static const char *const values[] = {
		"1",	 "-2.5e-3", "null", "true", "\"\"", "\"// \\\" } \\u00e9\"",
		"\"{\"", "{}",	    "[]",   "{ }"};

	if (depth && random_chance(2))
		add_collection(out, depth - 1, random_chance(2));
	else
		buf_addstr(out, values[random_below(ARRAY_SIZE(values))]);
}

/* The servers' keys hold objects; others anything. */
static void add_root(struct buf *out)
{
	static const char *const keys[] = {"mcpServers", "servers"};
	unsigned count = random_below(5);
	bool lines = random_chance(2);

	buf_addch(out, '{');
	for (unsigned i = 0, known = 0; i < count; i++) {
		bool servers = known < ARRAY_SIZE(keys) && random_chance(2);

		buf_addstr(out, i ? "," : "");
		add_gap(out);
		if (lines)
			buf_addf(out, "%s  ", line_end);
		if (servers)
			buf_addf(out, "\"%s\":", keys[known++]);
		else
			buf_addf(out, "\"k%u\" :", i);
		add_gap(out);
		if (servers)
			add_collection(out, 2, true);
		else
			add_value(out, 2);
	}
	add_gap(out);
	if (count && random_chance(3))
		buf_addch(out, ',');
	add_gap(out);
	buf_addf(out, "%s}", lines ? line_end : "");
}

static void make_random(struct buf *out)
{
	line_end = random_chance(3) ? "\r\n" : "\n";
	if (random_chance(5))
		buf_addstr(out, "\xEF\xBB\xBF");
	add_gap(out);
	if (!random_chance(20))
		add_root(out);
	add_gap(out);
	if (random_chance(2))
		buf_addstr(out, line_end);
}

static void test_taking_out_undoes_putting_in(void **unused)
{
	(void)unused;
	random_begin();
	for (unsigned round = 0; round < 4000; round++) {
		cleanup_buf struct buf text = {0}, one = {0}, two = {0}, back = {0}, again = {0};
		struct config_text before, then;

		make_random(&text);
		before = as_text(&text);
		put(&first, &before, &one);
		assert_int_equal(state(&first, &one), ENTRY_SAME);
		drop(&first, &one, &before, &back);
		check_equal(&back, &before, &one);

		/* Somebody else adds something behind it, and takes it out last. */
		then = as_text(&one);
		put(&second, &then, &two);
		assert_int_equal(state(&first, &two), ENTRY_SAME);
		buf_clear(&back);
		drop(&first, &two, &before, &back);
		assert_int_equal(state(&first, &back), ENTRY_ABSENT);
		assert_int_equal(state(&second, &back), ENTRY_SAME);
		drop(&second, &back, &before, &again);
		check_equal(&again, &before, &two);
	}
}

/* ---- single cases */

static void check_put(const char *text, const char *want)
{
	struct config_text before = {text, strlen(text), "f"};
	struct config_text expected = {want, strlen(want), "f"};
	cleanup_buf struct buf out = {0};

	put(&second, &before, &out);
	check_equal(&out, &expected, &out);
}

#define ENTRY                                                                                      \
	"\"helios\": {\"command\": \"/usr/bin/helios-mcp\", \"args\": [\"--dir\", "                \
	"\"/home/me/.helios\"]}"
#define LINES(i)                                                                                   \
	"\"helios\": {\n" i "  \"command\": \"/usr/bin/helios-mcp\",\n" i                          \
	"  \"args\": [\"--dir\", \"/home/me/.helios\"]\n" i "}"

static void test_the_style_is_the_texts(void **unused)
{
	(void)unused;
	check_put("", "{\n  \"servers\": {\n    " LINES("    ") "\n  }\n}\n");
	check_put("{}", "{\n  \"servers\": {\n    " LINES("    ") "\n  }\n}");
	check_put("{\"a\":1}", "{\"a\":1, \"servers\": {" ENTRY "}}");
	check_put("{\"servers\":{}}", "{\"servers\":{" ENTRY "}}");
	check_put("{\n  \"servers\": {}, // x\n}\n",
		  "{\n  \"servers\": {\n    " LINES("    ") "\n  }, // x\n}\n");
	check_put("{\n  \"servers\": {\n    \"a\": {} // x\n  }\n}\n",
		  "{\n  \"servers\": {\n    \"a\": {}, // x\n    " LINES("    ") "\n  }\n}\n");
	check_put("{\n  \"servers\": {\n    \"a\": {}, /* y */\n  }\n}\n",
		  "{\n  \"servers\": {\n    \"a\": {}, /* y */\n    " LINES("    ") ",\n  }\n}\n");
}

/* A NUL, which ends nothing, in a comment. */
static void test_any_byte_of_a_comment_stays(void **unused)
{
	static const char bytes[] = "{\n  \"a\": 1 // \0\n}\n";
	struct config_text before = {bytes, sizeof(bytes) - 1, "f"};
	cleanup_buf struct buf with = {0}, without = {0};

	(void)unused;
	put(&second, &before, &with);
	drop(&second, &with, &before, &without);
	check_equal(&without, &before, &with);
}

static void test_an_entry_of_ours_keeps_what_a_person_added(void **unused)
{
	(void)unused;
	check_put("{\"servers\": {\"helios\": {\"command\": \"/old/helios-mcp\", \"disabled\": "
		  "true}}}",
		  "{\"servers\": {\"helios\": {\"command\": \"/usr/bin/helios-mcp\", \"disabled\": "
		  "true, "
		  "\"args\": [\"--dir\", \"/home/me/.helios\"]}}}");
	check_put("{\"servers\": {\"helios\": {\"args\": [ ], \"command\": \"helios-mcp\", /* c "
		  "*/}}}",
		  "{\"servers\": {\"helios\": {\"args\": [\"--dir\", \"/home/me/.helios\"], "
		  "\"command\": \"/usr/bin/helios-mcp\", /* c */}}}");
}

static void test_whose_entry_it_is(void **unused)
{
	static const struct {
		const char *text;
		enum entry_state state;
	} cases[] = {
		{"// nothing", ENTRY_ABSENT},
		{"{\"servers\": {\"Helios\": 1}}", ENTRY_ABSENT},
		{"{\"servers\": {\"helios\": 1}}", ENTRY_OTHER},
		{"{\"servers\": {\"helios\": {\"command\": \"uvx\"}}}", ENTRY_OTHER},
		{"{\"servers\": {\"helios\": {\"command\": [\"/helios-mcp\"]}}}", ENTRY_OTHER},
		{"{\"servers\": {\"helios\": {\"command\": \"/x/helios-mcp2\"}}}", ENTRY_OTHER},
		{"{\"servers\": {\"helios\": {\"command\": \"/x/helios-mcp\"}}}", ENTRY_OURS},
		{"{\"servers\": {" ENTRY "}}", ENTRY_SAME},
		{"{\"servers\": {" ENTRY "}, \"servers\": {}}", ENTRY_ABSENT},
	};

	(void)unused;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_buf struct buf text = {0};

		buf_addstr(&text, cases[i].text);
		assert_int_equal(state(&second, &text), cases[i].state);
	}
}

static void test_what_is_not_json_is_refused_with_its_place(void **unused)
{
	static const struct {
		const char *text;
		unsigned line, column;
	} cases[] = {
		{"{", 1, 2},
		{"{\n  \"a\": 1\n  \"b\": 2}", 3, 3},
		{"{\"a\" 1}", 1, 6},
		{"{\"a\": }", 1, 7},
		{"{\"a\": 01}", 1, 7},
		{"{\"a\": True}", 1, 7},
		{"{\"\xC3\xA9\": \"x\n\"}", 1, 7},
		{"{\"a\": \"\\q\"}", 1, 7},
		{"{a: 1}", 1, 2},
		{"{} /* x", 1, 4},
		{"{} {}", 1, 4},
		{"{\"a\": [1,,2]}", 1, 10},
		{"{,}", 1, 2},
		{"[]", 1, 1},
		{"\"x\"", 1, 1},
		{"{\"servers\": []}", 1, 13},
		{"{\"a\": \"\xFF\"}", 1, 7},
	};

	(void)unused;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct config_text text = {cases[i].text, strlen(cases[i].text), "f"};
		struct helios_error error = {0};
		struct entry_found found;

		assert_int_equal(entry_json.look(&second, &text, &wanted, &found, &error), -EINVAL);
		assert_int_equal(error.code, HELIOS_CLIENT_FILE);
		assert_int_equal(error.line, cases[i].line);
		assert_int_equal(error.column, cases[i].column);
	}
}

static void test_deep_nesting_is_refused(void **unused)
{
	cleanup_buf struct buf text = {0};
	struct config_text deep;
	struct helios_error error = {0};
	struct entry_found found;

	(void)unused;
	buf_addstr(&text, "{\"a\":");
	for (unsigned i = 0; i < 100000; i++)
		buf_addch(&text, '[');
	deep = as_text(&text);
	assert_int_equal(entry_json.look(&second, &deep, &wanted, &found, &error), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_taking_out_undoes_putting_in),
		cmocka_unit_test(test_the_style_is_the_texts),
		cmocka_unit_test(test_any_byte_of_a_comment_stays),
		cmocka_unit_test(test_an_entry_of_ours_keeps_what_a_person_added),
		cmocka_unit_test(test_whose_entry_it_is),
		cmocka_unit_test(test_what_is_not_json_is_refused_with_its_place),
		cmocka_unit_test(test_deep_nesting_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
