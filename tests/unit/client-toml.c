/*
 * Entries in TOML: put in and taken out again, byte for byte, in random texts; what is not TOML, or
 * written in a way that is not edited, is refused with its place. The seed is printed, and
 * HELIOS_SEED repeats a run.
 */
#include "test.h"

#include "random.h"

#include "base/buf.h"
#include "client/client.h"
#include "client/entry.h"

static const struct entry wanted = {"/usr/bin/helios-mcp", "/home/me/.helios"};
static const struct client codex = {.name = "codex", .title = "Codex", .key = "mcp_servers"};

#define TABLE                                                                                      \
	"[mcp_servers.helios]\n"                                                                   \
	"command = \"/usr/bin/helios-mcp\"\n"                                                      \
	"args = [\"--dir\", \"/home/me/.helios\"]\n"

static struct config_text as_text(const struct buf *buf)
{
	return (struct config_text){buf_text(buf), buf->length, "config.toml"};
}

static void put(const struct config_text *text, struct buf *out)
{
	struct helios_error error = {0};

	if (entry_toml.put(&codex, text, &wanted, out, &error) < 0)
		fail_msg("%u:%u: %s in\n%s", error.line, error.column, error.message, text->bytes);
}

static enum entry_state state(const struct config_text *text)
{
	struct entry_found found;
	struct helios_error error = {0};

	if (entry_toml.look(&codex, text, &wanted, &found, &error) < 0)
		fail_msg("%u:%u: %s in\n%s", error.line, error.column, error.message, text->bytes);
	return found.state;
}

static void check_drop(const struct buf *text, const struct config_text *before, const char *want,
		       size_t length)
{
	struct config_text now = as_text(text);
	cleanup_buf struct buf out = {0};
	struct helios_error error = {0};

	assert_int_equal(entry_toml.drop(&codex, &now, before, &out, &error), 0);
	if (out.length != length || memcmp(buf_text(&out), want, length) != 0)
		fail_msg("this\n%s<<\nwith the entry\n%s<<\nand without it\n%s<<", want, now.bytes,
			 buf_text(&out));
}

static void add_random(struct buf *out)
{
	static const char *const pieces[] = {
		"a = 1",
		"b.c . \"d e\" = 'x'",
		"s = \"a # b \\\" c\"",
		"t = \"\"\"\n[mcp_servers.helios]\n\\\"\"\" \"\"\"\"",
		"u = '''\ncommand = '' '''",
		"v = [ 1, # ]\n  [\"]\"], { x = 1 } ,\n]",
		"w = { a.b = \"}\", c = [] }",
		"d = 1979-05-27 07:32:00.5-07:00",
		"e = +1_000.5e-3",
		"f = -inf",
		"[t]",
		"[ t . 'u v' ] # x",
		"[[many]]",
		"[mcp_servers.other]",
		"[mcp_servers.\"helios2\"]",
		"# helios",
		"",
		"  ",
	};
	const char *line_end = random_chance(3) ? "\r\n" : "\n";
	unsigned count = random_below(7);

	if (random_chance(9))
		buf_addstr(out, "\xEF\xBB\xBF");
	for (unsigned i = 0; i < count; i++)
		buf_addf(out, "%s%s", pieces[random_below(ARRAY_SIZE(pieces))],
			 i + 1 == count && random_chance(2) ? "" : line_end);
}

static void test_taking_out_undoes_putting_in(void **unused)
{
	(void)unused;
	random_begin();
	for (unsigned round = 0; round < 4000; round++) {
		cleanup_buf struct buf text = {0}, with = {0}, more = {0};
		struct config_text before, now;

		add_random(&text);
		before = as_text(&text);
		assert_int_equal(state(&before), ENTRY_ABSENT);
		put(&before, &with);
		now = as_text(&with);
		assert_int_equal(state(&now), ENTRY_SAME);
		check_drop(&with, &before, before.bytes, before.length);

		/* Somebody else adds a table behind it. */
		buf_addf(&more, "%s\n# mine\n[later]\nx = 1\n", buf_text(&with));
		buf_clear(&with);
		buf_addf(&with, "%s%s\n# mine\n[later]\nx = 1\n", before.bytes,
			 before.length && before.bytes[before.length - 1] != '\n'
				 ? config_line_end(&before)
				 : "");
		check_drop(&more, &before, with.data, with.length);
	}
}

static void check_put(const char *text, const char *want)
{
	struct config_text before = {text, strlen(text), "f"};
	cleanup_buf struct buf out = {0};

	put(&before, &out);
	assert_string_equal(buf_text(&out), want);
}

