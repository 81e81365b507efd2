/*
 * persona/put.h: cases a person can read, and the laws of saving (DESIGN.md section 4) over
 * random bases, parents, overlays and edits. HELIOS_SEED repeats a run, HELIOS_RUNS sets its
 * length.
 */
#include "documents.h"

#include "persona/merge3.h"
#include "persona/put.h"
#include "persona/schema.h"

#define B "base_importance: 0.7\n"
#define L1 "specialization_level: 1\n"
#define L2 "specialization_level: 2\n"

static struct layer layer(const char *name, struct node *root)
{
	return (struct layer){.name = name, .file = name, .root = root};
}

/* Parents are those before and after the save. */
static int save(struct arena *arena, struct layer *layers, size_t count,
		const struct node *ancestor, const struct node *edited, struct put_result *ret,
		struct helios_error *error)
{
	struct put_request request = {
		.layers = layers,
		.count = count,
		.parents = layers,
		.parent_count = count - 1,
		.ancestor = ancestor,
		.edited = edited,
	};

	return put(arena, &request, ret, error);
}

struct example {
	const char *base, *overlay, *edited, *stored;
};

static const struct example examples[] = {
	/* nothing changed, nothing stored */
	{B "s: x\nn: 10", L2 "n: 20", B L2 "s: x\nn: 18", L2 "n: 20"},
	/* plain where plain is enough, else !override */
	{B "s: x", L2, B L2 "s: y", L2 "s: y"},
	{B "s: x", L1, B L1 "s: y", L1 "s: !override y"},
	{B "n: 10", L2, B L2 "n: 17", L2 "n: !override 17"},
	{B "n: 10", L2 "n: 20", B L2 "n: 10", L2 "n: 10"},
	/* a tag that stands stays */
	{B "n: 10", L2 "n: !override 17", B L2 "n: 10", L2 "n: !override 10"},
	{B "m: {a: 1}", L2 "m: !override {b: 2, c: 3}", B L2 "m: {b: 2, c: 4}",
	 L2 "m: !override {b: 2, c: 4}"},
	/* what is removed, and what never was the base's */
	{B "s: x\nt: y", L2 "u: 1", B L2 "t: y", L2 "s: null"},
	{B "m: {a: 1, b: 2}", L2, B L2 "m: {b: 2}", L2 "m: {a: null}"},
	{B "m: {a: 1, b: 2}", L2, B L2 "m: {}", L2 "m: {a: null, b: null}"},
	{B "m: {a: 1}", L2, B L2 "m: 5", L2 "m: 5"},
	{B "m: {a: 1}", L2 "m: 5", B L2 "m: {a: 1, b: 2}", L2 "m: {b: 2}"},
	{B "m: 5", L2, B L2 "m: {a: null, b: 1}", L2 "m: {a: !override null, b: 1}"},
	{B "m: 5", L2, B L2 "m: {}", L2 "m: {}"},
	{B "s: x", L2, B L2 "s: null", L2 "s: !override null"},
	{B "s: null", L2 "s: 1", B L2 "s: null", L2},
	{B "s: null", L2, B L2, L2 "s: null"},
	/* lists: own items only where the base supplies the rest */
	{B "l: [a, b]", L2, B L2 "l: [n, a, b]", L2 "l: [n]"},
	{B "l: [a, b]", L2 "l: [n]", B L2 "l: [n, o, a, b]", L2 "l: [n, o]"},
	{B "l: [a, b]", L2 "l: [n]", B L2 "l: [a, b]", L2 "l: []"},
	{B "l: [a, b]", L2 "l: [a, n]", B L2 "l: [a, o, b]", L2 "l: [a, o]"},
	{B "l: [a, b]", L2, B L2 "l: [b, a]", L2 "l: [b, a]"},
	{B "l: [a, b]", L2, B L2 "l: [a]", L2 "l: !override [a]"},
	{B "l: [a, b]", L2, B L2 "l: []", L2 "l: !override []"},
	{B "l: [{n: a, v: 1}, {n: b, v: 2}]\nmerge: {l: {by: n}}", L2,
	 B L2 "l: [{n: a, v: 1}, {n: b, v: 7}, {n: c}]",
	 L2 "l: [{n: b, v: !override 7}, {n: c}]"},
	{B "l: [a]\nmerge: {l: append}", L2, B L2 "l: [a, b]", L2 "l: [b]"},
	{B "l: [a]\nmerge: {l: replace}", L2, B L2 "l: [a, b]", L2 "l: [a, b]"},
	{B "l: [a]\nmerge: {l: base}", L2, B L2 "l: [a, b]", L2 "l: !override [a, b]"},
	/* metadata is taken whole */
	{B "author: {n: x, m: y}", L2, B L2 "author: {n: z, m: y}", L2 "author: {n: z, m: y}"},
	{B "description: x", L2, B L2, L2 "description: null"},
	/* control keys: what the edit left alone resolves anew */
	{B "s: x\nn: 10", L1 "s: y\nn: 20", B L2 "s: x\nn: 13", L2 "s: y\nn: 20"},
	{B "s: x\nn: 10", L2 "s: y\nn: 20", B "s: y\nn: 18", "s: y\nn: 20"},
	{B "s: x", L2 "base_importance: 0.2", L2 "s: x", L2},
	{B "s: x", L2, "base_importance: 0.2\ns: x\n" L2, L2 "base_importance: 0.2"},
	/* merge: and dead values stay */
	{B "s: x\nt: x\nmerge: {s: lock}", L2 "s: y\nmerge: {t: base}\nt: z",
	 B L2 "s: x\nt: w", L2 "s: y\nmerge: {t: base}\nt: !override w"},
	{B "m: {s: x, t: x}\nmerge: {m.s: lock}", L2 "m: 5", B L2 "m: {s: x, t: y}",
	 L2 "m: {t: y}"},
	{B "m: {s: x, t: x}\nmerge: {m.s: lock}", L2 "m: !override 5", B L2 "m: {s: x, t: y}",
	 L2 "m: !override {t: y}"},
	{B, "specialization_level: !override 2", B "specialization_level: 3",
	 "specialization_level: !override 3"},
	{B "m: {s: x, t: x}\nmerge: {m.s: lock}", L2 "m: !override {u: 1}",
	 B L2 "m: {s: x, u: 2}", L2 "m: !override {u: 2}"},
};

