/*
 * Entries in JSON with comments: { KEY: { "helios": { … } } }. A member is put behind the last one
 * of its object, in that object's style; taking it out is the reverse. Relies on client/jsonc.
 */
#include "base/json_write.h"
#include "client/client.h"
#include "client/jsonc.h"

/* How the members of one object are written. */
struct layout {
	const char *line_end;
	char indent[128]; /* of a member, when each has a line of its own */
	char unit[32];	  /* one step of it */
	bool lines;
};

/* The configuration, and the entry's place in it as far as it is there. */
struct parsed {
	const struct config_text *text;
	struct arena arena;
	struct jsonc *root;
	struct jsonc_member *servers, *entry;
};

static void parsed_done(struct parsed *parsed)
{
	arena_done(&parsed->arena);
}

static int parse(const struct client *client, const struct config_text *text, struct parsed *ret,
		 struct helios_error *error)
{
	int err = text->bytes ? jsonc_parse(text, &ret->arena, &ret->root, error) : 0;

	ret->text = text;
	if (err < 0 || !ret->root)
		return err;
	if (ret->root->kind != JSONC_OBJECT)
		return config_refuse(text, ret->root->start, error, "this is not an object");
	ret->servers = jsonc_get(ret->root, client->key);
	if (!ret->servers)
		return 0;
	if (ret->servers->value->kind != JSONC_OBJECT)
		return config_refuse(text, ret->servers->value->start, error,
				     "the servers are not an object");
	ret->entry = jsonc_get(ret->servers->value, ENTRY_NAME);
	return 0;
}

/* ---- looking */

static bool is_string(struct parsed *parsed, const struct jsonc *value, const char *text)
{
	const char *string = jsonc_string(parsed->text, value, &parsed->arena);

	return string && streq(string, text);
}

static bool has_arguments(struct parsed *parsed, const struct entry *entry)
{
	const struct jsonc_member *args = jsonc_get(parsed->entry->value, "args");
	const struct jsonc *list = args ? args->value : NULL;

	return list && list->kind == JSONC_LIST && list->count == 2 &&
	       is_string(parsed, list->members[0].value, ENTRY_OPTION) &&
	       is_string(parsed, list->members[1].value, entry->home);
}

static int look(const struct client *client, const struct config_text *text,
		const struct entry *entry, struct entry_found *ret, struct helios_error *error)
{
	cleanup(parsed_done) struct parsed parsed = {0};
	const struct jsonc_member *command;
	int err = parse(client, text, &parsed, error);

	*ret = (struct entry_found){0};
	if (err < 0 || !parsed.entry)
		return err;
	command = jsonc_get(parsed.entry->value, "command");
	ret->at = parsed.entry->start;
	ret->state = entry_compare(
		entry, command ? jsonc_string(text, command->value, &parsed.arena) : NULL,
		has_arguments(&parsed, entry));
	return 0;
}

/* ---- the style of a text */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* The blanks a line begins with, when there is nothing else on it before the byte at. */
static bool copy_indent(const char *bytes, size_t at, char *out, size_t size)
{
	size_t start = at;

	while (start && is_blank(bytes[start - 1]))
		start--;
	snprintf(out, size, "%.*s", (int)(at - start), bytes + start);
	return start && bytes[start - 1] == '\n';
}

/* The indent of the line a byte is on. */
static void line_indent(const char *bytes, size_t at, char *out, size_t size)
{
	while (at && bytes[at - 1] != '\n')
		at--;
	snprintf(out, size, "%.*s", (int)strspn(bytes + at, " \t"), bytes + at);
}

static void get_layout(const struct parsed *parsed, const struct jsonc *object, struct layout *ret)
{
	const char *bytes = parsed->text->bytes;
	const struct jsonc *root = parsed->root;
	bool root_lines;
	size_t length;

	*ret = (struct layout){.line_end = config_line_end(parsed->text), .unit = "  "};
	root_lines = !root->count ||
		     copy_indent(bytes, root->members[0].start, ret->unit, sizeof(ret->unit));
	if (!root->count || !root_lines || !*ret->unit)
		snprintf(ret->unit, sizeof(ret->unit), "  ");
	ret->lines = root_lines;
	if (object->count)
		ret->lines = copy_indent(bytes, object->members[0].start, ret->indent,
					 sizeof(ret->indent));
	if (!object->count) {
		line_indent(bytes, object->start, ret->indent, sizeof(ret->indent));
		length = strlen(ret->indent);
		snprintf(ret->indent + length, sizeof(ret->indent) - length, "%s", ret->unit);
	}
}

