/* The front matter of a Markdown file: keys between two lines of '---'. Pure. */
#pragma once

#include "import/import.h"

/*
 * Takes what a persona has a place for into the import's root; the rest is noted. *ret_length is
 * how long it is, 0: there is none. *ret_name is what the file calls itself, or NULL. 0 or a
 * negative errno.
 */
int front_read(struct import *import, const char *text, size_t length, size_t *ret_length,
	       const char **ret_name, struct helios_error *error);
