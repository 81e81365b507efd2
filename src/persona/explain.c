/*
 * The resolved document with the origin of every leaf behind it. It is laid out here and not by
 * yaml_emit(), because each leaf needs a line of its own with room for a comment.
 */
#include "persona/explain.h"

#include "base/utf8.h"
#include "persona/tree.h"
#include "yaml/emit.h"
#include "yaml/yaml.h"

#define STEP 2u
#define COMMENT_COLUMN 40u /* where comments begin behind short values */

struct page {
	struct buf *out;
	bool begun; /* "- " stands at the column already */
	bool failed;
};

/* Text of others in a comment: nothing in it may end the line or hide. */
static void add_text(struct buf *out, const char *text)
{
	size_t length = strlen(text), size;
	uint32_t c;

	for (size_t at = 0; at < length; at += size) {
		size = utf8_decode(text + at, length - at, &c);
		if (utf8_is_invisible(c) || c == 0xfffd)
			buf_addch(out, '?');
		else
			buf_add(out, text + at, size);
	}
}

static void add_layer(struct buf *out, const struct layer *layer, unsigned line)
{
	add_text(out, layer->name);
	buf_addstr(out, " (");
	add_text(out, layer->file);
	if (line)
		buf_addf(out, ":%u", line);
	buf_addch(out, ')');
}

void explain_origin(const struct origin *origin, struct buf *out)
{
	enum rule rule = origin->rule;

	add_layer(out, origin->layer, origin->line);
	buf_addf(out, ", %s", resolve_rule_name(rule));
	if (origin->strategy)
		buf_addf(out, " %s", origin->strategy);
	if (rule == RULE_CONTROL && !origin->line)
		buf_addstr(out, ", default");
	if (rule == RULE_BLEND || rule == RULE_WEIGHT || rule == RULE_LIST)
		buf_addf(out, ", w %.4g", origin->weight);
}

static void begin_line(struct page *page, unsigned column)
{
	if (!page->begun)
		for (unsigned i = 0; i < column; i++)
			buf_addch(page->out, ' ');
	page->begun = false;
}

static void add_lines(struct page *page, const struct node *node, unsigned column);

/* What stands behind "key:". */
static void add_value(struct page *page, const struct node *value, unsigned column)
{
	if (value->count) {
		buf_addch(page->out, '\n');
		add_lines(page, value, column + STEP);
		return;
	}
	buf_addch(page->out, ' ');
	add_lines(page, value, column);
}

static void add_entry(struct page *page, const struct node_entry *entry, unsigned column)
{
	bool is_long = emit_key_is_long(entry->key, entry->key_style, true);

	begin_line(page, column);
	if (is_long)
		buf_addstr(page->out, "? ");
	emit_key(page->out, entry->key, entry->key_style, true);
	if (is_long) {
		buf_addch(page->out, '\n');
		begin_line(page, column);
	}
	buf_addch(page->out, ':');
	add_value(page, entry->value, column);
}

static void add_comment(struct buf *out, const struct origin *origin)
{
	const char *line = memrchr(buf_text(out), '\n', out->length);
	size_t column = out->length - (line ? (size_t)(line + 1 - out->data) : 0);

	do
		buf_addch(out, ' ');
	while (++column < COMMENT_COLUMN);
	buf_addstr(out, "# ");
	explain_origin(origin, out);
}

/* A leaf with its origin, or the lines of a collection at column. */
static void add_lines(struct page *page, const struct node *node, unsigned column)
{
	if (!node->count) {
		page->failed |= yaml_emit_flow(node, page->out) < 0;
		if (node->origin)
			add_comment(page->out, node->origin);
		buf_addch(page->out, '\n');
		return;
	}
	for (size_t i = 0; i < node->count; i++) {
		if (node->kind == NODE_MAP) {
			add_entry(page, &node->entries[i], column);
			continue;
		}
		begin_line(page, column);
		buf_addstr(page->out, "- ");
		page->begun = node->items[i]->count > 0;
		add_lines(page, node->items[i], column + STEP);
	}
}