static void examples_hold(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(examples); i++) {
		const struct example *e = &examples[i];
		struct arena arena = {0};
		struct layer layers[] = {layer("base", parse(&arena, e->base)),
					 layer("coder", parse(&arena, e->overlay))};
		struct helios_error error = {0};
		struct put_result result;

		if (save(&arena, layers, 2, NULL, parse(&arena, e->edited), &result, &error) < 0)
			fail_msg("%s\n%s", error.message, e->edited);
		assert_document(result.overlay, parse(&arena, e->stored));
		assert_int_equal(result.changed,
				 !node_same(layers[1].root, parse(&arena, e->stored)));
		arena_done(&arena);
	}
}

static const struct example locked[] = {
	{B "s: x\nmerge: {s: lock}", L2, B L2 "s: y", "s"},
	{B "s: x\nmerge: {s: lock}", L2, B L2, "s"},
	{B "merge: {m.s: lock}", L2, B L2 "m: {s: 1}", "m.s"},
	{B "m: {s: x, t: 1}\nmerge: {m.s: lock}", L2, B L2 "m: {t: 1}", "m.s"},
	{B "m: {s: x, t: 1}\nmerge: {m.s: lock}", L2, B L2 "m: 5", "m.s"},
	{B "m: {s: x, t: 1}\nmerge: {m: lock, m.t: weighted}", L2, B L2 "m: {s: x, u: 1}", "m.u"},
	{B "merge: {base_importance: lock}", L2, "base_importance: 0.1\n" L2, "base_importance"},
};

static void locks_are_kept(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(locked); i++) {
		const struct example *e = &locked[i];
		struct arena arena = {0};
		struct layer layers[] = {layer("base", parse(&arena, e->base)),
					 layer("coder", parse(&arena, e->overlay))};
		struct helios_error error = {0};
		struct put_result result;

		assert_int_equal(save(&arena, layers, 2, NULL, parse(&arena, e->edited), &result,
				      &error),
				 -EPERM);
		assert_int_equal(error.code, HELIOS_LOCKED);
		assert_string_equal(error.key, e->stored);
		assert_non_null(strstr(error.message, "base"));
		arena_done(&arena);
	}
}

static void new_names_inherit(void **state)
{
	struct arena arena = {0};
	struct layer layers[] = {layer("base", parse(&arena, B "m: {a: 1, b: 2}\ns: x")),
				 layer("new", parse(&arena, "{}"))};
	struct put_result result;

	(void)state;
	assert_int_equal(save(&arena, layers, 2, node_map(&arena),
			      parse(&arena, L2 "m: {b: 3}\nt: 1"), &result, NULL),
			 0);
	assert_document(result.overlay, parse(&arena, L2 "m: {b: !override 3}\nt: 1"));
	assert_document(result.resolved, parse(&arena, B L2 "m: {a: 1, b: 3}\ns: x\nt: 1"));
	assert_int_equal(result.conflict_count, 0);
	assert_true(result.merged);
	arena_done(&arena);
}

