/* The lines of import/line.h. */
#include "import/line.h"

#include <ctype.h>

bool line_next(const char **at, const char *end, struct line *ret)
{
	const char *stop;

	*ret = (struct line){.raw = *at};
	if (*at == end)
		return false;
	stop = memchr(*at, '\n', (size_t)(end - *at));
	ret->raw_length = (size_t)((stop ?: end) - *at);
	*at = stop ? stop + 1 : end;
	while (ret->raw_length && strchr(" \t\r", ret->raw[ret->raw_length - 1]))
		ret->raw_length--;
	ret->text = ret->raw;
	for (ret->length = ret->raw_length; ret->length && strchr(" \t", *ret->text); ret->length--)
		ret->indent += *ret->text++ == '\t' ? 4 - ret->indent % 4 : 1;
	return true;
}

unsigned line_heading(const struct line *line, const char **text, size_t *length)
{
	unsigned level = 0;

	*length = line->length;
	while (level < line->length && line->text[level] == '#')
		level++;
	if (line->indent > 3 || level > 6 ||
	    (level < line->length && !strchr(" \t", line->text[level])))
		return 0;
	*text = line->text + level;
	*length -= level;
	while (*length && (*text)[*length - 1] == '#')
		--*length;
	if (*length && !strchr(" \t", (*text)[*length - 1])) /* '#' belongs to the words: C# */
		*length = line->length - level;
	while (*length && strchr(" \t", **text))
		++*text, --*length;
	while (*length && strchr(" \t", (*text)[*length - 1]))
		--*length;
	return level;
}

bool line_is_rule(const struct line *line)
{
	size_t marks = 0;

	if (!line->length || !strchr("-*_", *line->text) || line->indent > 3)
		return false;
	for (size_t i = 0; i < line->length; i++) {
		if (line->text[i] != *line->text && !strchr(" \t", line->text[i]))
			return false;
		marks += line->text[i] == *line->text;
	}
	return marks >= 3;
}

size_t line_marker(const struct line *line, bool *ret_number)
{
	size_t length = 0;

	while (length < line->length && length < 9 && isdigit((unsigned char)line->text[length]))
		length++;
	*ret_number = length > 0;
	if (length == line->length || !strchr(length ? ".)" : "-*+", line->text[length]))
		return 0;
	length++;
	if (length < line->length && !strchr(" \t", line->text[length]))
		return 0;
	while (length < line->length && strchr(" \t", line->text[length]))
		length++;
	return length;
}

unsigned line_fence(const struct line *line)
{
	unsigned length = 0;

	while (length < line->length && strchr("`~", *line->text) &&
	       line->text[length] == *line->text)
		length++;
	if (length < 3 ||
	    (*line->text == '`' && memchr(line->text + length, '`', line->length - length)))
		return 0;
	return length;
}
