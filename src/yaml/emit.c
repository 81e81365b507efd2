/*
 * Block style by default, flow where a node was written so and fits on a line. A string keeps
 * the style its node has where that can hold it.
 */
#include "yaml/emit.h"

#include "base/utf8.h"
#include "yaml/quote.h"
#include "yaml/scalar.h"
#include "yaml/yaml.h"

#define FLOW_WIDTH 80u	    /* a collection in brackets may be as long on one line */
#define SIMPLE_KEY_LIMIT 1000u /* libyaml and YAML stop at 1024 characters */

const struct emit_style emit_default = {.newline = "\n", .step = 2, .list_offset = 2};

/* A plain scalar of this text is this string, for YAML 1.2 and for older readers alike. */
static bool plain_is_string(const char *text, size_t length, bool flow, bool old_readers)
{
	struct node node = {0};

	if (!quote_plain_can_hold(text, length, flow))
		return false;
	if (old_readers && scalar_is_old_special(text, length))
		return false;
	scalar_resolve(&node, text, length);
	return node.kind == NODE_STRING;
}

/* The style itself where it can hold the text, else the nearest. Never STYLE_ANY. */
static enum node_style style_for(const char *text, size_t length, enum node_style style,
				 bool flow, bool literals)
{
	switch (style) {
	case STYLE_PLAIN:
		if (plain_is_string(text, length, flow, false))
			return STYLE_PLAIN;
		break;
	case STYLE_DOUBLE_QUOTED:
		return STYLE_DOUBLE_QUOTED;
	case STYLE_SINGLE_QUOTED:
		if (quote_single_can_hold(text, length))
			return STYLE_SINGLE_QUOTED;
		break;
	default:
		if (plain_is_string(text, length, flow, true))
			return STYLE_PLAIN;
		break;
	}
	return literals && quote_literal_can_hold(text, length) ? STYLE_LITERAL
								: STYLE_DOUBLE_QUOTED;
}

static void add_indent(struct buf *out, unsigned column)
{
	while (column--)
		buf_addch(out, ' ');
}

/* | and the lines, without a line break behind the last one. */
static void add_literal(struct buf *out, const char *text, size_t length,
			const struct emit_place *place)
{
	bool clipped = text[length - 1] == '\n';
	unsigned column = place->column + (place->style->step > 1 ? place->style->step : 2);

	buf_addstr(out, clipped ? "|" : "|-");
	for (size_t at = 0; at < length;) {
		const char *end = memchr(text + at, '\n', length - at);
		size_t line = end ? (size_t)(end - text) - at : length - at;

		buf_addstr(out, place->style->newline);
		if (line)
			add_indent(out, column);
		buf_add(out, text + at, line);
		at += line + 1;
	}
}

static void add_string(struct buf *out, const char *text, size_t length, enum node_style style,
		       const struct emit_place *place)
{
	bool literals = !place->flow && !place->style->no_literals;

	switch (style_for(text, length, style, place->flow, literals)) {
	case STYLE_PLAIN:
		buf_add(out, text, length);
		break;
	case STYLE_SINGLE_QUOTED:
		quote_single(out, text, length);
		break;
	case STYLE_LITERAL:
		add_literal(out, text, length, place);
		break;
	default:
		quote_double(out, text, length);
		break;
	}
}

void emit_scalar(struct buf *out, const struct node *node, enum node_style style,
		 const struct emit_place *place)
{
	if (node->kind == NODE_STRING)
		add_string(out, node->text, node->length, style ? style : node->style, place);
	else
		scalar_format(out, node);
}

static const struct emit_place flow_place = {.style = &emit_default, .flow = true};

void emit_key(struct buf *out, const char *key, enum node_style style, bool flow)
{
	size_t length = strlen(key);

	/* A key is its text: what was plain may stay plain whatever it looks like. */
	if (style == STYLE_PLAIN && !streq(key, "<<") && quote_plain_can_hold(key, length, flow)) {
		buf_add(out, key, length);
		return;
	}
	if (style == STYLE_PLAIN)
		style = STYLE_ANY;
	switch (style_for(key, length, style, flow, false)) {
	case STYLE_PLAIN:
		buf_add(out, key, length);
		break;
	case STYLE_SINGLE_QUOTED:
		quote_single(out, key, length);
		break;
	default:
		quote_double(out, key, length);
		break;
	}
}

