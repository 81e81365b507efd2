/* journal: what was asked for, by whom, and whether it was done. Never a value. */
#include "op/ops.h"

#include "store/journal.h"
#include "store/served.h"

#define SHOWN_BY_DEFAULT 50u

struct reading {
	const struct helios_call *call;
	const char *name, *source, *operation; /* only these; NULL: all */
	bool failed;			       /* only those that were given up */
	size_t left;			       /* how many more; SIZE_MAX: all */
	bool more;			       /* there was one beyond these */
	struct buf *text, *json;
};

static bool touches(const struct journal_change *change, const char *name)
{
	for (size_t i = 0; i < change->count; i++) {
		char room[NAME_MAX + 1];
		const char *of = served_name_of(change->files[i].path, room);

		if (of && streq(of, name))
			return true;
	}
	return false;
}

static bool is_wanted(const struct reading *reading, const struct journal_change *change,
		      bool aborted)
{
	return (!reading->name || touches(change, reading->name)) &&
	       (!reading->source || (change->source && streq(change->source, reading->source))) &&
	       (!reading->operation || streq(change->id, reading->operation)) &&
	       (!reading->failed || aborted);
}

static void add_json(struct buf *json, const struct journal_change *change, bool aborted)
{
	char hex[OBJECT_ID_HEX + 1], when[32];

	object_id_format(&change->commit, hex);
	op_format_time(when, sizeof(when), change->time, true);
	json_open(json, '{');
	json_member(json, "id", change->id);
	json_member(json, "time", when);
	json_member(json, "source", change->source);
	json_member(json, "client", change->client);
	json_member(json, "session", change->session);
	json_member(json, "operation", change->operation);
	json_member_bool(json, "success", !aborted);
	json_key(json, "commit");
	json_text(json, object_id_is_zero(&change->commit) || aborted ? NULL : hex);
	json_key(json, "files");
	json_open(json, '[');
	for (size_t i = 0; i < change->count; i++)
		json_text(json, change->files[i].path);
	json_close(json, ']');
	json_close(json, '}');
}

/* "2026-11-23 19:45  abcdef1  writer: set communication.tone  (mcp, claude-code)" */
static void add_line(const struct reading *reading, const struct journal_change *change,
		     bool aborted)
{
	bool committed = !aborted && !object_id_is_zero(&change->commit);

	add_stamp(reading->call, reading->text, change->time, committed ? &change->commit : NULL,
		  aborted ? "given up" : "-------");
	add_one_line(reading->text, change->operation, strlen(change->operation));
	buf_addf(reading->text, "  (%s", change->source ? change->source : "unknown");
	if (change->client && *change->client) {
		buf_addstr(reading->text, ", ");
		add_one_line(reading->text, change->client, strlen(change->client));
	}
	buf_addstr(reading->text, ")\n");
}

static bool visit(void *context, const struct journal_change *change, bool aborted)
{
	struct reading *reading = context;

	if (!is_wanted(reading, change, aborted))
		return true;
	if (!reading->left) { /* one more than was asked for */
		reading->more = true;
		return false;
	}
	add_line(reading, change, aborted);
	add_json(reading->json, change, aborted);
	reading->left--;
	return true;
}

int op_journal(const struct helios_call *call, struct helios_answer *answer,
	       struct helios_error *error)
{
	cleanup_buf struct buf text = {0}, json = {0};
	struct reading reading = {
		.call = call,
		.name = call->values[0],
		.source = call->values[2],
		.operation = call->values[3],
		.failed = call->values[4] != NULL,
		.text = &text,
		.json = &json,
	};
	size_t damaged;
	int err = op_count(call->values[1], SHOWN_BY_DEFAULT, &reading.left, error);

	if (err < 0)
		return err;
	if (!reading.left)
		reading.left = SIZE_MAX;
	json_open(&json, '{');
	json_key(&json, "changes");
	json_open(&json, '[');
	err = journal_each(call->home->directory, visit, &reading, &damaged, error);
	if (err < 0)
		return err;
	json_close(&json, ']');
	json_member_bool(&json, "more", reading.more);
	json_member_whole(&json, "damaged", (int64_t)damaged);
	json_close(&json, '}');
	if (reading.more && !call->values[1])
		buf_addstr(&text, "there are more; 'helios journal -n 0' lists all\n");
	if (damaged)
		buf_addf(&text, "%zu line%s cannot be read: torn by a power cut, or not ours\n",
			 damaged, damaged == 1 ? "" : "s");
	if (!text.length)
		buf_addstr(&text, "no such change is in the journal\n");
	return answer_give(answer, &text, &json, error);
}
