/*
 * The laws of saving over random bases, parents, overlays with tags, nulls, strategies and locks,
 * and random edits. HELIOS_SEED repeats a run, HELIOS_RUNS sets its length.
 */
#include "put-laws.h"

static void over_random(void (*law_of)(struct world *w), size_t runs)
{
	uint64_t seed = test_seed();

	runs = test_runs(runs);
	for (size_t i = 0; i < runs; i++) {
		struct world w;
		uint64_t state = seed + i;

		begin(&w, next_random(&state));
		law_of(&w);
		arena_done(&w.arena);
	}
}

static void get_put(void **state)
{
	(void)state;
	over_random(nothing_changes, 4000);
}

static void put_get_and_least_change(void **state)
{
	(void)state;
	over_random(one_edit_is_one_edit, 10000);
}

static void put_is_total(void **state)
{
	(void)state;
	over_random(anything_can_be_saved, 4000);
}

static void control_keys(void **state)
{
	(void)state;
	over_random(control_keys_resolve_the_rest_anew, 4000);
}

static void three_way(void **state)
{
	(void)state;
	over_random(both_edits_stay, 4000);
}

static void new_names(void **state)
{
	(void)state;
	over_random(new_names_keep_what_they_say, 3000);
}

static void parents(void **state)
{
	(void)state;
	over_random(parents_come_and_go, 3000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(get_put),	cmocka_unit_test(put_get_and_least_change),
		cmocka_unit_test(put_is_total), cmocka_unit_test(control_keys),
		cmocka_unit_test(three_way),	cmocka_unit_test(new_names),
		cmocka_unit_test(parents),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
