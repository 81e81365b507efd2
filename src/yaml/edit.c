/* Values: what is edited inside, what is written anew, and the tag before either. */
#include "yaml/edit.h"

#include "yaml/text.h"

bool edit_is_forced(const struct edit *edit, const void *what)
{
	for (size_t i = 0; i < edit->forced_count; i++)
		if (edit->forced[i] == what)
			return true;
	return false;
}

int edit_splice(struct edit *edit, size_t start, size_t end, const char *text, size_t length)
{
	struct splice splice = {.start = start, .end = end, .length = length,
				.owner = edit->owner};

	if (start == end && !length)
		return 0;
	splice.bytes = arena_strndup(edit->arena, text ? text : "", length);
	if (!splice.bytes)
		return -ENOMEM;
	return splices_add(&edit->splices, edit->arena, &splice);
}

static bool is_collection(const struct node *node)
{
	return node->kind == NODE_LIST || node->kind == NODE_MAP;
}

/* What a collection under a key shows about the text's habits. */
static void learn(struct emit_style *style, const struct node_entry *entry, bool *has_step,
		  bool *has_offset)
{
	const struct node *value = entry->value;
	unsigned column = entry->key_place.column, below;
	bool list = value->kind == NODE_LIST;

	if (entry->merged || value->alias || !is_collection(value) || !value->count ||
	    value->style != STYLE_BLOCK || (list ? *has_offset : *has_step))
		return;
	/* A tag or anchor before it hides where a list begins. */
	if (value->place.line == entry->key_place.line && list)
		return;
	below = list ? value->place.column : value->entries[0].key_place.column;
	if (below < column || (!list && (below == column || value->entries[0].merged)))
		return;
	if (list) {
		style->list_offset = below - column;
		*has_offset = true;
	} else {
		style->step = below - column;
		*has_step = true;
	}
}

static void learn_below(struct emit_style *style, const struct node *node, bool *has_step,
			bool *has_offset)
{
	if (node->alias || !is_collection(node))
		return;
	for (size_t i = 0; i < node->count && !(*has_step && *has_offset); i++) {
		if (node->kind == NODE_MAP)
			learn(style, &node->entries[i], has_step, has_offset);
		if (node->kind == NODE_LIST)
			learn_below(style, node->items[i], has_step, has_offset);
		else if (!node->entries[i].merged)
			learn_below(style, node->entries[i].value, has_step, has_offset);
	}
}

void edit_learn_style(struct emit_style *style, const struct document *document)
{
	bool has_step = false, has_offset = false;
	size_t at = shape_line_end(document, 0);

	*style = emit_default;
	if (document->text[at] == '\r')
		style->newline = document->text[at + 1] == '\n' ? "\r\n" : "\r";
	learn_below(style, document->root, &has_step, &has_offset);
}

struct emit_style edit_style_near(const struct edit *edit, const struct node *map)
{
	struct emit_style style = edit->style;
	bool has_step = false, has_offset = false;

	for (size_t i = 0; map->kind == NODE_MAP && i < map->count; i++)
		learn(&style, &map->entries[i], &has_step, &has_offset);
	return style;
}

/* Where a collection's !override is written out; SIZE_MAX when it is spelled in another way. */
static size_t find_override(const struct document *document, const struct node *node)
{
	const char *begin = document->text + node->place.start;
	const char *tag = memmem(begin, shape_content(document, node) - node->place.start,
				 "!override", 9);

	return tag ? (size_t)(tag - document->text) : SIZE_MAX;
}

