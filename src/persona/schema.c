/*
 * What documents may hold (DESIGN.md sections 2 and 3). A null is accepted where a section or a
 * piece of metadata may stand: in a persona it removes the key.
 */
#include "persona/schema.h"

#include <math.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "persona/rules.h"

struct check {
	const char *file;
	struct helios_error *error;
	bool tags;	 /* !override may stand */
	bool view;	 /* a text saved through the view */
	struct buf path; /* of what is being looked at */
};

static const struct {
	const char *key;
	double least, most;
} controls[] = {
	{"base_importance", 0.0, 1.0},
	{"specialization_level", 1.0, INFINITY},
};

static const char *const metadata[] = {"name",	  "version", "description",  "created",
				       "updated", "author",  "inherits_from"};
static const char *const sections[] = {"identity", "communication", "behaviors", "technical"};
static const char *const base_names[] = {"base", "base/identity.yaml", "base/config.yaml"};

static bool is_one_of(const char *text, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (streq(text, list[i]))
			return true;
	return false;
}

bool schema_is_metadata(const char *key)
{
	return is_one_of(key, metadata, ARRAY_SIZE(metadata));
}

bool schema_is_control(const char *key)
{
	return streq(key, controls[0].key) || streq(key, controls[1].key);
}

const char *schema_parent(const struct node *root)
{
	const struct node *value = node_get(root, "inherits_from");

	if (!node_is(value, NODE_STRING) ||
	    is_one_of(value->text, base_names, ARRAY_SIZE(base_names)))
		return NULL;
	return value->text;
}

static struct helios_place place_of(const struct check *check, const struct node *node,
				    const char *key)
{
	return (struct helios_place){
		.file = check->file,
		.line = node->place.line,
		.column = node->place.column,
		.key = key,
	};
}

static int wrong_kind(struct check *check, const char *key, const struct node *value,
		      const char *wanted)
{
	struct helios_place place = place_of(check, value, key);

	return helios_fail(check->error, HELIOS_WRONG_TYPE, &place, NULL,
			   "'%s' must be %s, but it is %s", key, wanted, node_kind_name(value));
}

static int check_control(struct check *check, size_t i, const struct node *value)
{
	struct helios_place place = place_of(check, value, controls[i].key);
	double number;

	if (!node_is_number(value) && value->kind != NODE_BIGINT)
		return wrong_kind(check, controls[i].key, value, "a number");
	number = value->kind == NODE_BIGINT ? NAN : node_number(value);
	if (isfinite(number) && number >= controls[i].least && number <= controls[i].most)
		return 0;
	if (i == 0)
		return helios_fail(check->error, HELIOS_OUT_OF_RANGE, &place, NULL,
				   "'base_importance' must be a number from 0 to 1");
	return helios_fail(check->error, HELIOS_OUT_OF_RANGE, &place, NULL,
			   "'specialization_level' must be a number that is 1 or more");
}

static int check_parent(struct check *check, const struct node *value)
{
	struct helios_place place = place_of(check, value, "inherits_from");
	struct helios_error why = {0};

	if (value->kind == NODE_NULL)
		return 0;
	if (value->kind != NODE_STRING)
		return wrong_kind(check, "inherits_from", value, "the name of a persona");
	if (is_one_of(value->text, base_names, ARRAY_SIZE(base_names)) ||
	    schema_check_name(value->text, &why) == 0)
		return 0;
	return helios_fail(check->error, HELIOS_BAD_NAME, &place, NULL, "'inherits_from': %s",
			   why.message);
}

static int check_key(struct check *check, const char *key, const struct node *value)
{
	bool collection = value->kind == NODE_MAP || value->kind == NODE_LIST;

	for (size_t i = 0; i < ARRAY_SIZE(controls); i++)
		if (streq(key, controls[i].key))
			return check_control(check, i, value);
	if (is_one_of(key, sections, ARRAY_SIZE(sections)) && value->kind != NODE_MAP &&
	    value->kind != NODE_NULL)
		return wrong_kind(check, key, value, "a mapping");
	/* name, version, description */
	if (is_one_of(key, metadata, 3) && collection)
		return wrong_kind(check, key, value, "one value");
	return streq(key, "inherits_from") ? check_parent(check, value) : 0;
}

static int refuse_tag(struct check *check, const struct node *node)
{
	struct helios_place place = place_of(check, node, buf_text(&check->path));

	if (check->view)
		return helios_fail(check->error, HELIOS_VIEW_ONLY, &place, NULL,
				   "the tag !override cannot be saved through the resolved view");
	return helios_fail(check->error, HELIOS_TAG, &place, "remove the tag from the base",
			   "the tag !override has no meaning in a base");
}

static bool is_seen(const char *key)
{
	for (size_t at = 0, length = strlen(key); at < length;) {
		uint32_t codepoint;

		at += utf8_decode(key + at, length - at, &codepoint);
		if (codepoint < 0x20 || (codepoint >= 0x7F && codepoint < 0xA0) ||
		    utf8_is_bidi_control(codepoint))
			return false;
	}
	return true;
}

