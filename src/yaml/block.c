/*
 * Editing lines: entries of block mappings and items of block lists. What is taken away goes
 * with the line break before it, so that what is added behind the last line that stays has a
 * place of its own.
 */
#include "yaml/edit.h"

#include "yaml/align.h"

struct block {
	struct edit *edit;
	const struct node *node, *target;
	const struct edit_place *place;
	struct slots slots;
	unsigned column; /* of the keys or dashes */
	bool *kept;	 /* a slot for each */
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
	return r < 0 ? r : 1;
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
	if (block->kept[0] || shape_is_own_line(document, slots[0].start))
		return 0;
	while (!block->kept[next])
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
		if (!block->kept[i])
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

/* Adds lines, which begin with a line break, below a slot. */
static int add_below(const struct block *block, size_t index, struct buf *lines,
		     const struct node *value)
{
	size_t tail = tail_of(block, index);

	if (tail == block->edit->document->length && ends_in_literal(value))
		buf_addstr(lines, block->style.newline);
	return lines->failed ? -ENOMEM
			     : edit_splice(block->edit, tail, tail, lines->data, lines->length);
}

static int add_entry(const struct block *block, size_t below, const struct node_entry *entry)
{
	const struct emit_place place = {.style = &block->style, .column = block->column};
	cleanup_buf struct buf lines = {0};
	size_t key;
	int r = 0;

	buf_addstr(&lines, block->style.newline);
	if (block->place->donors)
		r = donors_take(block->place->donors, entry, block->column, &block->style, &lines,
				&key);
	if (r < 0)
		return r;
	if (r == 0) {
		add_indent(&lines, block->column);
		emit_entry(&lines, entry, &place);
	}
	return add_below(block, below, &lines, entry->value);
}

/* Nothing stays: the new lines come where the old ones stood. */
static int replace_body(const struct block *block)
{
	cleanup_buf struct buf lines = {0};

	emit_lines(&lines, block->target, &block->style, block->column);
	return lines.failed ? -ENOMEM
			    : edit_splice(block->edit, block->slots.items[0].start,
					  tail_of(block, block->slots.count - 1), lines.data,
					  lines.length);
}

/* What becomes of each target entry: in the text at a slot, merged in, or to be added. */
enum { FROM_MERGE = SIZE_MAX - 1, MISSING = SIZE_MAX };

/* Whether a << can stay: all that comes in through it is wanted, if not with that value. */
static bool merge_can_stay(const struct block *block, const struct slot *slot,
			   struct key_index *target)
{
	const struct node_entry *end = block->node->entries + block->node->count;

	if (edit_is_forced(block->edit, slot->entry))
		return false;
	for (const struct node_entry *entry = slot->entry; entry < end && entry->merged; entry++)
		if (!key_index_find(target, entry->key))
			return false;
	return true;
}

/* Notes the merged entries that give what is wanted. */
static void note_merged(const struct block *block, const struct slot *slot,
			struct key_index *target, size_t *slot_of)
{
	const struct node_entry *end = block->node->entries + block->node->count;

	for (const struct node_entry *entry = slot->entry; entry < end && entry->merged; entry++) {
		const struct node_entry *want = key_index_find(target, entry->key);

		if (node_same(entry->value, want->value) &&
		    !edit_is_forced(block->edit, &entry->key_style))
			slot_of[want - block->target->entries] = FROM_MERGE;
	}
}

static int edit_entries(const struct block *block, struct key_index *target, size_t *slot_of)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < block->slots.count; i++) {
		const struct slot *slot = &block->slots.items[i];
		const struct node_entry *want;

		if (!slot->value) {
			block->kept[i] = merge_can_stay(block, slot, target);
			if (block->kept[i])
				note_merged(block, slot, target, slot_of);
			continue;
		}
		want = key_index_find(target, slot->entry->key);
		block->kept[i] = want != NULL;
		if (!want)
			continue;
		slot_of[want - block->target->entries] = i;
		r = edit_slot(block, i, want->value);
	}
	return r;
}

