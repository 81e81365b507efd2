/*
 * Editing between brackets: entries and items with the commas between them. A slot owns the
 * comma behind it, the comment behind that where the line ends, and comments on lines above
 * that are attached to it.
 */
#include "yaml/match.h"

struct flow {
	struct edit *edit;
	const struct node *node, *target;
	struct slots slots;
	struct match match;
	size_t comma_below; /* the slot that got a comma with the lines put below it */
};

static const struct emit_place flow_place = {.style = &emit_default, .flow = true};

/* Whether no line ends between two places. */
static bool on_one_line(const struct flow *flow, size_t start, size_t end)
{
	while (start < end && !strchr("\r\n", flow->edit->document->text[start]))
		start++;
	return start >= end;
}

/* Where the next slot begins, or the closing bracket stands. */
static size_t next_start(const struct flow *flow, size_t index)
{
	return index + 1 < flow->slots.count ? flow->slots.items[index + 1].start
					     : flow->node->place.end - 1;
}

/* Where the comma behind a slot stands, or NOWHERE. */
static size_t comma_of(const struct flow *flow, size_t index)
{
	const struct document *document = flow->edit->document;
	size_t at = shape_skip(document, flow->slots.items[index].end);

	return document->text[at] == ',' ? at : NOWHERE;
}

/* Whether slots, the last with its comma before rest, have their lines for themselves. */
static bool have_own_lines(const struct flow *flow, size_t start, size_t rest)
{
	return shape_is_own_line(flow->edit->document, start) &&
	       strchr("#\r\n", flow->edit->document->text[rest]);
}

/* Takes away whole lines, from the comments above the first slot to the one behind the last. */
static int remove_lines(const struct flow *flow, size_t first, size_t rest)
{
	const struct document *document = flow->edit->document;
	const struct slot *slot = &flow->slots.items[first];
	size_t bound = first ? slot[-1].end : shape_content(document, flow->node) + 1;
	size_t start = shape_attached(document, slot, shape_column(document, slot->start), bound);

	return edit_splice(flow->edit, start, shape_next_line(document, rest), NULL, 0);
}

/* Takes away slots [first, end) that stand on one line with others, or with a bracket. */
static int remove_words(const struct flow *flow, size_t first, size_t end, size_t to)
{
	const struct document *document = flow->edit->document;
	const struct slot *slots = flow->slots.items;
	size_t start = slots[first].start, rest = to + strspn(document->text + to, " \t");
	bool is_last = end == flow->slots.count;

	if (rest == next_start(flow, end - 1) && (!is_last || shape_is_own_line(document, start)))
		return edit_splice(flow->edit, start, rest, NULL, 0);
	if (is_last && to == slots[end - 1].end && first &&
	    on_one_line(flow, slots[first - 1].end, start))
		start = slots[first - 1].end;
	else
		start = shape_blanks_before(document, start);
	return edit_splice(flow->edit, start, to, document->text[to] == '#' ? " " : NULL,
			   document->text[to] == '#');
}

/* The same for any slots of which each begins on the line where the one before ends. */
static int remove_group(const struct flow *flow, size_t first, size_t end)
{
	const char *text = flow->edit->document->text;
	size_t to = flow->slots.items[end - 1].end, comma = comma_of(flow, end - 1), rest;
	int r = 0;

	if (comma != NOWHERE && on_one_line(flow, to, comma))
		to = comma + 1;
	else if (comma != NOWHERE)
		r = edit_splice(flow->edit, comma, comma + 1, NULL, 0);
	if (r < 0)
		return r;
	rest = to + strspn(text + to, " \t");
	return have_own_lines(flow, flow->slots.items[first].start, rest)
		       ? remove_lines(flow, first, rest)
		       : remove_words(flow, first, end, to);
}

static int remove_slots(const struct flow *flow)
{
	const struct slot *slots = flow->slots.items;
	size_t count = flow->slots.count, i = 0;
	int r = 0;

	while (r == 0 && i < count) {
		size_t first = i++;

		if (flow->match.kept[first])
			continue;
		while (i < count && !flow->match.kept[i] &&
		       on_one_line(flow, slots[i - 1].end, slots[i].start))
			i++;
		r = remove_group(flow, first, i);
	}
	return r;
}