/* ---- writing */

/* Begins a member or the end of an object that is depth steps in. */
static void add_break(struct buf *out, const struct layout *layout, unsigned depth)
{
	if (!layout->lines)
		return;
	buf_addf(out, "%s%s", layout->line_end, layout->indent);
	while (depth--)
		buf_addstr(out, layout->unit);
}

static void add_string(struct buf *out, const char *text)
{
	cleanup_buf struct buf json = {0};

	json_text(&json, text);
	out->failed |= json.failed;
	buf_addstr(out, buf_text(&json));
}

static void add_arguments(struct buf *out, const struct entry *entry)
{
	buf_addstr(out, "[");
	add_string(out, ENTRY_OPTION);
	buf_addstr(out, ", ");
	add_string(out, entry->home);
	buf_addstr(out, "]");
}

struct writer {
	struct buf *out;
	const struct layout *layout;
	unsigned depth; /* of the members */
	bool any;
};

static void begin_member(struct writer *writer, const char *key)
{
	if (writer->any)
		buf_addstr(writer->out, writer->layout->lines ? "," : ", ");
	add_break(writer->out, writer->layout, writer->depth);
	buf_addf(writer->out, "\"%s\": ", key);
	writer->any = true;
}

static void add_members(struct writer *writer, const struct client_member *members, size_t count)
{
	for (size_t i = 0; i < count && members[i].key; i++) {
		begin_member(writer, members[i].key);
		buf_addstr(writer->out, members[i].json);
	}
}

/* "helios": { … }, its members depth steps in. */
static void add_entry(struct buf *out, const struct client *client, const struct entry *entry,
		      const struct layout *layout, unsigned depth)
{
	struct writer writer = {.out = out, .layout = layout, .depth = depth};

	buf_addstr(out, "\"" ENTRY_NAME "\": {");
	add_members(&writer, client->before, ARRAY_SIZE(client->before));
	begin_member(&writer, "command");
	add_string(out, entry->command);
	begin_member(&writer, "args");
	add_arguments(out, entry);
	add_members(&writer, client->after, ARRAY_SIZE(client->after));
	add_break(out, layout, depth - 1);
	buf_addstr(out, "}");
}

/* "mcpServers": { "helios": { … } } */
static void add_servers(struct buf *out, const struct client *client, const struct entry *entry,
			const struct layout *layout)
{
	buf_addf(out, "\"%s\": {", client->key);
	add_break(out, layout, 1);
	add_entry(out, client, entry, layout, 2);
	add_break(out, layout, 0);
	buf_addstr(out, "}");
}

/* Appends the text with a member behind the last one of an object. */
static void insert(const struct parsed *parsed, const struct jsonc *object,
		   const struct layout *layout, const struct buf *member, struct buf *out)
{
	const char *bytes = parsed->text->bytes;
	size_t at = object->content_end, end = object->end - 1;
	const struct jsonc_member *last =
		object->count ? &object->members[object->count - 1] : NULL;
	char indent[128];

	if (last && !last->comma) {
		buf_add(out, bytes, last->value->end);
		buf_addch(out, ',');
		buf_add(out, bytes + last->value->end, at - last->value->end);
	} else {
		buf_add(out, bytes, at);
	}
	if (layout->lines || object->ends_in_comment)
		buf_addf(out, "%s%s", layout->line_end, layout->indent);
	else if (last)
		buf_addch(out, ' ');
	buf_add(out, member->data, member->length);
	if (last && last->comma)
		buf_addch(out, ',');
	if (!last && layout->lines && !memchr(bytes + at, '\n', end - at)) {
		line_indent(bytes, object->start, indent, sizeof(indent));
		buf_addf(out, "%s%s", layout->line_end, indent);
	}
	buf_add(out, bytes + at, parsed->text->length - at);
}

