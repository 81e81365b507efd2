/*
 * Raw U+0085, U+2028 and U+2029, which libyaml would take for line breaks: it reads a text in
 * which other characters stand in for them. Pure; relies on yaml/text.h.
 */
#pragma once

#include "yaml/text.h"

/* Begins zeroed. */
struct breaks {
	char *text; /* what libyaml reads, or NULL; to be freed */
	size_t length;
	uint32_t stand_ins[3];
};

/* Makes the text, character for character as long as the one after the mark. 0 or -ENOMEM. */
int breaks_replace(struct breaks *breaks, const struct text *text) must_use;

/* Puts the real characters back into a value, which never grows; returns its new length. */
size_t breaks_restore(const struct breaks *breaks, char *value, size_t length);
