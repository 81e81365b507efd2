/*
 * For the laws of saving: a random base, perhaps a parent, and a persona, with tags, nulls,
 * strategies and locks. All of it comes from one number and lives in one arena.
 */
#pragma once

#include "documents.h"

struct world {
	struct arena arena;
	uint64_t random;
	struct layer
		layers[4]; /* base, perhaps a parent, the persona; the last is a spare parent */
	size_t count;
	struct node *now; /* what is read */
	struct helios_error error;
};

static inline struct node *must(struct node *node)
{
	assert_non_null(node);
	return node;
}

static inline void set(struct world *w, struct node *map, const char *key, struct node *value)
{
	if (value)
		assert_int_equal(node_put(&w->arena, map, key, value), 0);
	else
		node_remove(map, key);
}

static inline struct node *text(struct world *w, const char *s)
{
	return must(node_string(&w->arena, s, strlen(s)));
}

static inline bool chance(struct world *w, size_t one_in)
{
	return pick(&w->random, one_in) == 0;
}

static inline struct node *random_rules(struct world *w)
{
	static const char *const words[] = {"weighted", "base",	    "persona", "append", "prepend",
					    "replace",	"weighted", "lock",    "lock"};
	struct node *rules = must(node_map(&w->arena));

	for (size_t i = pick(&w->random, 4) + 1; i > 0; i--) {
		struct buf path = {0};
		size_t word = pick(&w->random, ARRAY_SIZE(words) + 2);
		struct node *value;

		for (size_t j = pick(&w->random, 3) + 1; j > 0; j--)
			path_add_key(&path, random_keys[pick(&w->random, ARRAY_SIZE(random_keys))]);
		if (word < ARRAY_SIZE(words)) {
			value = text(w, words[word]);
		} else {
			value = must(node_map(&w->arena));
			set(w, value, "by", text(w, "name"));
		}
		set(w, rules, arena_strdup(&w->arena, buf_text(&path)), value);
		buf_done(&path);
	}
	return rules;
}

static inline struct node *random_importance(struct world *w)
{
	static const double values[] = {0.0, 0.1, 0.3, 0.5, 0.65, 0.7, 0.9, 1.0};

	return must(node_float(&w->arena, values[pick(&w->random, ARRAY_SIZE(values))]));
}

static inline struct node *random_level(struct world *w)
{
	return chance(w, 3) ? must(node_float(&w->arena, 1.5))
			    : must(node_int(&w->arena, 1 + (int64_t)pick(&w->random, 3)));
}

static inline struct node *random_overlay(struct world *w)
{
	struct random_kind kind = {.tags = 6, .nulls = 8};
	struct node *root = must(random_map(&w->arena, &w->random, kind, 3));

	if (chance(w, 4))
		set(w, root, "base_importance", random_importance(w));
	if (!chance(w, 3))
		set(w, root, "specialization_level", random_level(w));
	if (chance(w, 4))
		set(w, root, "merge", random_rules(w));
	if (chance(w, 4))
		set(w, root, "author", random_value(&w->arena, &w->random, kind, 2));
	return root;
}

static inline struct node *random_base(struct world *w)
{
	struct random_kind kind = {.nulls = 12};
	struct node *root = must(random_map(&w->arena, &w->random, kind, 3));

	set(w, root, "base_importance", random_importance(w));
	if (chance(w, 3))
		set(w, root, "merge", random_rules(w));
	if (chance(w, 4))
		set(w, root, "author", random_value(&w->arena, &w->random, kind, 2));
	return root;
}

static inline struct node *get(struct world *w, const struct layer *layers, size_t count)
{
	struct resolution resolution;

	assert_int_equal(resolve(&w->arena, layers, count, &resolution, NULL), 0);
	return resolution.root;
}

static inline void begin(struct world *w, uint64_t seed)
{
	static const char *const names[] = {"base", "parent", "persona"};

	*w = (struct world){.random = seed};
	w->count = chance(w, 3) ? 3 : 2;
	for (size_t i = 0; i < w->count; i++) {
		w->layers[i].name = w->layers[i].file = names[i == w->count - 1 ? 2 : i];
		w->layers[i].root = i ? random_overlay(w) : random_base(w);
	}
	w->now = get(w, w->layers, w->count);
}
