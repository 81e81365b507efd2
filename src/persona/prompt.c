/* The prompt of persona/prompt.h. */
#include "persona/prompt.h"

#include "base/utf8.h"
#include "persona/schema.h"
#include "yaml/yaml.h"

static void indent(struct buf *out, unsigned depth)
{
	for (unsigned i = 0; i < depth; i++)
		buf_addstr(out, "  ");
}

static bool is_blank_or_end(const char *line, size_t length, size_t at)
{
	return at >= length || line[at] == ' ' || line[at] == '\t';
}

/* Whether a line of these marks is more than emphasis or code within a text. */
static bool marks_structure(const char *line, size_t length)
{
	size_t marks = 0;

	while (marks < length && line[marks] == line[0])
		marks++;
	if (strchr("`~", line[0]))
		return marks >= 3;				  /* a fence */
	return marks > 2 || is_blank_or_end(line, length, marks); /* a list, or a dividing line */
}

/* What Markdown would take for structure at a line's beginning gets a backslash. */
static void add_line(struct buf *out, const char *line, size_t length)
{
	size_t digits = strspn(line, "0123456789");

	if (length && (strchr("#->+|=<", line[0]) ||
		       (strchr("*_`~", line[0]) && marks_structure(line, length))))
		buf_addch(out, '\\');
	else if (digits && digits < length && strchr(".)", line[digits]) &&
		 is_blank_or_end(line, length, digits + 1)) {
		buf_add(out, line, digits);
		buf_addch(out, '\\');
		line += digits;
		length -= digits;
	}
	for (size_t at = 0; at < length;) {
		uint32_t codepoint;
		size_t size = utf8_decode(line + at, length - at, &codepoint);

		if (utf8_is_invisible(codepoint))
			buf_addch(out, ' ');
		else
			buf_add(out, line + at, size);
		at += size;
	}
}

/* "max_file_changes" as "Max file changes". */
static void add_words(struct buf *out, const char *key)
{
	cleanup_buf struct buf words = {0};

	for (size_t i = 0; key[i]; i++) {
		char c = key[i] == '_' || key[i] == '-' ? ' ' : key[i];

		if (i == 0 && c >= 'a' && c <= 'z')
			c = (char)(c - 'a' + 'A');
		buf_addch(&words, c);
	}
	add_line(out, buf_text(&words), words.length);
}

/* A text within a bullet; further lines are indented below it. */
static void add_text(struct buf *out, const char *text, unsigned depth)
{
	size_t length = strcspn(text, "\n");

	add_line(out, text, length);
	while (text[length]) {
		text += length + 1;
		text += strspn(text, " \t");
		length = strcspn(text, "\n");
		if (!length)
			continue;
		buf_addch(out, '\n');
		indent(out, depth + 1);
		add_line(out, text, length);
	}
}

static void add_scalar(struct buf *out, const struct node *node, unsigned depth)
{
	if (node->kind == NODE_STRING)
		add_text(out, node->text, depth);
	else if (node->kind == NODE_BOOL)
		buf_addstr(out, node->boolean ? "yes" : "no");
	else if (yaml_emit_flow(node, out) < 0)
		out->failed = true;
}

static bool is_collection(const struct node *node)
{
	return node->kind == NODE_MAP || node->kind == NODE_LIST;
}

static void add_entries(struct buf *out, const struct node *node, unsigned depth);

/* "- Key: value", or "- Key:" with what it holds below. */
static void add_entry(struct buf *out, const char *key, const struct node *value, unsigned depth)
{
	if (value->kind == NODE_NULL || (is_collection(value) && !value->count))
		return;
	indent(out, depth);
	buf_addstr(out, "- ");
	if (key) {
		add_words(out, key);
		buf_addch(out, ':');
	}
	if (!is_collection(value)) {
		if (key)
			buf_addch(out, ' ');
		add_scalar(out, value, depth);
		buf_addch(out, '\n');
		return;
	}
	if (!key)
		buf_addstr(out, value->kind == NODE_MAP ? "One:" : "These:");
	buf_addch(out, '\n');
	add_entries(out, value, depth + 1);
}

/* A mapping in a list reads best from its first entry: "- Goal" with the others below. */
static void add_item(struct buf *out, const struct node *item, unsigned depth)
{
	const struct node *first =
		item->kind == NODE_MAP && item->count ? item->entries[0].value : NULL;

	if (!first || is_collection(first) || first->kind == NODE_NULL) {
		add_entry(out, NULL, item, depth);
		return;
	}
	indent(out, depth);
	buf_addstr(out, "- ");
	add_words(out, item->entries[0].key);
	buf_addstr(out, ": ");
	add_scalar(out, first, depth);
	buf_addch(out, '\n');
	for (size_t i = 1; i < item->count; i++)
		add_entry(out, item->entries[i].key, item->entries[i].value, depth + 1);
}

static void add_entries(struct buf *out, const struct node *node, unsigned depth)
{
	for (size_t i = 0; i < node->count; i++) {
		if (node->kind == NODE_LIST)
			add_item(out, node->items[i], depth);
		else
			add_entry(out, node->entries[i].key, node->entries[i].value, depth);
	}
}

static bool is_shown(const struct node_entry *entry)
{
	return !schema_is_metadata(entry->key) && !schema_is_control(entry->key) &&
	       entry->value->kind != NODE_NULL;
}

void prompt_render(const struct node *root, const char *name, struct buf *out)
{
	const struct node *title = node_get(root, "name");
	size_t length;

	buf_addstr(out, "# ");
	if (node_is(title, NODE_STRING) && title->length)
		add_line(out, title->text, strcspn(title->text, "\n"));
	else
		add_words(out, name);
	buf_addch(out, '\n');
	length = out->length;
	for (size_t i = 0; i < root->count; i++) /* what belongs to no section comes first */
		if (is_shown(&root->entries[i]) && !is_collection(root->entries[i].value)) {
			if (out->length == length)
				buf_addch(out, '\n');
			add_entry(out, root->entries[i].key, root->entries[i].value, 0);
		}
	for (size_t i = 0; i < root->count; i++) {
		const struct node_entry *entry = &root->entries[i];

		if (!is_shown(entry) || !is_collection(entry->value) || !entry->value->count)
			continue;
		buf_addstr(out, "\n## ");
		add_words(out, entry->key);
		buf_addstr(out, "\n\n");
		add_entries(out, entry->value, 0);
	}
}
