/* Replacements in order of their place. */
#include "yaml/splice.h"

int splices_add(struct splices *splices, struct arena *arena, const struct splice *splice)
{
	struct splice *items = arena_grow(arena, splices->items, splices->count,
					  &splices->capacity, sizeof(*items));

	if (!items)
		return -ENOMEM;
	splices->items = items;
	items[splices->count] = *splice;
	items[splices->count].order = splices->count;
	splices->count++;
	return 0;
}

/* By place; at one place insertions come before what takes bytes away. */
static int compare(const void *a, const void *b)
{
	const struct splice *left = a, *right = b;

	if (left->start != right->start)
		return left->start < right->start ? -1 : 1;
	if ((left->end == left->start) != (right->end == right->start))
		return left->end == left->start ? -1 : 1;
	return left->order < right->order ? -1 : 1;
}

void splices_sort(struct splices *splices)
{
	if (splices->count)
		qsort(splices->items, splices->count, sizeof(*splices->items), compare);
}

void splices_apply(const struct splices *splices, size_t count, const char *text, size_t length,
		   struct buf *out)
{
	size_t at = 0;

	for (size_t i = 0; i < count; i++) {
		const struct splice *splice = &splices->items[i];

		if (splice->start > at)
			buf_add(out, text + at, splice->start - at);
		buf_add(out, splice->bytes, splice->length);
		if (splice->end > at)
			at = splice->end;
	}
	buf_add(out, text + at, length - at);
}
