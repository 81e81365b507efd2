/* The JSON writer of base/json_write.h. Numbers rely on the "C" locale no program here changes. */
#include "base/json_write.h"

#include <inttypes.h>
#include <math.h>

#include "base/utf8.h"

/* What stands before the next value tells whether a comma is due. */
static void separate(struct buf *out)
{
	char last = out->length ? out->data[out->length - 1] : '[';

	if (last != '{' && last != '[' && last != ':')
		buf_addch(out, ',');
}

void json_open(struct buf *out, char bracket)
{
	separate(out);
	buf_addch(out, bracket);
}

void json_close(struct buf *out, char bracket)
{
	buf_addch(out, bracket);
}

static void escape(struct buf *out, uint32_t codepoint)
{
	static const struct {
		uint32_t codepoint;
		const char *escape;
	} short_forms[] = {
		{'"', "\\\""}, {'\\', "\\\\"}, {'\n', "\\n"}, {'\t', "\\t"}, {'\r', "\\r"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(short_forms); i++) {
		if (short_forms[i].codepoint == codepoint) {
			buf_addstr(out, short_forms[i].escape);
			return;
		}
	}
	if (codepoint >= 0x10000)
		buf_addf(out, "\\u%04" PRIx32 "\\u%04" PRIx32, 0xd7c0 + (codepoint >> 10),
			 0xdc00 + (codepoint & 0x3ff));
	else
		buf_addf(out, "\\u%04" PRIx32, codepoint);
}

/* How many bytes at text stand for themselves whatever follows: printable ASCII. */
static size_t plain_length(const char *text, size_t length)
{
	size_t i = 0;

	while (i < length && text[i] >= ' ' && text[i] < 0x7f && text[i] != '"' && text[i] != '\\')
		i++;
	return i;
}

void json_text_n(struct buf *out, const char *text, size_t length)
{
	separate(out);
	buf_addch(out, '"');
	for (size_t at = 0; at < length;) {
		size_t size = plain_length(text + at, length - at);
		uint32_t codepoint;

		buf_add(out, text + at, size);
		at += size;
		if (at == length)
			break;
		size = utf8_decode(text + at, length - at, &codepoint);

		if (codepoint == '"' || codepoint == '\\' || utf8_is_invisible(codepoint) ||
		    (size == 1 && codepoint == 0xFFFD))
			escape(out, codepoint);
		else
			buf_add(out, text + at, size);
		at += size;
	}
	buf_addch(out, '"');
}

void json_text(struct buf *out, const char *text)
{
	if (text) {
		json_text_n(out, text, strlen(text));
	} else {
		separate(out);
		buf_addstr(out, "null");
	}
}

void json_key(struct buf *out, const char *key)
{
	json_text(out, key);
	buf_addch(out, ':');
}

void json_whole(struct buf *out, int64_t number)
{
	separate(out);
	buf_addf(out, "%" PRId64, number);
}

static bool reads_back(double number, int precision, char digits[40])
{
	snprintf(digits, 40, "%.*g", precision, number);
	return strtod(digits, NULL) == number;
}

/*
 * The fewest digits that read back to the same double, and still a float to look at. Where 15 do
 * not, fewer never do: blends, which need more, are not tried 15 times.
 */
void json_real(struct buf *out, double number)
{
	char digits[40];

	if (!isfinite(number)) {
		json_text(out, isnan(number) ? ".nan" : number > 0 ? ".inf" : "-.inf");
		return;
	}
	for (int precision = reads_back(number, 15, digits) ? 1 : 16; precision <= 17; precision++)
		if (reads_back(number, precision, digits))
			break;
	separate(out);
	buf_addstr(out, digits);
	if (!strpbrk(digits, ".e"))
		buf_addstr(out, ".0");
}

void json_bool(struct buf *out, bool value)
{
	separate(out);
	buf_addstr(out, value ? "true" : "false");
}

void json_raw(struct buf *out, const char *json, size_t length)
{
	separate(out);
	buf_add(out, json, length);
}

void json_member(struct buf *out, const char *key, const char *text)
{
	if (!text || !*text)
		return;
	json_key(out, key);
	json_text(out, text);
}

void json_member_whole(struct buf *out, const char *key, int64_t number)
{
	json_key(out, key);
	json_whole(out, number);
}

void json_member_real(struct buf *out, const char *key, double number)
{
	json_key(out, key);
	json_real(out, number);
}

void json_member_bool(struct buf *out, const char *key, bool value)
{
	json_key(out, key);
	json_bool(out, value);
}
