/*
 * A YAML text as bytes: which characters it may hold, and from libyaml's positions, which count
 * characters, to bytes. Pure; relies on base/utf8.
 */
#pragma once

#include <helios/error.h>

#include "base/arena.h"
#include "base/utf8.h"
#include "yaml/node.h"

#define TEXT_BOM "\xEF\xBB\xBF"

struct text {
	const char *bytes; /* NUL-terminated */
	size_t length;
	const char *file;
	size_t bom;	    /* 3 when a byte order mark stands at the beginning, else 0 */
	size_t characters;  /* after the mark */
	uint32_t *starts;   /* byte of every 64th of them; NULL: all ASCII */
	uint32_t *breaks;   /* bytes where a raw U+0085, U+2028 or U+2029 stands */
	size_t break_count;
};

/*
 * Looks at every character once: refuses what is no UTF-8 or may not stand in YAML, naming its
 * line, and prepares text_offset(). With prefix, a character cut off at the end is left out of
 * text->length instead. What is prepared lives in arena.
 */
int text_check(struct text *text, bool prefix, struct arena *arena,
	       struct helios_error *error) must_use;

/* The byte where the character of this number (from 0, after a byte order mark) begins. */
size_t text_offset(const struct text *text, size_t character);

/* Line and column, from 1, of a byte. */
void text_position(const char *text, size_t offset, unsigned *ret_line, unsigned *ret_column);
