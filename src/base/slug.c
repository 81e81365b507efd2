/* The slug of base/slug.h. */
#include "base/slug.h"

void slug_add(struct buf *out, const char *name)
{
	size_t begin = out->length;

	for (; *name; name++) {
		char c = *name >= 'A' && *name <= 'Z' ? (char)(*name - 'A' + 'a') : *name;

		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
			buf_addch(out, c);
		else if (out->length > begin && out->data[out->length - 1] != '-')
			buf_addch(out, '-');
	}
	if (out->length > begin && out->data[out->length - 1] == '-')
		buf_splice(out, out->length - 1, out->length, "", 0);
	if (out->length == begin)
		buf_addstr(out, "persona");
}
