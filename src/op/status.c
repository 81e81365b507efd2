/*
 * status: the home's own report (what the view shows as status.yaml), with where it is mounted and
 * its last change.
 */
#include "op/ops.h"

#include "store/history.h"

struct report {
	struct document *document;
	int err; /* the first failure; nothing is added after it */
};

static void put(struct report *report, struct node *map, const char *key, struct node *value)
{
	if (report->err == 0)
		report->err = node_put(&report->document->arena, map, key, value);
}

static struct node *text_node(struct report *report, const char *text)
{
	return node_string(&report->document->arena, text, strlen(text));
}

static int add_mounts(struct report *report, const char *path, struct helios_error *error)
{
	cleanup(helios_names_free) struct helios_names mounts = {0};
	struct node *list = node_list(&report->document->arena);
	struct node *dead = node_list(&report->document->arena);
	int err = helios_mounts(path, &mounts, error);

	if (err < 0)
		return err;
	if (!list || !dead)
		return op_no_memory(error);
	put(report, report->document->root, "mounted", list);
	for (size_t i = 0; report->err == 0 && i < mounts.count; i++) {
		bool is_dead = helios_mount_is_dead(mounts.entries[i]);

		report->err = node_append(&report->document->arena, is_dead ? dead : list,
					  text_node(report, mounts.entries[i]));
	}
	if (dead->count) /* 'helios mount' clears them */
		put(report, report->document->root, "dead_mounts", dead);
	return 0;
}

static int add_last_change(struct report *report, struct helios_home *home,
			   struct helios_error *error)
{
	struct node *map = node_map(&report->document->arena);
	struct history history = {0};
	int err = history_read(home, NULL, NULL, 1, &history, error);

	if (err == 0 && history.count) {
		const struct history_entry *last = &history.entries[0];
		char when[32];

		op_format_time(when, sizeof(when), last->time, true);
		put(report, report->document->root, "last_change", map);
		put(report, map, "time", text_node(report, when));
		put(report, map, "summary", text_node(report, last->summary));
		if (last->source)
			put(report, map, "source", text_node(report, last->source));
		if (last->client)
			put(report, map, "client", text_node(report, last->client));
	}
	history_done(&history);
	return err;
}

static void cleanup_home(struct helios_home **home)
{
	helios_close(*home);
}

/* A home that cannot be opened: why, in the words of the states. */
static int tell_closed(const struct helios_call *call, const struct helios_error *why,
		       struct helios_answer *answer, struct helios_error *error)
{
	const char *state = why->code == HELIOS_NO_HOME	   ? "FRESH_INSTALL"
			    : why->code == HELIOS_OLD_HOME ? "NEEDS_MIGRATION"
							   : "CORRUPTED";
	cleanup_buf struct buf text = {0}, json = {0};

	buf_addf(&text, "home: %s\nstate: %s\nneeds_attention: true\n", call->path, state);
	add_error(&text, why, NULL, call->colour);
	json_open(&json, '{');
	json_member(&json, "home", call->path);
	json_member(&json, "state", state);
	json_member_bool(&json, "needs_attention", true);
	json_key(&json, "reason");
	json_open(&json, '{');
	json_member(&json, "code", helios_code_name(why->code));
	json_member(&json, "message", why->message);
	json_member(&json, "hint", why->hint);
	json_close(&json, '}');
	json_close(&json, '}');
	answer->status = 1;
	return answer_give(answer, &text, &json, error);
}

static bool is_ready(const struct document *document)
{
	const struct node *state = node_get(document->root, "state");

	return node_is(state, NODE_STRING) && streq(state->text, "READY");
}

static int tell(const struct helios_call *call, struct helios_home *home,
		struct helios_answer *answer, struct helios_error *error)
{
	cleanup_document struct document *document = NULL;
	cleanup_buf struct buf text = {0}, json = {0};
	struct helios_text *read;
	struct report report;
	int err = helios_read(home, HELIOS_STATUS, "", &read, error);

	if (err < 0)
		return err;
	err = yaml_parse(read->data, read->length, "status.yaml", &document, error);
	helios_text_unref(read);
	report = (struct report){.document = document};
	if (err == 0)
		err = add_mounts(&report, call->path, error);
	if (err == 0)
		err = add_last_change(&report, home, error);
	if (err < 0)
		return err;
	if (report.err < 0)
		return op_no_memory(error);
	if (call->values && call->values[0])
		err = op_open_metrics(home, &text, error);
	else if (yaml_emit(document->root, &text) < 0)
		err = op_no_memory(error);
	if (err < 0)
		return err;
	json_node(&json, document->root);
	answer->status = call->client->tool || is_ready(document) ? 0 : 1;
	return answer_give(answer, &text, &json, error);
}

int op_status(const struct helios_call *call, struct helios_answer *answer,
	      struct helios_error *error)
{
	cleanup(cleanup_home) struct helios_home *opened = NULL;
	struct helios_error why = {0};

	if (!call->home && helios_open(call->path, 0, &opened, &why) < 0)
		return tell_closed(call, &why, answer, error);
	if (tell(call, call->home ? call->home : opened, answer, &why) < 0)
		return tell_closed(call, &why, answer, error);
	return 0;
}
