/* persona/merge3.h: who wins where, conflicts and the order of keys. */
#include "documents.h"

#include "persona/merge3.h"

struct example {
	const char *ancestor, *current, *edited, *merged, *conflicts;
};

static const struct example examples[] = {
	{"a: 1", "a: 1", "a: 1", "a: 1", ""},
	{"a: 1", "a: 2", "a: 1", "a: 2", ""},
	{"a: 1", "a: 1", "a: 2", "a: 2", ""},
	{"a: 1", "a: 2", "a: 2", "a: 2", ""},
	{"a: 1", "a: 2", "a: 3", "a: 3", "a "},
	{"a: 1", "a: 1.0", "a: 1", "a: 1.0", ""},
	{"a: 1\nb: 1", "a: 1", "a: 1\nb: 2", "a: 1\nb: 2", "b "},
	{"a: 1\nb: 1", "a: 1\nb: 2", "a: 1", "a: 1", "b "},
	{"a: 1\nb: 1", "a: 1", "a: 2\nb: 1", "a: 2", ""},
	{"{}", "a: 1", "b: 1", "a: 1\nb: 1", ""},
	{"{}", "a: {x: 1, y: 1}", "a: {x: 2, z: 1}", "a: {x: 2, y: 1, z: 1}", "a.x "},
	{"m: {a: 1, b: 1}", "m: {a: 2, b: 1}", "m: {a: 1, b: 2}", "m: {a: 2, b: 2}", ""},
	{"m: {a: 1}", "m: {a: 2}", "m: 5", "m: 5", "m "},
	{"m: 5", "m: {a: 2}", "m: {b: 2}", "m: {b: 2}", "m "},
	{"m: {a: 1}", "{}", "m: {a: 1, b: 1}", "m: {a: 1, b: 1}", "m "},
	{"l: [1, 2]", "l: [1, 2, 3]", "l: [0, 1, 2]", "l: [0, 1, 2]", "l "},
	{"a: null", "{}", "a: null", "{}", ""},
	{"m: {a: 1}", "m: {a: 2}", "m: !override {a: 1, b: 1}", "m: !override {a: 2, b: 1}", ""},
	{"m: !override {a: 1}", "m: {a: 1}", "m: !override {a: 1, b: 1}", "m: {a: 1, b: 1}", ""},
	{"{}", "\"a.b\": 1", "\"a.b\": 2", "\"a.b\": 2", "\"a.b\" "},
};

static void examples_hold(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(examples); i++) {
		const struct example *e = &examples[i];
		struct arena arena = {0};
		struct node *ancestor = parse(&arena, e->ancestor);
		struct node *current = parse(&arena, e->current);
		struct merge3_result merged;
		struct buf conflicts = {0};

		assert_int_equal(
			merge3(&arena, ancestor, current, parse(&arena, e->edited), &merged), 0);
		for (size_t j = 0; j < merged.conflict_count; j++)
			buf_addf(&conflicts, "%s ", merged.conflicts[j]);
		assert_document(merged.root, parse(&arena, e->merged));
		assert_string_equal(buf_text(&conflicts), e->conflicts);
		assert_int_equal(merged.merged, !node_same(ancestor, current));
		buf_done(&conflicts);
		arena_done(&arena);
	}
}

static void edited_keys_come_first(void **state)
{
	static const char *const order[] = {"z", "b", "a", "c", "d"};
	struct arena arena = {0};
	struct merge3_result merged;

	(void)state;
	assert_int_equal(merge3(&arena, parse(&arena, "a: 1\nb: 1"),
				parse(&arena, "c: 1\na: 1\nb: 1\nd: 1"),
				parse(&arena, "z: 1\nb: 1\na: 1"), &merged),
			 0);
	assert_int_equal(merged.root->count, ARRAY_SIZE(order));
	for (size_t i = 0; i < ARRAY_SIZE(order); i++)
		assert_string_equal(merged.root->entries[i].key, order[i]);
	arena_done(&arena);
}

/* With three random documents: what only one side changed is that side's. */
static void one_sided_changes_win(void **state)
{
	uint64_t seed = test_seed();

	(void)state;
	for (size_t i = test_runs(3000); i > 0; i--) {
		struct random_kind kind = {.nulls = 9};
		struct arena arena = {0};
		uint64_t random = seed + i;
		struct node *a, *c, *e;
		struct merge3_result merged;

		next_random(&random);
		a = random_map(&arena, &random, kind, 3);
		c = random_map(&arena, &random, kind, 3);
		e = random_map(&arena, &random, kind, 3);
		assert_int_equal(merge3(&arena, a, a, e, &merged), 0);
		assert_document(merged.root, e);
		assert_int_equal(merged.conflict_count, 0);
		assert_int_equal(merge3(&arena, a, c, a, &merged), 0);
		assert_document(merged.root, c);
		assert_int_equal(merged.conflict_count, 0);
		assert_int_equal(merge3(&arena, a, c, c, &merged), 0);
		assert_document(merged.root, c);
		assert_int_equal(merged.conflict_count, 0);
		arena_done(&arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(examples_hold),
		cmocka_unit_test(edited_keys_come_first),
		cmocka_unit_test(one_sided_changes_win),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
