/* The block of ours in a person's file: put and removed again, byte for byte; bad marks refused. */
#include "test.h"

#include "client/block.h"

static void a_round_trip_is_exact(void **state)
{
	static const char *const texts[] = {"",	      "\n",	      "a", "a\n", "a\n\n",
					    "a\r\nb", "\n\n\nx\n\n\n"};
	const struct buf body = {.data = (char[]){"ours\n"}, .length = 5};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		cleanup_buf struct buf with = {0}, again = {0}, without = {0};
		size_t glue = 0, other = 9, length = strlen(texts[i]);

		assert_int_equal(block_put(texts[i], length, &body, &with, &glue), 0);
		assert_int_equal(block_put(with.data, with.length, &body, &again, &other), 0);
		assert_string_equal(with.data, again.data);
		assert_int_equal(other, 9);
		assert_int_equal(block_remove(with.data, with.length, glue, &without), 0);
		assert_string_equal(buf_text(&without), texts[i]);
	}
}

static void marks_that_make_no_sense_are_refused(void **state)
{
	static const char *const texts[] = {
		"<!-- helios:begin -->\n", "<!-- helios:end -->\n",
		"<!-- helios:end -->\n<!-- helios:begin -->\n",
		"<!-- helios:begin -->\n<!-- helios:begin -->\n<!-- helios:end -->\n"};
	struct block block;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		assert_int_equal(block_find(texts[i], strlen(texts[i]), &block), -EINVAL);
	assert_int_equal(block_find("x <!-- helios:begin", 19, &block), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_round_trip_is_exact),
		cmocka_unit_test(marks_that_make_no_sense_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
