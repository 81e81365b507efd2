/* The reader of import/front.h. Cursor's is no YAML: a pattern such as *.ts stands there bare. */
#include "import/front.h"

#include "yaml/yaml.h"

#define KEYS_AT_MOST 1000u /* of a front matter that is no YAML */

static bool is_fence(const char *line, size_t length)
{
	while (length && strchr(" \t\r", line[length - 1]))
		length--;
	return length == 3 && memcmp(line, "---", 3) == 0;
}

static size_t line_length(const char *text, size_t length)
{
	const char *end = memchr(text, '\n', length);

	return end ? (size_t)(end - text) : length;
}

/* Where the lines between begin and end, and the whole length; 0: it is none. */
static size_t find_end(const char *text, size_t length, size_t *start, size_t *end)
{
	size_t at = line_length(text, length);

	if (at == length || !is_fence(text, at))
		return 0;
	*start = ++at;
	while (at < length) {
		size_t line = line_length(text + at, length - at);

		*end = at;
		if (is_fence(text + at, line))
			return at + line + (at + line < length);
		at += line + 1;
	}
	return 0;
}

/* "key: anything" as a key and a text; indented lines and items belong to the key before. */
static int read_line(struct arena *arena, struct node *map, const char *line, size_t length)
{
	const char *colon = memchr(line, ':', length), *value;
	size_t left;

	while (length && strchr(" \t\r", line[length - 1]))
		length--;
	if (!length || strchr(" \t-#", *line))
		return 0;
	if (!colon || (size_t)(colon - line) >= length || map->count == KEYS_AT_MOST)
		return -EINVAL;
	value = colon + 1;
	left = length - (size_t)(value - line);
	while (left && *value == ' ')
		value++, left--;
	return node_put(arena, map, arena_strndup(arena, line, (size_t)(colon - line)),
			left ? node_string(arena, value, left) : node_null(arena));
}

static int read_lines(struct arena *arena, const char *text, size_t length, struct node *map)
{
	int err = map ? 0 : -ENOMEM;

	for (size_t at = 0; err == 0 && at < length;) {
		size_t line = line_length(text + at, length - at);

		err = read_line(arena, map, text + at, line);
		at += line + 1;
	}
	return err;
}

/* -EINVAL: these are no keys. */
static int read_keys(struct import *import, const char *text, size_t length, struct node **ret)
{
	cleanup_document struct document *document = NULL;
	int err = yaml_parse(text, length, import->file, &document, NULL);

	if (err == 0) {
		*ret = node_deep_copy(&import->arena, document->root);
		return *ret ? 0 : -ENOMEM;
	}
	if (err == -ENOMEM)
		return err;
	*ret = node_map(&import->arena);
	return read_lines(&import->arena, text, length, *ret);
}

static bool is_scalar(const struct node *value)
{
	return value->kind != NODE_MAP && value->kind != NODE_LIST;
}

static int take(struct import *import, const char *key, struct node *value, const char **ret_name)
{
	if (value->kind == NODE_NULL)
		return 0;
	if (streq(key, "name") && value->kind == NODE_STRING) {
		*ret_name = value->text;
		return 0;
	}
	if (is_scalar(value) &&
	    (streq(key, "description") || streq(key, "version") || streq(key, "author")))
		return node_put(&import->arena, import->root, key, value);
	return import_note(import, key, "it tells a tool when or how the file counts", false)
		       ? 0
		       : -ENOMEM;
}

int front_read(struct import *import, const char *text, size_t length, size_t *ret_length,
	       const char **ret_name, struct helios_error *error)
{
	size_t start = 0, end = 0, whole = find_end(text, length, &start, &end);
	struct node *keys = NULL;
	int err = whole ? read_keys(import, text + start, end - start, &keys) : 0;

	if (err == -EINVAL) { /* the lines are dividing lines */
		whole = 0;
		keys = NULL;
		err = 0;
	}
	*ret_length = whole;
	*ret_name = NULL;
	for (size_t i = 0; err == 0 && keys && i < keys->count; i++) {
		keys->entries[i].value->override_tag = false;
		err = take(import, keys->entries[i].key, keys->entries[i].value, ret_name);
	}
	return err < 0 ? helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "memory ran out") : 0;
}
