/* op/: suggestions, the table's consistency, JSON and errors as text. */
#include "test.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

#include <helios/op.h>

#include "op/ops.h"

static const char *suggested(const char *word)
{
	const struct helios_op *op = helios_op_suggest(word);

	return op ? op->name : "";
}

static void mistyped_commands_get_the_nearest(void **state)
{
	static const struct {
		const char *word, *meant;
	} cases[] = {
		{"lsit", "list"},
		{"stauts", "status"},
		{"exlpain", "explain"},
		{"vali", "validate"},
		{"moutn", "mount"},
		{"unmount", "umount"},
		{"delete", "rm"},
		{"ls", "list"},
		{"diffs", "diff"},
		{"Show", "show"},
		{"xyzzy", ""},
		{"", ""},
		{"q", ""},
		{"zz", ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_string_equal(suggested(cases[i].word), cases[i].meant);
}

static void the_nearest_of_several_wins(void **state)
{
	static const char *const words[] = {"formality", "format", "tone"};
	char *long_word = test_malloc(5000);

	(void)state;
	assert_string_equal(helios_suggest("fromat", words, ARRAY_SIZE(words)), "format");
	assert_string_equal(helios_suggest("tome", words, ARRAY_SIZE(words)), "tone");
	assert_string_equal(helios_suggest("tone", words, ARRAY_SIZE(words)), "tone");
	assert_null(helios_suggest("tone", words, 0));
	memset(long_word, 'a', 4999);
	long_word[4999] = '\0';
	assert_null(helios_suggest(long_word, words, ARRAY_SIZE(words)));
	test_free(long_word);
}

static void check_params(const struct helios_op *op)
{
	bool optional = false, many = false;

	for (const struct helios_param *p = op->params; p->name; p++) {
		assert_non_null(p->help);
		assert_true(strlen(p->help) <= 54); /* beside its word in 80 columns */
		if (p->option) {
			assert_false(p->required);
			assert_false(p->many);
			continue;
		}
		assert_false(many);		       /* nothing after what may be repeated */
		assert_false(p->required && optional); /* what may be left out is last */
		assert_int_not_equal(p->type, HELIOS_FLAG);
		optional |= !p->required;
		many |= p->many;
	}
}

static void the_table_is_consistent(void **state)
{
	(void)state;
	for (const struct helios_op *op = helios_ops; op->name; op++) {
		assert_ptr_equal(helios_op_find(op->name), op);
		assert_true(strlen(op->name) <= 10);
		assert_true(strlen(op->summary) <= 66);
		assert_true(isupper((unsigned char)op->summary[0]));
		assert_int_not_equal(op->summary[strlen(op->summary) - 1], '.');
		assert_true(op->run || (op->flags & HELIOS_OP_CLI));
		assert_false((op->flags & HELIOS_OP_READ_ONLY) &&
			     (op->flags & (HELIOS_OP_CREATES | HELIOS_OP_DESTRUCTIVE)));
		check_params(op);
	}
	assert_null(helios_op_find("lsit"));
	assert_null(helios_op_find(""));
}

static void json_is_exact_and_safe(void **state)
{
	struct buf out = {0};

	(void)state;
	json_open(&out, '{');
	json_member(&out, "a\"b", "x\\y\n\033[31m\xe2\x80\xae\xc3\xbc");
	json_member(&out, "left out", NULL);
	json_member_whole(&out, "min", INT64_MIN);
	json_member_real(&out, "two", 2.0);
	json_member_real(&out, "tenth", 0.1);
	json_member_real(&out, "big", 1e300);
	json_member_real(&out, "nan", NAN);
	json_member_real(&out, "inf", -INFINITY);
	json_key(&out, "list");
	json_open(&out, '[');
	json_text(&out, NULL);
	json_bool(&out, true);
	json_close(&out, ']');
	json_member_bool(&out, "last", false);
	json_close(&out, '}');
	assert_string_equal(buf_text(&out),
			    "{\"a\\\"b\":\"x\\\\y\\n\\u001b[31m\\u202e\xc3\xbc\","
			    "\"min\":-9223372036854775808,\"two\":2.0,\"tenth\":0.1,\"big\":1e+300,"
			    "\"nan\":\".nan\",\"inf\":\"-.inf\",\"list\":[null,true],"
			    "\"last\":false}");
	buf_done(&out);
}

static void nodes_become_json(void **state)
{
	struct arena arena = {0};
	struct node *map = node_map(&arena), *list = node_list(&arena);
	struct node *huge = node_string(&arena, "123456789012345678901234567890", 30);
	struct buf out = {0};

	(void)state;
	huge->kind = NODE_BIGINT;
	assert_int_equal(node_append(&arena, list, node_int(&arena, -5)), 0);
	assert_int_equal(node_append(&arena, list, node_float(&arena, 5)), 0);
	assert_int_equal(node_append(&arena, list, node_null(&arena)), 0);
	assert_int_equal(node_append(&arena, list, node_map(&arena)), 0);
	assert_int_equal(node_put(&arena, map, "list", list), 0);
	assert_int_equal(node_put(&arena, map, "huge", huge), 0);
	assert_int_equal(node_put(&arena, map, "yes", node_bool(&arena, true)), 0);
	json_node(&out, map);
	assert_string_equal(buf_text(&out), "{\"list\":[-5,5.0,null,{}],"
					    "\"huge\":\"123456789012345678901234567890\","
					    "\"yes\":true}");
	buf_done(&out);
	arena_done(&arena);
}

static void an_error_shows_its_line(void **state)
{
	struct helios_error error;
	char *text;

	(void)state;
	helios_fail(&error, HELIOS_SYNTAX,
		    &(struct helios_place){.file = "a.yaml", .line = 2, .column = 3}, "mend it",
		    "no good");
	text = helios_error_text(&error, "a: 1\n\tb: x\nc: 3\n", false);
	assert_string_equal(text, "a.yaml:2:3: error: no good [H101]\n"
				  "    2 | \tb: x\n"
				  "      | \t ^\n"
				  "hint: mend it\n");
	free(text);
	text = helios_error_text(&error, NULL, false);
	assert_string_equal(text, "a.yaml:2:3: error: no good [H101]\nhint: mend it\n");
	free(text);
	error.line = 99; /* the text is shorter than the error says */
	text = helios_error_text(&error, "a: 1\n", false);
	assert_string_equal(text, "a.yaml:99:3: error: no good [H101]\nhint: mend it\n");
	free(text);
	text = helios_error_json(&error);
	assert_string_equal(text, "{\"code\":101,\"name\":\"SYNTAX\",\"errno\":22,"
				  "\"message\":\"no good\",\"file\":\"a.yaml\",\"line\":99,"
				  "\"column\":3,\"hint\":\"mend it\"}");
	free(text);
}

static void a_long_line_is_cut_around_the_place(void **state)
{
	struct helios_error error;
	char source[1001], *text, *line;

	(void)state;
	memset(source, 'x', 1000);
	source[500] = 'Y';
	source[1000] = '\0';
	helios_fail(&error, HELIOS_SYNTAX,
		    &(struct helios_place){.file = "a", .line = 1, .column = 501}, "h", "m");
	text = helios_error_text(&error, source, false);
	line = strchr(text, '\n') + 1;
	assert_true(strcspn(line, "\n") <= 100);
	assert_int_equal(strchr(line, 'Y') - line,
			 strchr(strchr(line, '\n') + 1, '^') - (strchr(line, '\n') + 1));
	free(text);
}

static void counts_are_whole_numbers(void **state)
{
	static const char *const wrong[] = {"", "-1", "x", "1x", "1.5", "99999999999", " 1"};
	struct helios_error error;
	size_t count;

	(void)state;
	assert_int_equal(op_count(NULL, 50, &count, &error), 0);
	assert_int_equal(count, 50);
	assert_int_equal(op_count("0", 50, &count, &error), 0);
	assert_int_equal(count, 0);
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		assert_int_equal(op_count(wrong[i], 50, &count, &error), -EINVAL);
		assert_int_equal(error.code, HELIOS_USAGE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mistyped_commands_get_the_nearest),
		cmocka_unit_test(the_nearest_of_several_wins),
		cmocka_unit_test(the_table_is_consistent),
		cmocka_unit_test(json_is_exact_and_safe),
		cmocka_unit_test(nodes_become_json),
		cmocka_unit_test(an_error_shows_its_line),
		cmocka_unit_test(a_long_line_is_cut_around_the_place),
		cmocka_unit_test(counts_are_whole_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
