/* persona/schema.h: what is accepted, and where and how refusals are explained; names. */
#include "documents.h"

#include "persona/schema.h"

#define B "base_importance: 0.7\n"

enum what { BASE, PERSONA, VIEW, ON_TOP };

struct example {
	enum what what;
	const char *text;
	enum helios_code code; /* HELIOS_OK: accepted */
	unsigned line, column;
	const char *key;
};

static const struct example examples[] = {
	{BASE, B "identity: {a: 1}\nskills: [1]\ninherits_from: base\n", HELIOS_OK, 0, 0, NULL},
	{BASE, B "identity:\ndescription:\n", HELIOS_OK, 0, 0, NULL},
	{BASE, B "merge: {a.b: lock, c: {by: name}, '\"x.y\"': append}\n", HELIOS_OK, 0, 0, NULL},
	{BASE, "base_importance: 0\nspecialization_level: 1\n", HELIOS_OK, 0, 0, NULL},
	{BASE, "a: 1\n", HELIOS_OUT_OF_RANGE, 1, 0, "base_importance"},
	{BASE, B "a: {b: !override 1}\n", HELIOS_TAG, 2, 8, "a.b"},
	{BASE, B "a: [1, {b: !override 1}]\n", HELIOS_TAG, 2, 12, "a[1].b"},
	{BASE, B "inherits_from: coder\n", HELIOS_PARENT, 2, 16, "inherits_from"},
	{BASE, "base_importance: 1.1\n", HELIOS_OUT_OF_RANGE, 1, 18, "base_importance"},
	{BASE, "base_importance: -0.1\n", HELIOS_OUT_OF_RANGE, 1, 18, "base_importance"},
	{BASE, "base_importance: .nan\n", HELIOS_OUT_OF_RANGE, 1, 18, "base_importance"},
	{BASE, "base_importance: '0.7'\n", HELIOS_WRONG_TYPE, 1, 18, "base_importance"},
	{BASE, "base_importance:\n", HELIOS_WRONG_TYPE, 1, 17, "base_importance"},
	{BASE, B "communication: 5\n", HELIOS_WRONG_TYPE, 2, 16, "communication"},
	{BASE, B "technical: [a]\n", HELIOS_WRONG_TYPE, 2, 12, "technical"},
	{BASE, B "version: {a: 1}\n", HELIOS_WRONG_TYPE, 2, 10, "version"},
	{BASE, B "name: [a]\n", HELIOS_WRONG_TYPE, 2, 7, "name"},
	{BASE, B "merge: lock\n", HELIOS_WRONG_TYPE, 2, 8, "merge"},
	{BASE, B "merge:\n  a: locked\n", HELIOS_STRATEGY, 3, 6, "merge"},
	{BASE, B "merge:\n  a: {by: [x]}\n", HELIOS_STRATEGY, 3, 6, "merge"},
	{BASE, B "merge:\n  a: {by: x, or: y}\n", HELIOS_STRATEGY, 3, 6, "merge"},
	{BASE, B "merge:\n  a..b: lock\n", HELIOS_STRATEGY, 3, 3, "merge"},
	{BASE, B "merge:\n  a[0]: lock\n", HELIOS_STRATEGY, 3, 3, "merge"},
	{BASE, B "merge:\n  inherits_from: lock\n", HELIOS_STRATEGY, 3, 3, "merge"},
	{PERSONA, "a: 1\n", HELIOS_OK, 0, 0, NULL},
	{PERSONA, "a: !override {b: !override null}\nidentity: null\n", HELIOS_OK, 0, 0, NULL},
	{PERSONA, "inherits_from: base/identity.yaml\nmerge: {a: base}\n", HELIOS_OK, 0, 0, NULL},
	{PERSONA, "inherits_from: coder\n", HELIOS_OK, 0, 0, NULL},
	{PERSONA, "inherits_from: a/b\n", HELIOS_BAD_NAME, 1, 16, "inherits_from"},
	{PERSONA, "inherits_from: 5\n", HELIOS_WRONG_TYPE, 1, 16, "inherits_from"},
	{PERSONA, "specialization_level: 0.5\n", HELIOS_OUT_OF_RANGE, 1, 23,
	 "specialization_level"},
	{PERSONA, "specialization_level: .inf\n", HELIOS_OUT_OF_RANGE, 1, 23,
	 "specialization_level"},
	{PERSONA, "specialization_level: 18446744073709551616\n", HELIOS_OUT_OF_RANGE, 1, 23,
	 "specialization_level"},
	{PERSONA, "specialization_level: true\n", HELIOS_WRONG_TYPE, 1, 23,
	 "specialization_level"},
	{PERSONA, "merge: {a: later}\n", HELIOS_STRATEGY, 1, 12, "merge"},
	{BASE, B "a: {\"x\xE2\x80\xAEy\": 1}\n", HELIOS_KEY_KIND, 2, 5, ""},
	{PERSONA, "a:\n  - {\"x\\u2066y\": 1}\n", HELIOS_KEY_KIND, 2, 6, ""},
	{PERSONA, "\"a\\nb\": 1\n", HELIOS_KEY_KIND, 1, 1, ""},
	{PERSONA, "\"a\\x9Bb\": 1\n", HELIOS_KEY_KIND, 1, 1, ""},
	{PERSONA, "\xD9\x85\xE2\x80\x8C\xD9\x87: 1\n", HELIOS_OK, 0, 0, NULL}, /* ZWNJ */
	{VIEW, "\"a\xD8\x9C\": 1\n", HELIOS_KEY_KIND, 1, 1, ""},
	{ON_TOP, "\"a\xE2\x80\x8F\": 1\n", HELIOS_KEY_KIND, 1, 1, ""},
	{VIEW, "a: 1\nspecialization_level: 2\n", HELIOS_OK, 0, 0, NULL},
	{VIEW, "a: 1\nmerge: {}\n", HELIOS_VIEW_ONLY, 2, 8, "merge"},
	{VIEW, "a: {b: !override 1}\n", HELIOS_VIEW_ONLY, 1, 8, "a.b"},
	{VIEW, "base_importance: 2\n", HELIOS_OUT_OF_RANGE, 1, 18, "base_importance"},
	{ON_TOP, "a: !override 1\nidentity: {a: 1}\n", HELIOS_OK, 0, 0, NULL},
	{ON_TOP, "inherits_from: x\n", HELIOS_WRONG_TYPE, 1, 16, "inherits_from"},
	{ON_TOP, "merge: {a: lock}\n", HELIOS_WRONG_TYPE, 1, 8, "merge"},
	{ON_TOP, "base_importance: 0.5\n", HELIOS_WRONG_TYPE, 1, 18, "base_importance"},
	{ON_TOP, "identity: 5\n", HELIOS_WRONG_TYPE, 1, 11, "identity"},
};

