/* The reader of import/blocks.h: line after line, with the block that is open. */
#include "import/blocks.h"

#include <ctype.h>

#include "base/buf.h"
#include "base/limits.h"
#include "import/line.h"

#define MOST_IMPORTS 64u /* notes of files that are named */

struct reader {
	struct import *import;
	struct blocks *blocks;
	const char *at, *end; /* of what is not read yet */
	struct buf open;      /* the text of the block that goes on */
	int indent;	      /* of its marker; NO_ITEM: no item */
	unsigned lines;	      /* of it */
	unsigned fence;	      /* how many marks its code ends with; 0: no code is open */
	char mark;	      /* which */
	bool blank;	      /* a line without text stands behind it */
	bool closed;	      /* nothing is open */
	bool unended;	      /* a comment that does not end was met */
	unsigned comments, rules, imports;
	struct helios_error *error;
};

static int no_memory(const struct reader *reader)
{
	return helios_fail(reader->error, HELIOS_NO_MEMORY, NULL, NULL, "memory ran out");
}

/* ---- the block that is open */

static int close_block(struct reader *reader)
{
	struct blocks *blocks = reader->blocks;
	struct piece *pieces;
	const char *text;

	if (reader->closed)
		return 0;
	text = arena_strndup(&reader->import->arena, buf_text(&reader->open), reader->open.length);
	pieces = arena_grow(&reader->import->arena, blocks->pieces, blocks->piece_count,
			    &blocks->piece_capacity, sizeof(*pieces));
	if (!text || !pieces || reader->open.failed)
		return no_memory(reader);
	blocks->pieces = pieces;
	pieces[blocks->piece_count++] = (struct piece){reader->indent, text, reader->open.length};
	blocks->sections[blocks->section_count - 1].count++;
	buf_clear(&reader->open);
	reader->closed = true;
	reader->fence = 0;
	return 0;
}

static int open_block(struct reader *reader, int indent)
{
	int err = close_block(reader);

	reader->closed = reader->blank = false;
	reader->indent = indent;
	reader->lines = 0;
	return err;
}

/* What persona/prompt.c escapes at a line's beginning is what it was again. */
static void add_text(struct buf *out, const char *text, size_t length)
{
	size_t digits = 0;

	while (digits < length && isdigit((unsigned char)text[digits]))
		digits++;
	if (length > digits + 1 && text[digits] == '\\' &&
	    strchr(digits ? ".)" : "#-*+>`~|=_<", text[digits + 1])) {
		buf_add(out, text, digits);
		text += digits + 1;
		length -= digits + 1;
	}
	buf_add(out, text, length);
}

/* Goes on with the open block, where a blank line makes a paragraph of its own within it. */
static void add_line(struct reader *reader, const char *text, size_t length)
{
	if (reader->lines++)
		buf_addstr(&reader->open, reader->blank ? "\n\n" : "\n");
	reader->blank = false;
	add_text(&reader->open, text, length);
}

/* ---- headings */

static int open_section(struct reader *reader, unsigned level, const char *text, size_t length)
{
	struct blocks *blocks = reader->blocks;
	struct section *sections;
	const char *heading;

	if (blocks->section_count > LIMIT_HEADINGS)
		return helios_fail(reader->error, HELIOS_IMPORT,
				   &(struct helios_place){.file = reader->import->file},
				   "split the file and import its parts",
				   "there are more than %u headings", LIMIT_HEADINGS);
	heading = arena_strndup(&reader->import->arena, text, length);
	sections = arena_grow(&reader->import->arena, blocks->sections, blocks->section_count,
			      &blocks->section_capacity, sizeof(*sections));
	if (!heading || !sections)
		return no_memory(reader);
	blocks->sections = sections;
	sections[blocks->section_count++] = (struct section){
		.level = level, .heading = level ? heading : NULL, .first = blocks->piece_count};
	return 0;
}

/* A line of '=' or '-' below a paragraph of one line makes a heading of it. */
static unsigned underline_level(const struct reader *reader, const struct line *line)
{
	size_t marks = strspn(line->text, *line->text == '=' ? "=" : "-");

	if (reader->closed || reader->blank || reader->indent != NO_ITEM || reader->lines != 1 ||
	    reader->fence || line->indent > 3 || !line->length || marks < line->length)
		return 0;
	return *line->text == '=' ? 1 : 2;
}

static int take_underlined(struct reader *reader, unsigned level)
{
	int err;

	reader->closed = true; /* it is no paragraph */
	err = open_section(reader, level, buf_text(&reader->open), reader->open.length);
	buf_clear(&reader->open);
	return err;
}

/* ---- other lines */

/* Code goes on as it is, less the blanks its fence has before it. */
static void take_code(struct reader *reader, const struct line *line)
{
	unsigned length = line_fence(line);
	int skip = reader->indent == NO_ITEM ? 0 : reader->indent + 2;
	const char *text = line->raw;

	while (skip-- > 0 && text < line->text && *text == ' ')
		text++;
	buf_addch(&reader->open, '\n');
	buf_add(&reader->open, text, line->raw_length - (size_t)(text - line->raw));
	if (length >= reader->fence && *line->text == reader->mark && length == line->length)
		reader->fence = 0;
}

/* A fence within an item belongs to it. */
static int open_code(struct reader *reader, const struct line *line, unsigned length)
{
	bool within = !reader->closed && reader->indent != NO_ITEM && line->indent > reader->indent;
	int err = within ? 0 : open_block(reader, NO_ITEM);

	if (err < 0)
		return err;
	add_line(reader, line->text, line->length);
	reader->fence = length;
	reader->mark = *line->text;
	return 0;
}