static void parents_can_change(void **state)
{
	struct arena arena = {0};
	struct layer layers[] = {layer("base", parse(&arena, B "s: x\nt: x")),
				 layer("one", parse(&arena, L2 "s: y\nt: y")),
				 layer("coder", parse(&arena, L2 "inherits_from: one\nt: z"))};
	struct node *edited = parse(&arena, B L2 "s: y\nt: z\nu: 1");
	struct put_request request = {.layers = layers, .count = 3, .parents = layers,
				      .parent_count = 1, .edited = edited};
	struct put_result result;

	(void)state;
	assert_null(put_parent(layers[2].root, NULL, edited));
	assert_int_equal(put(&arena, &request, &result, NULL), 0);
	assert_document(result.overlay, parse(&arena, L2 "t: z\nu: 1"));
	assert_document(result.resolved, parse(&arena, B L2 "s: x\nt: z\nu: 1"));
	arena_done(&arena);
}

static void saves_are_merged(void **state)
{
	struct arena arena = {0};
	struct layer layers[] = {layer("base", parse(&arena, B "a: 1\nb: 1\nm: {c: 1, d: 1}")),
				 layer("coder", parse(&arena, L2 "b: theirs\nm: {c: theirs}"))};
	struct node *ancestor = parse(&arena, B L2 "a: 1\nb: 1\nm: {c: 1, d: 1}");
	struct node *edited = parse(&arena, B L2 "a: mine\nb: 1\nm: {c: mine, d: mine}");
	struct put_result result;

	(void)state;
	assert_int_equal(save(&arena, layers, 2, ancestor, edited, &result, NULL), 0);
	assert_document(result.resolved,
			parse(&arena, B L2 "a: mine\nb: theirs\nm: {c: mine, d: mine}"));
	assert_true(result.merged);
	assert_int_equal(result.conflict_count, 1);
	assert_string_equal(result.conflicts[0].path, "m.c");
	arena_done(&arena);
}

struct edit_example {
	const char *before, *path, *value, *after; /* value NULL: unset; after NULL: refused */
};

static const struct edit_example edits[] = {
	{"a: 1", "b.c", "2", "a: 1\nb: {c: 2}"},
	{"a: null", "a.b", "2", "a: {b: 2}"},
	{"a: !override 1", "a", "2", "a: !override 2"},
	{"a: !override {b: 1}", "a.b", "2", "a: !override {b: 2}"},
	{"a: 1", "a.b", "2", NULL},
	{"l: [1]", "l[1]", "2", "l: [1, 2]"},
	{"l: [1]", "l[2]", "2", NULL},
	{"l: [{a: 1}]", "l[0].a", "2", "l: [{a: 2}]"},
	{"l: [1, 2, 3]", "l[1]", NULL, "l: [1, 3]"},
	{"a: {b: 1}", "a.b", NULL, "a: {}"},
	{"a: {b: 1}", "a.c", NULL, NULL},
	{"a: {b: 1}", "c.d", NULL, NULL},
	{"a: {b: 1}", "a.b.c", NULL, NULL},
	{"a: 1", "l[0]", "1", NULL},
};

static void paths_are_edited(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(edits); i++) {
		const struct edit_example *e = &edits[i];
		struct arena arena = {0};
		struct node *before = parse(&arena, e->before), *after = NULL, *value = NULL;
		struct helios_error error = {0};
		struct path path;
		int r;

		if (e->value)
			value = node_get(parse(&arena, arena_printf(&arena, "v: %s", e->value)),
					 "v");
		assert_int_equal(path_parse(&arena, e->path, &path, NULL), 0);
		r = overlay_edit(&arena, before, &path, value, &after, &error);
		assert_int_equal(r, e->after ? 0 : -ENOENT);
		if (e->after)
			assert_document(after, parse(&arena, e->after));
		assert_document(before, parse(&arena, e->before));
		arena_done(&arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(examples_hold),	cmocka_unit_test(locks_are_kept),
		cmocka_unit_test(new_names_inherit),	cmocka_unit_test(parents_can_change),
		cmocka_unit_test(saves_are_merged),	cmocka_unit_test(paths_are_edited),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
