/*
 * Entries in TOML: a table [KEY.helios] at the end of the file. One that is written otherwise, with
 * dotted keys or in braces, is not edited. Relies on client/toml.
 */
#include "client/client.h"
#include "client/toml.h"

#include "base/json_write.h"
#include "yaml/text.h"

struct parsed {
	const struct config_text *text;
	struct arena arena;
	struct toml toml;
	const struct toml_statement *table, *command, *args; /* of the entry; NULL: not there */
	bool parts; /* there are tables below the entry's */
};

static void parsed_done(struct parsed *parsed)
{
	arena_done(&parsed->arena);
}

/* Whether a path begins with the entry's. */
static bool is_within(const struct client *client, const char **path, size_t count)
{
	return count >= 2 && streq(path[0], client->key) && streq(path[1], ENTRY_NAME);
}

/* A statement that makes the entry in a way that is not edited. */
static bool is_other_way(const struct client *client, const struct toml_statement *statement)
{
	bool inside = is_within(client, statement->path, statement->table_count);

	if (statement->kind == TOML_PAIR)
		return !inside &&
		       (is_within(client, statement->path, statement->path_count) ||
			(statement->path_count == 1 && streq(statement->path[0], client->key)));
	return statement->kind == TOML_TABLES && statement->path_count <= 2 &&
	       streq(statement->path[0], client->key) && (statement->path_count == 1 || inside);
}

static int refuse_way(const struct client *client, const struct config_text *text, size_t at,
		      struct helios_error *error)
{
	struct helios_place place = {.file = text->file};

	text_position(text->bytes, at, &place.line, &place.column);
	return helios_fail(error, HELIOS_CLIENT_FILE, &place,
			   "write the servers as tables, [mcp_servers.NAME], then try again",
			   "'%s' is not written as tables, so nothing is added to it", client->key);
}

/* Takes a look at a statement within the entry's own table. */
static void note(struct parsed *parsed, const struct toml_statement *statement)
{
	if (statement->kind == TOML_TABLE && statement->path_count == 2 && !parsed->table)
		parsed->table = statement;
	if (statement->kind != TOML_PAIR && statement->path_count > 2)
		parsed->parts = true;
	if (statement->kind != TOML_PAIR || statement->table_count != 2 ||
	    statement->path_count != 3)
		return;
	if (streq(statement->path[2], "command"))
		parsed->command = statement;
	if (streq(statement->path[2], "args"))
		parsed->args = statement;
}

static int parse(const struct client *client, const struct config_text *text, struct parsed *ret,
		 struct helios_error *error)
{
	int err = toml_parse(text, &ret->arena, &ret->toml, error);

	ret->text = text;
	for (size_t i = 0; err == 0 && i < ret->toml.count; i++) {
		const struct toml_statement *statement = &ret->toml.statements[i];

		if (is_other_way(client, statement))
			err = refuse_way(client, text, statement->start, error);
		else if (is_within(client, statement->path, statement->path_count))
			note(ret, statement);
	}
	return err;
}

/* ---- looking */

static bool is_string(struct parsed *parsed, size_t *at, const char *text)
{
	const char *string;

	toml_skip(parsed->text, at);
	string = toml_string(parsed->text, at, &parsed->arena);
	toml_skip(parsed->text, at);
	return string && streq(string, text);
}

static bool has_arguments(struct parsed *parsed, const struct entry *entry)
{
	const char *bytes = parsed->text->bytes;
	size_t at;

	if (!parsed->args || bytes[parsed->args->value_start] != '[')
		return false;
	at = parsed->args->value_start + 1;
	if (!is_string(parsed, &at, ENTRY_OPTION) || bytes[at++] != ',' ||
	    !is_string(parsed, &at, entry->home))
		return false;
	at += bytes[at] == ',';
	toml_skip(parsed->text, &at);
	return bytes[at] == ']';
}

static int look(const struct client *client, const struct config_text *text,
		const struct entry *entry, struct entry_found *ret, struct helios_error *error)
{
	cleanup(parsed_done) struct parsed parsed = {0};
	const char *command = NULL;
	int err = parse(client, text, &parsed, error);

	*ret = (struct entry_found){0};
	if (err < 0 || !parsed.table)
		return err;
	if (parsed.command) {
		size_t at = parsed.command->value_start;

		command = toml_string(text, &at, &parsed.arena);
	}
	ret->at = parsed.table->start;
	ret->state = entry_compare(entry, command, has_arguments(&parsed, entry));
	return 0;
}

/* ---- putting in */

/* JSON's strings are TOML's. */
static void add_command(struct buf *out, const struct entry *entry)
{
	json_text(out, entry->command);
}

static void add_arguments(struct buf *out, const struct entry *entry)
{
	cleanup_buf struct buf home = {0};

	json_text(&home, entry->home);
	out->failed |= home.failed;
	buf_addf(out, "[\"" ENTRY_OPTION "\", %s]", buf_text(&home));
}

