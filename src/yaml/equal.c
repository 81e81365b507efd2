/* When two nodes are the same, and a hash that says when they are not. */
#include "base/hash.h"
#include "yaml/index.h"

/* -1, 0 or 1 when an integer and a double can be compared exactly; 2 for NaN. */
static int compare_int_double(int64_t integer, double real)
{
	if (real != real)
		return 2;
	if (real >= 9223372036854775808.0)
		return -1;
	if (real < -9223372036854775808.0)
		return 1;
	if (integer != (int64_t)real)
		return integer < (int64_t)real ? -1 : 1;
	return (double)(int64_t)real == real ? 0 : 2;
}

static bool numbers_equal(const struct node *a, const struct node *b)
{
	if (a->kind == NODE_INT && b->kind == NODE_INT)
		return a->integer == b->integer;
	if (a->kind == NODE_INT)
		return compare_int_double(a->integer, b->real) == 0;
	if (b->kind == NODE_INT)
		return compare_int_double(b->integer, a->real) == 0;
	return a->real == b->real || (a->real != a->real && b->real != b->real);
}

static bool texts_equal(const struct node *a, const struct node *b)
{
	return a->length == b->length && memcmp(a->text, b->text, a->length) == 0;
}

typedef bool compare_fn(const struct node *a, const struct node *b);

static bool entries_equal(const struct node *a, const struct node *b, compare_fn *equal)
{
	struct arena arena = {0};
	struct key_index in_b;
	bool result = true;

	key_index_init(&in_b, &arena, b);
	for (size_t i = 0; result && i < a->count; i++) {
		const struct node *other = key_index_get(&in_b, a->entries[i].key);

		result = other && equal(a->entries[i].value, other);
	}
	arena_done(&arena);
	return result;
}

static bool children_equal(const struct node *a, const struct node *b, compare_fn *equal)
{
	if (a->count != b->count)
		return false;
	if (a->kind == NODE_MAP)
		return entries_equal(a, b, equal);
	for (size_t i = 0; i < a->count; i++)
		if (!equal(a->items[i], b->items[i]))
			return false;
	return true;
}

bool node_equal(const struct node *a, const struct node *b)
{
	if (node_is_number(a) && node_is_number(b))
		return numbers_equal(a, b);
	if (a->kind != b->kind)
		return false;
	switch (a->kind) {
	case NODE_NULL:
		return true;
	case NODE_BOOL:
		return a->boolean == b->boolean;
	case NODE_LIST:
	case NODE_MAP:
		return children_equal(a, b, node_equal);
	default:
		return texts_equal(a, b);
	}
}

/* The same kind and value; those of children by the function. */
static bool values_same(const struct node *a, const struct node *b, compare_fn *same)
{
	if (a->kind != b->kind)
		return false;
	switch (a->kind) {
	case NODE_NULL:
		return true;
	case NODE_BOOL:
		return a->boolean == b->boolean;
	case NODE_INT:
		return a->integer == b->integer;
	case NODE_FLOAT:
		return memcmp(&a->real, &b->real, sizeof(a->real)) == 0 ||
		       (a->real != a->real && b->real != b->real);
	case NODE_LIST:
	case NODE_MAP:
		return children_equal(a, b, same);
	default:
		return texts_equal(a, b);
	}
}

bool node_same(const struct node *a, const struct node *b)
{
	return a == b || (a->override_tag == b->override_tag && values_same(a, b, node_same));
}

bool node_same_but_tags(const struct node *a, const struct node *b)
{
	return a == b || values_same(a, b, node_same_but_tags);
}

/* 1 and 1.0 are equal, so they hash alike; so do all NaNs. */
static uint64_t hash_float(double real)
{
	uint64_t bits = 0;

	if (real >= -9223372036854775808.0 && real < 9223372036854775808.0 &&
	    (double)(int64_t)real == real)
		return hash_pair(NODE_INT, (uint64_t)(int64_t)real);
	if (real == real)
		memcpy(&bits, &real, sizeof(bits));
	return hash_pair(NODE_FLOAT, bits);
}

static uint64_t hash_list(const struct node *node)
{
	uint64_t hash = hash_pair(NODE_LIST, node->count);

	for (size_t i = 0; i < node->count; i++)
		hash = hash_pair(hash, node_hash(node->items[i]));
	return hash;
}

/* Of a sum: the order of keys does not matter. */
static uint64_t hash_map(const struct node *node)
{
	uint64_t sum = node->count;

	for (size_t i = 0; i < node->count; i++)
		sum += hash_pair(hash_text(node->entries[i].key),
				 node_hash(node->entries[i].value));
	return hash_pair(NODE_MAP, sum);
}

uint64_t node_hash(const struct node *node)
{
	switch (node->kind) {
	case NODE_NULL:
		return hash_pair(NODE_NULL, 0);
	case NODE_BOOL:
		return hash_pair(NODE_BOOL, node->boolean);
	case NODE_INT:
		return hash_pair(NODE_INT, (uint64_t)node->integer);
	case NODE_FLOAT:
		return hash_float(node->real);
	case NODE_LIST:
		return hash_list(node);
	case NODE_MAP:
		return hash_map(node);
	default:
		return hash_pair(node->kind, hash_bytes(node->text, node->length));
	}
}
