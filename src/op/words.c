/* The ranking of op/words.h. */
#include "op/words.h"

#include <ctype.h>

#include "base/utf8.h"

#define APART " \t\r\n,;:?!\"()"

static bool is_text(const char *text)
{
	return utf8_valid_prefix(text, strlen(text)) == strlen(text);
}

int words_read(struct words *words, const char *query)
{
	char *rest = NULL;

	*words = (struct words){.query = utf8_fold(is_text(query) ? query : "")};
	if (!words->query)
		return -ENOMEM;
	for (char *word = strtok_r(words->query, APART, &rest);
	     word && words->count < WORDS_AT_MOST; word = strtok_r(NULL, APART, &rest))
		words->list[words->count++] = word;
	return 0;
}

void words_done(struct words *words)
{
	free(words->query);
	*words = (struct words){0};
}

static bool is_word_byte(char c)
{
	return (c & 0x80) || isalnum((unsigned char)c) || c == '_';
}

/* Whether text has word: 0 no, 1 within others, 2 as a word. */
static unsigned mentions(const char *text, const char *word)
{
	size_t length = strlen(word);
	unsigned best = 0;

	for (const char *at = strstr(text, word); at && best < 2; at = strstr(at + 1, word))
		best = (at > text && is_word_byte(at[-1])) || is_word_byte(at[length]) ? 1 : 2;
	return best;
}

int words_fit(const struct words *words, const char *text, enum where where, struct fits *fits)
{
	cleanup_free char *folded = utf8_fold(is_text(text) ? text : "");

	for (size_t i = 0; folded && i < words->count; i++) {
		unsigned how = mentions(folded, words->list[i]);
		unsigned fit = how == 0 ? 0 : where == IN_HEART ? how + 2 : how;

		if (fit > fits->of[i])
			fits->of[i] = (unsigned char)fit;
	}
	return folded ? 0 : -ENOMEM;
}

bool fits_any(const struct fits *fits)
{
	for (size_t i = 0; i < WORDS_AT_MOST; i++)
		if (fits->of[i])
			return true;
	return false;
}

void words_rank(const struct words *words, struct fits *fits, size_t count)
{
	for (size_t i = 0; i < count; i++)
		fits[i].rank = 0;
	for (size_t word = 0; word < words->count; word++) {
		size_t without = 0;

		for (size_t i = 0; i < count; i++)
			without += fits[i].of[word] == 0;
		for (size_t i = 0; i < count; i++)
			fits[i].rank += fits[i].of[word] * (1 + (double)without / (double)count);
	}
}
