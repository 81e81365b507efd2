/* The reader of client/toml.h: statement by statement. */
#include "client/toml.h"

#include "base/limits.h"
#include "base/slice.h"
#include "yaml/text.h"

#define PATH_MAX_KEYS 32
#define BARE "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"

struct reader {
	const struct config_text *text;
	struct arena *arena;
	size_t at;
	const char *path[PATH_MAX_KEYS]; /* of the statement at hand */
	size_t path_count, table_count;
	unsigned depth;
	struct helios_error *error;
};

static int refuse(const struct reader *reader, size_t at, const char *message)
{
	return config_refuse(reader->text, at, reader->error, message);
}

static int no_memory(const struct reader *reader)
{
	return helios_fail(reader->error, HELIOS_NO_MEMORY, NULL, NULL, "memory ran out");
}

/* The text ends with a NUL, which is none of the characters looked for. */
static char peek(const struct reader *reader)
{
	return reader->text->bytes[reader->at];
}

static void skip_blanks(struct reader *reader)
{
	reader->at += strspn(reader->text->bytes + reader->at, " \t");
}

void toml_skip(const struct config_text *text, size_t *at)
{
	for (;;) {
		*at += strspn(text->bytes + *at, " \t\r\n");
		if (text->bytes[*at] != '#')
			return;
		*at += strcspn(text->bytes + *at, "\n");
	}
}

/* Moves behind a string; a NUL byte within the text ends it, too. */
static int skip_string(struct reader *reader)
{
	const char *bytes = reader->text->bytes;
	size_t start = reader->at;
	char quote = bytes[start];
	bool lines = bytes[start + 1] == quote && bytes[start + 2] == quote;
	size_t at = start + (lines ? 3 : 1);

	for (; bytes[at] && (lines || bytes[at] != '\n'); at++) {
		if (bytes[at] == '\\' && quote == '"' && bytes[at + 1]) {
			at++;
			continue;
		}
		if (bytes[at] != quote)
			continue;
		if (lines && (bytes[at + 1] != quote || bytes[at + 2] != quote))
			continue;
		at += lines ? 3 : 1;
		while (lines && bytes[at] == quote) /* one or two may stand before the end */
			at++;
		reader->at = at;
		return 0;
	}
	return refuse(reader, start, "a string does not end");
}

const char *toml_string(const struct config_text *text, size_t *at, struct arena *arena)
{
	struct reader reader = {.text = text, .at = *at};
	const char *start = text->bytes + *at;
	cleanup_free char *copy = NULL;
	struct slice slice;
	size_t length;

	if ((*start != '"' && *start != '\'') || skip_string(&reader) < 0)
		return NULL;
	length = reader.at - *at;
	*at = reader.at;
	if (strncmp(start, "'''", 3) == 0 || strncmp(start, "\"\"\"", 3) == 0)
		return NULL;
	if (*start == '\'')
		return arena_strndup(arena, start + 1, length - 2);
	if (slice_parse(start, length, &slice) < 0)
		return NULL;
	copy = slice_strdup(slice);
	return copy ? arena_strdup(arena, copy) : NULL;
}

/* One key of a dotted one. A quoted one that cannot be read is no name we look for. */
static int read_key(struct reader *reader)
{
	size_t start = reader->at, length = strspn(reader->text->bytes + start, BARE);
	const char *key;
	int err;

	if (reader->path_count == PATH_MAX_KEYS)
		return refuse(reader, start, "the key has too many parts");
	if (peek(reader) == '"' || peek(reader) == '\'') {
		size_t at = start;

		err = skip_string(reader);
		if (err < 0)
			return err;
		key = toml_string(reader->text, &at, reader->arena) ?: "";
	} else {
		if (!length)
			return refuse(reader, start, "a key is missing");
		reader->at += length;
		key = arena_strndup(reader->arena, reader->text->bytes + start, length);
	}
	if (!key)
		return no_memory(reader);
	reader->path[reader->path_count++] = key;
	return 0;
}

static int read_keys(struct reader *reader)
{
	int err;

	for (;;) {
		skip_blanks(reader);
		err = read_key(reader);
		if (err < 0)
			return err;
		skip_blanks(reader);
		if (peek(reader) != '.')
			return 0;
		reader->at++;
	}
}

static int skip_value(struct reader *reader);

/* A number, date, time or word. Between a date and its time one blank may stand. */
static int skip_word(struct reader *reader)
{
	static const char *const words[] = {"true", "false", "inf", "nan"};
	const char *bytes = reader->text->bytes + reader->at;
	size_t length = strspn(bytes, BARE "+.:");
	bool known = length && strchr("+-0123456789", *bytes);

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		known |= length == strlen(words[i]) && memcmp(bytes, words[i], length) == 0;
	if (!known)
		return refuse(reader, reader->at, "a value is missing, or is not TOML");
	if (length == strlen("2026-11-23") && bytes[4] == '-' && bytes[length] == ' ' &&
	    strspn(bytes + length + 1, "0123456789") == 2)
		length += 1 + strspn(bytes + length + 1, BARE "+.:");
	reader->at += length;
	return 0;
}