static void test_an_entry_of_ours_keeps_what_a_person_added(void **unused)
{
	(void)unused;
	check_put("", TABLE);
	check_put("[mcp_servers.helios] # mine\nargs = [\n]\nenabled = false # off\n"
		  "command = '/old/helios-mcp' # c\n[x]\n",
		  "[mcp_servers.helios] # mine\nargs = [\"--dir\", \"/home/me/.helios\"]\n"
		  "enabled = false # off\ncommand = \"/usr/bin/helios-mcp\" # c\n[x]\n");
	check_put("[mcp_servers.helios]\ncommand = 'helios-mcp'",
		  "[mcp_servers.helios]\nargs = [\"--dir\", \"/home/me/.helios\"]\n"
		  "command = \"/usr/bin/helios-mcp\"");
	check_put("[mcp_servers]\n[mcp_servers.x]\ncommand = \"y\"\n",
		  "[mcp_servers]\n[mcp_servers.x]\ncommand = \"y\"\n\n" TABLE);
}

static void test_what_belongs_to_the_entry_goes_with_it(void **unused)
{
	static const char before[] = "a = 1\n\n# theirs\n[x]\nb = 2\n";
	struct config_text then = {before, strlen(before), "f"};
	cleanup_buf struct buf text = {0};

	(void)unused;
	buf_addstr(&text, "a = 1\n\n" TABLE "enabled = true\n\n[mcp_servers.helios.env]\nK = 'v'\n"
			  "\n# theirs\n[x]\nb = 2\n");
	check_drop(&text, &then, before, strlen(before));
	check_drop(&text, NULL, before, strlen(before));
}

static void test_odd_texts_come_back(void **unused)
{
	/* A table below an entry that was not there, and a line end of which half is missing. */
	static const char *const texts[] = {"[mcp_servers.helios.env]\nK = 'v'\n", "\r"};

	(void)unused;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct config_text before = {texts[i], strlen(texts[i]), "f"};
		cleanup_buf struct buf with = {0};

		put(&before, &with);
		check_drop(&with, &before, before.bytes, before.length);
	}
}

static void test_whose_entry_it_is(void **unused)
{
	static const struct {
		const char *text;
		enum entry_state state;
	} cases[] = {
		{TABLE, ENTRY_SAME},
		{"[mcp_servers . \"helios\"]\ncommand='/usr/bin/helios-mcp'\n"
		 "args=['--dir', # x\n '/home/me/.helios' , ]",
		 ENTRY_SAME},
		{"[mcp_servers.helios]\nurl = 'https://x'\n", ENTRY_OTHER},
		{"[mcp_servers.helios]\ncommand = 'uvx'\n", ENTRY_OTHER},
		{"[mcp_servers.helios]\ncommand = '''helios-mcp'''\n", ENTRY_OTHER},
		{"[mcp_servers.helios]\ncommand = 'helios-mcp'\n", ENTRY_OURS},
		{"[mcp_servers.helios.env]\ncommand = 'helios-mcp'\n", ENTRY_ABSENT},
	};

	(void)unused;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(
			state(&(struct config_text){cases[i].text, strlen(cases[i].text), "f"}),
			cases[i].state);
}

static void test_what_is_not_edited_is_refused_with_its_place(void **unused)
{
	static const struct {
		const char *text;
		unsigned line, column;
	} cases[] = {
		{"a", 1, 2},
		{"a = ", 1, 5},
		{"a = 1 b = 2", 1, 7},
		{"a = yes", 1, 5},
		{"a = \"x\n\"", 1, 5},
		{"a = '''x", 1, 5},
		{"a = [1 2]", 1, 8},
		{"a = [1", 1, 7},
		{"a = {b}", 1, 7},
		{"x = 1\n[a", 2, 3},
		{"x = 1\n[[a]", 2, 4},
		{"= 1", 1, 1},
		{"x = 1\nmcp_servers.helios.command = 'helios-mcp'", 2, 1},
		{"mcp_servers = { }", 1, 1},
		{"[mcp_servers]\nhelios = { command = 'helios-mcp' }", 2, 1},
		{"[[mcp_servers]]\n", 1, 1},
		{"[[mcp_servers.helios]]\n", 1, 1},
	};

	(void)unused;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct config_text text = {cases[i].text, strlen(cases[i].text), "f"};
		struct helios_error error = {0};
		struct entry_found found;

		assert_int_equal(entry_toml.look(&codex, &text, &wanted, &found, &error), -EINVAL);
		assert_int_equal(error.code, HELIOS_CLIENT_FILE);
		assert_int_equal(error.line, cases[i].line);
		assert_int_equal(error.column, cases[i].column);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_taking_out_undoes_putting_in),
		cmocka_unit_test(test_an_entry_of_ours_keeps_what_a_person_added),
		cmocka_unit_test(test_what_belongs_to_the_entry_goes_with_it),
		cmocka_unit_test(test_odd_texts_come_back),
		cmocka_unit_test(test_whose_entry_it_is),
		cmocka_unit_test(test_what_is_not_edited_is_refused_with_its_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
