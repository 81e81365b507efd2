/* yaml/node.h: equality of items and of documents, building and removing. */
#include "test.h"

#include "yaml/node.h"

static void numbers_compare_exactly(void **state)
{
	struct arena arena = {0};

	(void)state;
	assert_true(node_equal(node_int(&arena, 1), node_float(&arena, 1.0)));
	assert_false(node_same(node_int(&arena, 1), node_float(&arena, 1.0)));
	assert_false(node_equal(node_int(&arena, INT64_MAX),
				node_float(&arena, 9223372036854775808.0)));
	assert_false(node_equal(node_int(&arena, 9007199254740993),
				node_float(&arena, 9007199254740992.0)));
	assert_true(node_same(node_float(&arena, 0.0), node_float(&arena, 0.0)));
	assert_false(node_same(node_float(&arena, 0.0), node_float(&arena, -0.0)));
	arena_done(&arena);
}

static void order_of_keys_does_not_matter(void **state)
{
	struct arena arena = {0};
	struct node *a = node_map(&arena), *b = node_map(&arena);

	(void)state;
	assert_int_equal(node_put(&arena, a, "x", node_int(&arena, 1)), 0);
	assert_int_equal(node_put(&arena, a, "y", node_int(&arena, 2)), 0);
	assert_int_equal(node_put(&arena, b, "y", node_int(&arena, 2)), 0);
	assert_int_equal(node_put(&arena, b, "x", node_int(&arena, 1)), 0);
	assert_true(node_same(a, b));
	node_remove(b, "x");
	assert_false(node_same(a, b));
	assert_null(node_get(b, "x"));
	assert_int_equal(node_get(b, "y")->integer, 2);
	arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_compare_exactly),
		cmocka_unit_test(order_of_keys_does_not_matter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
