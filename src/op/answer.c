/* What every operation needs to build its answer: text, colours, JSON, documents. */
#include "op/ops.h"

#include <time.h>

#include "base/utf8.h"
#include "store/repo.h"

int op_no_memory(struct helios_error *error)
{
	return helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "memory ran out");
}

int answer_give(struct helios_answer *answer, struct buf *text, struct buf *json,
		struct helios_error *error)
{
	if (text->failed || json->failed)
		return op_no_memory(error);
	if (text->length) {
		answer->text = buf_take(text);
	} else {
		answer->text = strdup("");
		if (!answer->text)
			return op_no_memory(error);
	}
	if (json->length)
		answer->json = buf_take(json);
	return 0;
}

int answer_give_id(struct helios_answer *answer, const char *done, const char *id,
		   struct helios_error *error)
{
	cleanup_buf struct buf text = {0}, json = {0};

	buf_addf(&text, "%s %s\n", done, id);
	json_open(&json, '{');
	json_member(&json, "id", id);
	json_close(&json, '}');
	answer->notice = true;
	return answer_give(answer, &text, &json, error);
}

int answer_give_saved(struct helios_answer *answer, struct buf *text, const char *id,
		      const struct helios_saved *saved, struct helios_error *error)
{
	cleanup_buf struct buf json = {0};

	json_open(&json, '{');
	json_member(&json, "id", id);
	json_saved(&json, saved);
	json_close(&json, '}');
	answer->notice = true;
	return answer_give(answer, text, &json, error);
}

int answer_give_json(struct helios_answer *answer, struct buf *json, struct helios_error *error)
{
	struct buf text = {0};

	return answer_give(answer, &text, json, error);
}

void helios_answer_done(struct helios_answer *answer)
{
	free(answer->json);
	free(answer->text);
	*answer = (struct helios_answer){0};
}

static int no_action(const char *command, const struct op_action *actions, const char *wanted,
		     struct helios_error *error)
{
	cleanup_buf struct buf hint = {0};
	const char *names[8] = {NULL}, *near;
	size_t count = 0;

	for (; actions[count].name; count++)
		names[count] = actions[count].name;
	near = helios_suggest(wanted, names, count);
	if (near)
		buf_addf(&hint, "did you mean '%s'?", near);
	for (size_t i = 0; i < count && !near; i++)
		buf_addf(&hint, "%s%s", i ? ", " : "it is one of ", names[i]);
	return helios_fail(error, HELIOS_USAGE, NULL, buf_text(&hint), "'%s' knows no '%s'",
			   command, wanted);
}

int op_act(const char *command, const struct op_action *actions, const struct helios_call *call,
	   struct helios_answer *answer, struct helios_error *error)
{
	const char *wanted = call->values[0] ?: actions->name;
	const struct op_action *action = actions;
	char hint[64];

	while (action->name && !streq(action->name, wanted))
		action++;
	if (!action->name)
		return no_action(command, actions, wanted, error);
	if (!action->needs_id || call->values[1])
		return action->run(call, answer, error);
	snprintf(hint, sizeof(hint), "'helios %s' lists the ids", command);
	return helios_fail(error, HELIOS_USAGE, NULL, hint, "'%s %s' needs an ID", command, wanted);
}

int op_count(const char *value, size_t fallback, size_t *ret, struct helios_error *error)
{
	size_t digits = value ? strspn(value, "0123456789") : 0;

	if (!value) {
		*ret = fallback;
		return 0;
	}
	if (!digits || digits > 9 || value[digits])
		return helios_fail(error, HELIOS_USAGE, NULL, "write a whole number, like 20",
				   "'%s' is not a count", value);
	*ret = strtoul(value, NULL, 10);
	return 0;
}

void paint(struct buf *out, bool wanted, enum paint colour, const char *text)
{
	static const char *const codes[] = {
		[PAINT_BOLD] = "1",   [PAINT_DIM] = "2",     [PAINT_RED] = "31",
		[PAINT_GREEN] = "32", [PAINT_YELLOW] = "33", [PAINT_CYAN] = "36",
	};

	if (wanted)
		buf_addf(out, "\033[%sm%s\033[0m", codes[colour], text);
	else
		buf_addstr(out, text);
}

