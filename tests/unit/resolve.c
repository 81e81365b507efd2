/*
 * persona/resolve.h: the vectors, the rows of the table that they leave out, strategies, locks,
 * layers and origins, and laws that hold for all documents.
 */
#include "documents.h"

#include "base/limits.h"
#include "persona/schema.h"

static char *read_file(const char *path)
{
	FILE *file = fopen(path, "r");
	char *text = calloc(1, LIMIT_TEXT);

	assert_non_null(file);
	assert_non_null(text);
	assert_true(fread(text, 1, LIMIT_TEXT - 1, file) > 0);
	fclose(file);
	return text;
}

/* JSON is YAML, and read as YAML 1 and 1.0 stay apart. */
static struct node *vectors(struct arena *arena)
{
	char *text = read_file(TEST_DATA "/merge_vectors.json");
	struct node *root = parse(arena, text);

	free(text);
	return root;
}

/* {"$float": "inf"} stands for what JSON cannot hold. */
static struct node *decoded(struct arena *arena, struct node *node)
{
	const struct node *real = node_get(node, "$float");

	if (real)
		return node_float(arena, streq(real->text, "nan") ? NAN : INFINITY);
	for (size_t i = 0; node->kind == NODE_MAP && i < node->count; i++)
		node->entries[i].value = decoded(arena, node->entries[i].value);
	return node;
}

static void vectors_hold(void **state)
{
	struct arena arena = {0};
	struct node *list = node_get(vectors(&arena), "vectors");
	size_t run = 0;

	(void)state;
	for (size_t i = 0; i < list->count; i++) {
		const struct node *vector = list->items[i];
		struct node *base = parse(&arena, node_get(vector, "base_yaml")->text);
		struct node *persona = parse(&arena, node_get(vector, "persona_yaml")->text);
		struct node *expect = node_get(vector, "expect"), *got = NULL;

		if (!expect)
			continue;
		assert_int_equal(resolve_blend(&arena, base, persona,
					       node_number(node_get(vector, "weight")), &got),
				 0);
		if (!node_same(got, decoded(&arena, expect)))
			print_message("# %s\n", node_get(vector, "id")->text);
		assert_document(got, expect);
		run++;
	}
	assert_int_equal(run, 63);
	arena_done(&arena);
}

static struct document *document_of(const char *text)
{
	struct document *document = NULL;

	if (yaml_parse(text, strlen(text), "test.yaml", &document, NULL) < 0)
		fail_msg("does not parse: %s", text);
	return document;
}

/* As a person would write the number. */
static const char *spelled(struct arena *arena, const struct node *number)
{
	if (number->kind == NODE_BOOL)
		return number->boolean ? "true" : "false";
	return number->text ? number->text : arena_printf(arena, "%g", node_number(number));
}

static void weights_hold(void **state)
{
	struct arena arena = {0};
	struct node *list = node_get(vectors(&arena), "weights");

	(void)state;
	for (size_t i = 0; i < list->count; i++) {
		const struct node *vector = list->items[i];
		const struct node *importance = node_get(vector, "base_importance");
		const struct node *level = node_get(vector, "specialization_level");
		struct document *base = document_of(arena_printf(&arena, "base_importance: %s\n",
								 spelled(&arena, importance)));
		struct document *persona =
			document_of(arena_printf(&arena, "specialization_level: %s\n",
						 spelled(&arena, level)));
		struct helios_error error = {0};
		bool refused = schema_check_base(base, &error) < 0 ||
			       schema_check_persona(persona, &error) < 0;

		assert_int_equal(refused, node_get(vector, "error") ||
						  node_get(vector, "reference_ok"));
		if (refused) {
			assert_int_equal(error.line, 1);
			assert_int_equal(error.column > 1, 1);
			assert_true(error.hint[0]);
		} else {
			assert_true(resolve_weight(node_number(importance), node_number(level)) ==
				    node_number(node_get(vector, "weight")));
		}
		document_free(base);
		document_free(persona);
	}
	assert_int_equal(list->count, 14);
	arena_done(&arena);
}

