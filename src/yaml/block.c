/*
 * Editing lines: entries of block mappings and items of block lists. What is taken away goes
 * with the line break before it, so that what is added behind the last line that stays has a
 * place of its own.
 */
#include "yaml/match.h"

struct block {
	struct edit *edit;
	const struct node *node, *target;
	const struct edit_place *place;
	struct slots slots;
	struct match match;
	unsigned column; /* of the keys or dashes */
	struct emit_style style;
};

static size_t limit_of(const struct block *block, size_t index)
{
	return index + 1 < block->slots.count ? block->slots.items[index + 1].start
					      : block->place->limit;
}

static size_t bound_of(const struct block *block, size_t index)
{
	return index ? block->slots.items[index - 1].end : block->place->bound;
}

static size_t tail_of(const struct block *block, size_t index)
{
	return shape_tail(block->edit->document, &block->slots.items[index], block->column,
			  limit_of(block, index));
}

static void add_indent(struct buf *out, unsigned column)
{
	while (column--)
		buf_addch(out, ' ');
}

/* Whether a value over several lines may have comments in it, which nobody else's lines have. */
static bool has_inner_comments(const struct document *document, size_t start, size_t end)
{
	const char *text = document->text + start, *line = memchr(text, '\n', end - start);

	return line && memchr(line, '#', end - start - (size_t)(line - text));
}

/*
 * Puts a donor's lines in the place of a slot's: 1 when a donor had them. The comments above
 * the slot stay, and the one behind it unless the donor brings its own.
 */
static int take_from_donors(const struct block *block, size_t index, const struct node_entry *want)
{
	const struct document *document = block->edit->document;
	const struct slot *slot = &block->slots.items[index];
	size_t start = shape_line_start(document, slot->start), end = tail_of(block, index), key;
	size_t above = shape_attached(document, slot, block->column, bound_of(block, index));
	cleanup_buf struct buf lines = {0};
	int r;

	if (!shape_is_own_line(document, slot->start) ||
	    has_inner_comments(document, slot->start, end))
		return 0;
	r = donors_take(block->place->donors, want, block->column, &block->style, &lines, &key);
	if (r <= 0)
		return r;
	if (key && !memmem(document->text + above, start - above, lines.data, key))
		r = edit_splice(block->edit, start, start, lines.data, key);
	if (!strpbrk(lines.data + key, "#\n") && shape_line_end(document, slot->start) == end)
		end = slot->end;
	if (r >= 0)
		r = edit_splice(block->edit, start, end, lines.data + key, lines.length - key);
	if (r < 0)
		return r;
	block->edit->splices.items[block->edit->splices.count - 1].renews = true;
	return 1;
}

/* Whether a changed slot is taken from a donor rather than edited inside. */
static bool may_take(const struct block *block, const struct slot *slot, const struct node *target)
{
	return block->place->donors && block->place->donors->count && slot->entry &&
	       !(slot->value->kind == NODE_MAP && target->kind == NODE_MAP) &&
	       !node_same(slot->value, target) && !edit_is_forced(block->edit, slot->value);
}

static int edit_slot(const struct block *block, size_t index, const struct node *target)
{
	const struct donors *donors = block->place->donors;
	struct slot *slot = &block->slots.items[index];
	struct donors below = {0};
	const struct edit_place place = {
		.column = block->column,
		.in_list = block->node->kind == NODE_LIST,
		.bound = slot->head,
		.limit = limit_of(block, index),
		.donors = &below,
	};

	if (may_take(block, slot, target)) {
		const struct node_entry want = {.key = slot->entry->key,
						.key_style = slot->entry->key_style,
						.value = (struct node *)(uintptr_t)target};
		int r = take_from_donors(block, index, &want);

		if (r)
			return r < 0 ? r : 0;
	}
	if (donors && slot->entry)
		below = donors_below(donors, slot->entry->key, block->edit->arena);
	return edit_value(block->edit, slot, target, &place);
}

/* Takes away slots at the beginning whose first shares its line with "- " or "? ". */
static int remove_shared_line(const struct block *block, size_t *ret_next)
{
	const struct document *document = block->edit->document;
	const struct slot *slots = block->slots.items;
	size_t next = 0, last_line;

	*ret_next = 0;
	if (block->match.kept[0] || shape_is_own_line(document, slots[0].start))
		return 0;
	while (!block->match.kept[next])
		next++;
	last_line = shape_next_line(document, slots[next - 1].end);
	if (shape_line_start(document, slots[next].start) == last_line) {
		*ret_next = next;
		return edit_splice(block->edit, slots[0].start, slots[next].start, NULL, 0);
	}
	/* Comments stand between: they stay, below a '-' of its own. */
	*ret_next = 1;
	return edit_splice(block->edit, shape_blanks_before(document, slots[0].start),
			   tail_of(block, 0), NULL, 0);
}

/* Takes away one slot with its lines. top: the file's beginning has gone up to there. */
static int remove_lines(const struct block *block, size_t index, size_t *top)
{
	const struct document *document = block->edit->document;
	size_t start = shape_attached(document, &block->slots.items[index], block->column,
				      bound_of(block, index));
	size_t end = tail_of(block, index);

	if (start == *top) {
		*top = end = shape_next_line(document, end);
		return edit_splice(block->edit, start, end, NULL, 0);
	}
	start--;
	if (start > 0 && document->text[start] == '\n' && document->text[start - 1] == '\r')
		start--;
	return edit_splice(block->edit, start, end, NULL, 0);
}

