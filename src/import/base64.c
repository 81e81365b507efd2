/* The decoder of import/base64.h: 24 bits at a time. */
#include "import/base64.h"

/* 0 to 63, or -1. */
static int value_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* The last group: what is left of it, and the padding it may be filled up with. */
static bool finish(uint32_t bits, unsigned count, unsigned padding, struct buf *out)
{
	if (count == 1 || (padding && count + padding != 4))
		return false;
	if (count >= 2)
		buf_addch(out, (char)(bits >> (count * 6 - 8) & 0xff));
	if (count == 3)
		buf_addch(out, (char)(bits >> 2 & 0xff));
	return true;
}

bool base64_decode(const char *text, size_t length, struct buf *out)
{
	unsigned count = 0, padding = 0;
	uint32_t bits = 0;

	for (size_t i = 0; i < length; i++) {
		int value = value_of(text[i]);

		if (text[i] && strchr(" \t\r\n", text[i]))
			continue;
		if (text[i] == '=') {
			padding++;
			continue;
		}
		if (value < 0 || padding)
			return false;
		bits = bits << 6 | (uint32_t)value;
		if (++count == 4) {
			buf_addch(out, (char)(bits >> 16 & 0xff));
			buf_addch(out, (char)(bits >> 8 & 0xff));
			buf_addch(out, (char)(bits & 0xff));
			bits = count = 0;
		}
	}
	return padding < 3 && finish(bits, count, padding, out);
}
