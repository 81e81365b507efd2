/*
 * Writes nodes at a given place of a text: what yaml_emit() and yaml_patch() share.
 * Pure; relies on yaml/scalar.h.
 */
#pragma once

#include "base/buf.h"
#include "yaml/node.h"

/* The habits of a text. */
struct emit_style {
	const char *newline;  /* "\n" or "\r\n" */
	unsigned step;	      /* columns a mapping under a key is indented by */
	unsigned list_offset; /* columns a list under a key is indented by; 0 is usual too */
	bool no_literals;     /* what stands below would become part of a | block */
};

extern const struct emit_style emit_default;

/* Where a value goes. */
struct emit_place {
	const struct emit_style *style;
	unsigned column; /* of the mapping or list the value stands in (block only) */
	bool in_list;	 /* behind '-', not behind ':' */
	bool flow;	 /* inside brackets: everything on one line */
};

/*
 * Appends a key; the style is kept where it can hold the text. A key too long for a simple one
 * must be written behind '?'.
 */
void emit_key(struct buf *out, const char *key, enum node_style style, bool flow);
bool emit_key_is_long(const char *key, enum node_style style, bool flow);

/* Appends a scalar in the style wanted (STYLE_ANY: its own) or the nearest that can hold it. */
void emit_scalar(struct buf *out, const struct node *node, enum node_style style,
		 const struct emit_place *place);

/* Appends what stands behind ':' or '-': " 5", " !override 5" or a line break and lines. */
void emit_value(struct buf *out, const struct node *node, const struct emit_place *place);

/* Appends "key: value" as it stands in a block mapping at place->column, or in a flow one. */
void emit_entry(struct buf *out, const struct node_entry *entry, const struct emit_place *place);

/*
 * Appends the lines of a collection that is not empty in block style at column: no indentation
 * before the first, no line break behind the last.
 */
void emit_lines(struct buf *out, const struct node *node, const struct emit_style *style,
		unsigned column);

/* Appends a node without its tag in flow style. */
void emit_flow(struct buf *out, const struct node *node);

/* Whether a collection is written in brackets where it could be written in lines. */
bool emit_wants_flow(const struct node *node);
