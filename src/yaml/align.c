/*
 * Longest common subsequence of two lists, after their common beginning and end are set aside;
 * very different large lists are paired in order instead, to bound the time.
 */
#include "yaml/align.h"

#define LARGEST_TABLE (1u << 20)

struct alignment {
	uint64_t *old,
		*target; /* hashes of the items: each pair is looked at, so it must be quick */
	size_t *partners;
	size_t first;		    /* items alike at the beginning */
	size_t old_end, target_end; /* behind what differs */
};

static uint64_t *hash_items(struct arena *arena, const struct node *list)
{
	uint64_t *hashes = arena_alloc(arena, (list->count + 1) * sizeof(*hashes));

	for (size_t i = 0; hashes && i < list->count; i++)
		hashes[i] = node_hash(list->items[i]);
	return hashes;
}

static bool alike(const struct alignment *a, size_t old, size_t target)
{
	return a->old[old] == a->target[target];
}

static void set_ends_aside(struct alignment *a)
{
	while (a->first < a->old_end && a->first < a->target_end && alike(a, a->first, a->first)) {
		a->partners[a->first] = a->first;
		a->first++;
	}
	while (a->old_end > a->first && a->target_end > a->first &&
	       alike(a, a->old_end - 1, a->target_end - 1))
		a->partners[--a->target_end] = --a->old_end;
}

/* Pairs what is left between two equal items. */
static void pair(struct alignment *a, size_t old, size_t old_end, size_t target, size_t target_end)
{
	while (old < old_end && target < target_end)
		a->partners[target++] = old++;
}

/* table[i][j]: the longest common subsequence from old i and target j on. */
static void walk(struct alignment *a, const uint32_t *table, size_t width)
{
	size_t old = a->first, target = a->first, old_from = old, target_from = target;

	while (old < a->old_end && target < a->target_end) {
		size_t at = (old - a->first) * width + target - a->first;

		if (alike(a, old, target)) {
			pair(a, old_from, old, target_from, target);
			a->partners[target++] = old++;
			old_from = old;
			target_from = target;
		} else if (table[at + width] >= table[at + 1]) {
			old++;
		} else {
			target++;
		}
	}
	pair(a, old_from, a->old_end, target_from, a->target_end);
}

static int align(struct alignment *a)
{
	size_t height = a->old_end - a->first, width = a->target_end - a->first + 1;
	cleanup_free uint32_t *table = NULL;

	if (height && width > LARGEST_TABLE / height) {
		pair(a, a->first, a->old_end, a->first, a->target_end);
		return 0;
	}
	table = calloc((height + 1) * width, sizeof(*table));
	if (!table)
		return -ENOMEM;
	for (size_t i = height; i-- > 0;) {
		for (size_t j = width - 1; j-- > 0;) {
			size_t at = i * width + j;

			if (alike(a, a->first + i, a->first + j))
				table[at] = table[at + width + 1] + 1;
			else
				table[at] = table[at + width] > table[at + 1] ? table[at + width]
									      : table[at + 1];
		}
	}
	walk(a, table, width);
	return 0;
}

size_t *align_lists(struct arena *arena, const struct node *old, const struct node *target)
{
	struct alignment a = {
		.old = hash_items(arena, old),
		.target = hash_items(arena, target),
		.partners = arena_alloc(arena, (target->count + 1) * sizeof(*a.partners)),
		.old_end = old->count,
		.target_end = target->count,
	};

	if (!a.old || !a.target || !a.partners)
		return NULL;
	for (size_t i = 0; i < target->count; i++)
		a.partners[i] = ALIGN_NONE;
	set_ends_aside(&a);
	return align(&a) < 0 ? NULL : a.partners;
}