/* Which keys a layer keeps for itself, whatever later layers say. */
static void add_locks(struct buf *out, const struct layer *layer)
{
	const struct node *merge = node_get(layer->root, "merge");

	for (size_t i = 0; node_is(merge, NODE_MAP) && i < merge->count; i++) {
		const struct node_entry *entry = &merge->entries[i];

		if (!node_is(entry->value, NODE_STRING) || !streq(entry->value->text, "lock"))
			continue;
		buf_addstr(out, "# ");
		add_text(out, entry->key);
		buf_addstr(out, " is locked by ");
		add_layer(out, layer, entry->key_place.line);
		buf_addch(out, '\n');
	}
}

static void add_head(struct buf *out, const struct layer *layers, size_t count, double weight)
{
	buf_addstr(out, "# layers: ");
	for (size_t i = 0; i < count; i++) {
		if (i)
			buf_addstr(out, ", ");
		add_layer(out, &layers[i], 0);
	}
	buf_addf(out, "\n# weight: %.4g, %s\n", weight, resolve_band(weight));
	for (size_t i = 0; i < count; i++)
		add_locks(out, &layers[i]);
}

/* Whether one of two paths is the other or leads to it. */
static bool is_on_path(const char *a, const char *b)
{
	size_t same = 0;

	while (a[same] && a[same] == b[same])
		same++;
	return (!a[same] && strchr(".[", b[same])) || (!b[same] && strchr(".[", a[same]));
}

static void add_dead(struct buf *out, const struct resolution *resolution, const char *path)
{
	for (size_t i = 0; i < resolution->dead_count; i++) {
		const struct dead_value *dead = &resolution->dead[i];

		if (path && !is_on_path(path, dead->path))
			continue;
		buf_addstr(out, "# dead: ");
		add_text(out, dead->path);
		buf_addstr(out, " of ");
		add_layer(out, dead->layer, dead->line);
		buf_addstr(out, " is locked by ");
		add_layer(out, dead->locker, 0);
		buf_addch(out, '\n');
	}
}

/* root with nothing but what is on path; NULL when there is nothing, or memory is out. */
static struct node *narrow(struct maker *maker, const struct node *root, const struct path *path,
			   size_t depth)
{
	const struct path_step *step = &path->steps[depth];
	const struct node_entry *entry;
	struct node *child, *copy;

	if (depth == path->count)
		return (struct node *)(uintptr_t)root;
	if (!step->key && (!node_is(root, NODE_LIST) || step->index >= root->count))
		return NULL;
	entry = step->key ? node_find(root, step->key) : NULL;
	if (step->key && !entry)
		return NULL;
	child = narrow(maker, entry ? entry->value : root->items[step->index], path, depth + 1);
	copy = child ? maker_shell(maker, root) : NULL;
	if (copy && entry)
		maker_add_entry(maker, copy, entry, child);
	else if (copy)
		maker_add_item(maker, copy, child);
	return copy;
}

int explain(const struct layer *layers, size_t count, const struct resolution *resolution,
	    const struct path *path, struct buf *out, struct helios_error *error)
{
	cleanup(arena_done) struct arena arena = {0};
	cleanup_buf struct buf text = {0};
	struct maker maker = {.arena = &arena};
	struct page page = {.out = out};
	const struct node *root = resolution->root;

	if (path) {
		path_format(&text, path);
		root = narrow(&maker, root, path, 0);
	}
	if (!root && !maker.failed)
		return path_missing(resolution->root, path, error);
	if (root) {
		add_head(out, layers, count, resolution->weight);
		add_lines(&page, root, 0);
		add_dead(out, resolution, path ? buf_text(&text) : NULL);
	}
	if (maker.failed || page.failed || out->failed || text.failed)
		return helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "memory ran out");
	return 0;
}
