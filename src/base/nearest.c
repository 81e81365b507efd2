/* The distance behind base/nearest.h. */
#include "base/nearest.h"

#define WORD_MAX 64u

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* How many letters must be added, taken away, changed or swapped with their neighbour. */
static size_t distance(const char *a, const char *b)
{
	size_t rows[3][WORD_MAX + 1];
	size_t length_a = strlen(a), length_b = strlen(b);
	size_t *before = rows[0], *above = rows[1], *row = rows[2];

	if (length_a > WORD_MAX || length_b > WORD_MAX)
		return SIZE_MAX;
	for (size_t j = 0; j <= length_b; j++)
		above[j] = j;
	for (size_t i = 1; i <= length_a; i++) {
		size_t *oldest = before;

		row[0] = i;
		for (size_t j = 1; j <= length_b; j++) {
			row[j] = least(above[j - 1] + (a[i - 1] != b[j - 1]),
				       1 + least(above[j], row[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = least(row[j], before[j - 2] + 1);
		}
		before = above;
		above = row;
		row = oldest;
	}
	return above[length_b];
}

/* Half a word is near to the whole. */
static size_t nearness(const char *word, size_t length, const char *candidate)
{
	if (length >= 2 && strncmp(word, candidate, length) == 0)
		return strlen(candidate) != length;
	return distance(word, candidate);
}

const char *nearest(const char *word, const char *const *candidates, size_t count)
{
	const char *best = NULL;
	size_t length = strlen(word), best_distance = length / 3 + 1;

	/* A word of one or two letters is near to everything: one letter must be right. */
	if (best_distance >= length)
		best_distance = length ? length - 1 : 0;
	for (size_t i = 0; i < count; i++) {
		size_t d = nearness(word, length, candidates[i]);

		if (d <= best_distance && (!best || d < best_distance)) {
			best = candidates[i];
			best_distance = d;
		}
	}
	return best;
}
