/*
 * Taking a key as another document has it written. Its lines become a small text of their own,
 * which is patched to the value wanted: that takes off tags, and where the value is a mapping
 * that several documents add to, brings their parts together.
 */
#include "yaml/edit.h"

#include "yaml/text.h"

void donor_init(struct donor *donor, struct arena *arena, const struct document *document,
		const struct node *map)
{
	*donor = (struct donor){.document = document, .map = map};
	key_index_init(&donor->keys, arena, map);
}

static struct node_entry *entry_of(struct donor *donor, const char *key)
{
	struct node_entry *entry = key_index_find(&donor->keys, key);

	return entry && !entry->merged && !entry->value->alias ? entry : NULL;
}

struct donors donors_below(const struct donors *donors, const char *key, struct arena *arena)
{
	struct donor *items = arena_alloc(arena, (donors->count + 1) * sizeof(*items));
	struct donors below = {.items = items};

	/* Without memory there are no donors, and the caller soon notices by itself. */
	for (size_t i = 0; items && i < donors->count; i++) {
		struct donor *donor = &donors->items[i];
		const struct node_entry *entry = entry_of(donor, key);

		if (entry && entry->value->kind == NODE_MAP)
			donor_init(&items[below.count++], arena, donor->document, entry->value);
	}
	return below;
}

/* The best donor for an entry: one with that value, else one with a mapping for a mapping. */
static struct donor *choose(const struct donors *donors, const struct node_entry *entry)
{
	struct donor *mapping = NULL;

	for (size_t i = 0; i < donors->count; i++) {
		struct donor *donor = &donors->items[i];
		const struct node_entry *found =
			donor->lookup_only || donor->map->style != STYLE_BLOCK
				? NULL
				: entry_of(donor, entry->key);

		if (!found)
			continue;
		if (node_same_but_tags(found->value, entry->value))
			return donor;
		if (!mapping && found->value->kind == NODE_MAP && entry->value->kind == NODE_MAP &&
		    found->value->count && entry->value->count)
			mapping = donor;
	}
	return mapping;
}

/* Copies lines with their indentation changed from one column to another; \r is left out. */
static void copy_lines(struct buf *out, const char *text, size_t length, unsigned from, unsigned to,
		       const char *newline)
{
	size_t at = 0;

	while (at < length) {
		size_t end = at, blanks = 0;

		while (end < length && text[end] != '\n' && text[end] != '\r')
			end++;
		while (blanks < from && at < end && text[at] == ' ') {
			at++;
			blanks++;
		}
		for (unsigned i = 0; at < end && i < to; i++)
			buf_addch(out, ' ');
		buf_add(out, text + at, end - at);
		if (end + 1 < length && text[end] == '\r' && text[end + 1] == '\n')
			end++;
		at = end + 1;
		if (at < length)
			buf_addstr(out, newline);
	}
}

/* The lines of a donor's entry, with its comments, from column 0. */
static int cut_out(struct donor *donor, const char *key, struct buf *out)
{
	const struct document *document = donor->document;
	const struct slots *slots = &donor->slots;
	size_t start, end, at;
	unsigned column;
	int r = slots->count ? 0
			     : shape_slots(document, donor->map, donor->keys.arena, &donor->slots);

	donor->lookup_only = r < 0; /* it need not be tried again */
	if (r < 0)
		return r;
	at = shape_slot_of(slots, entry_of(donor, key));
	start = slots->items[at].start;
	column = shape_column(document, start);
	end = shape_tail(document, &slots->items[at], column,
			 at + 1 < slots->count ? slots->items[at + 1].start : document->length);
	if (shape_is_own_line(document, start))
		start = shape_attached(document, &slots->items[at], column,
				       at ? slots->items[at - 1].end : 0);
	copy_lines(out, document->text + start, end - start, column, 0, "\n");
	buf_addch(out, '\n');
	return out->failed ? -ENOMEM : 0;
}

/* The other donors' parts of the same mapping. */
static struct donors others(const struct donors *donors, const struct donor *taken,
			    const struct node_entry *entry, struct arena *arena)
{
	struct donor *items = arena_alloc(arena, (donors->count + 1) * sizeof(*items));
	struct donors result = {.items = items};

	for (size_t i = 0; items && i < donors->count; i++) {
		struct donor *donor = &donors->items[i];
		struct node_entry *found = donor == taken ? NULL : entry_of(donor, entry->key);
		struct node *only = found ? node_map(arena) : NULL;

		if (!only)
			continue;
		only->entries = found;
		only->count = 1;
		donor_init(&items[result.count], arena, donor->document, only);
		items[result.count++].lookup_only = true;
	}
	return result;
}

/* The length of the comment lines at the beginning of a text. */
static size_t comments_length(const char *text)
{
	size_t length = 0;

	while (text[length] == '#')
		length += strcspn(text + length, "\n") + 1;
	return length;
}

int donors_take(const struct donors *donors, const struct node_entry *entry, unsigned column,
		const struct emit_style *style, struct buf *out, size_t *ret_key)
{
	struct donor *donor = choose(donors, entry);
	struct node_entry entries[1] = {*entry};
	struct node root = {.kind = NODE_MAP, .entries = entries, .count = 1};
	cleanup_document struct document *cutting = NULL;
	cleanup_buf struct buf cut = {0}, patched = {0};
	struct arena arena = {0};
	struct donors rest;
	const char *text;
	size_t comments;
	int r;

	if (!donor)
		return 0;
	r = cut_out(donor, entry->key, &cut);
	rest = others(donors, donor, entry, &arena);
	if (r == 0)
		r = yaml_parse(buf_text(&cut), cut.length, "", &cutting, NULL);
	if (r == 0)
		r = patch_document(cutting, &root, &rest, &patched, NULL);
	arena_done(&arena);
	if (r < 0) /* for example an alias whose anchor is elsewhere: it is written anew instead */
		return r == -ENOMEM ? r : 0;
	text = buf_text(&patched);
	comments = comments_length(text);
	copy_lines(out, text, comments, 0, column, style->newline);
	if (comments)
		buf_addstr(out, style->newline);
	*ret_key = out->length;
	copy_lines(out, text + comments, patched.length - comments - 1, 0, column, style->newline);
	return out->failed ? -ENOMEM : 1;
}
