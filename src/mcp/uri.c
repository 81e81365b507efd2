/* URIs; see mcp/uri.h. */
#include "mcp/uri.h"

#include <ctype.h>

void uri_add(struct buf *out, const char *text)
{
	for (; *text; text++) {
		if (isalnum((unsigned char)*text) || strchr("-._~", *text))
			buf_addch(out, *text);
		else
			buf_addf(out, "%%%02X", (unsigned char)*text);
	}
}

static int hex(char c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
				      : -1;
}

static bool decode(char *text)
{
	char *to = text;

	for (; *text; text++) {
		int c = (unsigned char)*text;

		if (c == '%') {
			int high = hex(text[1]), low = high < 0 ? -1 : hex(text[2]);

			if (low < 0)
				return false;
			c = high * 16 + low;
			text += 2;
		}
		if (c == '\0' || c == '/')
			return false;
		*to++ = (char)c;
	}
	*to = '\0';
	return true;
}

char *uri_between(const char *uri, const char *prefix, const char *suffix)
{
	size_t length = strlen(uri), before = strlen(prefix), after = strlen(suffix);
	char *part;

	if (length <= before + after || strncmp(uri, prefix, before) != 0 ||
	    !streq(uri + length - after, suffix))
		return NULL;
	part = strndup(uri + before, length - before - after);
	if (part && !decode(part)) {
		free(part);
		part = NULL;
	}
	return part;
}