static void put_new_text(const struct client *client, const struct config_text *text,
			 const struct entry *entry, struct buf *out)
{
	struct layout layout = {.line_end = config_line_end(text), .unit = "  ", .lines = true};

	if (text->length)
		buf_add(out, text->bytes, text->length);
	if (!config_is_blank(text) && text->bytes[text->length - 1] != '\n')
		buf_addstr(out, layout.line_end);
	snprintf(layout.indent, sizeof(layout.indent), "  ");
	buf_addch(out, '{');
	add_break(out, &layout, 0);
	add_servers(out, client, entry, &layout);
	buf_addf(out, "%s}%s", layout.line_end, layout.line_end);
}

static void put_new_entry(const struct client *client, const struct parsed *parsed,
			  const struct entry *entry, struct buf *out)
{
	const struct jsonc *object = parsed->servers ? parsed->servers->value : parsed->root;
	cleanup_buf struct buf member = {0};
	struct layout layout;

	get_layout(parsed, object, &layout);
	if (parsed->servers)
		add_entry(&member, client, entry, &layout, 1);
	else
		add_servers(&member, client, entry, &layout);
	insert(parsed, object, &layout, &member, out);
	out->failed |= member.failed;
}

/* Gives a member of the entry that is there a value. */
static int put_member(const struct client *client, const struct config_text *text, const char *key,
		      const struct buf *value, struct buf *out, struct helios_error *error)
{
	cleanup(parsed_done) struct parsed parsed = {0};
	cleanup_buf struct buf member = {0};
	const struct jsonc_member *old;
	struct layout layout;
	int err = parse(client, text, &parsed, error);

	if (err < 0)
		return err;
	old = jsonc_get(parsed.entry->value, key);
	if (old) {
		buf_add(out, text->bytes, old->value->start);
		buf_add(out, value->data, value->length);
		buf_add(out, text->bytes + old->value->end, text->length - old->value->end);
		return 0;
	}
	get_layout(&parsed, parsed.entry->value, &layout);
	buf_addf(&member, "\"%s\": %s", key, buf_text(value));
	insert(&parsed, parsed.entry->value, &layout, &member, out);
	out->failed |= member.failed;
	return 0;
}

static int put_changed(const struct client *client, const struct config_text *text,
		       const struct entry *entry, struct buf *out, struct helios_error *error)
{
	cleanup_buf struct buf command = {0}, arguments = {0}, between = {0};
	struct config_text then = {.file = text->file};
	int err;

	add_string(&command, entry->command);
	add_arguments(&arguments, entry);
	err = put_member(client, text, "command", &command, &between, error);
	if (err < 0)
		return err;
	then.bytes = buf_text(&between);
	then.length = between.length;
	out->failed |= command.failed || arguments.failed || between.failed;
	return out->failed ? 0 : put_member(client, &then, "args", &arguments, out, error);
}

static int put(const struct client *client, const struct config_text *text,
	       const struct entry *entry, struct buf *out, struct helios_error *error)
{
	cleanup(parsed_done) struct parsed parsed = {0};
	int err = parse(client, text, &parsed, error);

	if (err < 0)
		return err;
	if (parsed.entry)
		return put_changed(client, text, entry, out, error);
	if (parsed.root)
		put_new_entry(client, &parsed, entry, out);
	else
		put_new_text(client, text, entry, out);
	return 0;
}

/* ---- taking out */

/* Whether nothing more is on the line. */
static bool ends_line(const struct config_text *text, size_t at)
{
	at += strspn(text->bytes + at, " \t");
	return at == text->length || text->bytes[at] == '\r' || text->bytes[at] == '\n';
}

/*
 * Takes a member out with its comma and the blanks before it; but the line's end stays where the
 * next thing would become part of a comment.
 */