bool emit_key_is_long(const char *key, enum node_style style, bool flow)
{
	cleanup_buf struct buf buf = {0};

	/* Escapes make a character ten at most. */
	if (strlen(key) < SIMPLE_KEY_LIMIT / 10)
		return false;
	emit_key(&buf, key, style, flow);
	return buf.length > SIMPLE_KEY_LIMIT;
}

static void add_flow_value(struct buf *out, const struct node *node)
{
	if (node->override_tag)
		buf_addstr(out, "!override ");
	emit_flow(out, node);
}

static void add_flow_entry(struct buf *out, const struct node_entry *entry)
{
	bool explicit_key = emit_key_is_long(entry->key, entry->key_style, true);

	if (explicit_key)
		buf_addstr(out, "? ");
	emit_key(out, entry->key, entry->key_style, true);
	buf_addstr(out, explicit_key ? " : " : ": ");
	add_flow_value(out, entry->value);
}

void emit_flow(struct buf *out, const struct node *node)
{
	if (node->kind != NODE_LIST && node->kind != NODE_MAP) {
		emit_scalar(out, node, STYLE_ANY, &flow_place);
		return;
	}
	buf_addch(out, node->kind == NODE_LIST ? '[' : '{');
	for (size_t i = 0; i < node->count; i++) {
		if (i)
			buf_addstr(out, ", ");
		if (node->kind == NODE_LIST)
			add_flow_value(out, node->items[i]);
		else
			add_flow_entry(out, &node->entries[i]);
	}
	buf_addch(out, node->kind == NODE_LIST ? ']' : '}');
}

bool emit_wants_flow(const struct node *node)
{
	cleanup_buf struct buf buf = {0};

	if (!node->count)
		return true;
	if (node->style != STYLE_FLOW || node->count > FLOW_WIDTH)
		return false;
	emit_flow(&buf, node);
	return buf.length <= FLOW_WIDTH;
}

static bool is_block(const struct node *node)
{
	return (node->kind == NODE_LIST || node->kind == NODE_MAP) && !emit_wants_flow(node);
}

void emit_value(struct buf *out, const struct node *node, const struct emit_place *place)
{
	const struct emit_style *style = place->style;
	unsigned column = place->column + (node->kind == NODE_LIST ? style->list_offset
								    : style->step);

	if (node->override_tag)
		buf_addstr(out, " !override");
	if (place->flow || !is_block(node)) {
		buf_addch(out, ' ');
		if (node->kind == NODE_LIST || node->kind == NODE_MAP)
			emit_flow(out, node);
		else
			emit_scalar(out, node, STYLE_ANY, place);
		return;
	}
	if (place->in_list) {
		/* "- " and then the first line. */
		buf_addch(out, ' ');
		emit_lines(out, node, style, place->column + 2);
		return;
	}
	buf_addstr(out, style->newline);
	add_indent(out, column);
	emit_lines(out, node, style, column);
}

void emit_entry(struct buf *out, const struct node_entry *entry, const struct emit_place *place)
{
	if (place->flow) {
		add_flow_entry(out, entry);
		return;
	}
	if (emit_key_is_long(entry->key, entry->key_style, false)) {
		buf_addstr(out, "? ");
		emit_key(out, entry->key, entry->key_style, false);
		buf_addstr(out, place->style->newline);
		add_indent(out, place->column);
	} else {
		emit_key(out, entry->key, entry->key_style, false);
	}
	buf_addch(out, ':');
	emit_value(out, entry->value, place);
}

void emit_lines(struct buf *out, const struct node *node, const struct emit_style *style,
		unsigned column)
{
	struct emit_place place = {
		.style = style, .column = column, .in_list = node->kind == NODE_LIST};

	for (size_t i = 0; i < node->count; i++) {
		if (i) {
			buf_addstr(out, style->newline);
			add_indent(out, column);
		}
		if (node->kind == NODE_LIST) {
			buf_addch(out, '-');
			emit_value(out, node->items[i], &place);
		} else {
			emit_entry(out, &node->entries[i], &place);
		}
	}
}

int yaml_emit(const struct node *root, struct buf *out)
{
	if (root->kind != NODE_MAP || !root->count)
		emit_flow(out, root);
	else
		emit_lines(out, root, &emit_default, 0);
	buf_addch(out, '\n');
	return out->failed ? -ENOMEM : 0;
}

int yaml_emit_flow(const struct node *node, struct buf *out)
{
	add_flow_value(out, node);
	return out->failed ? -ENOMEM : 0;
}
