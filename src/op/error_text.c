/*
 * An error for a terminal: place, message, the line it is about with a caret, and the hint. And as
 * JSON.
 */
#include "op/ops.h"

#include "base/utf8.h"

/* Longer lines are shown from CONTEXT characters before the place. */
#define LINE_WIDTH 90u
#define CONTEXT 40u

/* The bytes [*ret_start, return) of a line, counting from 1; 0 and 0 when there is no such line. */
static size_t find_line(const char *source, unsigned line, size_t *ret_start)
{
	const char *at = source;

	for (unsigned i = 1; at && i < line; i++) {
		at = strchr(at, '\n');
		at = at ? at + 1 : NULL;
	}
	if (!at || !*at) {
		*ret_start = 0;
		return 0;
	}
	*ret_start = (size_t)(at - source);
	return *ret_start + strcspn(at, "\r\n");
}

/* The line below the source's: blanks, tabs where the line has tabs, up to the caret. */
static void add_caret(struct buf *out, const struct buf *blanks, bool colour)
{
	buf_addstr(out, "      | ");
	buf_addstr(out, buf_text(blanks));
	paint(out, colour, PAINT_GREEN, "^");
	buf_addch(out, '\n');
}

static void add_excerpt(struct buf *out, const struct helios_error *error, const char *source,
			bool colour)
{
	cleanup_buf struct buf blanks = {0};
	size_t at, end = find_line(source, error->line, &at);
	unsigned first = error->column > LINE_WIDTH ? error->column - CONTEXT : 1;

	if (end == at)
		return;
	buf_addf(out, "%5u | ", error->line);
	for (unsigned column = 1; at < end && column < first + LINE_WIDTH; column++) {
		uint32_t codepoint;
		size_t size = utf8_decode(source + at, end - at, &codepoint);
		bool tab = codepoint == '\t';
		bool bad = utf8_is_invisible(codepoint) || (codepoint == 0xFFFD && size == 1);

		if (column >= first && (tab || !bad))
			buf_add(out, source + at, size);
		else if (column >= first)
			buf_addch(out, '?');
		if (column >= first && column < error->column)
			buf_addch(&blanks, tab ? '\t' : ' ');
		at += size;
	}
	buf_addch(out, '\n');
	if (error->column)
		add_caret(out, &blanks, colour);
}

void add_error(struct buf *out, const struct helios_error *error, const char *source, bool colour)
{
	if (*error->file)
		buf_addf(out, "%s:", error->file);
	if (error->line)
		buf_addf(out, "%u:", error->line);
	if (error->line && error->column)
		buf_addf(out, "%u:", error->column);
	if (*error->file || error->line)
		buf_addch(out, ' ');
	paint(out, colour, PAINT_RED, "error:");
	buf_addf(out, " %s [H%d]\n", error->message, (int)error->code);
	if (source && error->line && error->code != HELIOS_SECRET) /* which it would show */
		add_excerpt(out, error, source, colour);
	if (*error->hint) {
		paint(out, colour, PAINT_CYAN, "hint:");
		buf_addf(out, " %s\n", error->hint);
	}
}

char *helios_error_text(const struct helios_error *error, const char *source, bool colour)
{
	cleanup_buf struct buf out = {0};

	add_error(&out, error, source, colour);
	return buf_take(&out);
}

void json_error(struct buf *out, const struct helios_error *error)
{
	json_open(out, '{');
	json_member_whole(out, "code", error->code);
	json_member(out, "name", helios_code_name(error->code));
	json_member_whole(out, "errno", error->errnum);
	json_member(out, "message", error->message);
	json_member(out, "file", error->file);
	if (error->line)
		json_member_whole(out, "line", error->line);
	if (error->column)
		json_member_whole(out, "column", error->column);
	json_member(out, "key", error->key);
	json_member(out, "hint", error->hint);
	json_close(out, '}');
}

char *helios_error_json(const struct helios_error *error)
{
	cleanup_buf struct buf out = {0};

	json_error(&out, error);
	return buf_take(&out);
}
