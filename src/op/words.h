/*
 * How well texts fit a query's words. A word counts more the fewer texts mention it, as a whole
 * word, and where the text matters most. Relies on base/utf8.h.
 */
#pragma once

#include "base/base.h"

#define WORDS_AT_MOST 32u

struct words {
	char *query; /* folded; the list points into it */
	const char *list[WORDS_AT_MOST];
	size_t count;
};

/* How well each word fits one thing, from 0, and what that makes together. */
struct fits {
	unsigned char of[WORDS_AT_MOST];
	double rank;
};

/*
 * Reads a query: case and equivalent characters make no difference. One that is no UTF-8 has no
 * words. 0 or -ENOMEM.
 */
int words_read(struct words *words, const char *query);
void words_done(struct words *words);

enum where { IN_REST, IN_HEART };

/*
 * Raises the fits of one thing to what a text of it gives; what is in its heart counts more than
 * any of the rest. Text that is no UTF-8 gives nothing. 0 or -ENOMEM.
 */
int words_fit(const struct words *words, const char *text, enum where where, struct fits *fits);

/* True when some word fits at all. */
bool fits_any(const struct fits *fits);

/* Ranks things by their fits: a word of all counts half of a rare one. */
void words_rank(const struct words *words, struct fits *fits, size_t count);
