/* The reader of client/jsonc.h: one pass, descending. */
#include "client/jsonc.h"

#include "base/limits.h"
#include "base/slice.h"
#include "yaml/text.h"

struct reader {
	const struct config_text *text;
	struct arena *arena;
	size_t at;
	size_t content_end;   /* behind the last thing that is no blank */
	bool ends_in_comment; /* which is a comment to the end of its line */
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

static int skip_line_comment(struct reader *reader)
{
	const char *bytes = reader->text->bytes;

	while (reader->at < reader->text->length && bytes[reader->at] != '\n')
		reader->at++;
	reader->content_end = reader->at;
	if (bytes[reader->at - 1] == '\r')
		reader->content_end--;
	reader->ends_in_comment = true;
	return 0;
}

static int skip_block_comment(struct reader *reader)
{
	const char *bytes = reader->text->bytes, *end = NULL;
	size_t from = reader->at + 2;

	if (from <= reader->text->length)
		end = memmem(bytes + from, reader->text->length - from, "*/", 2);
	if (!end)
		return refuse(reader, reader->at, "a comment does not end");
	reader->at = (size_t)(end - bytes) + 2;
	reader->content_end = reader->at;
	reader->ends_in_comment = false;
	return 0;
}

/* Goes on to the next thing that is neither blank nor comment. */
static int skip(struct reader *reader)
{
	const char *bytes = reader->text->bytes;
	int err = 0;

	while (err == 0 && reader->at < reader->text->length) {
		char c = bytes[reader->at];

		if (c == ' ' || c == '\t' || c == '\r' || c == '\n')
			reader->at++;
		else if (c == '/' && bytes[reader->at + 1] == '/')
			err = skip_line_comment(reader);
		else if (c == '/' && bytes[reader->at + 1] == '*')
			err = skip_block_comment(reader);
		else
			break;
	}
	return err;
}

/* Takes what ends here. */
static void taken(struct reader *reader)
{
	reader->content_end = reader->at;
	reader->ends_in_comment = false;
}

/* The character at hand; NUL at the end. */
static char peek(const struct reader *reader)
{
	return reader->at < reader->text->length ? reader->text->bytes[reader->at] : '\0';
}

static size_t scalar_end(const struct reader *reader)
{
	const char *bytes = reader->text->bytes;
	size_t at = reader->at, length = reader->text->length;

	if (bytes[at] != '"')
		return at + strspn(bytes + at, "+-.0123456789abcdefghijklmnopqrstuvwxyz"
					       "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
	for (at++; at < length && bytes[at] != '"' && bytes[at] != '\n'; at++)
		if (bytes[at] == '\\' && at + 1 < length)
			at++;
	return at < length && bytes[at] == '"' ? at + 1 : at;
}

static int read_scalar(struct reader *reader, struct jsonc *value)
{
	size_t start = reader->at, end = scalar_end(reader);
	struct slice slice;

	value->kind = reader->text->bytes[start] == '"' ? JSONC_STRING : JSONC_OTHER;
	if (end == start || slice_parse(reader->text->bytes + start, end - start, &slice) < 0)
		return refuse(reader, start,
			      value->kind == JSONC_STRING ? "a string does not end, or is not JSON"
							  : "this is not JSON");
	reader->at = end;
	taken(reader);
	return 0;
}

static int read_value(struct reader *reader, struct jsonc **ret);

static int read_key(struct reader *reader, struct jsonc_member *member)
{
	struct jsonc key = {.start = reader->at};
	int err;

	if (peek(reader) != '"')
		return refuse(reader, reader->at, "a key in double quotes, or '}', is missing");
	err = read_scalar(reader, &key);
	key.end = reader->at;
	if (err == 0)
		err = skip(reader);
	if (err < 0)
		return err;
	if (peek(reader) != ':')
		return refuse(reader, reader->at, "':' is missing behind the key");
	reader->at++;
	member->key = jsonc_string(reader->text, &key, reader->arena);
	return member->key ? skip(reader) : no_memory(reader);
}

/* A member or item, and the comma behind it. */
static int read_member(struct reader *reader, struct jsonc *collection)
{
	struct jsonc_member member = {.start = reader->at,
				      .gap = reader->content_end,
				      .after_comment = reader->ends_in_comment},
			    *members;
	int err = collection->kind == JSONC_OBJECT ? read_key(reader, &member) : 0;

	if (err == 0)
		err = read_value(reader, &member.value);
	if (err == 0)
		err = skip(reader);
	if (err < 0)
		return err;
	if (peek(reader) == ',') {
		member.comma = reader->at++;
		taken(reader);
	}
	members = arena_grow(reader->arena, collection->members, collection->count,
			     &collection->capacity, sizeof(*members));
	if (!members)
		return no_memory(reader);
	collection->members = members;
	members[collection->count++] = member;
	return skip(reader);
}

static int read_collection(struct reader *reader, struct jsonc *value)
{
	char end = value->kind == JSONC_OBJECT ? '}' : ']';
	int err;

	if (++reader->depth > LIMIT_JSON_DEPTH)
		return refuse(reader, reader->at, "the values are nested too deeply");
	reader->at++;
	taken(reader);
	err = skip(reader);
	while (err == 0 && peek(reader) != end) {
		if (value->count && !value->members[value->count - 1].comma)
			return refuse(reader, reader->at,
				      end == '}' ? "',' or '}' is missing"
						 : "',' or ']' is missing");
		err = read_member(reader, value);
	}
	if (err < 0)
		return err;
	value->content_end = reader->content_end;
	value->ends_in_comment = reader->ends_in_comment;
	reader->at++;
	taken(reader);
	reader->depth--;
	return 0;
}

static int read_value(struct reader *reader, struct jsonc **ret)
{
	struct jsonc *value = arena_alloc(reader->arena, sizeof(*value));
	int err;

	if (!value)
		return no_memory(reader);
	value->start = reader->at;
	if (peek(reader) == '{' || peek(reader) == '[') {
		value->kind = peek(reader) == '{' ? JSONC_OBJECT : JSONC_LIST;
		err = read_collection(reader, value);
	} else {
		err = read_scalar(reader, value);
	}
	value->end = reader->at;
	*ret = value;
	return err;
}

int jsonc_parse(const struct config_text *text, struct arena *arena, struct jsonc **ret,
		struct helios_error *error)
{
	struct reader reader = {.text = text, .arena = arena, .error = error};
	int err;

	*ret = NULL;
	if (text->length >= strlen(TEXT_BOM) &&
	    memcmp(text->bytes, TEXT_BOM, strlen(TEXT_BOM)) == 0)
		reader.at = strlen(TEXT_BOM);
	err = skip(&reader);
	if (err < 0 || reader.at == text->length)
		return err;
	err = read_value(&reader, ret);
	if (err == 0)
		err = skip(&reader);
	if (err == 0 && reader.at < text->length)
		err = refuse(&reader, reader.at, "there is more behind the value");
	return err;
}

struct jsonc_member *jsonc_get(const struct jsonc *object, const char *key)
{
	if (!object || object->kind != JSONC_OBJECT)
		return NULL;
	for (size_t i = object->count; i; i--)
		if (streq(object->members[i - 1].key, key))
			return &object->members[i - 1];
	return NULL;
}

const char *jsonc_string(const struct config_text *text, const struct jsonc *value,
			 struct arena *arena)
{
	struct slice slice = {text->bytes + value->start, value->end - value->start};
	cleanup_free char *copy = slice_strdup(slice);

	return copy ? arena_strdup(arena, copy) : NULL;
}
