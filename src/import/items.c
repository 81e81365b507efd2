/* The lists of import/items.h. Building fails for want of memory only: NULL says so. */
#include "import/items.h"

#include "base/utf8.h"
#include "import/key.h"

#define MOST_KEYS 64u	/* items of a list that becomes a mapping */
#define MOST_NESTED 16u /* lists within lists; what is deeper comes beside the last one */
#define MOST_WORDS 48u	/* bytes before a colon */

struct items {
	struct arena *arena;
	const struct blocks *blocks;
	bool failed; /* memory is out where a no would be an answer, too */
};

struct node *items_text(struct arena *arena, const struct piece *piece)
{
	return node_string(arena, piece->text, piece->length);
}

struct node *items_single(struct arena *arena, struct node *item)
{
	struct node *list = node_list(arena);

	return list && node_append(arena, list, item) == 0 ? list : NULL;
}

/* ---- "Words: text" */

struct keyed {
	const char *words;
	size_t word_length;
	const char *value;
	size_t value_length;
};

static size_t emphasis(const char *text, size_t length)
{
	return length >= 2 && (memcmp(text, "**", 2) == 0 || memcmp(text, "__", 2) == 0) ? 2 : 0;
}

/* Only what the key says again: no punctuation, neither links nor code, and nothing unseen. */
static bool are_words(const char *words, size_t length)
{
	uint32_t c;

	if (!length || length > MOST_WORDS || words[0] == ' ' || words[length - 1] == ' ')
		return false;
	for (size_t at = 0; at < length;) {
		at += utf8_decode(words + at, length - at, &c);
		if (utf8_is_invisible(c) ||
		    (c < 0x80 && strchr(".,;:!?()[]{}<>|\\/\"`*@#=", (int)c)))
			return false;
	}
	return true;
}

/* Takes "Words: text", "**Words**: text" and "**Words:** text" apart. */
static bool take_apart(const struct piece *piece, struct keyed *ret)
{
	const char *text = piece->text, *end = text + piece->length, *colon;
	size_t marks = emphasis(text, piece->length);

	ret->words = text + marks;
	colon = memchr(ret->words, ':', (size_t)(end - ret->words));
	if (!colon)
		return false;
	ret->word_length = (size_t)(colon - ret->words);
	ret->value = colon + 1;
	if (marks && ret->word_length > marks && emphasis(colon - marks, marks))
		ret->word_length -= marks;
	else if (marks && emphasis(colon + 1, (size_t)(end - colon) - 1))
		ret->value += marks;
	else if (marks)
		return false;
	if (ret->value < end && *ret->value != ' ' && *ret->value != '\n')
		return false;
	while (ret->value < end && strchr(" \n", *ret->value))
		ret->value++;
	ret->value_length = (size_t)(end - ret->value);
	return are_words(ret->words, ret->word_length);
}

/* ---- lists */

/* Behind the items that stand within the item at index. */
static size_t behind(const struct items *items, size_t index, size_t end, unsigned depth)
{
	size_t next = index + 1;

	while (next < end && depth < MOST_NESTED &&
	       items->blocks->pieces[next].indent > items->blocks->pieces[index].indent + 1)
		next++;
	return next;
}

static struct node *list_or_map(struct items *items, size_t from, size_t end, unsigned depth);
static struct node *list_of(struct items *items, size_t from, size_t end, unsigned depth);

/* The value of a keyed item: its text, what stands below, or both. */
static struct node *keyed_value(struct items *items, const struct keyed *keyed, size_t below,
				size_t end, unsigned depth)
{
	struct node *text, *nested;

	text = keyed->value_length ? node_string(items->arena, keyed->value, keyed->value_length)
				   : NULL;
	if (below == end)
		return text;
	nested = list_or_map(items, below, end, depth + 1);
	if (!keyed->value_length || !nested || !text)
		return keyed->value_length && !text ? NULL : nested;
	text = items_single(items->arena, text);
	return text && node_append(items->arena, text, nested) == 0 ? text : NULL;
}

