/*
 * The stand-ins are characters beyond U+FFFF that the text does not hold. There are always some:
 * a million such characters of four bytes each are more than any text has room for.
 */
#include "yaml/breaks.h"

#include "base/buf.h"
#include "base/limits.h"

#define FIRST 0x10000u
#define COUNT 0x100000u

_Static_assert(LIMIT_TEXT / 4 + 3 <= COUNT, "a text could hold all characters beyond U+FFFF");

static const char *const raw_bytes[] = {"\xC2\x85", "\xE2\x80\xA8", "\xE2\x80\xA9"};

static void encode(uint32_t codepoint, char out[5])
{
	out[0] = (char)(0xF0 | (codepoint >> 18));
	out[1] = (char)(0x80 | ((codepoint >> 12) & 0x3F));
	out[2] = (char)(0x80 | ((codepoint >> 6) & 0x3F));
	out[3] = (char)(0x80 | (codepoint & 0x3F));
	out[4] = '\0';
}

/* The character beyond U+FFFF that stands at a byte, raw or as the escape \UXXXXXXXX, or 0. */
static uint32_t character_at(const struct text *text, size_t at)
{
	const char *byte = text->bytes + at;
	uint32_t codepoint = 0;
	char hex[9];

	if ((unsigned char)*byte >= 0xF0) {
		utf8_decode(byte, text->length - at, &codepoint);
	} else if (byte[0] == '\\' && byte[1] == 'U') {
		snprintf(hex, sizeof(hex), "%.8s", byte + 2);
		codepoint = (uint32_t)strtoul(hex, NULL, 16);
	}
	return codepoint >= FIRST && codepoint - FIRST < COUNT ? codepoint : 0;
}

static int choose_stand_ins(const struct text *text, uint32_t stand_ins[3])
{
	cleanup_free unsigned char *used = calloc(COUNT / 8, 1);
	size_t found = 0;

	if (!used)
		return -ENOMEM;
	for (size_t at = 0; at < text->length; at++) {
		uint32_t codepoint = character_at(text, at);

		if (codepoint)
			used[(codepoint - FIRST) / 8] |= (unsigned char)(1u << codepoint % 8);
	}
	/* From the end, where the characters for private use are. */
	for (uint32_t at = COUNT; at-- > 0 && found < 3;)
		if (!(used[at / 8] >> at % 8 & 1))
			stand_ins[found++] = FIRST + at;
	return 0;
}

int breaks_replace(struct breaks *breaks, const struct text *text)
{
	cleanup_buf struct buf buf = {0};
	size_t at = text->bom;

	if (choose_stand_ins(text, breaks->stand_ins) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < text->break_count; i++) {
		const char *raw = text->bytes + text->breaks[i];
		uint32_t which = *raw == '\xC2' ? 0 : raw[2] == '\xA8' ? 1 : 2;
		char stand_in[5];

		encode(breaks->stand_ins[which], stand_in);
		buf_add(&buf, text->bytes + at, text->breaks[i] - at);
		buf_addstr(&buf, stand_in);
		at = text->breaks[i] + strlen(raw_bytes[which]);
	}
	buf_add(&buf, text->bytes + at, text->length - at);
	breaks->length = buf.length;
	breaks->text = buf_take(&buf);
	return breaks->text ? 0 : -ENOMEM;
}

size_t breaks_restore(const struct breaks *breaks, char *value, size_t length)
{
	size_t to = 0, size;

	for (size_t from = 0; from < length; from += size) {
		uint32_t codepoint, which = 0;

		size = utf8_decode(value + from, length - from, &codepoint);
		while (which < ARRAY_SIZE(raw_bytes) && breaks->stand_ins[which] != codepoint)
			which++;
		if (which < ARRAY_SIZE(raw_bytes)) {
			memcpy(value + to, raw_bytes[which], strlen(raw_bytes[which]));
			to += strlen(raw_bytes[which]);
		} else {
			memmove(value + to, value + from, size);
			to += size;
		}
	}
	value[to] = '\0';
	return to;
}