static int check(enum what what, const struct document *document, struct helios_error *error)
{
	switch (what) {
	case BASE:
		return schema_check_base(document, error);
	case PERSONA:
		return schema_check_persona(document, error);
	case VIEW:
		return schema_check_view(document, error);
	default:
		return schema_check_on_top(document->root, document->file, error);
	}
}

static void documents_are_checked(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(examples); i++) {
		const struct example *e = &examples[i];
		struct helios_error error = {0};
		struct document *document = NULL;

		assert_int_equal(yaml_parse(e->text, strlen(e->text), "x.yaml", &document, &error),
				 0);
		check(e->what, document, &error);
		if (error.code != e->code || error.line != e->line || error.column != e->column)
			fail_msg("%s%s at %u:%u: %s", e->text, helios_code_name(error.code),
				 error.line, error.column, error.message);
		if (e->code != HELIOS_OK) {
			assert_string_equal(error.key, e->key);
			assert_string_equal(error.file, "x.yaml");
			assert_true(error.message[0] && error.hint[0]);
		}
		document_free(document);
	}
}

static void names_are_checked(void **state)
{
	static const char *const good[] = {
		"a", "coder", "a b", "Zo\xc3\xab", "a.yaml", "a-b#c", "\xe6\x97\xa5\xe6\x9c\xac",
		"0123456789012345678901234567890123456789012345678901234567890123", "Base",
	};
	static const char *const bad[] = {
		"", ".a", "-a", "#a", " a", "a ", "a/b", "a\\b", "base", "a\nb", "a\x7f",
		"Zoe\xcc\x88",		 /* not composed */
		"a\xe2\x80\xae" "b",	 /* bidi override */
		"a\xe2\x80\x8b",	 /* zero width space */
		"a\xc2\x85",		 /* C1 */
		"\xc2\xa0" "a",		 /* no-break space */
		"a\xe3\x80\x80",	 /* ideographic space */
		"a\xff",		 /* no UTF-8 */
		"\xed\xa0\x80",		 /* a surrogate */
		"01234567890123456789012345678901234567890123456789012345678901234",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		if (schema_check_name(good[i], NULL) != 0)
			fail_msg("refused: %s", good[i]);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct helios_error error = {0};

		if (schema_check_name(bad[i], &error) != -EINVAL)
			fail_msg("accepted: %s", bad[i]);
		assert_int_equal(error.code, HELIOS_BAD_NAME);
	}
}

static void parents_are_named(void **state)
{
	struct arena arena = {0};

	(void)state;
	assert_null(schema_parent(NULL));
	assert_null(schema_parent(parse(&arena, "a: 1")));
	assert_null(schema_parent(parse(&arena, "inherits_from: null")));
	assert_null(schema_parent(parse(&arena, "inherits_from: base")));
	assert_null(schema_parent(parse(&arena, "inherits_from: base/identity.yaml")));
	assert_string_equal(schema_parent(parse(&arena, "inherits_from: coder")), "coder");
	arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(documents_are_checked),
		cmocka_unit_test(names_are_checked),
		cmocka_unit_test(parents_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
