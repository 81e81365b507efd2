/*
 * libyaml tells where scalars stand; ':' '-' ',' and comments are found by scanning between
 * them, where nothing else can be.
 */
#include "yaml/shape.h"

#include "yaml/text.h"

static char byte_at(const struct document *document, size_t at)
{
	return at < document->length ? document->text[at] : '\0';
}

static bool is_break_byte(char c)
{
	return c == '\n' || c == '\r';
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool is_space_or_end(char c)
{
	return !c || is_blank(c) || is_break_byte(c);
}

size_t shape_line_start(const struct document *document, size_t at)
{
	while (at > 0 && !is_break_byte(document->text[at - 1]))
		at--;
	if (at == 0 && strncmp(document->text, TEXT_BOM, 3) == 0)
		at = 3;
	return at;
}

size_t shape_line_end(const struct document *document, size_t at)
{
	while (at < document->length && !is_break_byte(document->text[at]))
		at++;
	return at;
}

size_t shape_next_line(const struct document *document, size_t at)
{
	at = shape_line_end(document, at);
	if (byte_at(document, at) == '\r' && byte_at(document, at + 1) == '\n')
		return at + 2;
	return at < document->length ? at + 1 : at;
}

static size_t skip_blanks(const struct document *document, size_t at)
{
	while (is_blank(byte_at(document, at)))
		at++;
	return at;
}

size_t shape_skip(const struct document *document, size_t at)
{
	for (;;) {
		char c = byte_at(document, at);

		if (c == '#')
			at = shape_line_end(document, at);
		else if (is_blank(c) || is_break_byte(c))
			at++;
		else
			return at;
	}
}

size_t shape_blanks_before(const struct document *document, size_t at)
{
	while (at > 0 && is_blank(document->text[at - 1]))
		at--;
	return at;
}

size_t shape_content(const struct document *document, const struct node *node)
{
	size_t at = node->place.start;

	if (node->alias)
		return at;
	while (at < node->place.end &&
	       (byte_at(document, at) == '!' || byte_at(document, at) == '&')) {
		while (!is_space_or_end(byte_at(document, at)))
			at++;
		if (at < node->place.end)
			at = shape_skip(document, at);
	}
	return at;
}

size_t shape_header_end(const struct document *document, const struct node *node)
{
	size_t at = shape_content(document, node);

	while (byte_at(document, at) && strchr("|>+-0123456789", byte_at(document, at)))
		at++;
	return at;
}

static size_t block_scalar_end(const struct document *document, const struct node *node)
{
	size_t header = shape_header_end(document, node), at = node->place.end;
	bool keep = memchr(document->text + node->place.start, '+', header - node->place.start);

	if (keep) {
		if (at > header && document->text[at - 1] == '\n')
			at--;
		if (at > header && document->text[at - 1] == '\r')
			at--;
		return at;
	}
	while (at > header && is_space_or_end(document->text[at - 1]))
		at--;
	return shape_line_end(document, at);
}

size_t shape_end(const struct document *document, const struct node *node)
{
	/* What ends last in a block is its last child's last child … */
	while (!node->alias && node->count &&
	       (node->style == STYLE_BLOCK || byte_at(document, shape_content(document, node)) !=
						      (node->kind == NODE_MAP ? '{' : '['))) {
		const struct node_entry *last =
			node->kind == NODE_MAP ? &node->entries[node->count - 1] : NULL;

		if (last && last->merged)
			return last->key_place.end;
		node = last ? last->value : node->items[node->count - 1];
	}
	if (!node->alias && (node->style == STYLE_LITERAL || node->style == STYLE_FOLDED))
		return block_scalar_end(document, node);
	return node->place.end;
}

/* Behind the ':' that follows a key, or NOWHERE. */
static size_t find_colon(const struct document *document, const struct node_entry *entry)
{
	size_t at = shape_skip(document, entry->key_place.end);

	if (entry->value->place.start != entry->value->place.end && at >= entry->value->place.start)
		return NOWHERE;
	return byte_at(document, at) == ':' ? at + 1 : NOWHERE;
}

/* Sets the head of a slot whose start is known; false when something else stands there. */
static bool find_head(const struct document *document, const struct node *node, struct slot *slot)
{
	size_t key;

	slot->head = NOWHERE;
	if (node->kind == NODE_LIST) {
		slot->head = node->style == STYLE_BLOCK ? slot->start + 1 : slot->start;
		return node->style == STYLE_FLOW || byte_at(document, slot->start) == '-';
	}
	key = slot->entry->key_place.start;
	if (key != slot->start &&
	    (byte_at(document, slot->start) != '?' || shape_skip(document, slot->start + 1) != key))
		return false;
	if (slot->value)
		slot->head = find_colon(document, slot->entry);
	return true;
}

/* The slot at index, and the index behind it: merged entries share one. */
static size_t take_slot(const struct document *document, const struct node *node, size_t index,
			struct slot *slot)
{
	*slot = (struct slot){0};
	if (node->kind == NODE_LIST) {
		slot->value = node->items[index];
		slot->end = shape_end(document, slot->value);
		return index + 1;
	}
	slot->entry = &node->entries[index];
	if (!slot->entry->merged) {
		slot->value = slot->entry->value;
		slot->end = shape_end(document, slot->value);
		/* "? key" without ':' has its empty value where the next thing begins. */
		if (slot->end < slot->entry->key_place.end ||
		    slot->value->place.start == slot->value->place.end)
			slot->end = slot->entry->key_place.end;
		return index + 1;
	}
	slot->end = slot->entry->key_place.end;
	while (index < node->count && node->entries[index].merged)
		index++;
	return index;
}

int shape_slots(const struct document *document, const struct node *node, struct arena *arena,
		struct slots *ret)
{
	bool flow = node->style == STYLE_FLOW;
	size_t at = shape_content(document, node);

	if (flow && byte_at(document, at) != (node->kind == NODE_MAP ? '{' : '['))
		return -ENOTSUP;
	at += flow;
	ret->count = 0;
	ret->items = arena_alloc(arena, node->count * sizeof(*ret->items));
	if (!ret->items)
		return -ENOMEM;
	for (size_t i = 0; i < node->count;) {
		struct slot *slot = &ret->items[ret->count++];

		i = take_slot(document, node, i, slot);
		slot->start = shape_skip(document, at);
		if (flow && at > 0 && byte_at(document, slot->start) == ',')
			slot->start = shape_skip(document, slot->start + 1);
		if (!find_head(document, node, slot))
			return -ENOTSUP;
		if (slot->head != NOWHERE && slot->end < slot->head)
			slot->end = slot->head;
		if (slot->end < slot->start)
			return -ENOTSUP;
		at = slot->end;
	}
	return 0;
}

size_t shape_slot_of(const struct slots *slots, const struct node_entry *entry)
{
	size_t first = 0, end = slots->count;

	while (end - first > 1) {
		size_t middle = first + (end - first) / 2;

		if (slots->items[middle].entry <= entry)
			first = middle;
		else
			end = middle;
	}
	return first;
}

bool shape_is_own_line(const struct document *document, size_t at)
{
	size_t text = shape_blanks_before(document, at);

	return text == 0 || is_break_byte(document->text[text - 1]) ||
	       (text == 3 && strncmp(document->text, TEXT_BOM, 3) == 0);
}

unsigned shape_column(const struct document *document, size_t at)
{
	return (unsigned)(at - shape_line_start(document, at));
}

size_t shape_tail(const struct document *document, const struct slot *slot, unsigned column,
		  size_t limit)
{
	size_t tail = shape_line_end(document, slot->end), at = tail;

	for (;;) {
		size_t line = shape_next_line(document, at), text;

		if (line >= limit || line >= document->length)
			return tail;
		text = skip_blanks(document, line);
		at = shape_line_end(document, text);
		if (text == at)
			continue;
		if (byte_at(document, text) != '#' || text - line <= column)
			return tail;
		tail = at;
	}
}

size_t shape_attached(const struct document *document, const struct slot *slot, unsigned column,
		      size_t bound)
{
	size_t own = shape_line_start(document, slot->start), first = own;

	while (first > 0) {
		size_t line = shape_line_start(document, first - 1), text;

		if (document->text[first - 1] == '\n' && first > 1 &&
		    document->text[first - 2] == '\r')
			line = shape_line_start(document, first - 2);
		text = skip_blanks(document, line);
		if (line >= first || line < bound || byte_at(document, text) != '#' ||
		    text - line != column)
			break;
		first = line;
	}
	/* What the file begins with is about the file. */
	if (first < own && first == shape_line_start(document, 0))
		return own;
	return first;
}
