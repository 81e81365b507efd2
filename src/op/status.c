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

int op_status(const struct helios_call *call, struct helios_answer *answer,
	      struct helios_error *error)
{
	cleanup_document struct document *document = NULL;
	cleanup_buf struct buf text = {0}, json = {0};
	struct helios_text *read;
	struct report report;
	int err = helios_read(call->home, HELIOS_STATUS, "", &read, error);

	if (err < 0)
		return err;
	err = yaml_parse(read->data, read->length, "status.yaml", &document, error);
	helios_text_unref(read);
	report = (struct report){.document = document};
	if (err == 0)
		err = add_mounts(&report, call->path, error);
	if (err == 0)
		err = add_last_change(&report, call->home, error);
	if (err < 0)
		return err;
	if (report.err < 0)
		return op_no_memory(error);
	if (call->values && call->values[0])
		err = op_open_metrics(call->home, &text, error);
	else if (yaml_emit(document->root, &text) < 0)
		err = op_no_memory(error);
	if (err < 0)
		return err;
	json_node(&json, document->root);
	return answer_give(answer, &text, &json, error);
}
