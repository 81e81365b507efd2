/*
 * For tests of documents: parsing, printing and random documents. Everything lives in an arena;
 * a failure ends the test.
 */
#pragma once

#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "choices.h"
#include "test.h"

#include "persona/resolve.h"
#include "yaml/yaml.h"

static inline struct node *parse(struct arena *arena, const char *text)
{
	struct helios_error error = {0};
	struct document *document = NULL;
	struct node *root;

	if (yaml_parse(text, strlen(text), "test", &document, &error) < 0)
		fail_msg("%s\n%s", error.message, text);
	root = node_deep_copy(arena, document->root);
	document_free(document);
	assert_non_null(root);
	return root;
}

/* One line, tags and kinds visible: for messages only. */
static inline void show(const struct node *node, struct buf *out)
{
	if (!node) {
		buf_addstr(out, "(absent)");
		return;
	}
	if (node->override_tag)
		buf_addstr(out, "!override ");
	switch (node->kind) {
	case NODE_NULL:
		buf_addstr(out, "null");
		break;
	case NODE_BOOL:
		buf_addstr(out, node->boolean ? "true" : "false");
		break;
	case NODE_INT:
		buf_addf(out, "%lld", (long long)node->integer);
		break;
	case NODE_FLOAT:
		buf_addf(out, "%#.17g", node->real);
		break;
	case NODE_BIGINT:
		buf_addf(out, "%s", node->text);
		break;
	case NODE_STRING:
		buf_addf(out, "'%s'", node->text);
		break;
	default:
		buf_addch(out, node->kind == NODE_LIST ? '[' : '{');
		for (size_t i = 0; i < node->count; i++) {
			if (i)
				buf_addstr(out, ", ");
			if (node->kind == NODE_MAP)
				buf_addf(out, "%s: ", node->entries[i].key);
			show(node->kind == NODE_LIST ? node->items[i] : node->entries[i].value,
			     out);
		}
		buf_addch(out, node->kind == NODE_LIST ? ']' : '}');
	}
}

static inline void print_node(const char *label, const struct node *node)
{
	struct buf text = {0};

	show(node, &text);
	fprintf(stderr, "# %-10s %s\n", label, buf_text(&text));
	buf_done(&text);
}

#define assert_document(got, wanted)                                                               \
	do {                                                                                       \
		const struct node *got_ = (got), *wanted_ = (wanted);                              \
                                                                                                   \
		if (!got_ || !wanted_ || !node_same(got_, wanted_)) {                              \
			print_node("got", got_);                                                   \
			print_node("wanted", wanted_);                                             \
			fail_msg("documents differ");                                              \
		}                                                                                  \
	} while (0)

/* HELIOS_SEED, or the time; printed, so that a failure can be repeated. */
static inline uint64_t test_seed(void)
{
	const char *text = getenv("HELIOS_SEED");
	struct timespec now;
	uint64_t seed;

	timespec_get(&now, TIME_UTC);
	seed = text ? strtoull(text, NULL, 0)
		    : (uint64_t)now.tv_nsec ^ (uint64_t)now.tv_sec << 20;
	printf("# HELIOS_SEED=%llu\n", (unsigned long long)seed);
	return seed;
}

static inline size_t test_runs(size_t usual)
{
	const char *text = getenv("HELIOS_RUNS");

	return text ? strtoul(text, NULL, 0) : usual;
}

struct random_kind {
	unsigned tags;	/* one value in so many has !override; 0: none */
	unsigned nulls; /* the same for null */
};

static inline struct node *random_scalar(struct arena *arena, uint64_t *state,
					 struct random_kind kind)
{
	static const char *const words[] = {"x", "y", "z", "", "true", "1", "Zo\xc3\xab"};
	static const double reals[] = {0.5, 1.0, 2.0, -0.0, 0.0, 0.1, 1e300, 7.25};
	struct node *node;
	size_t n;

	if (kind.nulls && pick(state, kind.nulls) == 0)
		return node_null(arena);
	switch (pick(state, 12)) {
	case 0:
	case 1:
		return node_bool(arena, pick(state, 2));
	case 2:
		n = pick(state, 20);
		return node_float(arena, n > 2 ? 3.5 : n ? INFINITY : NAN);
	case 3:
	case 4:
		return node_float(arena, reals[pick(state, ARRAY_SIZE(reals))]);
	case 5:
		n = pick(state, 40);
		if (n == 0) {
			node = node_string(arena, "18446744073709551616", 20);
			node->kind = NODE_BIGINT;
			return node;
		}
		return node_int(arena, n < 3 ? (n == 1 ? INT64_MAX : INT64_MIN)
					     : (int64_t)pick(state, 1000) - 500);
	case 6:
	case 7:
	case 8:
		return node_int(arena, (int64_t)pick(state, 4) - 1);
	default:
		n = pick(state, ARRAY_SIZE(words));
		return node_string(arena, words[n], strlen(words[n]));
	}
}

static const char *const random_keys[] = {"a", "b", "c", "d", "l", "name"};

static inline struct node *random_map(struct arena *arena, uint64_t *state,
				      struct random_kind kind, unsigned depth);

static inline struct node *random_value(struct arena *arena, uint64_t *state,
					struct random_kind kind, unsigned depth)
{
	size_t shape = pick(state, 10);
	struct node *list;

	if (depth == 0 || shape < 4)
		return random_scalar(arena, state, kind);
	if (shape < 7)
		return random_map(arena, state, kind, depth - 1);
	list = node_list(arena);
	for (size_t i = pick(state, 5); i > 0; i--) {
		struct node *item = random_value(arena, state, kind, depth > 2 ? 2 : depth - 1);

		item->override_tag = false;
		assert_int_equal(node_append(arena, list, item), 0);
	}
	return list;
}

static inline struct node *random_map(struct arena *arena, uint64_t *state,
				      struct random_kind kind, unsigned depth)
{
	struct node *map = node_map(arena);

	for (size_t i = pick(state, ARRAY_SIZE(random_keys)); i > 0; i--) {
		struct node *value = random_value(arena, state, kind, depth);

		if (kind.tags && pick(state, kind.tags) == 0)
			value->override_tag = true;
		assert_int_equal(node_put(arena, map,
					  random_keys[pick(state, ARRAY_SIZE(random_keys))], value),
				 0);
	}
	return map;
}
