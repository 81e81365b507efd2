/*
 * JSON as editors write it, with comments, trailing commas and a byte order mark, as a tree of
 * places in the text. Relies on base/slice for strings and numbers. Pure.
 */
#pragma once

#include "base/arena.h"
#include "client/entry.h"

enum jsonc_kind { JSONC_OBJECT, JSONC_LIST, JSONC_STRING, JSONC_OTHER };

struct jsonc_member;

struct jsonc {
	enum jsonc_kind kind;
	size_t start, end;	      /* the bytes [start, end) of the text */
	struct jsonc_member *members; /* of an object or a list, in order */
	size_t count, capacity;
	size_t content_end;   /* behind the last value, comma or comment before the bracket */
	bool ends_in_comment; /* of the kind that ends with its line */
};

struct jsonc_member {
	const char *key; /* NULL in a list */
	size_t start;	 /* of the key or item */
	size_t gap;	 /* of the blanks before it: behind a value, comma, comment or bracket */
	struct jsonc *value;
	size_t comma;	    /* behind the value; 0: none */
	bool after_comment; /* the line before it ends in one */
};

/*
 * Parses a text. *ret is NULL when it holds no value, only blanks and comments. 0, or a negative
 * errno with the place.
 */
int jsonc_parse(const struct config_text *text, struct arena *arena, struct jsonc **ret,
		struct helios_error *error);

/* The member of an object, the last one when there are more, as clients take it; or NULL. */
struct jsonc_member *jsonc_get(const struct jsonc *object, const char *key);

/* A string's characters, or NULL for another kind; lives in arena. */
const char *jsonc_string(const struct config_text *text, const struct jsonc *value,
			 struct arena *arena);