void add_one_line(struct buf *out, const char *text, size_t length)
{
	for (size_t at = 0; at < length;) {
		uint32_t codepoint;
		size_t size = utf8_decode(text + at, length - at, &codepoint);

		if (utf8_is_invisible(codepoint))
			buf_addch(out, ' ');
		else if (codepoint == 0xFFFD) /* also for bytes that are no character */
			buf_addstr(out, "\xEF\xBF\xBD");
		else
			buf_add(out, text + at, size);
		at += size;
	}
}

/* The length of the first characters of a text, as many as columns. */
static size_t first_columns(const char *text, size_t columns)
{
	size_t at = 0;

	for (; text[at]; at++)
		if (((unsigned char)text[at] & 0xc0) != 0x80 && !columns--)
			break;
	return at;
}

void add_columns(struct buf *out, const char *text, size_t columns)
{
	cleanup_buf struct buf line = {0};

	add_one_line(&line, text, strlen(text));
	out->failed |= line.failed;
	if (!columns || text_width(buf_text(&line)) <= columns) {
		buf_addstr(out, buf_text(&line));
		return;
	}
	buf_add(out, buf_text(&line), first_columns(buf_text(&line), columns - 1));
	buf_addstr(out, "…");
}

void add_flow(struct buf *text, const struct node *node, size_t columns)
{
	cleanup_buf struct buf flow = {0};

	if (!node) {
		buf_addstr(text, "(absent)");
		return;
	}
	text->failed |= yaml_emit_flow(node, &flow) < 0;
	add_columns(text, buf_text(&flow), columns);
}

#define SHORT_ID 7

void add_stamp(const struct helios_call *call, struct buf *text, int64_t seconds,
	       const struct object_id *commit, const char *word)
{
	char hex[OBJECT_ID_HEX + 1], when[32];

	if (commit) {
		object_id_format(commit, hex);
		hex[SHORT_ID] = '\0';
	}
	op_format_time(when, sizeof(when), seconds, false);
	paint(text, call->colour, PAINT_DIM, when);
	buf_addstr(text, "  ");
	paint(text, call->colour, PAINT_YELLOW, commit ? hex : word);
	buf_addstr(text, "  ");
}

size_t text_width(const char *text)
{
	size_t width = 0;

	for (; *text; text++)
		width += ((unsigned char)*text & 0xc0) != 0x80;
	return width;
}

bool op_is_base(const char *name)
{
	return streq(name, "base");
}

void op_file_name(char *out, size_t size, const char *before, const char *name)
{
	if (op_is_base(name))
		snprintf(out, size, "%sbase/identity.yaml", before);
	else
		snprintf(out, size, "%spersonas/%s.yaml", before, name);
}

int op_document(const struct helios_call *call, enum helios_kind kind, const char *name,
		struct document **ret, struct helios_error *error)
{
	char file[LIMIT_NAME + sizeof("personas/.yaml")];
	struct helios_text *text;
	int err;

	if (op_is_base(name))
		kind = HELIOS_STORED;
	err = helios_read(call->home, kind, name, &text, error);
	if (err < 0)
		return err;
	op_file_name(file, sizeof(file), "", name);
	err = yaml_parse(text->data, text->length, file, ret, error);
	helios_text_unref(text);
	return err;
}

void json_saved(struct buf *json, const struct helios_saved *saved)
{
	json_member_bool(json, "changed", saved->changed);
	json_member_bool(json, "merged", saved->merged);
	json_member_whole(json, "conflicts", (int64_t)saved->conflicts);
	json_member(json, "commit", saved->commit);
}

void op_format_time(char *out, size_t size, int64_t seconds, bool utc)
{
	time_t when = (time_t)seconds;
	struct tm parts = {0};

	if (utc)
		gmtime_r(&when, &parts);
	else
		localtime_r(&when, &parts);
	strftime(out, size, utc ? "%Y-%m-%dT%H:%M:%SZ" : "%Y-%m-%d %H:%M", &parts);
}
