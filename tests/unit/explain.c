/*
 * persona/explain.h: what the comments say, and that the text parses to the resolved document,
 * whatever the documents hold.
 */
#include "documents.h"

#include "persona/explain.h"

#define B "base_importance: 0.7\n"

static size_t make_layers(struct arena *arena, struct layer *layers)
{
	layers[0] = (struct layer){
		.name = "base",
		.file = "base/identity.yaml",
		.root = parse(arena, B "n: 10\nm: {s: x, t: [a, {b: c}, [d, e]]}\n"
				       "merge: {m.s: lock}\nk: {}\n"),
	};
	layers[1] = (struct layer){
		.name = "coder",
		.file = "personas/co\nder.yaml",
		.root = parse(arena, "n: 20\nm: {s: y}\nl: !override [1]\n"),
	};
	return 2;
}

static const char whole[] =
	"# layers: base (base/identity.yaml), coder (personas/co?der.yaml)\n"
	"# weight: 0.7, balanced\n"
	"# m.s is locked by base (base/identity.yaml:4)\n"
	"base_importance: 0.7                    # base (base/identity.yaml:1), inherited\n"
	"n: 13                                   # base (base/identity.yaml:2), blended, w 0.7\n"
	"m:\n"
	"  s: x                                  # base (base/identity.yaml:3), locked\n"
	"  t:\n"
	"    - a                                 # base (base/identity.yaml:3), inherited\n"
	"    - b: c                              # base (base/identity.yaml:3), inherited\n"
	"    - - d                               # base (base/identity.yaml:3), inherited\n"
	"      - e                               # base (base/identity.yaml:3), inherited\n"
	"k: {}                                   # base (base/identity.yaml:5), inherited\n"
	"l:\n"
	"  - 1                                   # coder (personas/co?der.yaml:3), override\n"
	"specialization_level: 1                 # coder (personas/co?der.yaml), control key, "
	"default\n"
	"# dead: m.s of coder (personas/co?der.yaml:2) is locked by base (base/identity.yaml)\n";

static void origins_are_printed(void **state)
{
	struct arena arena = {0};
	struct layer layers[2];
	size_t count = make_layers(&arena, layers);
	struct resolution resolution;
	struct buf out = {0};

	(void)state;
	assert_int_equal(resolve(&arena, layers, count, &resolution, NULL), 0);
	assert_int_equal(explain(layers, count, &resolution, NULL, &out, NULL), 0);
	assert_string_equal(buf_text(&out), whole);
	buf_done(&out);
	arena_done(&arena);
}

static void a_path_narrows(void **state)
{
	static const struct {
		const char *path, *document; /* NULL: there is nothing */
		bool dead;
	} cases[] = {
		{"m.t[1].b", "m: {t: [{b: c}]}", false},
		{"n", "n: 13", false},
		{"m.s", "m: {s: x}", true},
		{"m", "m: {s: x, t: [a, {b: c}, [d, e]]}", true},
		{"x", NULL, false},
		{"n[0]", NULL, false},
		{"m.t[3]", NULL, false},
	};
	struct arena arena = {0};
	struct layer layers[2];
	size_t count = make_layers(&arena, layers);
	struct resolution resolution;

	(void)state;
	assert_int_equal(resolve(&arena, layers, count, &resolution, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct helios_error error = {0};
		struct buf out = {0};
		struct path path;
		int r;

		assert_int_equal(path_parse(&arena, cases[i].path, &path, NULL), 0);
		r = explain(layers, count, &resolution, &path, &out, &error);
		assert_int_equal(r, cases[i].document ? 0 : -ENOENT);
		if (cases[i].document) {
			assert_document(parse(&arena, buf_text(&out)),
					parse(&arena, cases[i].document));
			assert_int_equal(!!strstr(buf_text(&out), "# dead"), cases[i].dead);
		} else {
			assert_string_equal(error.key, cases[i].path);
		}
		buf_done(&out);
	}
	arena_done(&arena);
}

/* Texts and keys that are hard to write behind one another on a line. */
static const char hard[] =
	B "\"a: b #c\": \"x\\ny # z\\n\"\n"
	  "'': ''\n"
	  "\"k\\nl\": |\n  one\n  two\n"
	  "s: >-\n  folded\n  text\n"
	  "u: \"\\u2028 \\x85 \\e[\"\n"
	  "n: [null, ~, .nan, -.inf, 1e300, 0x10, 18446744073709551616, '1', 'null', '#']\n"
	  "e: [[], {}, [[]], [{}], {x: []}, {y: {z: []}}]\n";

static void any_document_reads_back(void **state)
{
	uint64_t seed = test_seed();
	size_t runs = test_runs(3000);

	(void)state;
	for (size_t i = 0; i < runs; i++) {
		struct random_kind kind = {.nulls = 9};
		struct arena arena = {0};
		struct layer layers[2] = {{.name = "base", .file = "base"},
					  {.name = "p", .file = "p"}};
		struct resolution resolution;
		struct buf out = {0};
		uint64_t random = seed + i;

		next_random(&random);
		layers[0].root = i ? random_map(&arena, &random, kind, 4) : parse(&arena, hard);
		kind.tags = 6;
		layers[1].root = random_map(&arena, &random, kind, 4);
		assert_int_equal(resolve(&arena, layers, 2, &resolution, NULL), 0);
		assert_int_equal(explain(layers, 2, &resolution, NULL, &out, NULL), 0);
		assert_document(parse(&arena, buf_text(&out)), resolution.root);
		buf_done(&out);
		arena_done(&arena);
	}
}

static void long_keys_read_back(void **state)
{
	struct arena arena = {0};
	char key[3000];
	struct node *root = node_map(&arena), *inner = node_map(&arena);
	struct layer base = {.name = "base", .file = "base", .root = root};
	struct resolution resolution;
	struct buf out = {0};

	(void)state;
	memset(key, 'k', sizeof(key) - 1);
	key[sizeof(key) - 1] = '\0';
	assert_int_equal(node_put(&arena, inner, key, node_int(&arena, 1)), 0);
	assert_int_equal(node_put(&arena, root, key, inner), 0);
	assert_int_equal(resolve(&arena, &base, 1, &resolution, NULL), 0);
	assert_int_equal(explain(&base, 1, &resolution, NULL, &out, NULL), 0);
	assert_document(parse(&arena, buf_text(&out)), root);
	buf_done(&out);
	arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(origins_are_printed),
		cmocka_unit_test(a_path_narrows),
		cmocka_unit_test(any_document_reads_back),
		cmocka_unit_test(long_keys_read_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
