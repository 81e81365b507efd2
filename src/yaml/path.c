/* Paths: a.b[2]."c.d", written and read. In double quotes, \" and \\ stand for " and \. */
#include "yaml/path.h"

#include "base/limits.h"
#include "base/nearest.h"

static bool needs_quotes(const char *key)
{
	return !*key || strpbrk(key, ".[\"");
}

void path_add_key(struct buf *buf, const char *key)
{
	if (buf->length)
		buf_addch(buf, '.');
	if (!needs_quotes(key)) {
		buf_addstr(buf, key);
		return;
	}
	buf_addch(buf, '"');
	for (; *key; key++) {
		if (*key == '"' || *key == '\\')
			buf_addch(buf, '\\');
		buf_addch(buf, *key);
	}
	buf_addch(buf, '"');
}

void path_add_index(struct buf *buf, size_t index)
{
	buf_addf(buf, "[%zu]", index);
}

void path_format(struct buf *buf, const struct path *path)
{
	for (size_t i = 0; i < path->count; i++) {
		if (path->steps[i].key)
			path_add_key(buf, path->steps[i].key);
		else
			path_add_index(buf, path->steps[i].index);
	}
}

/* The three readers return where they stopped, or NULL when the text is no path. */
static const char *read_quoted(const char *text, struct buf *key)
{
	for (text++; *text != '"'; text++) {
		if (*text == '\\' && (text[1] == '"' || text[1] == '\\'))
			text++;
		if (!*text)
			return NULL;
		buf_addch(key, *text);
	}
	return text + 1;
}

static const char *read_plain(const char *text, struct buf *key)
{
	size_t length = strcspn(text, ".[\"");

	if (!length || text[length] == '"')
		return NULL;
	buf_add(key, text, length);
	return text + length;
}

static const char *read_index(const char *text, size_t *ret)
{
	const char *digits = ++text;

	*ret = 0;
	for (; *text >= '0' && *text <= '9'; text++) {
		if (*ret > SIZE_MAX / 16)
			return NULL;
		*ret = *ret * 10 + (size_t)(*text - '0');
	}
	return text > digits && *text == ']' ? text + 1 : NULL;
}

static const char *read_step(struct arena *arena, const char *text, struct path_step *step,
			     bool first)
{
	cleanup_buf struct buf key = {0};

	if (*text == '[') {
		step->key = NULL;
		return read_index(text, &step->index);
	}
	if (!first && *text++ != '.')
		return NULL;
	text = *text == '"' ? read_quoted(text, &key) : read_plain(text, &key);
	if (!text)
		return NULL;
	step->index = 0;
	step->key = key.failed ? NULL : arena_strndup(arena, buf_text(&key), key.length);
	return text;
}

int path_parse(struct arena *arena, const char *text, struct path *ret, struct helios_error *error)
{
	const struct helios_place place = {.key = text};
	struct path path = {0};
	size_t capacity = 0;
	const char *at = text;

	do {
		struct path_step *steps =
			arena_grow(arena, path.steps, path.count, &capacity, sizeof(*steps));
		const char *before = at;

		if (!steps)
			return helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "memory ran out");
		if (path.count == LIMIT_DEPTH)
			return helios_fail(
				error, HELIOS_LIMIT, NULL, NULL,
				"a path has at most %u parts, as deep as a document goes",
				LIMIT_DEPTH);
		path.steps = steps;
		at = read_step(arena, at, &steps[path.count], !path.count);
		if (!at)
			return helios_fail(error, HELIOS_BAD_PATH, &place, NULL,
					   "the path '%s' cannot be read at its character %zu",
					   text, (size_t)(before - text) + 1);
		if (*before != '[' && !steps[path.count].key)
			return helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "memory ran out");
		path.count++;
	} while (*at);
	*ret = path;
	return 0;
}

struct node *path_lookup(const struct node *root, const struct path *path)
{
	/* Nothing here changes a node; the caller's const is given back as it came. */
	struct node *node = (struct node *)(uintptr_t)root;

	for (size_t i = 0; i < path->count && node; i++) {
		const struct path_step *step = &path->steps[i];

		if (step->key)
			node = node_get(node, step->key);
		else if (node->kind == NODE_LIST && step->index < node->count)
			node = node->items[step->index];
		else
			node = NULL;
	}
	return node;
}

/* The longest beginning of path that leads somewhere; *ret_depth is how many steps it has. */
static const struct node *reach(const struct node *root, const struct path *path, size_t *ret_depth)
{
	struct path part = *path;
	const struct node *node;

	while (!(node = path_lookup(root, &part)) && part.count)
		part.count--;
	*ret_depth = part.count;
	return node;
}

#define KEYS_COMPARED 256u

void path_near(const struct node *root, const struct path *path, struct buf *out)
{
	struct path there = {.steps = path->steps};
	const struct node *node = reach(root, path, &there.count);
	const char *keys[KEYS_COMPARED], *near = NULL;
	size_t count = 0;

	if (there.count < path->count && path->steps[there.count].key && node_is(node, NODE_MAP)) {
		for (; count < node->count && count < KEYS_COMPARED; count++)
			keys[count] = node->entries[count].key;
		near = nearest(path->steps[there.count].key, keys, count);
	}
	if (near) {
		path_format(out, &there);
		path_add_key(out, near);
	}
}

int path_missing(const struct node *root, const struct path *path, struct helios_error *error)
{
	cleanup_buf struct buf written = {0}, near = {0}, hint = {0};
	struct helios_place place = {0};

	path_format(&written, path);
	path_near(root, path, &near);
	if (near.length)
		buf_addf(&hint, "did you mean %s?", buf_text(&near));
	place.key = buf_text(&written);
	return helios_fail(error, HELIOS_NO_KEY, &place, hint.length ? buf_text(&hint) : NULL,
			   "there is nothing at '%s'", buf_text(&written));
}

int path_each_leaf(const struct node *node, struct buf *path, leaf_fn *visit, void *context)
{
	size_t length = path->length;
	int err = 0;

	if (path->failed)
		return -ENOMEM;
	if (node->kind != NODE_MAP || !node->count)
		return visit(context, buf_text(path), node);
	for (size_t i = 0; i < node->count && err == 0; i++) {
		path_add_key(path, node->entries[i].key);
		err = path_each_leaf(node->entries[i].value, path, visit, context);
		buf_splice(path, length, path->length, "", 0);
	}
	return err;
}
