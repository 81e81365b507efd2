/*
 * Writing one value anew. What a value is made of in the text: a part on the line of its key,
 * and lines below. Each is replaced on its own, so that a comment behind the first stays.
 */
#include "yaml/edit.h"

struct extent {
	size_t inline_start, inline_end; /* empty: the value begins with the lines */
	size_t lines_start, lines_end;	 /* empty: at the end of the line */
};

static bool is_block_scalar(const struct node *node)
{
	return !node->alias && (node->style == STYLE_LITERAL || node->style == STYLE_FOLDED);
}

static bool is_block_collection(const struct node *node)
{
	return !node->alias && node->style == STYLE_BLOCK;
}

/* Behind the last tag or anchor of a node. */
static size_t properties_end(const struct document *document, const struct node *node)
{
	size_t content = shape_content(document, node), at = node->place.start, end = at;

	while (at < content && (document->text[at] == '!' || document->text[at] == '&')) {
		while (at < content && !strchr(" \t\r\n", document->text[at]))
			at++;
		end = at;
		at = shape_skip(document, at);
	}
	return end;
}

static struct extent extent_of(const struct document *document, const struct slot *slot,
			       const struct edit_place *place)
{
	const struct node *old = slot->value;
	struct extent extent = {.inline_start = old->place.start, .inline_end = slot->end};

	if (is_block_scalar(old)) {
		extent.inline_end = shape_header_end(document, old);
		extent.lines_start = shape_line_end(document, extent.inline_end);
		extent.lines_end = slot->end;
	} else if (is_block_collection(old) &&
		   shape_content(document, old) > shape_line_end(document, slot->head)) {
		extent.inline_end = properties_end(document, old);
		if (extent.inline_end == extent.inline_start)
			extent.inline_start = extent.inline_end = slot->head;
		extent.lines_start = shape_line_end(document, extent.inline_end);
		extent.lines_end = shape_tail(document, slot, place->column, place->limit);
	} else {
		if (is_block_collection(old))
			extent.inline_end = shape_tail(document, slot, place->column, place->limit);
		else if (old->place.start == old->place.end)
			extent.inline_start = extent.inline_end = slot->head;
		if (!place->flow) /* where one line may hold all that there is */
			extent.lines_start = extent.lines_end =
				shape_line_end(document, extent.inline_end);
	}
	return extent;
}

/* The quoting that keeps closest to what stands there and can hold the new text. */
static enum node_style scalar_style(const struct edit *edit, const struct node *old,
				    const struct node *target)
{
	enum node_style wanted = target->style;

	if (edit_is_forced(edit, old))
		return STYLE_DOUBLE_QUOTED;
	if (wanted == STYLE_BLOCK || wanted == STYLE_FLOW)
		wanted = STYLE_ANY;
	if (old->kind != NODE_STRING || old->alias)
		return wanted;
	switch (old->style) {
	case STYLE_SINGLE_QUOTED:
		return STYLE_SINGLE_QUOTED;
	case STYLE_DOUBLE_QUOTED:
		return wanted == STYLE_LITERAL || wanted == STYLE_FOLDED ? wanted
									 : STYLE_DOUBLE_QUOTED;
	case STYLE_LITERAL:
	case STYLE_FOLDED:
		return STYLE_LITERAL;
	default:
		return wanted;
	}
}

static void add_properties(const struct edit *edit, const struct node *old, bool override,
			   struct buf *out)
{
	const char *name;

	if (override)
		buf_addstr(out, " !override");
	if (!old->anchor || old->alias)
		return;
	for (name = edit->document->text + old->place.start; *name != '&'; name++)
		;
	buf_addch(out, ' ');
	buf_add(out, name, strcspn(name, " \t\r\n"));
}

/* All that follows ':' or '-', beginning with a blank or a line break. */
static void render(const struct edit *edit, const struct slot *slot, const struct node *target,
		   const struct edit_place *place, struct buf *out)
{
	const struct emit_style *style = &edit->style;
	const struct emit_style plain_style = {.newline = style->newline,
					       .step = style->step,
					       .list_offset = style->list_offset,
					       .no_literals = true};
	struct emit_place where = {.style = style,
				   .column = place->column,
				   .in_list = place->in_list,
				   .flow = place->flow};
	struct node plain = *target;
	size_t before;

	plain.override_tag = false;
	/* A comment below that is indented like the value would become text of a | block. */
	if (!place->flow && shape_line_end(edit->document, slot->end) !=
				    shape_tail(edit->document, slot, place->column, place->limit))
		where.style = style = &plain_style;
	if (target->kind == NODE_STRING)
		plain.style = scalar_style(edit, slot->value, target);
	add_properties(edit, slot->value, target->override_tag, out);
	before = out->length;
	/* "- &name key: value" would put the anchor on the key. */
	if (before && place->in_list && !place->flow && target->count && !emit_wants_flow(target)) {
		buf_addstr(out, style->newline);
		for (unsigned i = 0; i < place->column + 2; i++)
			buf_addch(out, ' ');
		emit_lines(out, target, style, place->column + 2);
		return;
	}
	emit_value(out, &plain, &where);
}

/* The part on the key's line. */
static int replace_inline(struct edit *edit, const struct slot *slot, const struct extent *extent,
			  const char *text, size_t length)
{
	size_t start = extent->inline_start;

	if (!length) {
		start = shape_blanks_before(edit->document, start);
		if (start < slot->head)
			start = slot->head;
		return edit_splice(edit, start, extent->inline_end, NULL, 0);
	}
	if (start == extent->inline_end)
		return edit_splice(edit, start, start, text, length);
	/* The blanks that stand there stay. */
	return edit_splice(edit, start, extent->inline_end, text + 1, length - 1);
}

/* "? key" or "{key}": there is no ':' yet. */
static int add_missing_value(struct edit *edit, const struct slot *slot,
			     const struct edit_place *place, const struct buf *value)
{
	cleanup_buf struct buf text = {0};
	size_t at = slot->end;

	if (!place->flow) {
		at = shape_line_end(edit->document, at);
		buf_addstr(&text, edit->style.newline);
		for (unsigned i = 0; i < place->column; i++)
			buf_addch(&text, ' ');
	}
	buf_addch(&text, ':');
	buf_add(&text, value->data, value->length);
	return text.failed ? -ENOMEM : edit_splice(edit, at, at, text.data, text.length);
}

int edit_replace(struct edit *edit, const struct slot *slot, const struct node *target,
		 const struct edit_place *place)
{
	cleanup_buf struct buf text = {0};
	struct extent extent;
	size_t first;
	int r;

	render(edit, slot, target, place, &text);
	if (text.failed)
		return -ENOMEM;
	if (slot->head == NOWHERE)
		return add_missing_value(edit, slot, place, &text);
	extent = extent_of(edit->document, slot, place);
	first = place->flow ? text.length : strcspn(text.data, "\r\n");
	r = replace_inline(edit, slot, &extent, text.data, first);
	if (r < 0 || place->flow)
		return r;
	return edit_splice(edit, extent.lines_start, extent.lines_end, text.data + first,
			   text.length - first);
}
