/*
 * JSON read in place: a message is checked once as a whole, then its values are looked up as
 * slices of its text. Nothing is allocated for a value, numbers keep every digit they came with,
 * and what cJSON lets pass (leading zeros, raw control characters, "\u0000", text behind the
 * value) is refused. Relies on base/buf and base/utf8.
 */
#pragma once

#include "base/buf.h"

/* One value of a checked text, without the blanks around it; at NULL: there is none. */
struct slice {
	const char *at;
	size_t length;
};

enum slice_kind {
	SLICE_NONE,
	SLICE_NULL,
	SLICE_BOOL,
	SLICE_NUMBER,
	SLICE_STRING,
	SLICE_LIST,
	SLICE_MAP,
};

/*
 * The value a text consists of. 0, or -EINVAL when the text is not one JSON value in valid UTF-8
 * (RFC 8259), holds "\u0000", a key twice in an object, or nests deeper than LIMIT_JSON_DEPTH;
 * -ENOMEM.
 * The slices borrow the text.
 */
int slice_parse(const char *text, size_t length, struct slice *ret);

enum slice_kind slice_kind(struct slice value);

/* A member of an object; none for anything else. Keys are compared as they are, with case. */
struct slice slice_get(struct slice object, const char *key);

/*
 * Walks an object (ret_key not NULL) or a list: *at begins as 0. False at the end, and at once
 * for any other kind.
 */
bool slice_next(struct slice collection, size_t *at, struct slice *ret_key, struct slice *ret);

/* Whether the value is a string, and that one. */
bool slice_is(struct slice value, const char *text);

/* Appends a string's characters; an unpaired surrogate becomes U+FFFD. False for another kind. */
bool slice_text(struct slice value, struct buf *out);

/* A string's characters, or NULL for another kind and when memory is out. The caller frees it. */
char *slice_strdup(struct slice value);

/* Whether the value is a number without a fraction or exponent that int64 holds. */
bool slice_integer(struct slice value, int64_t *ret);
