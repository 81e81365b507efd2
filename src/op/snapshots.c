/* snapshot, snapshots, rollback: keeping a state of the home, and going back to one. */
#include "op/ops.h"

#include "store/snapshot.h"

static void cleanup_snapshots(struct snapshots *snapshots)
{
	snapshots_done(snapshots);
}

static void cleanup_rollback(struct rollback *rollback)
{
	rollback_done(rollback);
}

int op_snapshot(const struct helios_call *call, struct helios_answer *answer,
		struct helios_error *error)
{
	cleanup_buf struct buf text = {0}, json = {0};
	cleanup_free char *name = NULL;
	char commit[OBJECT_ID_HEX + 1];
	int err = snapshot_take(call->home, call->client, call->values[0], &name, commit, error);

	if (err < 0)
		return err;
	buf_addf(&text, "took %s; 'helios rollback %s' goes back to it\n", name, name);
	json_open(&json, '{');
	json_member(&json, "name", name);
	json_member(&json, "commit", commit);
	json_close(&json, '}');
	answer->notice = true;
	return answer_give(answer, &text, &json, error);
}

static void json_snapshot(struct buf *json, const struct snapshot *snapshot)
{
	char hex[OBJECT_ID_HEX + 1], when[32];

	object_id_format(&snapshot->commit, hex);
	op_format_time(when, sizeof(when), snapshot->time, true);
	json_open(json, '{');
	json_member(json, "name", snapshot->name);
	json_member(json, "time", when);
	json_member(json, "reason", snapshot->reason);
	json_member(json, "commit", hex);
	json_member(json, "source", snapshot->source);
	json_member(json, "client", snapshot->client);
	json_member_bool(json, "current", snapshot->current);
	json_close(json, '}');
}

/* "2026-11-23 19:45  abcdef1  snapshot-20261123T194500Z  before the big change  (as it is now)" */
static void add_snapshot(const struct helios_call *call, struct buf *text,
			 const struct snapshot *snapshot)
{
	add_stamp(call, text, snapshot->time, &snapshot->commit, NULL);
	add_one_line(text, snapshot->name, strlen(snapshot->name));
	if (*snapshot->reason) {
		buf_addstr(text, "  ");
		add_one_line(text, snapshot->reason, strlen(snapshot->reason));
	}
	if (snapshot->current)
		paint(text, call->colour, PAINT_GREEN, "  (as it is now)");
	buf_addch(text, '\n');
}

int op_snapshots(const struct helios_call *call, struct helios_answer *answer,
		 struct helios_error *error)
{
	cleanup(cleanup_snapshots) struct snapshots snapshots = {0};
	cleanup_buf struct buf text = {0}, json = {0};
	int err = snapshots_read(call->home, &snapshots, error);

	if (err < 0)
		return err;
	json_open(&json, '{');
	json_key(&json, "snapshots");
	json_open(&json, '[');
	for (size_t i = 0; i < snapshots.count; i++) {
		add_snapshot(call, &text, &snapshots.entries[i]);
		json_snapshot(&json, &snapshots.entries[i]);
	}
	json_close(&json, ']');
	json_close(&json, '}');
	if (!snapshots.count)
		buf_addstr(&text, "no snapshots; 'helios snapshot' takes one\n");
	return answer_give(answer, &text, &json, error);
}

static const char *change_word(enum rollback_change change)
{
	static const char *const words[] = {"changed", "added", "removed", "mended"};

	return words[change];
}

static void json_rollback(struct buf *json, const char *name, const struct rollback *rollback)
{
	json_open(json, '{');
	json_member(json, "name", name);
	json_key(json, "files");
	json_open(json, '[');
	for (size_t i = 0; i < rollback->count; i++) {
		json_open(json, '{');
		json_member(json, "file", rollback->files[i].path);
		json_member(json, "change", change_word(rollback->files[i].change));
		json_close(json, '}');
	}
	json_close(json, ']');
	json_key(json, "skipped");
	json_open(json, '[');
	for (size_t i = 0; i < rollback->skipped_count; i++)
		json_text(json, rollback->skipped[i]);
	json_close(json, ']');
	json_key(json, "before");
	json_text(json, rollback->before);
	json_key(json, "commit");
	json_text(json, *rollback->commit ? rollback->commit : NULL);
	json_close(json, '}');
}

static bool is_mended(const struct rollback *rollback)
{
	for (size_t i = 0; i < rollback->count; i++)
		if (rollback->files[i].change == ROLLBACK_MENDED)
			return true;
	return false;
}

#define SHOWN_FILES 20u

static void add_rollback(struct buf *text, const char *name, const struct rollback *rollback)
{
	for (size_t i = 0; i < rollback->count && i < SHOWN_FILES; i++)
		buf_addf(text, "%s: %s\n", rollback->files[i].path,
			 change_word(rollback->files[i].change));
	if (rollback->count > SHOWN_FILES)
		buf_addf(text, "and %zu more\n", rollback->count - SHOWN_FILES);
	for (size_t i = 0; i < rollback->skipped_count; i++)
		buf_addf(text, "%s: left as it is, it was not valid then\n", rollback->skipped[i]);
	if (is_mended(rollback))
		buf_addstr(text, ".recovery/ keeps what the mended files held\n");
	if (rollback->before)
		buf_addf(text, "went back to %s; 'helios rollback %s' undoes that\n", name,
			 rollback->before);
	else
		buf_addf(text, "the personas are as they were at %s already\n", name);
}

int op_rollback(const struct helios_call *call, struct helios_answer *answer,
		struct helios_error *error)
{
	cleanup(cleanup_rollback) struct rollback rollback = {0};
	cleanup_buf struct buf text = {0}, json = {0};
	const char *name = call->values[0];
	int err = snapshot_roll_back(call->home, call->client, name, &rollback, error);

	if (err < 0)
		return err;
	add_rollback(&text, name, &rollback);
	json_rollback(&json, name, &rollback);
	answer->notice = true;
	return answer_give(answer, &text, &json, error);
}
