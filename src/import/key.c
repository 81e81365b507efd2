/* The keys of import/key.h. */
#include "import/key.h"

#include "base/buf.h"
#include "base/utf8.h"
#include "persona/schema.h"

#define KEY_BYTES 100u

/* What stands between words; what is within one, as in C++ or node.js, stays. */
static bool is_between(uint32_t c)
{
	return c < 0x80 ? !c || strchr(" \t\n_-,;:!?()\"[]{}|\\<>", (int)c) != NULL
			: c == 0xa0 || c == 0x2013 || c == 0x2014;
}

static bool is_left_out(uint32_t c)
{
	return c == '*' || c == '`' || utf8_is_invisible(c);
}

/* Appends a character in lower case, after an '_' where a word begins. */
static void add_character(struct buf *key, uint32_t c, bool *gap)
{
	char lower[4];

	if (*gap && key->length)
		buf_addch(key, '_');
	*gap = false;
	if (c == '&') /* a shell's own character is a nuisance in a key */
		buf_addstr(key, "and");
	else
		buf_add(key, lower, utf8_lower(c, lower));
}

/* What is too long ends with a word. */
static void cut_word(struct buf *key)
{
	const char *last = memrchr(buf_text(key), '_', key->length);

	if (last && last > key->data)
		buf_splice(key, (size_t)(last - key->data), key->length, "", 0);
}

const char *key_of_words(struct arena *arena, const char *words, size_t length, bool *ret_whole)
{
	cleanup_buf struct buf key = {0};
	bool gap = false;
	size_t at = 0;

	while (at < length && key.length < KEY_BYTES) {
		uint32_t c;

		at += utf8_decode(words + at, length - at, &c);
		if (is_between(c))
			gap = true;
		else if (!is_left_out(c))
			add_character(&key, c, &gap);
	}
	if (at < length && !gap)
		cut_word(&key);
	while (key.length > 1 && key.data[key.length - 1] == '.')
		buf_splice(&key, key.length - 1, key.length, "", 0);
	if (ret_whole)
		*ret_whole = key.length && at == length;
	return key.failed ? NULL : arena_strdup(arena, key.length ? buf_text(&key) : "section");
}

const char *key_unused(struct arena *arena, const struct node *map, const char *key)
{
	const char *tried = key;
	size_t number = 1, length = key ? strlen(key) : 0;

	if (!key || !node_get(map, key))
		return key;
	for (size_t i = 0; i < map->count; i++) /* so that equal ones are not tried in turn */
		number += strncmp(map->entries[i].key, key, length) == 0 &&
			  (!map->entries[i].key[length] || map->entries[i].key[length] == '_');
	while (tried && node_get(map, tried))
		tried = arena_printf(arena, "%s_%zu", key, number++);
	return tried;
}

/* Sections that must be mappings. */
static bool is_section(const char *key)
{
	return streq(key, "identity") || streq(key, "communication") || streq(key, "behaviors") ||
	       streq(key, "technical");
}

static struct node *as_map(struct arena *arena, struct node *value)
{
	struct node *map;

	if (!value || value->kind == NODE_MAP)
		return value;
	map = node_map(arena);
	return map && node_put(arena, map, "general", value) == 0 ? map : NULL;
}

int key_put_top(struct arena *arena, struct node *root, const char *key, struct node *value)
{
	if (key && (schema_is_metadata(key) || schema_is_control(key) || streq(key, "merge")))
		key = arena_printf(arena, "the_%s", key);
	if (key && is_section(key))
		value = as_map(arena, value);
	return node_put(arena, root, key_unused(arena, root, key), value);
}

struct node *key_section(struct arena *arena, struct node *root, const char *key)
{
	struct node *section = node_get(root, key);

	if (section)
		return section;
	section = node_map(arena);
	return node_put(arena, root, key, section) == 0 ? section : NULL;
}
