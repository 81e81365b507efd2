/*
 * Rules in Markdown as a document whose prompt (persona/prompt.h) reads as they do: headings become
 * keys, lists become lists, or mappings where each item is "Words: text", all other text is text.
 * The other direction of that prompt. Pure.
 */
#pragma once

#include "import/import.h"

/*
 * Adds what the text says to the import's root. A title, the only heading of level 1, becomes its
 * name unless it has one. 0 or a negative errno.
 */
int markdown_read(struct import *import, const char *text, size_t length,
		  struct helios_error *error);