/* New keys come below the one before them in the target, else at the end. */
static int add_entries(const struct block *block, const size_t *slot_of)
{
	size_t below = MISSING, last = MISSING;
	int r = 0;

	for (size_t i = 0; i < block->slots.count; i++)
		if (block->kept[i])
			last = i;
	for (size_t i = 0; r == 0 && i < block->target->count; i++) {
		if (slot_of[i] == MISSING)
			r = add_entry(block, below == MISSING ? last : below,
				      &block->target->entries[i]);
		else if (slot_of[i] != FROM_MERGE)
			below = slot_of[i];
	}
	return r;
}

static int edit_map(const struct block *block)
{
	struct key_index target;
	size_t count = block->target->count, i;
	size_t *slot_of = arena_alloc(block->edit->arena, count * sizeof(*slot_of));
	int r;

	if (!slot_of)
		return -ENOMEM;
	for (i = 0; i < count; i++)
		slot_of[i] = MISSING;
	key_index_init(&target, block->edit->arena, block->target);
	r = edit_entries(block, &target, slot_of);
	for (i = 0; i < block->slots.count && !block->kept[i]; i++)
		;
	if (r < 0)
		return r;
	if (i == block->slots.count)
		return replace_body(block);
	r = remove_slots(block);
	return r < 0 ? r : add_entries(block, slot_of);
}

/* Adds an item above the first one that stays. */
static int add_item_above(const struct block *block, size_t above, const struct node *item)
{
	const struct document *document = block->edit->document;
	const struct emit_place place = {
		.style = &block->style, .column = block->column, .in_list = true};
	size_t at = block->slots.items[above].start;
	bool own_line = shape_is_own_line(document, at);
	cleanup_buf struct buf text = {0};

	if (own_line) {
		at = shape_line_start(document, at);
		add_indent(&text, block->column);
	}
	buf_addch(&text, '-');
	emit_value(&text, item, &place);
	buf_addstr(&text, block->style.newline);
	if (!own_line)
		add_indent(&text, block->column);
	return text.failed ? -ENOMEM : edit_splice(block->edit, at, at, text.data, text.length);
}

static int add_item(const struct block *block, size_t below, size_t first, const struct node *item)
{
	const struct emit_place place = {
		.style = &block->style, .column = block->column, .in_list = true};
	cleanup_buf struct buf lines = {0};

	if (below == ALIGN_NONE)
		return add_item_above(block, first, item);
	buf_addstr(&lines, block->style.newline);
	add_indent(&lines, block->column);
	buf_addch(&lines, '-');
	emit_value(&lines, item, &place);
	return add_below(block, below, &lines, item);
}

static int edit_list(const struct block *block)
{
	const struct node *target = block->target;
	size_t *partners = align_lists(block->edit->arena, block->node, target);
	size_t below = ALIGN_NONE, first = 0;
	int r = 0;

	if (!partners)
		return -ENOMEM;
	for (size_t i = 0; r == 0 && i < target->count; i++) {
		if (partners[i] == ALIGN_NONE)
			continue;
		block->kept[partners[i]] = true;
		r = edit_slot(block, partners[i], target->items[i]);
	}
	if (r == 0)
		r = remove_slots(block);
	while (first < block->slots.count && !block->kept[first])
		first++;
	for (size_t i = 0; r == 0 && i < target->count; i++) {
		if (partners[i] != ALIGN_NONE)
			below = partners[i];
		else
			r = add_item(block, below, first, target->items[i]);
	}
	return r;
}

int edit_block(struct edit *edit, const struct node *node, const struct node *target,
	       const struct edit_place *place)
{
	struct block block = {.edit = edit, .node = node, .target = target, .place = place};
	int r = shape_slots(edit->document, node, edit->arena, &block.slots);

	if (r < 0)
		return r;
	block.kept = arena_alloc(edit->arena, block.slots.count * sizeof(*block.kept));
	if (!block.kept)
		return -ENOMEM;
	block.column = shape_column(edit->document, block.slots.items[0].start);
	block.style = edit_style_near(edit, node);
	return node->kind == NODE_MAP ? edit_map(&block) : edit_list(&block);
}
