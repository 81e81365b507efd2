/*
 * Writes a random document as a careless person would: comments, blank lines, odd indentation,
 * every way of quoting. Relies on random.h.
 */
#pragma once

#include "random.h"
#include "base/buf.h"
#include "yaml/emit.h"
#include "yaml/quote.h"

struct scribble {
	struct buf *out;
	const char *newline;
	bool aliases;	  /* put anchors and aliases in */
	unsigned anchors; /* so far */
};

static inline void scribble_indent(struct scribble *s, unsigned column)
{
	while (column--)
		buf_addch(s->out, ' ');
}

static inline void scribble_line_end(struct scribble *s)
{
	if (random_chance(6))
		buf_addf(s->out, "%*s# note %u: x", 1 + (int)random_below(3), "", random_below(100));
	else if (random_chance(12))
		buf_addstr(s->out, "  ");
	buf_addstr(s->out, s->newline);
}

static inline void scribble_between(struct scribble *s, unsigned column)
{
	if (random_chance(10))
		buf_addstr(s->out, s->newline);
	while (random_chance(6)) {
		scribble_indent(s, random_chance(5) ? random_below(8) : column);
		buf_addf(s->out, "# above %u%s", random_below(100), s->newline);
	}
}

static inline void scribble_scalar(struct scribble *s, const struct node *node, bool flow)
{
	struct emit_place place = {.style = &emit_default, .flow = true};
	static const enum node_style styles[] = {STYLE_PLAIN, STYLE_SINGLE_QUOTED,
						 STYLE_DOUBLE_QUOTED};

	place.flow = flow || memchr(node->text ? node->text : "", '\n', node->length);
	emit_scalar(s->out, node, styles[random_below(3)], &place);
}

static inline void scribble_key(struct scribble *s, const char *key, bool flow)
{
	static const enum node_style styles[] = {STYLE_PLAIN, STYLE_PLAIN, STYLE_SINGLE_QUOTED,
						 STYLE_DOUBLE_QUOTED};

	emit_key(s->out, key, styles[random_below(4)], flow);
}

static inline void scribble_flow(struct scribble *s, const struct node *node, unsigned column)
{
	bool lines = random_chance(4), list = node->kind == NODE_LIST;

	if (node->kind != NODE_LIST && node->kind != NODE_MAP) {
		scribble_scalar(s, node, true);
		return;
	}
	buf_addch(s->out, list ? '[' : '{');
	for (size_t i = 0; i < node->count; i++) {
		const struct node *value = list ? node->items[i] : node->entries[i].value;

		if (lines) {
			buf_addstr(s->out, s->newline);
			scribble_indent(s, column + 4);
		} else if (random_chance(3)) {
			buf_addch(s->out, ' ');
		}
		if (!list) {
			scribble_key(s, node->entries[i].key, true);
			buf_addstr(s->out, random_chance(4) ? " : " : ": ");
		}
		if (value->override_tag)
			buf_addstr(s->out, "!override ");
		scribble_flow(s, value, column + 4);
		if (i + 1 < node->count || random_chance(6))
			buf_addch(s->out, ',');
	}
	if (lines && random_chance(2)) {
		buf_addstr(s->out, s->newline);
		scribble_indent(s, column + 2);
	}
	buf_addch(s->out, list ? ']' : '}');
}

static inline void scribble_lines(struct scribble *s, const struct node *node, unsigned column,
				  bool on_line);

static inline bool scribble_properties(struct scribble *s, const struct node *node)
{
	if (s->aliases && s->anchors && !node->override_tag && random_chance(6)) {
		buf_addf(s->out, " *a%u", random_below(s->anchors));
		scribble_line_end(s);
		return true;
	}
	if (s->aliases && random_chance(6) && node->kind < NODE_LIST)
		buf_addf(s->out, " &a%u", s->anchors++);
	if (node->override_tag)
		buf_addstr(s->out, " !override");
	return false;
}

/* What follows ':' or '-', to the end of the line or lines. */
static inline void scribble_value(struct scribble *s, const struct node *node, unsigned column,
				  bool in_list)
{
	bool list = node->kind == NODE_LIST;

	if (scribble_properties(s, node))
		return;
	if (node->kind == NODE_NULL && random_chance(2)) {
		scribble_line_end(s);
	} else if (node->kind == NODE_STRING && quote_literal_can_hold(node->text, node->length) &&
		   random_chance(2)) {
		struct emit_style style = {s->newline, 1 + random_below(4), 0, false};
		struct emit_place place = {.style = &style, .column = column};

		buf_addch(s->out, ' ');
		emit_scalar(s->out, node, STYLE_LITERAL, &place);
		buf_addstr(s->out, s->newline);
	} else if (node->kind < NODE_LIST || !node->count || node->style == STYLE_FLOW) {
		buf_addstr(s->out, random_chance(5) ? "   " : " ");
		scribble_flow(s, node, column);
		scribble_line_end(s);
	} else if (in_list && random_chance(2)) {
		unsigned blanks = random_chance(4) ? 3 : 1;

		scribble_indent(s, blanks);
		scribble_lines(s, node, column + 1 + blanks, true);
	} else {
		scribble_line_end(s);
		scribble_lines(s, node,
			       column + (list && !in_list ? random_below(4) : 1 + random_below(4)),
			       false);
	}
}

/* on_line: the first one stands on a line that has begun. */
static inline void scribble_lines(struct scribble *s, const struct node *node, unsigned column,
				  bool on_line)
{
	for (size_t i = 0; i < node->count; i++) {
		if (i || !on_line) {
			scribble_between(s, column);
			scribble_indent(s, column);
		}
		if (node->kind == NODE_LIST) {
			buf_addch(s->out, '-');
			scribble_value(s, node->items[i], column, true);
			continue;
		}
		if (random_chance(12)) {
			buf_addstr(s->out, "? ");
			scribble_key(s, node->entries[i].key, false);
			scribble_line_end(s);
			scribble_indent(s, column);
		} else {
			scribble_key(s, node->entries[i].key, false);
		}
		buf_addch(s->out, ':');
		scribble_value(s, node->entries[i].value, column, false);
	}
}
