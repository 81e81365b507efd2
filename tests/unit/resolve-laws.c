/*
 * persona/resolve.h: laws that hold for all documents, checked over random ones by means that
 * share nothing with the code. HELIOS_SEED repeats a run, HELIOS_RUNS sets its length.
 */
#include "documents.h"

static const double weights[] = {0.01, 0.175, 0.29, 0.3, 0.4, 0.5, 0.51, 0.7, 0.71, 1.0};

struct trial {
	struct arena arena;
	uint64_t random;
	struct node *base, *persona, *got;
	double weight;
};

#define law(t, condition)                                                                          \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "# w %g\n", (t)->weight);                                  \
			print_node("base", (t)->base);                                             \
			print_node("persona", (t)->persona);                                       \
			print_node("got", (t)->got);                                               \
			fail_msg("law broken: %s", #condition);                                    \
		}                                                                                  \
	} while (0)

static void blend(struct trial *t)
{
	assert_int_equal(resolve_blend(&t->arena, t->base, t->persona, t->weight, &t->got), 0);
}

static void over_random(void (*laws)(struct trial *t), size_t runs)
{
	uint64_t seed = test_seed();

	runs = test_runs(runs);
	for (size_t i = 0; i < runs; i++) {
		struct trial t = {.random = seed + i};

		next_random(&t.random);
		t.base = random_map(&t.arena, &t.random, (struct random_kind){.nulls = 9}, 4);
		t.persona = random_map(&t.arena, &t.random,
				       (struct random_kind){.tags = 8, .nulls = 6}, 4);
		t.weight = weights[pick(&t.random, ARRAY_SIZE(weights))];
		blend(&t);
		laws(&t);
		arena_done(&t.arena);
	}
}

/* What taking a mapping over whole means, said once more. */
static struct node *taken(struct arena *arena, const struct node *node, bool nulls)
{
	struct node *copy = node_copy(arena, node);

	copy->override_tag = false;
	if (node->kind == NODE_LIST)
		for (size_t i = 0; i < node->count; i++)
			copy->items[i] = taken(arena, node->items[i], true);
	if (node->kind != NODE_MAP)
		return copy;
	copy->count = 0;
	for (size_t i = 0; i < node->count; i++) {
		const struct node_entry *entry = &node->entries[i];
		bool tag = entry->value->override_tag;

		if (entry->value->kind == NODE_NULL && !tag && !nulls)
			continue;
		copy->entries[copy->count] = *entry;
		copy->entries[copy->count++].value = taken(arena, entry->value, nulls || tag);
	}
	return copy;
}

static bool holds(const struct node *list, const struct node *item)
{
	for (size_t i = 0; i < list->count; i++)
		if (node_equal(list->items[i], item))
			return true;
	return false;
}

/* Nothing is lost, nothing is invented, nobody's order is turned round. */
static void check_list(struct trial *t, const struct node *b, const struct node *p,
		       const struct node *got)
{
	const struct node *first = t->weight > 0.7 ? b : p, *second = first == b ? p : b;
	size_t new_items = 0;

	law(t, got->kind == NODE_LIST);
	for (size_t i = 0; i < b->count; i++)
		law(t, holds(got, b->items[i]));
	for (size_t i = 0; i < p->count; i++)
		law(t, holds(got, p->items[i]));
	for (size_t i = 0; i < got->count; i++)
		law(t, holds(b, got->items[i]) || holds(p, got->items[i]));
	if (t->weight <= 0.7 && t->weight >= 0.3) {
		for (size_t i = 0; i < got->count; i++)
			for (size_t j = 0; j < i; j++)
				law(t, !node_equal(got->items[i], got->items[j]));
		return;
	}
	for (size_t i = 0; i < first->count; i++)
		law(t, node_equal(got->items[i], first->items[i]));
	for (size_t i = 0; i < second->count; i++) {
		bool seen = holds(first, second->items[i]);

		for (size_t j = 0; j < i; j++)
			seen |= node_equal(second->items[i], second->items[j]);
		new_items += !seen;
	}
	law(t, got->count == first->count + new_items);
}

/* Exactly, with w as the fraction m / 2^s that it is. */
static bool is_blend(int64_t b, int64_t p, double w, int64_t got)
{
	int exponent;
	double half = frexp(w, &exponent);
	__int128 m = (int64_t)ldexp(half, 53), one = (__int128)1 << (53 - exponent);
	__int128 exact = b * m + p * (one - m), rest = exact - (__int128)got * one;
	double off = (double)rest / (double)one;

	if (off > -1e-9 && off < 1e-9)
		return true;
	return exact > 0 ? off > 0 && off < 1 - 1e-10 : off < 0 && off > -1 + 1e-10;
}