static void add_table(struct buf *out, const struct client *client, const struct entry *entry,
		      const char *line_end)
{
	cleanup_buf struct buf command = {0}, arguments = {0};

	add_command(&command, entry);
	add_arguments(&arguments, entry);
	out->failed |= command.failed || arguments.failed;
	buf_addf(out, "[%s." ENTRY_NAME "]%scommand = %s%sargs = %s%s", client->key, line_end,
		 buf_text(&command), line_end, buf_text(&arguments), line_end);
}

/* Gives a key of the entry's table a value; the text up to *at is written already. */
static void put_value(const struct parsed *parsed, const struct toml_statement *pair,
		      const char *key, const struct buf *value, struct buf *out, size_t *at)
{
	const char *bytes = parsed->text->bytes, *line_end = config_line_end(parsed->text);
	size_t start = pair ? pair->value_start : parsed->table->end;

	if (start > *at)
		buf_add(out, bytes + *at, start - *at);
	*at = pair ? pair->value_end : start;
	if (!pair && bytes[parsed->table->end - 1] != '\n')
		buf_addstr(out, line_end);
	if (pair)
		buf_add(out, value->data, value->length);
	else
		buf_addf(out, "%s = %s%s", key, buf_text(value), line_end);
	out->failed |= value->failed;
}

static void put_changed(const struct parsed *parsed, const struct entry *entry, struct buf *out)
{
	cleanup_buf struct buf command = {0}, arguments = {0};
	bool args_first = parsed->args && parsed->args->start < parsed->command->start;
	size_t at = 0;

	add_command(&command, entry);
	add_arguments(&arguments, entry);
	if (args_first || !parsed->args)
		put_value(parsed, parsed->args, "args", &arguments, out, &at);
	put_value(parsed, parsed->command, "command", &command, out, &at);
	if (!args_first && parsed->args)
		put_value(parsed, parsed->args, "args", &arguments, out, &at);
	buf_add(out, parsed->text->bytes + at, parsed->text->length - at);
}

static int put(const struct client *client, const struct config_text *text,
	       const struct entry *entry, struct buf *out, struct helios_error *error)
{
	cleanup(parsed_done) struct parsed parsed = {0};
	const char *line_end = config_line_end(text);
	int err = parse(client, text, &parsed, error);

	if (err < 0)
		return err;
	if (parsed.table) { /* it is ours, so it has a command */
		put_changed(&parsed, entry, out);
		return 0;
	}
	if (text->length) {
		buf_add(out, text->bytes, text->length);
		if (text->bytes[text->length - 1] != '\n')
			buf_addstr(out, line_end);
		buf_addstr(out, line_end);
	}
	add_table(out, client, entry, line_end);
	return 0;
}

/* ---- taking out */

/* Where the line before the one that begins at a byte begins, when it is an empty one; else at. */
static size_t empty_line_before(const char *bytes, size_t at)
{
	size_t start = at;

	if (start && bytes[start - 1] == '\n')
		start--;
	if (start && start < at && bytes[start - 1] == '\r')
		start--;
	return start == 0 || bytes[start - 1] == '\n' ? start : at;
}

/* What ends a table: its last pair, or its header. */
static size_t table_end(const struct toml *toml, size_t header)
{
	size_t last = header;

	while (last + 1 < toml->count && toml->statements[last + 1].kind == TOML_PAIR)
		last++;
	return toml->statements[last].end;
}

/* alone: the tables below the entry's stay. */
static void take_out(const struct client *client, const struct parsed *parsed, bool alone,
		     struct buf *out)
{
	const char *bytes = parsed->text->bytes;
	size_t at = 0;

	for (size_t i = 0; i < parsed->toml.count; i++) {
		const struct toml_statement *statement = &parsed->toml.statements[i];
		size_t start;

		if (statement->kind == TOML_PAIR || (alone && statement->path_count > 2) ||
		    !is_within(client, statement->path, statement->path_count))
			continue;
		start = empty_line_before(bytes, statement->start);
		if (start > at)
			buf_add(out, bytes + at, start - at);
		at = table_end(&parsed->toml, i);
	}
	buf_add(out, bytes + at, parsed->text->length - at);
}

static int drop(const struct client *client, const struct config_text *text,
		const struct config_text *before, struct buf *out, struct helios_error *error)
{
	cleanup(parsed_done) struct parsed parsed = {0}, then = {0};
	size_t ends = strlen(config_line_end(before ? before : text));
	int err = parse(client, text, &parsed, error);

	if (err == 0 && before)
		err = parse(client, before, &then, error);
	if (err < 0)
		return err;
	take_out(client, &parsed, !then.table && then.parts, out);
	if (before && !before->bytes &&
	    config_is_blank(&(struct config_text){buf_text(out), out->length, ""}))
		buf_clear(out);
	/* The line end that a last line without one got. */
	if (before && before->bytes && out->length == before->length + ends &&
	    memcmp(out->data, before->bytes, before->length) == 0 && before->length &&
	    before->bytes[before->length - 1] != '\n')
		buf_splice(out, before->length, out->length, "", 0);
	return 0;
}

const struct entry_format entry_toml = {look, put, drop};