/* Sets or takes away !override on a collection that is edited inside. */
static int edit_tag(struct edit *edit, const struct slot *slot, bool wanted)
{
	const struct document *document = edit->document;
	const struct node *old = slot->value;
	size_t start, end, before;

	if (wanted && old->style == STYLE_FLOW)
		return edit_splice(edit, old->place.start, old->place.start, "!override ", 10);
	if (wanted)
		return edit_splice(edit, slot->head, slot->head, " !override", 10);
	start = find_override(document, old);
	end = start + 9;
	before = shape_blanks_before(document, start);
	while (document->text[end] == ' ' || document->text[end] == '\t')
		end++;
	/* The blanks behind it go, or those before it when nothing follows on the line. */
	if (end < shape_line_end(document, end) && document->text[end] != '#')
		return edit_splice(edit, start, end, NULL, 0);
	return edit_splice(edit, before, start + 9, NULL, 0);
}

/* Edits inside a collection where old and new are of one kind; -ENOTSUP when that cannot be. */
static int edit_inside(struct edit *edit, const struct slot *slot, const struct node *target,
		       const struct edit_place *place)
{
	const struct node *old = slot->value;
	const void *owner = edit->owner;
	struct edit_place inside = *place;
	int r;

	if (old->alias || old->kind != target->kind || !is_collection(old) || !old->count ||
	    !target->count || edit_is_forced(edit, old))
		return -ENOTSUP;
	if (old->override_tag && !target->override_tag &&
	    find_override(edit->document, old) == SIZE_MAX)
		return -ENOTSUP;
	edit->owner = old;
	inside.bound = slot->head;
	if (old->style == STYLE_FLOW)
		r = edit_flow(edit, old, target);
	else
		r = edit_block(edit, old, target, &inside);
	edit->owner = owner;
	if (r == 0 && old->override_tag != target->override_tag)
		r = edit_tag(edit, slot, target->override_tag);
	return r;
}

/* Whether something within the value is to be written anew, though the value stays the same. */
static bool has_forced(const struct edit *edit, const struct node *node)
{
	if (edit_is_forced(edit, node))
		return true;
	if (node->alias)
		return false; /* its children are the anchor's */
	for (size_t i = 0; i < node->count; i++) {
		const struct node_entry *entry = node->kind == NODE_MAP ? &node->entries[i] : NULL;

		if (entry && (edit_is_forced(edit, entry) || edit_is_forced(edit, &entry->key_style)))
			return true;
		if (has_forced(edit, entry ? entry->value : node->items[i]))
			return true;
	}
	return false;
}

int edit_value(struct edit *edit, const struct slot *slot, const struct node *target,
	       const struct edit_place *place)
{
	int r;

	if (!(edit->forced_count && has_forced(edit, slot->value)) &&
	    ((slot->value->alias && edit->trust_aliases) || node_same(slot->value, target)))
		return 0;
	r = edit_inside(edit, slot, target, place);
	return r == -ENOTSUP ? edit_replace(edit, slot, target, place) : r;
}

/* Writes the root's entries anew and keeps what stands above and below them. */
static int replace_root(struct edit *edit, const struct node *target)
{
	const struct document *document = edit->document;
	const struct node *root = document->root;
	size_t start = shape_content(document, root), end = shape_end(document, root);
	cleanup_buf struct buf text = {0};

	if (target->count && !shape_is_own_line(document, start))
		buf_addstr(&text, edit->style.newline);
	if (target->count)
		emit_lines(&text, target, &edit->style, 0);
	else
		buf_addstr(&text, "{}");
	start = target->count && shape_is_own_line(document, start)
			? shape_line_start(document, start)
			: start;
	if (root->style != STYLE_FLOW)
		end = shape_line_end(document, end);
	return text.failed ? -ENOMEM : edit_splice(edit, start, end, text.data, text.length);
}

int edit_root(struct edit *edit, const struct node *target, const struct donors *donors)
{
	const struct document *document = edit->document;
	const struct node *root = document->root;
	const struct edit_place place = {.limit = document->length, .donors = donors};
	int r = -ENOTSUP;

	edit->owner = root;
	if (root->count && target->count && !edit_is_forced(edit, root))
		r = root->style == STYLE_FLOW ? edit_flow(edit, root, target)
					      : edit_block(edit, root, target, &place);
	return r == -ENOTSUP ? replace_root(edit, target) : r;
}
