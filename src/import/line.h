/* One line of Markdown, and what its beginning makes of it. Pure. */
#pragma once

#include "base/base.h"

struct line {
	const char *text; /* from its first character that is no blank */
	size_t length;	  /* without the blanks at its end */
	int indent;	  /* columns before that */
	const char *raw;
	size_t raw_length;
};

/* Takes the line at *at, which is moved behind it; false at the end. The text ends with a NUL. */
bool line_next(const char **at, const char *end, struct line *ret);

/* "## Words ##": the level, and the words; 0: it is no heading. */
unsigned line_heading(const struct line *line, const char **text, size_t *length);

/* Three or more of '-', '*' or '_', and nothing else. */
bool line_is_rule(const struct line *line);

/* How long an item's marker is, with the blanks behind it; *ret_number: it is a number. 0: none. */
size_t line_marker(const struct line *line, bool *ret_number);

/* How many marks open or close code; 0: none do. */
unsigned line_fence(const struct line *line);