static void lists_that_hung_end(void **state)
{
	struct arena arena = {0};
	struct node *list = node_get(vectors(&arena), "must_not_hang");

	(void)state;
	for (size_t i = 0; i < list->count; i++) {
		const struct node *vector = list->items[i];
		struct node *base = node_map(&arena), *persona = node_map(&arena), *got;

		assert_int_equal(node_put(&arena, base, "l", node_get(vector, "base")), 0);
		assert_int_equal(node_put(&arena, persona, "l", node_get(vector, "persona")), 0);
		assert_int_equal(resolve_blend(&arena, base, persona,
					       node_number(node_get(vector, "weight")), &got),
				 0);
		assert_int_equal(node_get(got, "l")->count, node_get(base, "l")->count +
								    node_get(persona, "l")->count);
	}
	assert_int_equal(list->count, 8);
	arena_done(&arena);
}

#define MOST_LAYERS 4

struct case_layers {
	const char *texts[MOST_LAYERS]; /* base first; one that begins with '^' lies on top */
	const char *expect;
	const char *dead; /* "PATH by LOCKER" of all dead values, joined by ", " */
};

static size_t make_layers(struct arena *arena, const char *const *texts, struct layer *layers)
{
	static const char *const names[] = {"base", "one", "two", "three"};
	size_t count = 0;

	for (; count < MOST_LAYERS && texts[count]; count++) {
		bool on_top = texts[count][0] == '^';

		layers[count] = (struct layer){
			.name = names[count],
			.file = names[count],
			.root = parse(arena, texts[count] + on_top),
			.on_top = on_top,
		};
	}
	return count;
}

static void check_case(const struct case_layers *c)
{
	struct arena arena = {0};
	struct layer layers[MOST_LAYERS];
	size_t count = make_layers(&arena, c->texts, layers);
	struct resolution resolution;
	struct buf dead = {0};

	assert_int_equal(resolve(&arena, layers, count, &resolution, NULL), 0);
	for (size_t i = 0; i < resolution.dead_count; i++)
		buf_addf(&dead, "%s%s by %s", i ? ", " : "", resolution.dead[i].path,
			 resolution.dead[i].locker->name);
	if (!node_same(resolution.root, parse(&arena, c->expect)))
		fprintf(stderr, "# base: %s\n# one: %s\n", c->texts[0], c->texts[1]);
	assert_document(resolution.root, parse(&arena, c->expect));
	assert_string_equal(buf_text(&dead), c->dead ? c->dead : "");
	buf_done(&dead);
	arena_done(&arena);
}

#define B "base_importance: 0.7\n"
#define L1 "specialization_level: 1\n"
#define L2 "specialization_level: 2\n"

