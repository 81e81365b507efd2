/* UTF-8 through utf8proc, whose header has its home here. */
#include "base/utf8.h"

#include <utf8proc.h>

size_t utf8_valid_prefix(const char *text, size_t length)
{
	size_t at = 0;

	while (at < length) {
		utf8proc_int32_t codepoint;
		utf8proc_ssize_t size;

		if ((unsigned char)text[at] < 0x80) {
			at++;
			continue;
		}
		size = utf8proc_iterate((const utf8proc_uint8_t *)text + at,
					(utf8proc_ssize_t)(length - at), &codepoint);
		if (size <= 0)
			break;
		at += (size_t)size;
	}
	return at;
}

size_t utf8_decode(const char *text, size_t length, uint32_t *ret)
{
	utf8proc_int32_t codepoint = 0;
	utf8proc_ssize_t size = utf8proc_iterate((const utf8proc_uint8_t *)text,
						 (utf8proc_ssize_t)length, &codepoint);

	if (size <= 0) {
		*ret = 0xFFFD;
		return 1;
	}
	*ret = (uint32_t)codepoint;
	return (size_t)size;
}

bool utf8_is_invisible(uint32_t codepoint)
{
	switch (utf8proc_category((utf8proc_int32_t)codepoint)) {
	case UTF8PROC_CATEGORY_CC: /* C0, DEL, C1 */
	case UTF8PROC_CATEGORY_CF: /* bidi controls, zero-width, BOM, soft hyphen, tags */
	case UTF8PROC_CATEGORY_CN: /* not assigned */
	case UTF8PROC_CATEGORY_CS:
	case UTF8PROC_CATEGORY_ZL:
	case UTF8PROC_CATEGORY_ZP:
		return true;
	default:
		return false;
	}
}

/* Unicode's property Bidi_Control. */
bool utf8_is_bidi_control(uint32_t codepoint)
{
	return codepoint == 0x061C || codepoint == 0x200E || codepoint == 0x200F ||
	       (codepoint >= 0x202A && codepoint <= 0x202E) ||
	       (codepoint >= 0x2066 && codepoint <= 0x2069);
}

static bool is_ascii(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)text[i] >= 0x80)
			return false;
	return true;
}

bool utf8_is_nfc(const char *text, size_t length)
{
	utf8proc_uint8_t *composed = NULL;
	utf8proc_ssize_t size;
	bool same;

	if (is_ascii(text, length)) /* most names: needs no memory, which may be out */
		return true;
	size = utf8proc_map((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)length, &composed,
			    UTF8PROC_STABLE | UTF8PROC_COMPOSE);
	same = size >= 0 && (size_t)size == length && memcmp(composed, text, length) == 0;
	free(composed);
	return same;
}

char *utf8_fold(const char *text)
{
	return (char *)utf8proc_NFKC_Casefold((const utf8proc_uint8_t *)text);
}

size_t utf8_lower(uint32_t codepoint, char out[4])
{
	utf8proc_int32_t lower = utf8proc_tolower((utf8proc_int32_t)codepoint);

	return (size_t)utf8proc_encode_char(lower, (utf8proc_uint8_t *)out);
}
