/* log and diff: the past of a home, and what two documents differ in. */
#include "op/ops.h"

#include "store/external.h"
#include "store/history.h"

#define SHOWN_BY_DEFAULT 50u

void json_change(struct buf *json, const struct history_entry *entry)
{
	char hex[OBJECT_ID_HEX + 1], when[32];

	object_id_format(&entry->commit, hex);
	op_format_time(when, sizeof(when), entry->time, true);
	json_member(json, "commit", hex);
	json_member(json, "time", when);
	json_member(json, "summary", entry->summary);
	json_member(json, "source", entry->source);
	json_member(json, "client", entry->client);
	json_member(json, "session", entry->session);
	json_member(json, "operation", entry->operation);
	json_member(json, "reason", entry->reason);
	json_member(json, "proposed_by", entry->proposed_by);
}

void json_change_of(struct buf *json, const struct history_entry *entry)
{
	if (!entry)
		return;
	json_key(json, "change");
	json_open(json, '{');
	json_change(json, entry);
	json_close(json, '}');
}

/* One part of who and why, unless it is not known. */
static void add_part(struct buf *text, const char *before, const char *part)
{
	if (!part || !*part)
		return;
	buf_addstr(text, before);
	add_one_line(text, part, strlen(part));
}

/* Enough of a session's id to tell it from others, as of a commit's. */
#define SESSION_SHOWN 8

void add_who(struct buf *text, const struct history_entry *entry, const char *layer)
{
	cleanup_free char *session = entry->session ? strndup(entry->session, SESSION_SHOWN) : NULL;

	if (layer || entry->source) {
		buf_addstr(text, "  (");
		add_part(text, "", layer);
		add_part(text, layer ? ": " : "", entry->source);
		add_part(text, ", ", entry->client);
		add_part(text, ", session ", session);
		add_part(text, ", proposed by ", entry->proposed_by);
		buf_addch(text, ')');
	}
	add_part(text, ": ", entry->reason);
}

/* "2026-11-23 19:45  abcdef1  coder: set communication.tone  (view, vim): why" */
static void add_change(const struct helios_call *call, struct buf *text,
		       const struct history_entry *entry)
{
	add_stamp(call, text, entry->time, &entry->commit, NULL);
	add_one_line(text, entry->summary, strlen(entry->summary));
	add_who(text, entry, NULL);
	buf_addch(text, '\n');
}

static int no_history(const char *name, struct helios_error *error)
{
	return helios_fail(error, HELIOS_NO_PERSONA, NULL, NULL,
			   "there is no change of '%s' in the history", name);
}

int op_log(const struct helios_call *call, struct helios_answer *answer, struct helios_error *error)
{
	cleanup(history_done) struct history history = {0};
	cleanup_buf struct buf text = {0}, json = {0};
	size_t limit, shown;
	int err = op_count(call->values[2], SHOWN_BY_DEFAULT, &limit, error);

	external_notice(call->home, call->values[0]); /* an edit outside is the newest change */
	if (err == 0) /* one more tells whether there are more */
		err = history_read(call->home, call->values[0], call->values[1],
				   limit ? limit + 1 : 0, &history, error);
	if (err < 0)
		return err;
	if (call->values[0] && !call->values[1] && !history.count)
		return no_history(call->values[0], error);
	shown = limit && history.count > limit ? limit : history.count;
	json_open(&json, '{');
	json_key(&json, "changes");
	json_open(&json, '[');
	for (size_t i = 0; i < shown; i++) {
		add_change(call, &text, &history.entries[i]);
		json_open(&json, '{');
		json_change(&json, &history.entries[i]);
		json_close(&json, '}');
	}
	json_close(&json, ']');
	json_member_bool(&json, "more", shown < history.count);
	json_close(&json, '}');
	if (!history.count && call->values[1])
		buf_addf(&text, "no change of %s is in the history\n", call->values[1]);
	if (shown < history.count && !call->values[2])
		buf_addstr(&text, "there are more; 'helios log -n 0' lists all\n");
	return answer_give(answer, &text, &json, error);
}