/* Rows of the table that the vectors leave out. */
static const struct case_layers table_cases[] = {
	{{B "a: 1\nmerge: {a: lock}"}, B "a: 1", NULL},
	{{B, "{}"}, B L1, NULL},
	{{B L2, "{}"}, B L1, NULL},
	{{B, "base_importance: 0.9\n" L2}, "base_importance: 0.9\n" L2, NULL},
	{{B, "base_importance: !override 1\n" L2}, "base_importance: 1\n" L2, NULL},
	/* importance is inherited along the chain, the level is not */
	{{B, "base_importance: 0.9\n" L2, "a: 1"}, "base_importance: 0.9\na: 1\n" L1, NULL},
	{{B "a: 1", L2 "a: !override null"}, B L2 "a: null", NULL},
	{{B "a: {b: 1, c: 2}", L2 "a: !override {b: null}"}, B L2 "a: {b: null}", NULL},
	{{B, L2 "a: {b: null, c: {d: null, e: !override null}, f: !override {g: null}}"},
	 B L2 "a: {c: {e: null}, f: {g: null}}", NULL},
	{{B "a: 5", L2 "a: {b: null, c: 1}"}, B L2 "a: {c: 1}", NULL},
	{{B "a: null", L2 "a: {b: null, c: 1}"}, B L2 "a: {c: 1}", NULL},
	{{B, L2 "l: [{a: null, b: !override 2}]"}, B L2 "l: [{a: null, b: 2}]", NULL},
	{{B "l: [1]", L2 "l: [{a: null}]"}, B L2 "l: [{a: null}, 1]", NULL},
	{{B "a: {b: 1}", L2 "a: null"}, B L2, NULL},
	{{B "description: x\nauthor: {n: 1, m: 2}", L1 "author: {n: 3, o: null}"},
	 B L1 "description: x\nauthor: {n: 3}", NULL},
	{{B "description: x", L1 "description: null"}, B L1, NULL},
	{{B "n: 18446744073709551616", L1 "n: 18446744073709551617"},
	 B L1 "n: 18446744073709551617", NULL},
	{{B "n: 18446744073709551616", L1 "n: 5"}, B L1 "n: 5", NULL},
	{{B "n: .inf", L1 "n: 5"}, B L1 "n: 5", NULL},
	{{B "n: 9223372036854775807", L2 "n: -9223372036854775808"},
	 B L2 "n: -5995191823955604480", NULL},
	{{"base_importance: 0.5\nn: 9223372036854775807", L1 "n: 9223372036854775806"},
	 "base_importance: 0.5\n" L1 "n: 9223372036854775806", NULL},
	/* 0.7 as a double is a little less: 6.9999999999999995 is 7 */
	{{B "n: 10", L1 "n: 0"}, B L1 "n: 7", NULL},
	{{B "n: -10", L1 "n: 0"}, B L1 "n: -7", NULL},
	{{B "n: 1", L1 "n: 1.0"}, B L1 "n: 1.0", NULL},
	{{B "l: [{a: 1, b: [2]}]", L2 "l: [{b: [2.0], a: 1}]"}, B L2 "l: [{b: [2.0], a: 1}]", NULL},
	/* on top: w = 0, control keys as they were */
	{{B "n: 1\ns: x\nl: [1]", L2 "n: 10", "^n: 5\ns: y\nl: [2]"},
	 B L2 "n: 5\ns: y\nl: [2, 1]", NULL},
};

static void table_rows_hold(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table_cases); i++)
		check_case(&table_cases[i]);
}

#define H "base_importance: 1\n" /* with level 1: w is 1, the base wins */

static const struct case_layers strategy_cases[] = {
	{{H "s: x\nmerge: {s: persona}", L1 "s: y"}, H L1 "s: y", NULL},
	{{B "s: x\nmerge: {s: base}", L2 "s: y"}, B L2 "s: x", NULL},
	{{B "m: {s: x, t: 1, l: [1]}\nmerge: {m: base}", L2 "m: {s: y, t: {}, u: 2, l: [2]}"},
	 B L2 "m: {s: x, t: 1, u: 2, l: [1]}", NULL},
	{{B "m: {s: x, t: 1}\nmerge: {m: base}", L2 "m: {s: null, t: !override 2}"},
	 B L2 "m: {t: 2}", NULL},
	/* within one merge: the longest path wins */
	{{B "m: {s: x, t: x}\nmerge: {m: base, m.s: weighted}", L2 "m: {s: y, t: y}"},
	 B L2 "m: {s: y, t: x}", NULL},
	/* between layers the nearest wins, even with a shorter path */
	{{B "m: {s: x, t: x}\nmerge: {m.s: base}", L2 "m: {s: y}\nmerge: {m: persona}"},
	 B L2 "m: {s: y, t: x}", NULL},
	{{B "s: x", L2 "merge: {s: base}\ns: y", L2 "s: z"}, B L2 "s: x", NULL},
	{{B "s: x", L2 "s: y", L2 "merge: {s: base}\ns: z"}, B L2 "s: y", NULL},
	{{H "l: [1, 2]\nmerge: {l: prepend}", L1 "l: [3, 2]"}, H L1 "l: [3, 2, 1]", NULL},
	{{B "l: [1, 2]\nmerge: {l: append}", L2 "l: [3, 2]"}, B L2 "l: [1, 2, 3]", NULL},
	{{H "l: [1, 2]\nmerge: {l: replace}", L1 "l: [3, 2]"}, H L1 "l: [3, 2]", NULL},
	/* a strategy that does not fit the kinds is the table */
	{{B "l: 1\nmerge: {l: append}", L2 "l: 1.0"}, B L2 "l: 1.0", NULL},
	{{B "l: x\nmerge: {l: {by: name}}", L2 "l: [1]"}, B L2 "l: [1]", NULL},
	{{B "l: [{n: a, v: x, k: 1}, {n: b}, 5, {n: a, v: second}]\nmerge: {l: {by: n}}",
	  L2 "l: [{v: y, n: a, k: null}, {n: c}, {v: 1}, {n: a, v: z}, 5, {n: c, o: null}]"},
	 B L2 "l: [{n: a, v: y}, {n: b}, 5, {n: a, v: second}, {n: c}, {v: 1}, {n: a, v: z}, 5, "
	      "{n: c, o: null}]",
	 NULL},
	{{B "\"a.b\": {c: x}\nmerge: {'\"a.b\".c': base}", L2 "\"a.b\": {c: y}"},
	 B L2 "\"a.b\": {c: x}", NULL},
};