/* "key =" within braces; its path is of no interest. */
static int skip_inner_key(struct reader *reader)
{
	size_t count = reader->path_count;
	int err = read_keys(reader);

	reader->path_count = count;
	if (err == 0 && peek(reader) != '=')
		err = refuse(reader, reader->at, "'=' is missing behind the key");
	if (err == 0)
		reader->at++;
	return err;
}

static int skip_collection(struct reader *reader)
{
	bool table = peek(reader) == '{', comma = true;
	char end = table ? '}' : ']';
	int err = 0;

	if (++reader->depth > LIMIT_JSON_DEPTH)
		return refuse(reader, reader->at, "the values are nested too deeply");
	reader->at++;
	toml_skip(reader->text, &reader->at);
	while (err == 0 && peek(reader) != end) {
		if (!comma)
			return refuse(reader, reader->at,
				      table ? "',' or '}' is missing" : "',' or ']' is missing");
		err = table ? skip_inner_key(reader) : 0;
		if (err == 0)
			err = skip_value(reader);
		toml_skip(reader->text, &reader->at);
		comma = peek(reader) == ',';
		reader->at += comma;
		toml_skip(reader->text, &reader->at);
	}
	reader->at += err == 0;
	reader->depth--;
	return err;
}

static int skip_value(struct reader *reader)
{
	skip_blanks(reader);
	switch (peek(reader)) {
	case '"':
	case '\'':
		return skip_string(reader);
	case '[':
	case '{':
		return skip_collection(reader);
	default:
		return skip_word(reader);
	}
}

static int read_header(struct reader *reader, struct toml_statement *statement)
{
	bool many = reader->text->bytes[reader->at + 1] == '[';
	int err;

	statement->kind = many ? TOML_TABLES : TOML_TABLE;
	reader->at += many ? 2 : 1;
	reader->path_count = 0;
	err = read_keys(reader);
	if (err < 0)
		return err;
	if (peek(reader) != ']' || (many && reader->text->bytes[reader->at + 1] != ']'))
		return refuse(reader, reader->at, "']' is missing");
	reader->at += many ? 2 : 1;
	reader->table_count = reader->path_count;
	return 0;
}

static int read_pair(struct reader *reader, struct toml_statement *statement)
{
	int err;

	statement->kind = TOML_PAIR;
	reader->path_count = reader->table_count;
	err = read_keys(reader);
	if (err < 0)
		return err;
	if (peek(reader) != '=')
		return refuse(reader, reader->at, "'=' is missing behind the key");
	reader->at++;
	skip_blanks(reader);
	statement->value_start = reader->at;
	err = skip_value(reader);
	statement->value_end = reader->at;
	return err;
}

/* Nothing but a comment may follow on the line. */
static int end_line(struct reader *reader)
{
	skip_blanks(reader);
	if (peek(reader) == '#')
		reader->at += strcspn(reader->text->bytes + reader->at, "\n");
	if (peek(reader) == '\r' && reader->text->bytes[reader->at + 1] == '\n')
		reader->at++;
	if (peek(reader) != '\n' && reader->at < reader->text->length)
		return refuse(reader, reader->at, "there is more on the line than a statement");
	reader->at += reader->at < reader->text->length;
	return 0;
}

static int add_statement(struct reader *reader, struct toml *toml, struct toml_statement *statement)
{
	struct toml_statement *grown = arena_grow(reader->arena, toml->statements, toml->count,
						  &toml->capacity, sizeof(*grown));

	statement->path_count = reader->path_count;
	statement->table_count = reader->table_count;
	statement->path = arena_alloc(reader->arena, sizeof(char *) * reader->path_count);
	if (!grown || !statement->path)
		return no_memory(reader);
	memcpy(statement->path, reader->path, sizeof(char *) * reader->path_count);
	toml->statements = grown;
	grown[toml->count++] = *statement;
	return 0;
}

/* The first byte of the line. */
static size_t line_start(const struct reader *reader)
{
	size_t at = reader->at;

	while (at && strchr(" \t", reader->text->bytes[at - 1]))
		at--;
	return at;
}

int toml_parse(const struct config_text *text, struct arena *arena, struct toml *ret,
	       struct helios_error *error)
{
	struct reader reader = {.text = text, .arena = arena, .error = error};
	int err = 0;

	*ret = (struct toml){0};
	if (!text->bytes)
		return 0;
	if (strncmp(text->bytes, TEXT_BOM, strlen(TEXT_BOM)) == 0)
		reader.at = strlen(TEXT_BOM);
	toml_skip(text, &reader.at);
	while (err == 0 && reader.at < text->length) {
		struct toml_statement statement = {.start = line_start(&reader)};

		err = peek(&reader) == '[' ? read_header(&reader, &statement)
					   : read_pair(&reader, &statement);
		if (err == 0)
			err = end_line(&reader);
		statement.end = reader.at;
		if (err == 0)
			err = add_statement(&reader, ret, &statement);
		toml_skip(text, &reader.at);
	}
	return err;
}