static int remove_slots(const struct block *block)
{
	size_t top = shape_line_start(block->edit->document, 0), next;
	int r = remove_shared_line(block, &next);

	for (size_t i = next; r == 0 && i < block->slots.count; i++)
		if (!block->match.kept[i])
			r = remove_lines(block, i, &top);
	return r;
}

/* Whether the last thing in these lines is a block scalar, which needs its line break. */
static bool ends_in_literal(const struct node *node)
{
	while (node->count)
		node = node->kind == NODE_LIST ? node->items[node->count - 1]
					       : node->entries[node->count - 1].value;
	return node->kind == NODE_STRING && node->length && node->text[node->length - 1] == '\n';
}

/* Appends a child of the target as lines, beginning with a line break. */
static int add_child(const struct block *block, size_t index, struct buf *lines)
{
	const struct emit_place place = {.style = &block->style,
					 .column = block->column,
					 .in_list = block->target->kind == NODE_LIST};
	const struct node_entry *entry = place.in_list ? NULL : &block->target->entries[index];
	size_t key;
	int r = 0;

	buf_addstr(lines, block->style.newline);
	if (entry && block->place->donors)
		r = donors_take(block->place->donors, entry, block->column, &block->style, lines,
				&key);
	if (r)
		return r < 0 ? r : 0;
	add_indent(lines, block->column);
	if (entry) {
		emit_entry(lines, entry, &place);
	} else {
		buf_addch(lines, '-');
		emit_value(lines, block->target->items[index], &place);
	}
	return lines->failed ? -ENOMEM : 0;
}

/* Puts lines below a slot; last is what they end with. */
static int put_below(const struct block *block, size_t slot, struct buf *lines, size_t last)
{
	const struct node *target = block->target;
	size_t tail = tail_of(block, slot);

	if (tail == block->edit->document->length &&
	    ends_in_literal(target->kind == NODE_LIST ? target->items[last]
						      : target->entries[last].value))
		buf_addstr(lines, block->style.newline);
	return lines->failed ? -ENOMEM
			     : edit_splice(block->edit, tail, tail, lines->data, lines->length);
}

/* Puts lines above the first slot that stays, which may stand on a line that has begun. */
static int put_above(const struct block *block, struct buf *lines)
{
	const struct document *document = block->edit->document;
	size_t at = block->slots.items[block->match.first].start;
	size_t skip = strlen(block->style.newline);

	buf_addstr(lines, block->style.newline);
	if (shape_is_own_line(document, at)) {
		at = shape_line_start(document, at);
	} else {
		skip += block->column;
		add_indent(lines, block->column);
	}
	return lines->failed
		       ? -ENOMEM
		       : edit_splice(block->edit, at, at, lines->data + skip, lines->length - skip);
}

/* New children come below the one before them in the target, new keys else at the end. */
static int add_children(const struct block *block)
{
	const size_t *slot_of = block->match.slot_of;
	size_t count = block->target->count;
	size_t below = block->target->kind == NODE_MAP ? block->match.last : NOWHERE;
	cleanup_buf struct buf lines = {0};
	int r = 0;

	for (size_t i = 0; r == 0 && i < count; i++) {
		if (slot_of[i] < MATCH_MERGED)
			below = slot_of[i];
		if (slot_of[i] != MATCH_MISSING)
			continue;
		r = add_child(block, i, &lines);
		if (r < 0 || (i + 1 < count && slot_of[i + 1] == MATCH_MISSING))
			continue;
		r = below == NOWHERE ? put_above(block, &lines)
				     : put_below(block, below, &lines, i);
		buf_clear(&lines);
	}
	return r;
}

/* Nothing stays: the new lines come where the old ones stood. */
static int replace_body(const struct block *block)
{
	size_t skip = strlen(block->style.newline) + block->column;
	cleanup_buf struct buf lines = {0};
	int r = 0;

	for (size_t i = 0; r == 0 && i < block->target->count; i++)
		r = add_child(block, i, &lines);
	return r < 0 ? r
		     : edit_splice(block->edit, block->slots.items[0].start,
				   tail_of(block, block->slots.count - 1), lines.data + skip,
				   lines.length - skip);
}

static int edit_children(const struct block *block)
{
	const struct node *target = block->target;
	int r = 0;

	for (size_t i = 0; r == 0 && i < target->count; i++)
		if (block->match.slot_of[i] < MATCH_MERGED)
			r = edit_slot(block, block->match.slot_of[i],
				      target->kind == NODE_MAP ? target->entries[i].value
							       : target->items[i]);
	return r;
}

int edit_block(struct edit *edit, const struct node *node, const struct node *target,
	       const struct edit_place *place)
{
	struct block block = {.edit = edit, .node = node, .target = target, .place = place};
	int r = shape_slots(edit->document, node, edit->arena, &block.slots);

	if (r < 0)
		return r;
	block.column = shape_column(edit->document, block.slots.items[0].start);
	block.style = edit_style_near(edit, node);
	r = match_children(edit, node, &block.slots, target, &block.match);
	if (r < 0)
		return r;
	if (block.match.first == NOWHERE)
		return replace_body(&block);
	r = edit_children(&block);
	if (r == 0)
		r = remove_slots(&block);
	return r < 0 ? r : add_children(&block);
}