static void check_number(struct trial *t, const struct node *b, const struct node *p,
			 const struct node *got)
{
	double w = t->weight, x = node_number(b), y = node_number(p);
	volatile double left = x * w, right = y * (1.0 - w);

	if (node_equal(b, p) || !isfinite(x) || !isfinite(y)) {
		law(t, node_same(got, p));
	} else if (b->kind == NODE_INT && p->kind == NODE_INT) {
		law(t, got->kind == NODE_INT);
		law(t, is_blend(b->integer, p->integer, w, got->integer));
	} else {
		law(t, got->kind == NODE_FLOAT && got->real == left + right);
	}
}

static void check_value(struct trial *t, const struct node *b, const struct node *p,
			const struct node *got);

/* Keys are the base's and the persona's without those set to null, in that order. */
static void check_map(struct trial *t, const struct node *b, const struct node *p,
		      const struct node *got)
{
	size_t at = 0;

	for (size_t i = 0; i < b->count; i++) {
		const char *key = b->entries[i].key;
		const struct node *own = node_get(p, key);

		if (node_is(own, NODE_NULL) && !own->override_tag) {
			law(t, !node_get(got, key));
			continue;
		}
		law(t, at < got->count && streq(got->entries[at].key, key));
		check_value(t, b->entries[i].value, own, got->entries[at++].value);
	}
	for (size_t i = 0; i < p->count; i++) {
		const char *key = p->entries[i].key;
		const struct node *own = p->entries[i].value;

		if (node_get(b, key) || (own->kind == NODE_NULL && !own->override_tag))
			continue;
		law(t, at < got->count && streq(got->entries[at].key, key));
		check_value(t, NULL, own, got->entries[at++].value);
	}
	law(t, at == got->count);
}

static void check_value(struct trial *t, const struct node *b, const struct node *p,
			const struct node *got)
{
	if (!p) {
		law(t, node_same(got, b));
	} else if (p->override_tag) {
		law(t, node_same(got, taken(&t->arena, p, true)));
	} else if (!b || b->kind == NODE_NULL) {
		law(t, node_same(got, taken(&t->arena, p, false)));
	} else if (b->kind == NODE_MAP && p->kind == NODE_MAP) {
		check_map(t, b, p, got);
	} else if (node_is_number(b) && node_is_number(p)) {
		check_number(t, b, p, got);
	} else if (b->kind == NODE_LIST && p->kind == NODE_LIST) {
		check_list(t, b, taken(&t->arena, p, true), got);
	} else if (b->kind == p->kind && (b->kind == NODE_STRING || b->kind == NODE_BOOL)) {
		law(t, node_same(got, t->weight > 0.5 ? b : p));
	} else {
		law(t, node_same(got, taken(&t->arena, p, false)));
	}
}

/* The key "name" is metadata at the root and nowhere else. */
static void table_laws(struct trial *t)
{
	const struct node *p = node_get(t->persona, "name"), *b = node_get(t->base, "name");
	const struct node *got = node_get(t->got, "name");

	if (p && b && b->kind != NODE_NULL) {
		if (p->kind == NODE_NULL && !p->override_tag)
			law(t, !got);
		else
			law(t, node_same(got, taken(&t->arena, p, p->override_tag)));
	}
	node_remove(t->base, "name");
	node_remove(t->persona, "name");
	blend(t);
	check_map(t, t->base, t->persona, t->got);
}

static void table_holds(void **state)
{
	(void)state;
	over_random(table_laws, 20000);
}

static void edge_laws(struct trial *t)
{
	struct node *persona = t->persona, *base = t->base;

	t->persona = node_map(&t->arena);
	blend(t);
	law(t, node_same(t->got, base));
	t->persona = persona;
	t->base = node_map(&t->arena);
	blend(t);
	law(t, node_same(t->got, taken(&t->arena, persona, false)));
}

static void neutral_elements(void **state)
{
	(void)state;
	over_random(edge_laws, 4000);
}

/* Every leaf knows a layer, and no tag shows. */
static void check_origins(struct trial *t, const struct node *node, const struct layer *layers,
			  size_t count)
{
	law(t, !node->override_tag);
	if (!node->count) {
		law(t, node->origin);
		law(t, node->origin->layer >= layers && node->origin->layer < layers + count);
	}
	for (size_t i = 0; i < node->count; i++)
		check_origins(t, node->kind == NODE_LIST ? node->items[i] : node->entries[i].value,
			      layers, count);
}

