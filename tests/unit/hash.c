/* base/hash.h: the same within a process, another one in the next. */
#include "test.h"

#include "base/hash.h"

static char self[4096];

static void hashes_tell_texts_apart(void **state)
{
	static const char zeros[17] = {0};
	uint64_t seen[ARRAY_SIZE(zeros)];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(zeros); i++) {
		seen[i] = hash_bytes(zeros, i);
		assert_true(seen[i] == hash_bytes(zeros, i));
		for (size_t k = 0; k < i; k++)
			assert_false(seen[i] == seen[k]);
	}
	assert_true(hash_text("key") == hash_bytes("key of another", 3));
	assert_false(hash_pair(1, 2) == hash_pair(2, 1));
}

static uint64_t hash_elsewhere(void)
{
	unsigned long long hash = 0;
	char command[sizeof(self) + 16];
	FILE *pipe;

	snprintf(command, sizeof(command), "'%s' hash", self);
	pipe = popen(command, "r");
	assert_non_null(pipe);
	assert_int_equal(fscanf(pipe, "%llu", &hash), 1);
	assert_int_equal(pclose(pipe), 0);
	return hash;
}

/* So that a text whose keys collide cannot be prepared. */
static void each_process_has_its_own(void **state)
{
	uint64_t first = hash_elsewhere(), second = hash_elsewhere();

	(void)state;
	assert_false(first == second);
	assert_false(first == hash_text("key"));
}

int main(int count, char **arguments)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hashes_tell_texts_apart),
		cmocka_unit_test(each_process_has_its_own),
	};

	if (count > 1)
		return printf("%llu\n", (unsigned long long)hash_text("key")) < 0;
	if (!realpath(arguments[0], self))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
