/*
 * Files of other programs as documents: no word of a Markdown file is lost, what comes out is a
 * valid persona that reads the same when it is written and read again, and no change of bytes does
 * harm. The seed is printed, and HELIOS_SEED repeats a run.
 */
#include "test.h"

#include "random.h"

#include "base/file.h"
#include "import/import.h"
#include "persona/card.h"
#include "persona/prompt.h"
#include "persona/schema.h"
#include "yaml/yaml.h"

#include <fcntl.h>

#define RUNS 3000

/* What is imported as it is stored: valid, and the same when read again. */
static void check_stored(const struct import *import, struct buf *yaml)
{
	struct document *document = NULL;
	struct helios_error error = {0};

	assert_int_equal(yaml_emit(import->root, yaml), 0);
	if (yaml_parse(buf_text(yaml), yaml->length, "x", &document, &error) < 0) {
		/* what one document may hold, and which characters, is said when it is saved */
		assert_true(error.code == HELIOS_LIMIT);
		return;
	}
	assert_true(node_same(import->root, document->root));
	if (schema_check_persona(document, &error) < 0 && error.code != HELIOS_KEY_KIND)
		fail_msg("%s in\n%s", error.message, buf_text(yaml));
	document_free(document);
}

/* ---- no word is lost */

static const char *const before[] = {
	"# ",	  "## ", "### ",   "###### ", "- ",    "* ",	 "+ ",	    "  - ",
	"    - ", "1. ", "   2) ", "> ",      "",      "",	 "",	    "    ",
	"| a | ", "\t",	 "- **",   "- Key: ", "```\n", "~~~~\n", "- ```\n", "\\# ",
	"-",	  "#",	 "- [ ] ", "@",	      "**",    "<!--",	 "\\",	    "- These: ",
};
static const char *const behind[] = {"\n",	"\n",	   "\n\n", "\n\n",    ":\n",	": x\n",
				     "\n===\n", "\n---\n", "  \n", "\n```\n", "\r\n",	"**\n",
				     "**: x\n", " ##\n",   "!\n",  ".\n",     "\n\n\n", "\n***\n"};

/* Lines of all kinds, each with a word of its own. */
static unsigned write_lines(struct buf *text)
{
	unsigned count = 1 + random_below(14);

	for (unsigned i = 0; i < count; i++)
		buf_addf(text, "%sword%ux%s", before[random_below(ARRAY_SIZE(before))], i,
			 behind[random_below(ARRAY_SIZE(behind))]);
	return count;
}

static void check_words(const struct buf *text, unsigned count, const struct import *import,
			struct buf *found)
{
	for (size_t i = 0; i < import->note_count; i++)
		buf_addf(found, "\n%s", import->notes[i].what);
	for (unsigned i = 0; i < count; i++) {
		char word[32];

		snprintf(word, sizeof(word), "word%ux", i);
		if (!strstr(buf_text(found), word))
			fail_msg("%s is lost:\n%s\n=>\n%s", word, buf_text(text), buf_text(found));
	}
}

static void no_word_is_lost(void **state)
{
	(void)state;
	random_begin();
	for (int run = 0; run < RUNS; run++) {
		cleanup_buf struct buf text = {0}, yaml = {0};
		cleanup(import_done) struct import import = {0};
		struct helios_error error = {0};
		unsigned count = write_lines(&text);

		if (import_read("x.md", buf_text(&text), text.length, &import, &error) < 0) {
			/* only headings */
			assert_int_equal(error.code, HELIOS_IMPORT);
			continue;
		}
		check_stored(&import, &yaml);
		check_words(&text, count, &import, &yaml);
	}
}

/* ---- a prompt is read as what it was made from */

static void read_prompt(const struct buf *prompt, struct buf *again)
{
	cleanup(import_done) struct import import = {0};
	struct helios_error error = {0};

	if (import_read("x.md", buf_text(prompt), prompt->length, &import, &error) < 0)
		fail_msg("%s:\n%s", error.message, buf_text(prompt));
	prompt_render(import.root, "x", again);
}

static void a_prompt_reads_the_same_again(void **state)
{
	static const char *const texts[] = {
		"a: {b: c, d: [e, f]}\n",
		"name: Some One\na: [x]\nb: {c: {d: {e: f}}, g: h}\n",
		"a:\n  checks:\n    - {name: one, ask: two, weight: 3}\n    - {name: two}\n",
		"a: [{b: c}, {b: d}]\n",
		"a:\n  b: |\n    one\n    - two\n    # three\n    1. four\n    **five** x\n",
		"top: text\nother: 0.5\na: {when: true, never: [a, 'b: c', '- d']}\n",
		"a: [[b, c], [d]]\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		cleanup_document struct document *document = NULL;
		cleanup_buf struct buf prompt = {0}, again = {0};

		assert_int_equal(yaml_parse(texts[i], strlen(texts[i]), "x", &document, NULL), 0);
		prompt_render(document->root, "x", &prompt);
		read_prompt(&prompt, &again);
		assert_string_equal(buf_text(&again), buf_text(&prompt));
	}
}

/* ---- changed bytes */

/* Not with file_read(): valgrind knows no openat2(). */
static void read_sample(const char *name, struct buf *out)
{
	char path[256], part[4096];
	ssize_t length;

	snprintf(path, sizeof(path), "%s/import/%s", TEST_DATA, name);
	cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	while ((length = read(fd, part, sizeof(part))) > 0)
		buf_add(out, part, (size_t)length);
	assert_int_equal(length, 0);
}

static void change(struct buf *text)
{
	static const char bytes[] = "\n#-*:`|>\"\\{}[],0 \x80\xff\t~<!";
	size_t at = random_below((unsigned)text->length + 1);

	if (at == text->length)
		return;
	switch (random_below(4)) {
	case 0:
		buf_splice(text, at, at + 1, "", 0);
		break;
	case 1:
		buf_splice(text, at, at, bytes + random_below(sizeof(bytes)), 1);
		break;
	case 2:
		text->data[at] = (char)random_below(256);
		break;
	default:
		buf_splice(text, at, text->length, "", 0);
		buf_addch(text, ' ');
	}
}

/* Copied to memory of just that size and a NUL: what is read behind it is found by sanitizers. */
static void import_copy(const char *name, const struct buf *text)
{
	cleanup(import_done) struct import import = {0};
	cleanup_buf struct buf yaml = {0}, out = {0};
	cleanup_free char *copy = malloc(text->length + 1);
	struct helios_error error = {0};

	assert_non_null(copy);
	memcpy(copy, buf_text(text), text->length + 1);
	if (import_read(name, copy, text->length, &import, &error) < 0) {
		assert_true(error.code == HELIOS_IMPORT && *error.message);
		return;
	}
	check_stored(&import, &yaml);
	card_render(import.root, "x", &out);
	assert_false(out.failed);
}

static void changed_bytes_do_no_harm(void **state)
{
	static const char *const names[] = {"CLAUDE.md",    "AGENTS.md",    "typescript.mdc",
					    "card-v1.json", "card-v2.json", "card-v3.json"};

	(void)state;
	random_begin();
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		cleanup_buf struct buf sample = {0};

		read_sample(names[i], &sample);
		import_copy(names[i], &sample);
		for (int run = 0; run < RUNS / 10; run++) {
			cleanup_buf struct buf text = {0};

			buf_add(&text, buf_text(&sample), sample.length);
			for (unsigned changes = 1 + random_below(4); changes; changes--)
				change(&text);
			import_copy(names[i], &text);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_word_is_lost),
		cmocka_unit_test(a_prompt_reads_the_same_again),
		cmocka_unit_test(changed_bytes_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
