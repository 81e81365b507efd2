/* rejected: what refused saves left behind - look, save again, or drop. */
#include "op/ops.h"

/* The comment a kept text begins with, on one line. */
static void add_reason(struct buf *out, const struct helios_text *text)
{
	const char *at = text->data;

	while (at[0] == '#') {
		size_t length = strcspn(at, "\n");
		const char *words = at + 1 + (at[1] == ' ');

		if (out->length)
			buf_addch(out, ' ');
		add_one_line(out, words, (size_t)(at + length - words));
		at += length + (at[length] == '\n');
	}
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
		cleanup_buf struct buf reason = {0};
		struct helios_text *kept;

		/* Somebody may have dropped it since the names were read. */
		if (helios_read(call->home, HELIOS_REJECTED, names.entries[i], &kept, NULL) < 0)
			continue;
		add_reason(&reason, kept);
		helios_text_unref(kept);
		paint(&text, call->colour, PAINT_BOLD, names.entries[i]);
		buf_addf(&text, "\n    %s\n", buf_text(&reason));
		json_open(&json, '{');
		json_member(&json, "id", names.entries[i]);
		json_member(&json, "reason", buf_text(&reason));
		json_close(&json, '}');
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
	cleanup(helios_saved_done) struct helios_saved saved = {0};
	cleanup_buf struct buf text = {0}, json = {0};
	int err = helios_reject_retry(call->home, call->client, call->values[1], &saved, error);

	if (err < 0)
		return err;
	buf_addf(&text, "saved %s%s\n", call->values[1],
		 saved.merged ? ", merged with what was changed meanwhile" : "");
	json_open(&json, '{');
	json_member(&json, "id", call->values[1]);
	json_saved(&json, &saved);
	json_close(&json, '}');
	return answer_give(answer, &text, &json, error);
}

static int drop(const struct helios_call *call, struct helios_answer *answer,
		struct helios_error *error)
{
	cleanup_buf struct buf text = {0}, json = {0};
	int err = helios_reject_drop(call->home, call->values[1], error);

	if (err < 0)
		return err;
	buf_addf(&text, "dropped %s\n", call->values[1]);
	json_open(&json, '{');
	json_member(&json, "id", call->values[1]);
	json_close(&json, '}');
	return answer_give(answer, &text, &json, error);
}

int op_rejected(const struct helios_call *call, struct helios_answer *answer,
		struct helios_error *error)
{
	static const char *const names[] = {"list", "show", "retry", "drop"};
	static int (*const actions[])(const struct helios_call *, struct helios_answer *,
				      struct helios_error *) = {list, show, retry, drop};
	const char *wanted = call->values[0] ? call->values[0] : "list", *near;
	char hint[64];

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (!streq(wanted, names[i]))
			continue;
		if (i && !call->values[1])
			return helios_fail(error, HELIOS_USAGE, NULL,
					   "'helios rejected' lists the ids",
					   "'rejected %s' needs an ID", wanted);
		return actions[i](call, answer, error);
	}
	near = helios_suggest(wanted, names, ARRAY_SIZE(names));
	snprintf(hint, sizeof(hint), "did you mean '%s'?", near ? near : "");
	return helios_fail(error, HELIOS_USAGE, NULL,
			   near ? hint : "it is list, show, retry or drop",
			   "'rejected' knows no '%s'", wanted);
}