/* Tools do not show comments to a model. One that does not end is text. */
static bool skip_comment(struct reader *reader, const struct line *line)
{
	const char *end;

	if (line->length < 4 || memcmp(line->text, "<!--", 4) != 0 || reader->unended)
		return false;
	end = memmem(line->text + 4, (size_t)(reader->end - line->text) - 4, "-->", 3);
	reader->unended = !end; /* and so no later one ends */
	if (!end)
		return false;
	reader->at = end + 3;
	reader->comments++;
	return true;
}

static bool is_path_character(char c)
{
	return isalnum((unsigned char)c) || (c && strchr("~./_-", c)) || (unsigned char)c >= 0x80;
}

/* "@docs/style.md" names a file whose text the tool would put there. */
static bool note_file(struct reader *reader, const char *text, size_t length)
{
	size_t end = 1;
	char name[128];

	while (end < length && is_path_character(text[end]))
		end++;
	while (end > 1 && text[end - 1] == '.')
		end--;
	if (!memchr(text, '.', end) && !memchr(text, '/', end))
		return true;
	if (reader->imports++ >= MOST_IMPORTS)
		return true;
	snprintf(name, sizeof(name), "%.*s", (int)end, text);
	return import_note(reader->import, name,
			   "the name stays; the file it names was not read, import it by itself",
			   false);
}

static bool note_files(struct reader *reader, const char *text, size_t length)
{
	bool code = false, done = true;

	for (size_t i = 0; done && i < length; i++) {
		if (text[i] == '`')
			code = !code;
		else if (text[i] == '@' && !code && (i == 0 || strchr(" \t(", text[i - 1])))
			done = note_file(reader, text + i, length - i);
	}
	return done;
}

/* Text: of the open block, or of a new one. */
static int take_text(struct reader *reader, const struct line *line)
{
	bool item = !reader->closed && reader->indent != NO_ITEM;
	bool goes_on =
		!reader->closed && (!reader->blank || (item && line->indent > reader->indent + 1));
	bool raw = line->indent > 3 && !item;
	int err = goes_on ? 0 : open_block(reader, NO_ITEM);

	if (err < 0)
		return err;
	if (!note_files(reader, line->text, line->length))
		return no_memory(reader);
	add_line(reader, raw ? line->raw : line->text, raw ? line->raw_length : line->length);
	return 0;
}

static int take_item(struct reader *reader, const struct line *line, size_t marker, bool kept)
{
	const char *text = line->text + (kept ? 0 : marker);
	size_t length = line->length - (kept ? 0 : marker);
	int err = open_block(reader, line->indent);

	if (err < 0)
		return err;
	if (!note_files(reader, text, length))
		return no_memory(reader);
	reader->fence = line_fence(&(struct line){.text = text, .length = length});
	reader->mark = *text;
	add_line(reader, text, length);
	return 0;
}

/* Four columns begin code, unless a list is open above. */
static bool may_be_item(const struct reader *reader, const struct line *line)
{
	return line->indent < 4 || (!reader->closed && reader->indent != NO_ITEM);
}

static int take_block(struct reader *reader, const struct line *line)
{
	const char *text;
	size_t length, marker;
	bool kept;
	unsigned level = line_heading(line, &text, &length), fence = line_fence(line);
	int err;

	if (level) {
		err = close_block(reader);
		return err < 0 ? err : open_section(reader, level, text, length);
	}
	if (line_is_rule(line)) {
		reader->rules++;
		return close_block(reader);
	}
	if (fence)
		return open_code(reader, line, fence);
	marker = may_be_item(reader, line) ? line_marker(line, &kept) : 0;
	return marker ? take_item(reader, line, marker, kept) : take_text(reader, line);
}

static int take_line(struct reader *reader, const struct line *line)
{
	unsigned level = underline_level(reader, line);

	if (reader->fence && !reader->closed) {
		take_code(reader, line);
		return 0;
	}
	if (level)
		return take_underlined(reader, level);
	if (!line->length) {
		reader->blank = true;
		return 0;
	}
	return skip_comment(reader, line) ? 0 : take_block(reader, line);
}

static bool note_left_out(const struct reader *reader)
{
	char what[64];
	bool done = true;

	if (reader->comments) {
		snprintf(what, sizeof(what), "comments (%u)", reader->comments);
		done = import_note(reader->import, what, "no model is shown them", false);
	}
	if (done && reader->rules) {
		snprintf(what, sizeof(what), "dividing lines (%u)", reader->rules);
		done = import_note(reader->import, what, "a document has none", false);
	}
	return done;
}

int blocks_read(struct import *import, const char *text, size_t length, struct blocks *ret,
		struct helios_error *error)
{
	struct reader reader = {.import = import,
				.blocks = ret,
				.at = text,
				.end = text + length,
				.closed = true,
				.error = error};
	struct line line;
	int err;

	*ret = (struct blocks){0};
	err = open_section(&reader, 0, "", 0);
	while (err == 0 && line_next(&reader.at, reader.end, &line))
		err = take_line(&reader, &line);
	if (err == 0)
		err = close_block(&reader);
	if (err == 0 && !note_left_out(&reader))
		err = no_memory(&reader);
	buf_done(&reader.open);
	return err;
}