static void strategies_hold(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(strategy_cases); i++)
		check_case(&strategy_cases[i]);
}

static const struct case_layers lock_cases[] = {
	{{B "s: x\nmerge: {s: lock}", L2 "s: y"}, B L2 "s: x", "s by base"},
	{{B "s: x\nmerge: {s: lock}", L2 "s: null"}, B L2 "s: x", "s by base"},
	{{B "s: x\nmerge: {s: lock}", L2 "s: !override y\nmerge: {s: persona}"},
	 B L2 "s: x", "s by base"},
	{{B "merge: {s: lock}", L2 "s: y"}, B L2, "s by base"},
	{{B "merge: {m.s: lock}", L2 "m: {s: y, t: 1}"}, B L2 "m: {t: 1}", "m.s by base"},
	{{B "m: {s: x}\nmerge: {m: lock}", L2 "m: {t: 1}"}, B L2 "m: {s: x}", "m by base"},
	/* longer paths of the same merge: are excepted */
	{{B "m: {s: x, t: x}\nmerge: {m: lock, m.t: weighted}", L2 "m: {s: y, t: y, u: 1}"},
	 B L2 "m: {s: x, t: y}", "m.s by base, m.u by base"},
	/* what a later layer's merge: says does not unlock */
	{{B "m: {s: x}\nmerge: {m.s: lock}", L2 "merge: {m: weighted, m.s: persona}\nm: {s: y}"},
	 B L2 "m: {s: x}", "m.s by base"},
	/* a lock holds where the mapping around it goes */
	{{B "m: {s: x, t: 1}\nmerge: {m.s: lock}", L2 "m: null"}, B L2 "m: {s: x}", "m.s by base"},
	{{B "m: {s: x, t: 1}\nmerge: {m.s: lock}", L2 "m: !override {u: 2}"},
	 B L2 "m: {s: x, u: 2}", NULL},
	{{B "m: {s: x, t: 1}\nmerge: {m.s: lock}", L2 "m: !override {s: y, u: 2}"},
	 B L2 "m: {s: x, u: 2}", "m.s by base"},
	{{B "m: {s: x, t: 1}\nmerge: {m.s: lock}", L2 "m: 5"}, B L2 "m: {s: x, t: 1}", "m by base"},
	{{B "m: {t: 1}\nmerge: {m.s: lock}", L2 "m: 5"}, B L2 "m: 5", NULL},
	{{B "m: 5\nmerge: {m.s: lock}", L2 "m: {s: 1, t: 2}"}, B L2 "m: {t: 2}", "m.s by base"},
	/* the layer's own value stands for itself, and binds those after it */
	{{B "s: x", L2 "s: y\nmerge: {s: lock}", L2 "s: z"}, B L2 "s: y", "s by one"},
	{{B "s: x\nmerge: {s: lock}", L2 "s: y\nmerge: {s: lock}", L2 "s: z"},
	 B L2 "s: x", "s by base, s by base"},
	/* control keys and metadata */
	{{B "merge: {base_importance: lock}", "base_importance: 0.1\n" L2},
	 B L2, "base_importance by base"},
	{{B "merge: {specialization_level: lock}", L2}, B L1, "specialization_level by base"},
	{{B "author: x\nmerge: {author: lock}", L2 "author: y"}, B L2 "author: x",
	 "author by base"},
	{{B "s: x\nmerge: {s: lock}", L2, "^s: y"}, B L2 "s: x", "s by base"},
};

