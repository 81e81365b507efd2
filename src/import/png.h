/*
 * The text chunks of a PNG picture that character cards stand in. Nothing is decompressed and no
 * pixel is looked at; every length and checksum is. Pure.
 */
#pragma once

#include <helios/error.h>

#include "base/slice.h"

struct png_cards {
	struct slice chara; /* base64, of versions 1 and 2; none: at is NULL */
	struct slice ccv3;  /* the same of version 3 */
	bool compressed;    /* one stands in a chunk that is not read */
	size_t behind;	    /* bytes after the picture's end */
};

bool png_is(const char *bytes, size_t length);

/* The slices borrow bytes. 0 or -EINVAL (HELIOS_IMPORT) when the picture is damaged. */
int png_read(const char *bytes, size_t length, const char *file, struct png_cards *ret,
	     struct helios_error *error);