static void add_child(const struct flow *flow, size_t index, struct buf *text)
{
	if (flow->target->kind == NODE_MAP)
		emit_entry(text, &flow->target->entries[index], &flow_place);
	else
		emit_flow(text, flow->target->items[index]);
}

/* Puts children [first, end) of the target on lines of their own below a slot that has one. */
static int put_lines(struct flow *flow, size_t below, size_t first, size_t end)
{
	const struct document *document = flow->edit->document;
	const struct slot *slot = &flow->slots.items[below];
	size_t line = shape_line_start(document, slot->start), at = slot->end;
	size_t comma = comma_of(flow, below);
	bool has_comma = comma != NOWHERE && on_one_line(flow, at, comma);
	cleanup_buf struct buf lines = {0};
	int r = 0;

	if (flow->comma_below == below)
		buf_addch(&lines, ',');
	else if (!has_comma)
		r = edit_splice(flow->edit, at, at, ",", 1);
	if (!has_comma)
		flow->comma_below = below;
	for (size_t i = first; i < end; i++) {
		buf_addstr(&lines, flow->edit->style.newline);
		buf_add(&lines, document->text + line, slot->start - line);
		add_child(flow, i, &lines);
		if (has_comma || i + 1 < end)
			buf_addch(&lines, ',');
	}
	at = shape_line_end(document, at);
	return r < 0 || lines.failed ? -ENOMEM
				     : edit_splice(flow->edit, at, at, lines.data, lines.length);
}

/* Puts children behind a slot, or before the first that stays when below is NOWHERE. */
static int put(struct flow *flow, size_t below, size_t first, size_t end)
{
	const struct slot *slot = &flow->slots.items[below == NOWHERE ? flow->match.first : below];
	size_t at = below == NOWHERE ? slot->start : slot->end;
	cleanup_buf struct buf text = {0};

	if (below != NOWHERE && shape_is_own_line(flow->edit->document, slot->start) &&
	    !on_one_line(flow, slot->end, next_start(flow, below)))
		return put_lines(flow, below, first, end);
	for (size_t i = first; i < end; i++) {
		if (below != NOWHERE)
			buf_addstr(&text, ", ");
		add_child(flow, i, &text);
		if (below == NOWHERE)
			buf_addstr(&text, ", ");
	}
	return text.failed ? -ENOMEM : edit_splice(flow->edit, at, at, text.data, text.length);
}

/* New children come behind the one before them in the target, new keys else at the end. */
static int add_children(struct flow *flow)
{
	const size_t *slot_of = flow->match.slot_of;
	size_t count = flow->target->count, i = 0;
	size_t below = flow->target->kind == NODE_MAP ? flow->match.last : NOWHERE;
	int r = 0;

	while (r == 0 && i < count) {
		size_t first = i;

		while (i < count && slot_of[i] == MATCH_MISSING)
			i++;
		if (i > first)
			r = put(flow, below, first, i);
		else if (slot_of[i++] < MATCH_MERGED)
			below = slot_of[first];
	}
	return r;
}

static int edit_children(const struct flow *flow)
{
	const struct edit_place place = {.flow = true, .in_list = flow->node->kind == NODE_LIST};
	const struct node *target = flow->target;
	int r = 0;

	for (size_t i = 0; r == 0 && i < target->count; i++)
		if (flow->match.slot_of[i] < MATCH_MERGED)
			r = edit_value(flow->edit, &flow->slots.items[flow->match.slot_of[i]],
				       place.in_list ? target->items[i] : target->entries[i].value,
				       &place);
	return r;
}

int edit_flow(struct edit *edit, const struct node *node, const struct node *target)
{
	struct flow flow = {.edit = edit, .node = node, .target = target, .comma_below = NOWHERE};
	int r = shape_slots(edit->document, node, edit->arena, &flow.slots);

	if (r == 0)
		r = match_children(edit, node, &flow.slots, target, &flow.match);
	/* Where nothing stays, the brackets are written anew. */
	if (r == 0 && flow.match.first == NOWHERE)
		r = -ENOTSUP;
	if (r == 0)
		r = edit_children(&flow);
	if (r == 0)
		r = remove_slots(&flow);
	return r < 0 ? r : add_children(&flow);
}
