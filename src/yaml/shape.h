/*
 * Where the parts of a parsed document stand in its text, down to what belongs to a key without
 * being YAML: its comments and its lines. Positions are bytes. Pure; relies on yaml/yaml.h.
 */
#pragma once

#include "yaml/yaml.h"

#define NOWHERE SIZE_MAX

/* One entry of a mapping or item of a list as it stands in the text. */
struct slot {
	const struct node *value;	/* NULL for << */
	const struct node_entry *entry; /* NULL for a list item; for <<, the first merged entry */
	size_t start;			/* of '?', the key, or '-' */
	size_t head;			/* behind ':' or '-', or NOWHERE when there is no ':' */
	size_t end;			/* behind the value */
};

struct slots {
	struct slot *items;
	size_t count;
};

size_t shape_line_start(const struct document *document, size_t at);
size_t shape_line_end(const struct document *document, size_t at); /* before the line break */
size_t shape_next_line(const struct document *document, size_t at);

/* Past blanks, line breaks and comments. */
size_t shape_skip(const struct document *document, size_t at);

/* Past the blanks before at, on its line. */
size_t shape_blanks_before(const struct document *document, size_t at);

/* Behind the tags and anchors at the beginning of a node; at the first of what follows. */
size_t shape_content(const struct document *document, const struct node *node);

/* Behind the "|-" of a block scalar. */
size_t shape_header_end(const struct document *document, const struct node *node);

/* Where a value really ends: a block scalar at the end of its last line, before its break. */
size_t shape_end(const struct document *document, const struct node *node);

/*
 * The slots of a list or mapping that is no alias and not empty, in the order of the text. 0,
 * -ENOMEM, or -ENOTSUP when the text is too odd to be edited there.
 */
int shape_slots(const struct document *document, const struct node *node, struct arena *arena,
		struct slots *ret) must_use;

/* The index of an entry's slot; slots and entries stand in the same order. */
size_t shape_slot_of(const struct slots *slots, const struct node_entry *entry);

/* Whether nothing but blanks stands before at on its line. */
bool shape_is_own_line(const struct document *document, size_t at);

/* The column, from 0, of a byte. */
unsigned shape_column(const struct document *document, size_t at);

/*
 * The end of the last line that belongs to a slot of a block collection: that of its value, or
 * of comments below that are indented deeper than column. Never beyond limit.
 */
size_t shape_tail(const struct document *document, const struct slot *slot, unsigned column,
		  size_t limit);

/*
 * The beginning of the first comment line that is attached above a slot: directly, at the same
 * column, behind bound, and not the comment the file begins with. Else the slot's own line.
 */
size_t shape_attached(const struct document *document, const struct slot *slot,
		      unsigned column, size_t bound);