static struct node *rules(struct trial *t, struct path *locked)
{
	struct node *map = node_map(&t->arena);
	struct buf text = {0};

	locked->count = 1 + pick(&t->random, 2);
	locked->steps = arena_alloc(&t->arena, 2 * sizeof(*locked->steps));
	for (size_t i = 0; i < locked->count; i++)
		locked->steps[i].key = random_keys[pick(&t->random, ARRAY_SIZE(random_keys))];
	path_format(&text, locked);
	assert_int_equal(node_put(&t->arena, map, arena_strdup(&t->arena, buf_text(&text)),
				  node_string(&t->arena, "lock", 4)),
			 0);
	buf_done(&text);
	return map;
}

/* What the base locks is the base's, whatever two layers after it say. */
static void layer_laws(struct trial *t)
{
	struct layer layers[3] = {{.name = "base", .file = "base", .root = t->base},
				  {.name = "one", .file = "one", .root = t->persona},
				  {.name = "two", .file = "two"}};
	struct random_kind kind = {.tags = 8, .nulls = 6};
	const struct node *before, *after;
	struct resolution resolution;
	struct path locked;

	layers[2].root = random_map(&t->arena, &t->random, kind, 4);
	assert_int_equal(node_put(&t->arena, t->base, "merge", rules(t, &locked)), 0);
	assert_int_equal(resolve(&t->arena, layers, 3, &resolution, NULL), 0);
	t->got = resolution.root;
	before = path_lookup(t->base, &locked);
	after = path_lookup(t->got, &locked);
	law(t, before ? after && node_same(before, after) : !after);
	law(t, !node_get(t->got, "merge"));
	check_origins(t, t->got, layers, 3);
	for (size_t i = 0; i < resolution.dead_count; i++)
		law(t, resolution.dead[i].locker == &layers[0]);
}

static void locks_and_origins(void **state)
{
	(void)state;
	over_random(layer_laws, 10000);
}

static void integers_are_exact(void **state)
{
	uint64_t random = test_seed();

	(void)state;
	for (size_t i = test_runs(200000); i > 0; i--) {
		struct arena arena = {0};
		int shift = (int)pick(&random, 64);
		int64_t b = (int64_t)next_random(&random) >> shift;
		int64_t p = (int64_t)next_random(&random) >> (pick(&random, 2) ? shift : 60);
		double w = 0.01 + 0.99 * (double)(next_random(&random) >> 11) / 9007199254740992.0;
		struct node *base = node_map(&arena), *persona = node_map(&arena), *got;

		assert_int_equal(node_put(&arena, base, "n", node_int(&arena, b)), 0);
		assert_int_equal(node_put(&arena, persona, "n", node_int(&arena, p)), 0);
		assert_int_equal(resolve_blend(&arena, base, persona, w, &got), 0);
		if (!is_blend(b, p, w, node_get(got, "n")->integer))
			fail_msg("%lld and %lld at %.17g give %lld", (long long)b, (long long)p, w,
				 (long long)node_get(got, "n")->integer);
		arena_done(&arena);
	}
}

/* Thousands of items and keys, in different orders, are no matter of minutes. */
static void large_documents_are_quick(void **state)
{
	static const int counts[] = {12, 13, 30000};
	struct arena arena = {0};

	(void)state;
	for (size_t k = 0; k < ARRAY_SIZE(counts); k++) {
		int n = counts[k];
		struct node *base = node_map(&arena), *persona = node_map(&arena), *got;
		struct node *lists[2] = {node_list(&arena), node_list(&arena)};
		clock_t start = clock();

		for (int i = 0; i < n; i++) {
			struct node *a = node_int(&arena, i), *b = node_float(&arena, n * 1.5 - i);

			assert_int_equal(node_append(&arena, lists[0], a), 0);
			assert_int_equal(node_append(&arena, lists[1], b), 0);
		}
		assert_int_equal(node_put(&arena, base, "l", lists[0]), 0);
		assert_int_equal(node_put(&arena, persona, "l", lists[1]), 0);
		for (size_t i = 0; i < ARRAY_SIZE(weights); i++) {
			assert_int_equal(resolve_blend(&arena, base, persona, weights[i], &got), 0);
			if (n % 2 == 0)
				assert_int_equal(node_get(got, "l")->count, n + n / 2 + 1);
		}
		assert_true(clock() - start < 5 * CLOCKS_PER_SEC);
	}
	arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table_holds),
		cmocka_unit_test(neutral_elements),
		cmocka_unit_test(locks_and_origins),
		cmocka_unit_test(integers_are_exact),
		cmocka_unit_test(large_documents_are_quick),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