/* A key that is not what it looks like could pass for another. */
static int check_key_texts(struct check *check, const struct node *node)
{
	for (size_t i = 0; i < node->count; i++) {
		bool list = node->kind == NODE_LIST;
		const struct node_place *at = list ? NULL : &node->entries[i].key_place;
		int r;

		if (!list && !is_seen(node->entries[i].key))
			return helios_fail(check->error, HELIOS_KEY_KIND,
					   &(struct helios_place){.file = check->file,
								  .line = at->line,
								  .column = at->column},
					   NULL,
					   "a key holds a character that turns text around, or a "
					   "control character");
		r = check_key_texts(check, list ? node->items[i] : node->entries[i].value);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Where !override may not stand, it stands nowhere. */
static int check_tags(struct check *check, const struct node *node)
{
	size_t length = check->path.length;

	if (node->override_tag)
		return refuse_tag(check, node);
	for (size_t i = 0; i < node->count; i++) {
		bool list = node->kind == NODE_LIST;
		int r;

		if (list)
			path_add_index(&check->path, i);
		else
			path_add_key(&check->path, node->entries[i].key);
		r = check_tags(check, list ? node->items[i] : node->entries[i].value);
		if (r < 0)
			return r;
		buf_splice(&check->path, length, check->path.length, "", 0);
	}
	return 0;
}

/* merge: itself may not be merged, and what decides the layers cannot depend on them. */
static bool rule_is_odd(const struct path *path)
{
	const char *first = path->count ? path->steps[0].key : NULL;

	for (size_t i = 0; i < path->count; i++)
		if (!path->steps[i].key)
			return true;
	return !first || streq(first, "merge") || streq(first, "inherits_from");
}

static int check_rule(struct check *check, const struct node_entry *rule, struct arena *arena,
		      struct path *path)
{
	struct helios_place place = {
		.file = check->file,
		.line = rule->key_place.line,
		.column = rule->key_place.column,
		.key = "merge",
	};
	struct strategy strategy;
	int err = path_parse(arena, rule->key, path, NULL);

	if (err == -ENOMEM)
		return helios_fail(check->error, HELIOS_NO_MEMORY, NULL, NULL, "memory ran out");
	if (err < 0 || rule_is_odd(path))
		return helios_fail(check->error, HELIOS_STRATEGY, &place,
				   "name a key by its path, as in 'communication.tone'",
				   "merge: '%s' is not the path of a key", rule->key);
	if (strategy_read(rule->value, &strategy))
		return 0;
	place = place_of(check, rule->value, "merge");
	return helios_fail(check->error, HELIOS_STRATEGY, &place, NULL,
			   "merge: '%s' has no known strategy", rule->key);
}

static int check_merge(struct check *check, const struct node *merge)
{
	cleanup(arena_done) struct arena arena = {0};
	struct path path;

	if (!merge || merge->kind == NODE_NULL)
		return 0;
	if (merge->kind != NODE_MAP)
		return wrong_kind(check, "merge", merge, "a mapping from paths to strategies");
	for (size_t i = 0; i < merge->count; i++) {
		int r = check_rule(check, &merge->entries[i], &arena, &path);

		if (r < 0)
			return r;
	}
	return 0;
}

static int check_root(struct check *check, const struct node *root)
{
	int r = 0;

	if (root->kind != NODE_MAP) {
		struct helios_place place = place_of(check, root, NULL);

		return helios_fail(check->error, HELIOS_NOT_A_MAPPING, &place, NULL,
				   "the document must be a mapping, but it is %s",
				   node_kind_name(root));
	}
	for (size_t i = 0; i < root->count && r == 0; i++)
		r = check_key(check, root->entries[i].key, root->entries[i].value);
	if (r == 0)
		r = check_key_texts(check, root);
	if (r == 0 && !check->tags)
		r = check_tags(check, root);
	return r;
}

static int finish(struct check *check, int r)
{
	buf_done(&check->path);
	return r;
}

int schema_check_base(const struct document *document, struct helios_error *error)
{
	struct check check = {.file = document->file, .error = error};
	struct helios_place place = {.file = document->file, .line = 1, .key = "base_importance"};
	const struct node *root = document->root;
	int r = check_root(&check, root);

	if (r == 0)
		r = check_merge(&check, node_get(root, "merge"));
	if (r == 0 && !node_get(root, "base_importance"))
		r = helios_fail(error, HELIOS_OUT_OF_RANGE, &place,
				"add a line 'base_importance: 0.7'",
				"the base has no 'base_importance'");
	if (r == 0 && schema_parent(root)) {
		place = place_of(&check, node_get(root, "inherits_from"), "inherits_from");
		r = helios_fail(error, HELIOS_PARENT, &place, "remove inherits_from from the base",
				"the base inherits from no persona");
	}
	return finish(&check, r);
}

int schema_check_persona(const struct document *document, struct helios_error *error)
{
	struct check check = {.file = document->file, .error = error, .tags = true};
	int r = check_root(&check, document->root);

	if (r == 0)
		r = check_merge(&check, node_get(document->root, "merge"));
	return finish(&check, r);
}

int schema_check_view(const struct document *document, struct helios_error *error)
{
	struct check check = {.file = document->file, .error = error, .view = true};
	const struct node *merge = node_get(document->root, "merge");
	struct helios_place place;

	if (merge) {
		place = place_of(&check, merge, "merge");
		return helios_fail(error, HELIOS_VIEW_ONLY, &place, NULL,
				   "'merge' cannot be saved through the resolved view");
	}
	return finish(&check, check_root(&check, document->root));
}

int schema_check_on_top(const struct node *root, const char *file, struct helios_error *error)
{
	static const char *const refused[] = {"merge", "inherits_from", "base_importance",
					      "specialization_level"};
	struct check check = {.file = file, .error = error, .tags = true};

	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		const struct node *value = node_get(root, refused[i]);
		struct helios_place place;

		if (!value)
			continue;
		place = place_of(&check, value, refused[i]);
		return helios_fail(error, HELIOS_WRONG_TYPE, &place, "put it into the persona",
				   "'%s' cannot stand in a project's or temporary overlay",
				   refused[i]);
	}
	return finish(&check, check_root(&check, root));
}
