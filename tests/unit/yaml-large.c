/*
 * Documents at their limits: nobody can write one that takes more than a moment. The measure is
 * the time that parsing takes; what is quadratic needs a hundred times that and more.
 */
#include "test.h"

#include <time.h>

#include "base/buf.h"
#include "yaml/yaml.h"

#define KEYS 30000u

static double parsing; /* seconds spent on it in this test */

static double seconds(void)
{
	return (double)clock() / CLOCKS_PER_SEC;
}

static int begin_test(void **state)
{
	(void)state;
	parsing = 0;
	return 0;
}

static void assert_quick(double begun)
{
	double took = seconds() - begun;

	if (took > 30 * parsing)
		fail_msg("it took %.2f s, parsing %.2f s", took, parsing);
}

static struct document *parsed(const struct buf *text)
{
	struct document *document = NULL;
	struct helios_error error = {0};
	double begun = seconds();

	if (yaml_parse(buf_text(text), text->length, "", &document, &error) < 0)
		fail_msg("line %u: %s", error.line, error.message);
	parsing += seconds() - begun;
	return document;
}

static void patches_quickly(const struct document *document, const struct node *target,
			    const struct document *donor, const char *want)
{
	const struct document *const donors[] = {donor};
	cleanup_buf struct buf out = {0};
	double begun = seconds();

	assert_int_equal(yaml_patch(document, target, donors, donor != NULL, &out, NULL), 0);
	assert_quick(begun);
	if (want && strcmp(buf_text(&out), want) != 0)
		fail_msg("got\n%.400s", buf_text(&out));
}

static void keys_in_another_order_are_compared(void **state)
{
	cleanup_buf struct buf one = {0}, other = {0};
	cleanup_document struct document *a = NULL, *b = NULL;
	const unsigned keys = 90000;
	double begun;

	(void)state;
	for (unsigned i = 0; i < keys; i++) {
		buf_addf(&one, "k%u: 1\n", i);
		buf_addf(&other, "k%u: 1\n", i % 2 ? keys - i : (i + keys / 2) % keys);
	}
	a = parsed(&one);
	b = parsed(&other);
	begun = seconds();
	assert_true(node_same(a->root, b->root));
	assert_true(node_equal(b->root, a->root));
	assert_quick(begun);
}

static void keys_that_only_a_donor_has_are_taken(void **state)
{
	cleanup_buf struct buf text = {0}, taken = {0}, all = {0};
	cleanup_document struct document *document = NULL, *donor = NULL, *target = NULL;

	(void)state;
	buf_addstr(&text, "m:\n  base: 1\n");
	buf_addstr(&taken, "m:\n");
	buf_add(&all, text.data, text.length);
	for (unsigned i = 0; i < KEYS; i++) {
		buf_addf(&taken, "  # k\n  k%u: !override 1 # x\n", i);
		buf_addf(&all, "  # k\n  k%u: 1 # x\n", i);
	}
	document = parsed(&text);
	donor = parsed(&taken);
	target = parsed(&all);
	patches_quickly(document, target->root, donor, all.data);
}

/* Each item is compared with each, and all keys of both are alike. */
static void lists_of_mappings_are_aligned(void **state)
{
	cleanup_buf struct buf text = {0}, changed = {0};
	cleanup_document struct document *document = NULL, *target = NULL;
	const unsigned items = 990, keys = 98;

	(void)state;
	buf_addstr(&text, "l:\n");
	buf_addstr(&changed, "l:\n");
	for (unsigned i = 0; i < items; i++) {
		buf_addstr(&text, "- {");
		buf_addstr(&changed, "- {");
		for (unsigned k = 0; k < keys; k++) {
			buf_addf(&text, "k%u: 1,", k);
			buf_addf(&changed, "k%u: %u,", (k + 1) % keys, k + 2 == keys ? i + 5 : 1);
		}
		buf_addstr(&text, "}\n");
		buf_addstr(&changed, "}\n");
	}
	document = parsed(&text);
	target = parsed(&changed);
	patches_quickly(document, target->root, NULL, NULL);
}

/* Each key stands on the line that holds them all, and each is removed or changed. */
static void brackets_on_one_line_are_edited(void **state)
{
	cleanup_buf struct buf text = {0}, changed = {0}, end = {0};
	cleanup_document struct document *document = NULL, *target = NULL;

	(void)state;
	buf_addstr(&text, "{first: 1, # stays\n ");
	for (unsigned i = 0; i < 3 * KEYS; i++) {
		buf_addf(&text, "k%u: 1, ", i);
		if (i % 3)
			buf_addf(&end, "k%u: %u, ", i, i % 2);
	}
	buf_addstr(&text, "last: 1}\n");
	buf_addstr(&end, "last: 1}\n");
	buf_addf(&changed, "{first: 1, # stays\n %s", buf_text(&end));
	document = parsed(&text);
	target = parsed(&changed);
	patches_quickly(document, target->root, NULL, changed.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(keys_in_another_order_are_compared, begin_test),
		cmocka_unit_test_setup(keys_that_only_a_donor_has_are_taken, begin_test),
		cmocka_unit_test_setup(lists_of_mappings_are_aligned, begin_test),
		cmocka_unit_test_setup(brackets_on_one_line_are_edited, begin_test),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