void add_diff(const struct helios_call *call, struct buf *text, const char *diff)
{
	while (*diff) {
		size_t length = strcspn(diff, "\n");
		cleanup_free char *line = strndup(diff, length);
		bool header = strncmp(diff, "+++", 3) == 0 || strncmp(diff, "---", 3) == 0;

		if (!line)
			text->failed = true;
		else if (header)
			paint(text, call->colour, PAINT_BOLD, line);
		else if (*line == '+')
			paint(text, call->colour, PAINT_GREEN, line);
		else if (*line == '-')
			paint(text, call->colour, PAINT_RED, line);
		else if (*line == '@')
			paint(text, call->colour, PAINT_CYAN, line);
		else
			buf_addstr(text, line);
		buf_addch(text, '\n');
		diff += length + (diff[length] == '\n');
	}
}

static int resolved(const struct helios_call *call, const char *name, struct helios_text **ret,
		    struct helios_error *error)
{
	return helios_read(call->home, op_is_base(name) ? HELIOS_STORED : HELIOS_RESOLVED, name,
			   ret, error);
}

static void cleanup_text(struct helios_text **text)
{
	helios_text_unref(*text);
}

/* What name and other resolve to. */
static int diff_two(const struct helios_call *call, struct buf *diff, struct buf *json,
		    struct helios_error *error)
{
	cleanup(cleanup_text) struct helios_text *old = NULL, *new = NULL;
	const char *name = call->values[0], *other = call->values[1];
	char old_name[LIMIT_NAME + 16], new_name[LIMIT_NAME + 16];
	int err = resolved(call, name, &old, error);

	if (err == 0)
		err = resolved(call, other, &new, error);
	if (err)
		return err;
	snprintf(old_name, sizeof(old_name), "%s (resolved)", name);
	snprintf(new_name, sizeof(new_name), "%s (resolved)", other);
	json_member(json, "name", name);
	json_member(json, "other", other);
	return history_diff(old->data, old->length, old_name, new->data, new->length, new_name,
			    diff, error);
}

/* A text that is not there at that commit (the persona was made or removed) is empty. */
static int text_at(const struct helios_call *call, const struct object_id *commit, struct buf *out,
		   struct helios_error *error)
{
	int err;

	if (object_id_is_zero(commit))
		return 0;
	err = history_text(call->home, commit, call->values[0], out, error);
	return err == -ENOENT ? 0 : err;
}

/* The last change of what is stored for name. */
static int diff_last(const struct helios_call *call, struct buf *diff, struct buf *json,
		     struct helios_error *error)
{
	cleanup(history_done) struct history history = {0};
	cleanup_buf struct buf old = {0}, new = {0};
	const char *name = call->values[0];
	char old_file[LIMIT_NAME + 32], new_file[LIMIT_NAME + 32];
	int err = history_read(call->home, name, NULL, 1, &history, error);

	if (err == 0 && !history.count)
		return no_history(name, error);
	if (err == 0)
		err = text_at(call, &history.entries[0].parent, &old, error);
	if (err == 0)
		err = text_at(call, &history.entries[0].commit, &new, error);
	if (err < 0)
		return err;
	op_file_name(old_file, sizeof(old_file), "a/", name);
	op_file_name(new_file, sizeof(new_file), "b/", name);
	json_member(json, "name", name);
	json_change(json, &history.entries[0]);
	return history_diff(buf_text(&old), old.length, old_file, buf_text(&new), new.length,
			    new_file, diff, error);
}

int op_diff(const struct helios_call *call, struct helios_answer *answer,
	    struct helios_error *error)
{
	cleanup_buf struct buf diff = {0}, text = {0}, json = {0};
	int err;

	json_open(&json, '{');
	err = (call->values[1] ? diff_two : diff_last)(call, &diff, &json, error);
	if (err < 0)
		return err;
	json_key(&json, "diff");
	json_text_n(&json, buf_text(&diff), diff.length);
	json_close(&json, '}');
	add_diff(call, &text, buf_text(&diff));
	return answer_give(answer, &text, &json, error);
}