static void take_out(const struct config_text *text, const struct jsonc *object,
		     const struct jsonc_member *member, struct buf *out)
{
	const struct jsonc_member *former = member > object->members ? member - 1 : NULL;
	size_t start = member->start, end = member->value->end, at = 0;

	if (!member->after_comment || ends_line(text, member->comma ? member->comma + 1 : end))
		start = member->gap;
	if (!member->comma && former) {
		buf_add(out, text->bytes, former->comma);
		at = former->comma + 1;
	}
	buf_add(out, text->bytes + at, start - at);
	if (member->comma) {
		buf_add(out, text->bytes + end, member->comma - end);
		end = member->comma + 1;
	}
	buf_add(out, text->bytes + end, text->length - end);
}

static bool is_bare(const struct jsonc *object)
{
	return object && !object->count && object->content_end == object->start + 1;
}

/* Whether an object is empty again: nothing but the comments it had then. */
static bool is_as_then(const struct config_text *text, const struct jsonc *object,
		       const struct config_text *before, const struct jsonc *then)
{
	size_t length = object->content_end - object->start;

	return !object->count && !then->count && then->content_end - then->start == length &&
	       memcmp(text->bytes + object->start, before->bytes + then->start, length) == 0;
}

/* Whether all there is beside the root was there before there was a root. */
static bool is_all(const struct config_text *text, const struct jsonc *root,
		   const struct config_text *before)
{
	size_t length = before->bytes ? before->length : 0;

	return root->start >= length && root->start - length <= strlen("\r\n") &&
	       (!length || memcmp(text->bytes, before->bytes, length) == 0) &&
	       root->end + strspn(text->bytes + root->end, "\r\n") == text->length;
}

/* Gives an object that is empty again the bytes it was then. */
static void give_back(const struct config_text *text, const struct jsonc *object,
		      const struct config_text *before, const struct jsonc *then, struct buf *out)
{
	buf_add(out, text->bytes, object->start);
	buf_add(out, before->bytes + then->start, then->end - then->start);
	buf_add(out, text->bytes + object->end, text->length - object->end);
}

/* The entry is out: what was made for it goes, too. */
static int tidy(const struct client *client, const struct config_text *text,
		const struct config_text *before, struct buf *out, struct helios_error *error)
{
	cleanup(parsed_done) struct parsed now = {0}, then = {0};
	const struct jsonc *object, *old;
	int err = parse(client, text, &now, error);

	if (err == 0)
		err = parse(client, before, &then, error);
	if (err < 0)
		return err;
	object = now.servers ? now.servers->value : now.root;
	old = now.servers ? (then.servers ? then.servers->value : NULL) : then.root;
	if (object && old && is_as_then(text, object, before, old))
		give_back(text, object, before, old, out);
	else if (!old && now.servers && is_bare(object))
		take_out(text, now.root, now.servers, out);
	else if (!old && is_bare(object) && is_all(text, object, before))
		buf_add(out, before->bytes, before->bytes ? before->length : 0);
	else
		buf_add(out, text->bytes, text->length);
	return 0;
}

/* First the servers, then the whole. */
static int tidy_twice(const struct client *client, const struct buf *text,
		      const struct config_text *before, struct buf *out, struct helios_error *error)
{
	struct config_text then = {buf_text(text), text->length, before->file};
	cleanup_buf struct buf between = {0};
	int err = tidy(client, &then, before, &between, error);

	out->failed |= between.failed;
	if (err < 0 || !between.length)
		return err;
	then.bytes = buf_text(&between);
	then.length = between.length;
	return tidy(client, &then, before, out, error);
}

static int drop(const struct client *client, const struct config_text *text,
		const struct config_text *before, struct buf *out, struct helios_error *error)
{
	cleanup(parsed_done) struct parsed parsed = {0};
	cleanup_buf struct buf without = {0};
	int err = parse(client, text, &parsed, error);

	if (err < 0)
		return err;
	if (!parsed.entry) {
		buf_add(out, text->bytes, text->length);
		return 0;
	}
	take_out(text, parsed.servers->value, parsed.entry, before ? &without : out);
	out->failed |= without.failed;
	return before ? tidy_twice(client, &without, before, out, error) : 0;
}

const struct entry_format entry_json = {look, put, drop};
