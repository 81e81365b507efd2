/* rejected: what refused saves left behind - look, save again, or drop. */
#include "op/ops.h"

/* The value of a "# field: value" line of the comment a kept text begins with, or "". */
static void header_field(const struct helios_text *text, const char *field, char *out, size_t size)
{
	size_t length = strlen(field);

	*out = '\0';
	for (const char *at = text->data; *at == '#'; at += strcspn(at, "\n") + 1) {
		if (strncmp(at, "# ", 2) == 0 && strncmp(at + 2, field, length) == 0 &&
		    strncmp(at + 2 + length, ": ", 2) == 0) {
			at += length + 4;
			snprintf(out, size, "%.*s", (int)strcspn(at, "\n"), at);
			return;
		}
		if (!at[strcspn(at, "\n")])
			return;
	}
}

static void add_kept(const struct helios_call *call, const char *id, const struct helios_text *kept,
		     struct buf *text, struct buf *json)
{
	static const struct {
		const char *name, *shown; /* what stands before it for people; NULL: left out */
	} fields[] = {
		{"name", "  "},	 {"kind", NULL},   {"time", NULL}, {"source", NULL},
		{"place", ": "}, {"reason", ": "}, {"hint", NULL},
	};
	char value[1024];

	paint(text, call->colour, PAINT_BOLD, id);
	json_open(json, '{');
	json_member(json, "id", id);
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		header_field(kept, fields[i].name, value, sizeof(value));
		json_member(json, fields[i].name, value);
		if (!*value || !fields[i].shown)
			continue;
		buf_addstr(text, fields[i].shown);
		add_one_line(text, value, strlen(value));
	}
	buf_addch(text, '\n');
	json_close(json, '}');
}

static int list(const struct helios_call *call, struct helios_answer *answer,
		struct helios_error *error)
{
	cleanup(helios_names_free) struct helios_names names = {0};
	cleanup_buf struct buf text = {0}, json = {0};
	int err = helios_names(call->home, HELIOS_REJECTED, &names, error);

	if (err < 0)
		return err;
	json_open(&json, '{');
	json_key(&json, "rejected");
	json_open(&json, '[');
	for (size_t i = 0; i < names.count; i++) {
		struct helios_text *kept;

		/* Somebody may have dropped it since the names were read. */
		if (helios_read(call->home, HELIOS_REJECTED, names.entries[i], &kept, NULL) < 0)
			continue;
		add_kept(call, names.entries[i], kept, &text, &json);
		helios_text_unref(kept);
	}
	json_close(&json, ']');
	json_close(&json, '}');
	if (!text.length)
		buf_addstr(&text, "no refused texts\n");
	return answer_give(answer, &text, &json, error);
}

static int show(const struct helios_call *call, struct helios_answer *answer,
		struct helios_error *error)
{
	cleanup_buf struct buf text = {0}, json = {0};
	struct helios_text *kept;
	int err = helios_read(call->home, HELIOS_REJECTED, call->values[1], &kept, error);

	if (err < 0)
		return err;
	buf_add(&text, kept->data, kept->length);
	json_open(&json, '{');
	json_member(&json, "id", call->values[1]);
	json_member(&json, "text", kept->data);
	json_close(&json, '}');
	helios_text_unref(kept);
	return answer_give(answer, &text, &json, error);
}

static int retry(const struct helios_call *call, struct helios_answer *answer,
		 struct helios_error *error)
{
	struct helios_saved saved = {0};
	cleanup_buf struct buf text = {0};
	int err = helios_reject_retry(call->home, call->client, call->values[1], &saved, error);

	if (err < 0)
		return err;
	buf_addf(&text, "saved %s%s\n", call->values[1],
		 saved.merged ? ", merged with what was changed meanwhile" : "");
	return answer_give_saved(answer, &text, call->values[1], &saved, error);
}

static int drop(const struct helios_call *call, struct helios_answer *answer,
		struct helios_error *error)
{
	int err = helios_reject_drop(call->home, call->values[1], error);

	return err < 0 ? err : answer_give_id(answer, "dropped", call->values[1], error);
}

int op_rejected(const struct helios_call *call, struct helios_answer *answer,
		struct helios_error *error)
{
	static const struct op_action actions[] = {
		{"list", list, false}, {"show", show, true}, {"retry", retry, true},
		{"drop", drop, true},  {NULL, NULL, false},
	};

	return op_act("rejected", actions, call, answer, error);
}
