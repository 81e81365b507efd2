/* Editing between brackets: entries and items with the commas between them. */
#include "yaml/edit.h"

#include "yaml/align.h"

#define MANY 1000u /* keys: nobody keeps more between brackets by hand */

struct flow {
	struct edit *edit;
	const struct node *node, *target;
	struct slots slots;
	bool *kept;
};

static const struct emit_place flow_place = {.style = &emit_default, .flow = true};

/* Takes away the slots [first, end): with the comma behind them, or else the one before. */
static int remove_run(const struct flow *flow, size_t first, size_t end)
{
	const struct slot *slots = flow->slots.items;

	if (end < flow->slots.count)
		return edit_splice(flow->edit, slots[first].start, slots[end].start, NULL, 0);
	return edit_splice(flow->edit, slots[first - 1].end, slots[end - 1].end, NULL, 0);
}

static int remove_slots(const struct flow *flow)
{
	size_t i = 0;
	int r = 0;

	while (r == 0 && i < flow->slots.count) {
		size_t first = i;

		while (i < flow->slots.count && !flow->kept[i])
			i++;
		if (i > first)
			r = remove_run(flow, first, i);
		else
			i++;
	}
	return r;
}

/* Whether a slot has a line of its own, as in brackets that span lines. */
static bool has_own_line(const struct flow *flow, size_t index)
{
	const struct document *document = flow->edit->document;
	const struct slot *slot = &flow->slots.items[index];
	size_t end = index + 1 < flow->slots.count ? flow->slots.items[index + 1].start
						   : flow->node->place.end - 1;

	return shape_is_own_line(document, slot->start) &&
	       shape_line_end(document, slot->end) < end;
}

/* On a line of its own below a slot that has one. */
static int add_line(const struct flow *flow, size_t below, struct buf *text)
{
	const struct document *document = flow->edit->document;
	const struct slot *slot = &flow->slots.items[below];
	size_t line = shape_line_start(document, slot->start), at = slot->end;
	size_t comma = at + strspn(document->text + at, " \t");
	cleanup_buf struct buf lines = {0};
	int r = 0;

	if (document->text[comma] != ',')
		r = edit_splice(flow->edit, at, at, ",", 1);
	buf_addstr(&lines, flow->edit->style.newline);
	buf_add(&lines, document->text + line, slot->start - line);
	buf_add(&lines, text->data, text->length);
	if (document->text[comma] == ',')
		buf_addch(&lines, ',');
	at = shape_line_end(document, at);
	if (r < 0 || lines.failed)
		return -ENOMEM;
	return edit_splice(flow->edit, at, at, lines.data, lines.length);
}

/* Adds text below (behind) a slot, or before the first when below is ALIGN_NONE. */
static int add(const struct flow *flow, size_t below, size_t first, struct buf *text)
{
	cleanup_buf struct buf whole = {0};
	size_t at;

	if (text->failed)
		return -ENOMEM;
	if (below == ALIGN_NONE) {
		at = flow->slots.items[first].start;
		buf_addstr(text, ", ");
		return text->failed ? -ENOMEM
				    : edit_splice(flow->edit, at, at, text->data, text->length);
	}
	if (has_own_line(flow, below))
		return add_line(flow, below, text);
	at = flow->slots.items[below].end;
	buf_addstr(&whole, ", ");
	buf_add(&whole, text->data, text->length);
	return whole.failed ? -ENOMEM
			    : edit_splice(flow->edit, at, at, whole.data, whole.length);
}

static int add_entry(const struct flow *flow, size_t below, const struct node_entry *entry)
{
	cleanup_buf struct buf text = {0};

	emit_entry(&text, entry, &flow_place);
	return add(flow, below, 0, &text);
}

static int add_item(const struct flow *flow, size_t below, size_t first, const struct node *item)
{
	cleanup_buf struct buf text = {0};

	if (yaml_emit_flow(item, &text) < 0)
		return -ENOMEM;
	return add(flow, below, first, &text);
}

static int edit_slot(const struct flow *flow, size_t index, const struct node *target)
{
	const struct edit_place place = {.flow = true, .in_list = flow->node->kind == NODE_LIST};

	return edit_value(flow->edit, &flow->slots.items[index], target, &place);
}

/* The slot of a key, or ALIGN_NONE. */
static size_t find_slot(const struct flow *flow, const char *key, size_t hint)
{
	for (size_t i = 0; i < flow->slots.count; i++) {
		size_t at = (hint + i) % flow->slots.count;

		if (streq(flow->slots.items[at].entry->key, key))
			return at;
	}
	return ALIGN_NONE;
}

static int edit_map(const struct flow *flow)
{
	size_t last = ALIGN_NONE, below = ALIGN_NONE;
	int r = 0;

	for (size_t i = 0; r == 0 && i < flow->target->count; i++) {
		const struct node_entry *want = &flow->target->entries[i];
		size_t at = find_slot(flow, want->key, below == ALIGN_NONE ? 0 : below + 1);

		if (at == ALIGN_NONE)
			continue;
		below = at;
		if (last == ALIGN_NONE || at > last)
			last = at;
		flow->kept[at] = true;
		r = edit_slot(flow, at, want->value);
	}
	if (r == 0)
		r = remove_slots(flow);
	below = ALIGN_NONE;
	for (size_t i = 0; r == 0 && i < flow->target->count; i++) {
		const struct node_entry *want = &flow->target->entries[i];
		size_t at = find_slot(flow, want->key, below == ALIGN_NONE ? 0 : below + 1);

		if (at == ALIGN_NONE)
			r = add_entry(flow, below == ALIGN_NONE ? last : below, want);
		else
			below = at;
	}
	return r;
}

static int edit_list(const struct flow *flow)
{
	const struct node *target = flow->target;
	size_t *partners = align_lists(flow->edit->arena, flow->node, target);
	size_t below = ALIGN_NONE, first = 0;
	int r = 0;

	if (!partners)
		return -ENOMEM;
	for (size_t i = 0; r == 0 && i < target->count; i++) {
		if (partners[i] == ALIGN_NONE)
			continue;
		flow->kept[partners[i]] = true;
		r = edit_slot(flow, partners[i], target->items[i]);
	}
	if (r == 0)
		r = remove_slots(flow);
	while (first < flow->slots.count && !flow->kept[first])
		first++;
	for (size_t i = 0; r == 0 && i < target->count; i++) {
		if (partners[i] != ALIGN_NONE)
			below = partners[i];
		else
			r = add_item(flow, below, first, target->items[i]);
	}
	return r;
}

/* Whether any key stays; else the brackets are written anew. */
static bool has_common_key(const struct flow *flow)
{
	for (size_t i = 0; i < flow->target->count; i++)
		if (find_slot(flow, flow->target->entries[i].key, i) != ALIGN_NONE)
			return true;
	return false;
}

int edit_flow(struct edit *edit, const struct node *node, const struct node *target)
{
	struct flow flow = {.edit = edit, .node = node, .target = target};
	int r = shape_slots(edit->document, node, edit->arena, &flow.slots);

	if (r < 0)
		return r;
	/* A << between brackets is expanded with them. */
	for (size_t i = 0; i < flow.slots.count; i++)
		if (!flow.slots.items[i].value)
			return -ENOTSUP;
	if (node->kind == NODE_MAP && (node->count > MANY || !has_common_key(&flow)))
		return -ENOTSUP;
	flow.kept = arena_alloc(edit->arena, flow.slots.count * sizeof(*flow.kept));
	if (!flow.kept)
		return -ENOMEM;
	return node->kind == NODE_MAP ? edit_map(&flow) : edit_list(&flow);
}
