/* Bytes, characters, lines. */
#include "yaml/text.h"

#define STEP 64u

static bool is_byte_ok(unsigned char c)
{
	return (unsigned char)(c - 0x20) < 0x5F || c == '\n' || c == '\r' || c == '\t';
}

static bool is_break(uint32_t codepoint)
{
	return codepoint == 0x85 || codepoint == 0x2028 || codepoint == 0x2029;
}

/* What libyaml's reader takes, so that it never refuses without a line. */
static bool is_codepoint_ok(uint32_t codepoint)
{
	return codepoint == 0x85 || (codepoint >= 0xA0 && codepoint < 0xD800) ||
	       (codepoint >= 0xE000 && codepoint <= 0xFFFD && codepoint != 0xFEFF) ||
	       (codepoint >= 0x10000 && codepoint <= 0x10FFFF);
}

void text_position(const char *text, size_t offset, unsigned *ret_line, unsigned *ret_column)
{
	unsigned line = 1, column = 1;

	for (size_t i = 0; i < offset; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c == '\n' || (c == '\r' && text[i + 1] != '\n')) {
			line++;
			column = 1;
		} else if ((c & 0xC0) != 0x80 && c != '\r' &&
			   !(i == 0 && strncmp(text, TEXT_BOM, 3) == 0)) {
			column++;
		}
	}
	*ret_line = line;
	*ret_column = column;
}

static int refuse(const struct text *text, size_t at, struct helios_error *error,
		  const char *hint, const char *format, ...) printf_like(5, 6);

static int refuse(const struct text *text, size_t at, struct helios_error *error,
		  const char *hint, const char *format, ...)
{
	char message[128];
	va_list args;
	struct helios_place place = {.file = text->file};

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	text_position(text->bytes, at, &place.line, &place.column);
	return helios_fail(error, HELIOS_ENCODING, &place, hint, "%s", message);
}

static int refuse_byte(const struct text *text, size_t at, struct helios_error *error)
{
	unsigned char c = (unsigned char)text->bytes[at];

	if (at < 2 && text->length > 1 &&
	    (memcmp(text->bytes, "\xFF\xFE", 2) == 0 || memcmp(text->bytes, "\xFE\xFF", 2) == 0 ||
	     !text->bytes[0] || !text->bytes[1]))
		return refuse(text, 0, error, "save the file as UTF-8",
			      "the text is UTF-16 or UTF-32, not UTF-8");
	if (!c)
		return refuse(text, at, error, NULL, "a NUL byte stands in the text");
	if (c < 0x80)
		return refuse(text, at, error,
			      "remove the character, or write it as an escape in double quotes",
			      "the control character U+%04X stands in the text", c);
	return refuse(text, at, error, "save the file as UTF-8", "the byte 0x%02X is not UTF-8",
		      c);
}

/* Whether the bytes at the end may be the beginning of a character. */
static bool is_cut_character(const char *text, size_t at, size_t length)
{
	char whole[4];
	unsigned char first = (unsigned char)text[at];
	size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;

	if (first < 0xC2 || first > 0xF4 || length - at >= size)
		return false;
	/* Some continuation makes it valid: the second byte is the only one with odd ranges. */
	memset(whole, 0x80, sizeof(whole));
	memcpy(whole, text + at, length - at);
	if (length - at == 1)
		whole[1] = first == 0xE0 ? (char)0xA0 : first == 0xF0 ? (char)0x90 : whole[1];
	return utf8_valid_prefix(whole, size) == size;
}

struct scan {
	size_t at, character;
	size_t start_capacity, break_capacity;
};

static int note_start(struct text *text, struct scan *scan, struct arena *arena)
{
	uint32_t *grown;

	if (scan->character % STEP)
		return 0;
	grown = arena_grow(arena, text->starts, scan->character / STEP, &scan->start_capacity,
			   sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	text->starts = grown;
	text->starts[scan->character / STEP] = (uint32_t)scan->at;
	return 0;
}

static int note_break(struct text *text, struct scan *scan, struct arena *arena)
{
	uint32_t *grown = arena_grow(arena, text->breaks, text->break_count,
				     &scan->break_capacity, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	text->breaks = grown;
	text->breaks[text->break_count++] = (uint32_t)scan->at;
	return 0;
}

/* One character; 0 when it is fine, 1 when the text is to end here. */
static int check_character(struct text *text, bool prefix, struct scan *scan, struct arena *arena,
			   struct helios_error *error)
{
	const char *at = text->bytes + scan->at;
	uint32_t codepoint = (unsigned char)*at;
	size_t size = 1;

	if (codepoint < 0x80) {
		if (!is_byte_ok((unsigned char)codepoint))
			return refuse_byte(text, scan->at, error);
	} else {
		size = utf8_decode(at, text->length - scan->at, &codepoint);
		if (size == 1 && prefix && is_cut_character(text->bytes, scan->at, text->length)) {
			text->length = scan->at;
			return 1;
		}
		if (size == 1)
			return refuse_byte(text, scan->at, error);
		if (!is_codepoint_ok(codepoint))
			return refuse(text, scan->at, error,
				      "remove the character, or write it as an escape in double quotes",
				      "the character U+%04X cannot stand in YAML text", codepoint);
		if (is_break(codepoint) && note_break(text, scan, arena) < 0)
			return -ENOMEM;
	}
	if (note_start(text, scan, arena) < 0)
		return -ENOMEM;
	scan->at += size;
	scan->character++;
	return 0;
}

#define DIRECTIVES_AT_MOST 16u

/* libyaml looks through all %TAG lines at each one of them, before any event arrives. */
static int check_directives(const struct text *text, struct helios_error *error)
{
	const char *at = text->bytes + text->bom, *end = text->bytes + text->length, *line;
	unsigned count = 0, number = 1;

	for (; at < end && strchr("%#\r\n", *at); at = line ? line + 1 : end, number++) {
		const struct helios_place place = {.file = text->file, .line = number, .column = 1};

		line = memchr(at, '\n', (size_t)(end - at));
		count += *at == '%';
		if (count > DIRECTIVES_AT_MOST)
			return helios_fail(error, HELIOS_LIMIT, &place, NULL,
					   "more than %u lines begin with %%", DIRECTIVES_AT_MOST);
	}
	return 0;
}

int text_check(struct text *text, bool prefix, struct arena *arena, struct helios_error *error)
{
	struct scan scan = {0};
	int r = 0;

	if (text->length >= 3 && memcmp(text->bytes, TEXT_BOM, 3) == 0)
		text->bom = scan.at = 3;
	r = check_directives(text, error);
	if (r < 0)
		return r;
	while (scan.at < text->length && is_byte_ok((unsigned char)text->bytes[scan.at]))
		scan.at++;
	text->characters = scan.at - text->bom;
	if (scan.at == text->length)
		return 0;
	scan.at = text->bom;
	while (scan.at < text->length && r == 0)
		r = check_character(text, prefix, &scan, arena, error);
	text->characters = scan.character;
	if (r >= 0)
		r = note_start(text, &scan, arena);
	if (r == -ENOMEM)
		return helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "memory ran out");
	return r < 0 ? r : 0;
}

size_t text_offset(const struct text *text, size_t character)
{
	size_t at;

	if (character >= text->characters)
		return text->length;
	if (!text->starts)
		return text->bom + character;
	at = text->starts[character / STEP];
	for (size_t left = character % STEP; left && at < text->length; left--) {
		at++;
		while (((unsigned char)text->bytes[at] & 0xC0) == 0x80)
			at++;
	}
	return at;
}