static void locks_hold(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lock_cases); i++)
		check_case(&lock_cases[i]);
}

static void lockers_are_named(void **state)
{
	static const char *const texts[] = {B "merge: {a.b: lock, a.b.c: weighted}",
					    "merge: {a: lock}", NULL};
	static const struct {
		const char *path, *locker;
	} cases[] = {{"a", "one"}, {"a.b", "base"}, {"a.b[0]", "base"}, {"a.b.c.d", "one"},
		     {"a.x", "one"}, {"b", NULL}};
	struct arena arena = {0};
	struct layer layers[MOST_LAYERS];
	size_t count = make_layers(&arena, texts, layers);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct layer *locker;
		struct path path;

		assert_int_equal(path_parse(&arena, cases[i].path, &path, NULL), 0);
		locker = resolve_locker(layers, count, &path);
		assert_int_equal(!locker, !cases[i].locker);
		if (locker)
			assert_string_equal(locker->name, cases[i].locker);
	}
	arena_done(&arena);
}

static void keys_keep_their_order(void **state)
{
	static const char *const texts[] = {B "z: 1\ny: {b: 1, a: 2}\nx: 3",
					    "w: 1\nx: 4\ny: {c: 1, a: 3}\nv: 2", NULL};
	static const char *const order[] = {"base_importance", "z", "y", "x", "w", "v",
					    "specialization_level"};
	struct arena arena = {0};
	struct layer layers[MOST_LAYERS];
	size_t count = make_layers(&arena, texts, layers);
	struct resolution resolution;

	(void)state;
	assert_int_equal(resolve(&arena, layers, count, &resolution, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(order); i++)
		assert_string_equal(resolution.root->entries[i].key, order[i]);
	assert_string_equal(node_get(resolution.root, "y")->entries[2].key, "c");
	arena_done(&arena);
}

static void origins_are_right(void **state)
{
	static const char *const texts[] = {
		B "s: x\nn: 10\nl: [1, 2]\nk: 5", L2 "s: y\nn: 20\nl:\n- 3\nt: {u: 1}\n", "{}",
		NULL};
	static const struct {
		const char *path, *layer;
		unsigned line;
		enum rule rule;
	} cases[] = {
		{"k", "base", 5, RULE_BASE_ONLY},
		{"s", "one", 2, RULE_WEIGHT},
		{"n", "one", 3, RULE_BLEND},
		{"l[0]", "one", 5, RULE_LIST},
		{"l[2]", "base", 4, RULE_BASE_ONLY},
		{"t.u", "one", 6, RULE_PERSONA_ONLY},
		{"base_importance", "base", 1, RULE_BASE_ONLY},
		{"specialization_level", "two", 0, RULE_CONTROL},
	};
	struct arena arena = {0};
	struct layer layers[MOST_LAYERS];
	size_t count = make_layers(&arena, texts, layers);
	struct resolution resolution;

	(void)state;
	assert_int_equal(resolve(&arena, layers, count, &resolution, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct node *node;
		struct path path;

		assert_int_equal(path_parse(&arena, cases[i].path, &path, NULL), 0);
		node = path_lookup(resolution.root, &path);
		assert_non_null(node);
		assert_string_equal(node->origin->layer->name, cases[i].layer);
		assert_int_equal(node->origin->line, cases[i].line);
		assert_int_equal(node->origin->rule, cases[i].rule);
	}
	arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vectors_hold),
		cmocka_unit_test(weights_hold),
		cmocka_unit_test(lists_that_hung_end),
		cmocka_unit_test(table_rows_hold),
		cmocka_unit_test(strategies_hold),
		cmocka_unit_test(locks_hold),
		cmocka_unit_test(lockers_are_named),
		cmocka_unit_test(keys_keep_their_order),
		cmocka_unit_test(origins_are_right),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
