/*
 * TOML as a list of its statements with their places; what values are is looked at no further than
 * finding their end. Relies on base only. Pure.
 */
#pragma once

#include "base/arena.h"
#include "client/entry.h"

enum toml_kind { TOML_TABLE, TOML_TABLES, TOML_PAIR }; /* [a.b], [[a.b]], a.b = … */

struct toml_statement {
	enum toml_kind kind;
	size_t start, end; /* of its lines, the last line's end included */
	const char **path; /* from the root; of a pair with its table's path */
	size_t path_count;
	size_t table_count;	       /* of a pair: how many of these are its table's */
	size_t value_start, value_end; /* of a pair */
};

struct toml {
	struct toml_statement *statements;
	size_t count, capacity;
};

/* 0, or a negative errno with the place. What *ret holds lives in arena. */
int toml_parse(const struct config_text *text, struct arena *arena, struct toml *ret,
	       struct helios_error *error);

/*
 * The characters of a string that begins at *at, which is moved behind it. NULL for other values,
 * and for strings over several lines or with escapes JSON has not.
 */
const char *toml_string(const struct config_text *text, size_t *at, struct arena *arena);

/* Moves *at over blanks, line ends and comments. */
void toml_skip(const struct config_text *text, size_t *at);
