/* yaml_patch(): the result is the target, and the edit is all that changed. */
#include "test.h"

#include "changed.h"
#include "scribble.h"
#include "yaml/yaml.h"

static struct document *parsed(const char *text)
{
	struct document *document = NULL;
	struct helios_error error = {0};

	if (yaml_parse(text, strlen(text), "", &document, &error) < 0)
		fail_msg("line %u: %s\n%s", error.line, error.message, text);
	return document;
}

static void patches_to(const char *text, const char *target, const char *want)
{
	cleanup_document struct document *wanted = parsed(target), *document = parsed(text);
	cleanup_buf struct buf out = {0};
	struct helios_error error = {0};

	assert_int_equal(yaml_patch(document, wanted->root, NULL, 0, &out, &error), 0);
	if (strcmp(buf_text(&out), want) != 0)
		fail_msg("from\n%s\nto\n%s\nwanted\n%s\ngot\n%s", text, target, want,
			 buf_text(&out));
}

static void edits_touch_what_they_must(void **state)
{
	static const struct {
		const char *text, *target, *want;
	} cases[] = {
#include "yaml-patch-cases.h"
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		patches_to(cases[i].text, cases[i].target, cases[i].want);
}

static void renders_from_donors(void **state)
{
	static const char base[] = "# The base.\n\n# how to speak\ncommunication:\n"
				   "  # terse or not\n  tone: calm # default\n"
				   "  style: short\n  words: [a, b] # base's\nother: 1\n";
	static const char overlay[] = "# Coder.\n\ncommunication:\n    # why\n    # not\n"
				      "    tone: !override sharp  # mine\n    words:\n      - c\n"
				      "      - d # last\n\n# own things\nown: !override\n"
				      "  deep:\n    - x # first\n";
	static const char target[] = "{communication: {tone: sharp, style: short, words: [c, d]}, "
				     "other: 1, own: {deep: [x]}}";
	static const char want[] = "# The base.\n\n# how to speak\ncommunication:\n"
				   "  # terse or not\n  # why\n  # not\n  tone: sharp  # mine\n"
				   "  style: short\n  words:\n    - c\n    - d # last\nother: 1\n"
				   "# own things\nown:\n  deep:\n    - x # first\n";
	cleanup_document struct document *wanted = parsed(target), *donor = parsed(overlay);
	cleanup_document struct document *document = parsed(base);
	const struct document *const donors[] = {donor};
	cleanup_buf struct buf out = {0};

	(void)state;
	assert_int_equal(yaml_patch(document, wanted->root, donors, 1, &out, NULL), 0);
	assert_string_equal(buf_text(&out), want);
}

/* The tag is spelled so that its letters are not in the text. */
static void a_tag_in_disguise_is_taken_away(void **state)
{
	(void)state;
	patches_to("foo: !%6Fverride\n  b: 1\n", "foo:\n  b: 2\n", "foo:\n  b: 2\n");
}

/* In a large mapping keys are found in any order: moving one loses no comment. */
static void many_keys_in_another_order_keep_their_comments(void **state)
{
	cleanup_buf struct buf text = {0}, moved = {0}, out = {0};
	cleanup_document struct document *document = NULL, *wanted = NULL;

	(void)state;
	for (unsigned i = 10; i < 40; i++)
		buf_addf(&text, "# above %u\nk%u: v # behind %u\n", i, i, i);
	buf_addstr(&moved, "k39: v\n");
	for (unsigned i = 10; i < 39; i++)
		buf_addf(&moved, "k%u: %s\n", i, i == 12 ? "changed" : "v");
	document = parsed(text.data);
	wanted = parsed(moved.data);
	assert_int_equal(yaml_patch(document, wanted->root, NULL, 0, &out, NULL), 0);
	for (unsigned i = 10; i < 40; i++) {
		char above[32], behind[32];

		snprintf(above, sizeof(above), "# above %u\n", i);
		snprintf(behind, sizeof(behind), "# behind %u\n", i);
		assert_non_null(strstr(buf_text(&out), above));
		assert_non_null(strstr(buf_text(&out), behind));
	}
}

/* Two donors that each have a part of what is wanted. */
static void donors_add_up(void **state)
{
	cleanup_document struct document *wanted = parsed("{a: 1, m: {x: 1, y: {z: 2}, n: 3}}");
	cleanup_document struct document *one = parsed("m:\n  x: 1 # one\n  w: 0\n");
	cleanup_document struct document *two = parsed("m:\n  # two\n  y:\n    z: 2 # two\n");
	cleanup_document struct document *document = parsed("a: 1\n");
	const struct document *const donors[] = {one, two};
	cleanup_buf struct buf out = {0};

	(void)state;
	assert_int_equal(yaml_patch(document, wanted->root, donors, 2, &out, NULL), 0);
	assert_string_equal(buf_text(&out), "a: 1\nm:\n  x: 1 # one\n  # two\n  y:\n"
					    "    z: 2 # two\n  n: 3\n");
}

/* Text with a chunk for each top-level key, so that what must stay can be looked for. */
struct chunks {
	struct buf text;
	size_t starts[16], ends[16], count;
};

/* A comment above a key that is indented deeper belongs to the key before. */
static void skip_comments(struct chunks *chunks)
{
	const char *text = buf_text(&chunks->text);
	size_t *start = &chunks->starts[chunks->count++];

	while (strchr(" #\r\n", text[*start]))
		*start += strcspn(text + *start, "\n") + 1;
}

static void write_document(struct chunks *chunks, const struct node *root, bool aliases)
{
	struct scribble s = {.out = &chunks->text, .newline = random_chance(4) ? "\r\n" : "\n",
			     .aliases = aliases};

	if (random_chance(4))
		buf_addf(&chunks->text, "# head%s%s", s.newline, s.newline);
	if (random_chance(6))
		buf_addf(&chunks->text, "---%s", s.newline);
	for (size_t i = 0; i < root->count; i++) {
		struct node one = {.kind = NODE_MAP, .entries = &root->entries[i], .count = 1};

		chunks->starts[chunks->count] = chunks->text.length;
		scribble_lines(&s, &one, 0, false);
		skip_comments(chunks);
		chunks->ends[i] = chunks->text.length;
		if (random_chance(3))
			buf_addstr(&chunks->text, s.newline);
	}
	if (!root->count)
		buf_addf(&chunks->text, "{}%s", s.newline);
	if (random_chance(5))
		buf_addf(&chunks->text, "...%s", s.newline);
	else if (random_chance(5))
		buf_addf(&chunks->text, "# foot%s", s.newline);
}

static void check_same(const struct buf *text, const struct buf *out, const struct node *target)
{
	cleanup_document struct document *again = NULL;
	struct helios_error error = {0};

	if (yaml_parse(buf_text(out), out->length, "", &again, &error) < 0 ||
	    !node_same(again->root, target))
		fail_msg("line %u: %s\nfrom\n%s\ngot\n%s", error.line, error.message,
			 buf_text(text), buf_text(out));
}

/* Something like the target, written differently. */
static struct document *random_donor(struct arena *arena, const struct node *target)
{
	struct chunks chunks = {0};
	struct document *donor = NULL;

	if (random_chance(2))
		return NULL;
	target = changed(arena, target, 0);
	if (target->kind == NODE_MAP && target->count && target->count < 16) {
		struct node *copy = node_deep_copy(arena, target);

		drop_item_tags(copy);
		write_document(&chunks, copy, random_chance(4));
		if (yaml_parse(chunks.text.data, chunks.text.length, "", &donor, NULL) < 0)
			donor = NULL;
	}
	buf_done(&chunks.text);
	return donor;
}

static void any_edit_gives_the_target(void **state)
{
	(void)state;
	random_begin();
	for (unsigned i = 0; i < 20000; i++) {
		struct arena arena = {0};
		struct chunks chunks = {0};
		cleanup_document struct document *document = NULL;
		cleanup_buf struct buf out = {0};
		cleanup_document struct document *donor = NULL;
		const struct document *donors[1];
		struct node *target;
		struct helios_error error = {0};
		uint64_t seed = random_state;

		write_document(&chunks, random_map(&arena, 3), random_chance(3));
		/* A random alias may stand on a key of its own or break a rule: not our matter. */
		if (yaml_parse(chunks.text.data, chunks.text.length, "", &document, &error) < 0) {
			buf_done(&chunks.text);
			arena_done(&arena);
			continue;
		}
		target = node_deep_copy(&arena, document->root);
		for (unsigned n = 1 + random_below(4); n; n--) {
			target = changed(&arena, target, 0);
			if (target->kind != NODE_MAP)
				target = node_map(&arena);
			target->override_tag = false;
		}
		target = node_deep_copy(&arena, target);
		drop_item_tags(target);
		donor = random_donor(&arena, target);
		donors[0] = donor;
		if (yaml_patch(document, target, donors, donor != NULL, &out, &error) < 0)
			fail_msg("seed %llu: %s\n%s", (unsigned long long)seed, error.message,
				 chunks.text.data);
		check_same(&chunks.text, &out, target);
		buf_done(&chunks.text);
		arena_done(&arena);
	}
}

static void other_keys_keep_every_byte(void **state)
{
	unsigned kept = 0, broken = 0;

	(void)state;
	random_begin();
	for (unsigned i = 0; i < 20000; i++) {
		struct arena arena = {0};
		struct chunks chunks = {0};
		cleanup_document struct document *document = NULL;
		cleanup_buf struct buf out = {0};
		struct node *target, *root = random_map(&arena, 3);
		const char *at;
		size_t edited;

		write_document(&chunks, root, false);
		document = parsed(chunks.text.data);
		target = node_copy(&arena, document->root);
		edited = target->count ? random_below((unsigned)target->count) : 0;
		if (target->count)
			target->entries[edited].value =
				changed(&arena, target->entries[edited].value, 1);
		target = node_deep_copy(&arena, target);
		drop_item_tags(target);
		assert_int_equal(yaml_patch(document, target, NULL, 0, &out, NULL), 0);
		check_same(&chunks.text, &out, target);
		at = buf_text(&out);
		for (size_t k = 0; k < chunks.count; k++) {
			const char *chunk = chunks.text.data + chunks.starts[k], *found;
			size_t length = chunks.ends[k] - chunks.starts[k];

			found = memmem(at, strlen(at), chunk, length);

			if (k == edited)
				continue;
			kept++;
			if (found)
				at = found + length;
			else if (getenv("HELIOS_SHOW") && broken++ < 5)
				printf("--- chunk %zu lost; from\n%s\ngot\n%s\n", k,
				       chunks.text.data, out.data);
			else
				broken++;
		}
		buf_done(&chunks.text);
		arena_done(&arena);
	}
	printf("# %u of %u other keys touched\n", broken, kept);
	assert_int_equal(broken, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(edits_touch_what_they_must),
		cmocka_unit_test(renders_from_donors),
		cmocka_unit_test(a_tag_in_disguise_is_taken_away),
		cmocka_unit_test(many_keys_in_another_order_keep_their_comments),
		cmocka_unit_test(donors_add_up),
		cmocka_unit_test(any_edit_gives_the_target),
		cmocka_unit_test(other_keys_keep_every_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