/* Whether each item is "Words: text", with other words than the items before. */
static bool all_keyed(struct items *items, size_t from, size_t end, unsigned depth)
{
	struct arena arena = {0};
	struct node *seen = node_map(&arena);
	bool all = seen != NULL;

	items->failed |= !seen;

	for (size_t i = from, next; all && i < end; i = next) {
		struct keyed keyed;
		const char *key;

		next = behind(items, i, end, depth);
		all = seen->count < MOST_KEYS && take_apart(&items->blocks->pieces[i], &keyed) &&
		      (keyed.value_length || next > i + 1);
		if (!all)
			break;
		key = key_of_words(&arena, keyed.words, keyed.word_length, NULL);
		all = key && !node_get(seen, key);
		items->failed |= !key || (all && node_put(&arena, seen, key, seen) < 0);
	}
	arena_done(&arena);
	return all;
}

static struct node *map_of(struct items *items, size_t from, size_t end, unsigned depth)
{
	struct node *map = node_map(items->arena);

	for (size_t i = from, next; map && i < end; i = next) {
		struct keyed keyed;
		struct node *value;

		next = behind(items, i, end, depth);
		take_apart(&items->blocks->pieces[i], &keyed);
		value = keyed_value(items, &keyed, i + 1, next, depth);
		if (node_put(items->arena, map,
			     key_of_words(items->arena, keyed.words, keyed.word_length, NULL),
			     value) < 0)
			return NULL;
	}
	return map;
}

/* As the prompt shows a mapping in a list: its first entry, and below it the others. */
static struct node *map_item(struct items *items, const struct piece *piece,
			     const struct node *below)
{
	struct keyed keyed;
	struct node *map = NULL;
	const char *key;
	int err;

	if (below->kind != NODE_MAP || !take_apart(piece, &keyed) || !keyed.value_length)
		return NULL;
	key = key_of_words(items->arena, keyed.words, keyed.word_length, NULL);
	if (key && node_get(below, key))
		return NULL;
	map = node_map(items->arena);
	err = node_put(items->arena, map, key,
		       node_string(items->arena, keyed.value, keyed.value_length));
	for (size_t i = 0; err == 0 && i < below->count; i++)
		err = node_put(items->arena, map, below->entries[i].key, below->entries[i].value);
	items->failed |= err < 0;
	return map;
}

/* Words of the prompt's own: what stands below is an item itself. */
static bool is_placeholder(const struct piece *piece)
{
	return streq(piece->text, "These:") || streq(piece->text, "One:");
}

/* What stands below an item comes behind it, as a list, for an item has no name to be a key. */
static int append_nested(struct items *items, struct node *list, size_t index, size_t end,
			 unsigned depth)
{
	const struct piece *piece = &items->blocks->pieces[index];
	struct node *nested = list_or_map(items, index + 1, end, depth + 1);
	struct node *map = nested ? map_item(items, piece, nested) : NULL;

	if (map)
		return node_append(items->arena, list, map);
	if (is_placeholder(piece))
		return node_append(items->arena, list, nested);
	if (node_is(nested, NODE_MAP))
		nested = list_of(items, index + 1, end, depth + 1);
	if (node_append(items->arena, list, items_text(items->arena, piece)) < 0)
		return -ENOMEM;
	return node_append(items->arena, list, nested);
}

static struct node *list_of(struct items *items, size_t from, size_t end, unsigned depth)
{
	struct node *list = node_list(items->arena);

	for (size_t i = from, next; list && i < end; i = next) {
		int err;

		next = behind(items, i, end, depth);
		err = next > i + 1
			      ? append_nested(items, list, i, next, depth)
			      : node_append(items->arena, list,
					    items_text(items->arena, &items->blocks->pieces[i]));
		if (err < 0)
			return NULL;
	}
	return list;
}

static struct node *list_or_map(struct items *items, size_t from, size_t end, unsigned depth)
{
	return all_keyed(items, from, end, depth) ? map_of(items, from, end, depth)
						  : list_of(items, from, end, depth);
}

struct node *items_read(struct arena *arena, const struct blocks *blocks, size_t from, size_t end)
{
	struct items items = {.arena = arena, .blocks = blocks};
	struct node *node = list_or_map(&items, from, end, 0);

	return items.failed ? NULL : node;
}

struct node *items_list(struct arena *arena, const struct blocks *blocks, size_t from, size_t end)
{
	struct items items = {.arena = arena, .blocks = blocks};
	struct node *node = list_of(&items, from, end, 0);

	return items.failed ? NULL : node;
}
