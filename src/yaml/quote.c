/* The strict side of YAML's rules: in doubt a style cannot hold a text. */
#include "yaml/quote.h"

#include "base/utf8.h"

/*
 * Characters that every style but double quotes leaves as they are. What would turn the text around
 * it is written so that it is seen.
 */
static bool is_plainly_printable(uint32_t codepoint)
{
	if (codepoint < 0x80)
		return codepoint >= 0x20 && codepoint < 0x7F;
	return codepoint >= 0xA0 && !utf8_is_bidi_control(codepoint) && codepoint != 0x2028 &&
	       codepoint != 0x2029 && !(codepoint >= 0xD800 && codepoint < 0xE000) &&
	       codepoint != 0xFEFF && (codepoint & 0xFFFE) != 0xFFFE;
}

/* All characters printable, or one of those in also. */
static bool is_printable(const char *text, size_t length, const char *also)
{
	for (size_t at = 0; at < length;) {
		uint32_t codepoint = (unsigned char)text[at];
		size_t size = 1;

		if (codepoint >= 0x80) {
			size = utf8_decode(text + at, length - at, &codepoint);
			if (size == 1)
				return false;
		}
		if (!is_plainly_printable(codepoint) &&
		    !(codepoint && codepoint < 0x80 && strchr(also, (int)codepoint)))
			return false;
		at += size;
	}
	return true;
}

static bool plain_can_begin(const char *text, size_t length, bool flow)
{
	if (strchr(" #,[]{}&*!|>'\"%@`", text[0]) || (flow && strchr("?:", text[0])))
		return false;
	/* These are indicators only when nothing, or what no plain scalar holds, follows; for
	 * libyaml two of them always between brackets. */
	if (strchr("-?:", text[0]))
		return length > 1 && !strchr(" ,[]{}?:-", text[1]);
	return strncmp(text, "...", 3) != 0;
}

bool quote_plain_can_hold(const char *text, size_t length, bool flow)
{
	if (!length || !plain_can_begin(text, length, flow) || text[length - 1] == ' ' ||
	    text[length - 1] == ':' || !is_printable(text, length, ""))
		return false;
	for (size_t i = 0; i < length; i++) {
		char next = i + 1 < length ? text[i + 1] : '\0';

		if ((text[i] == ':' && next == ' ') || (text[i] == ' ' && next == '#'))
			return false;
		if (flow && (strchr(",[]{}", text[i]) || (text[i] == ':' && strchr("?", next))))
			return false;
	}
	return true;
}

bool quote_single_can_hold(const char *text, size_t length)
{
	return is_printable(text, length, "");
}

bool quote_literal_can_hold(const char *text, size_t length)
{
	/* Without an indentation indicator the first line must begin with text; more than one
	 * line break at the end would swallow blank lines that follow. */
	if (!length || strchr(" \t\n", text[0]) || !memchr(text, '\n', length))
		return false;
	if (length > 1 && text[length - 1] == '\n' && text[length - 2] == '\n')
		return false;
	/* A last line of blanks alone is lost when the text ends there. */
	if (strchr(" \t", text[length - 1]))
		return false;
	return is_printable(text, length, "\n\t");
}

void quote_single(struct buf *out, const char *text, size_t length)
{
	buf_addch(out, '\'');
	for (size_t i = 0; i < length; i++) {
		if (text[i] == '\'')
			buf_addch(out, '\'');
		buf_addch(out, text[i]);
	}
	buf_addch(out, '\'');
}

static void add_escape(struct buf *out, uint32_t codepoint)
{
	static const char letters[] = {
		['\0'] = '0', ['\a'] = 'a', ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n',  ['\v'] = 'v',
		['\f'] = 'f', ['\r'] = 'r', [0x1B] = 'e', ['"'] = '"',	['\\'] = '\\',
	};

	if (codepoint < sizeof(letters) && letters[codepoint])
		buf_addf(out, "\\%c", letters[codepoint]);
	else if (codepoint < 0x100)
		buf_addf(out, "\\x%02X", codepoint);
	else if (codepoint < 0x10000)
		buf_addf(out, "\\u%04X", codepoint);
	else
		buf_addf(out, "\\U%08X", codepoint);
}

void quote_double(struct buf *out, const char *text, size_t length)
{
	buf_addch(out, '"');
	for (size_t at = 0; at < length;) {
		uint32_t codepoint = 0;
		size_t size = utf8_decode(text + at, length - at, &codepoint);

		if (is_plainly_printable(codepoint) && codepoint != '"' && codepoint != '\\')
			buf_add(out, text + at, size);
		else
			add_escape(out, codepoint);
		at += size;
	}
	buf_addch(out, '"');
}
