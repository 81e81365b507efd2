/* temp and inject_temporary: overlays that hold for a time. */
#include "op/ops.h"

#include <time.h>

#include "persona/put.h"
#include "store/agents.h"
#include "store/temporary.h"

#define DEFAULT_DURATION "1h"

/* "90m", "2h", "1d" or "1w" in seconds. */
static int read_duration(const char *text, int64_t *ret, struct helios_error *error)
{
	static const struct {
		char unit;
		int64_t seconds;
	} units[] = {{'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 7 * 86400}};
	size_t digits = strspn(text, "0123456789");

	for (size_t i = 0; digits && digits <= 6 && i < ARRAY_SIZE(units); i++) {
		if (text[digits] != units[i].unit || text[digits + 1])
			continue;
		*ret = (int64_t)strtoul(text, NULL, 10) * units[i].seconds;
		return 0;
	}
	return helios_fail(error, HELIOS_USAGE, NULL, "write it like 90m, 2h, 1d or 1w",
			   "'%s' is no duration", text);
}

/* ---- list */

/* "until 2026-11-23 19:45", "expired 2026-11-23 19:45", or what is wrong with it. */
static void add_state(struct buf *text, const struct temporary *temporary, bool in_force)
{
	char until[32];

	if (temporary->fault.code) {
		buf_addstr(text, "does not count: ");
		add_one_line(text, temporary->fault.message, strlen(temporary->fault.message));
		return;
	}
	op_format_time(until, sizeof(until), temporary->expires, false);
	buf_addf(text, "%s %s", in_force ? "until" : "expired", until);
}

static void add_line(const struct helios_call *call, struct buf *text,
		     const struct temporary *temporary, const char *id, bool in_force)
{
	paint(text, call->colour, in_force ? PAINT_BOLD : PAINT_DIM, id);
	buf_addstr(text, "  ");
	if (temporary->persona) {
		add_one_line(text, temporary->persona, strlen(temporary->persona));
		buf_addstr(text, "  ");
	}
	add_state(text, temporary, in_force);
	if (!temporary->fault.code) {
		buf_addstr(text, "  ");
		text->failed |= yaml_emit_flow(temporary->overlay, text) < 0;
	}
	if (temporary->reason) {
		buf_addstr(text, "  # ");
		add_one_line(text, temporary->reason, strlen(temporary->reason));
	}
	buf_addch(text, '\n');
}

static void add_json(struct buf *json, const struct temporary *temporary, const char *id,
		     bool in_force)
{
	char until[32];

	json_open(json, '{');
	json_member(json, "id", id);
	json_member(json, "file", temporary->path);
	json_member_bool(json, "in_force", in_force);
	json_member(json, "persona", temporary->persona);
	json_member(json, "reason", temporary->reason);
	if (temporary->fault.code) {
		json_member(json, "problem", temporary->fault.message);
	} else {
		op_format_time(until, sizeof(until), temporary->expires, true);
		json_member(json, "expires_at", until);
		json_key(json, "overlay");
		json_node(json, temporary->overlay);
	}
	json_close(json, '}');
}

static int list(const struct helios_call *call, struct helios_answer *answer,
		struct helios_error *error)
{
	cleanup(temporaries_done) struct temporaries all = {0};
	cleanup_buf struct buf text = {0}, json = {0};
	int64_t now = (int64_t)time(NULL);
	int err = temporaries_list(call->home, &all, error);

	if (err < 0)
		return err;
	json_open(&json, '{');
	json_key(&json, "temporary");
	json_open(&json, '[');
	for (size_t i = 0; i < all.count; i++) {
		cleanup_free char *id = temporary_id(&all.items[i]);
		bool in_force = temporary_is_in_force(&all.items[i], now);

		if (!id)
			return op_no_memory(error);
		add_line(call, &text, &all.items[i], id, in_force);
		add_json(&json, &all.items[i], id, in_force);
	}
	json_close(&json, ']');
	json_close(&json, '}');
	if (!text.length)
		buf_addstr(&text, "no temporary overlays\n");
	return answer_give(answer, &text, &json, error);
}

/* ---- add */

static int give_added(const struct helios_call *call, const struct temporary_request *request,
		      struct helios_answer *answer, struct helios_error *error)
{
	cleanup_buf struct buf text = {0}, json = {0};
	cleanup_free char *id = NULL;
	char until[32], shown[32];
	int64_t expires;
	int err = temporary_add(call->home, call->client, request, &id, &expires, error);

	if (err < 0)
		return err;
	op_format_time(until, sizeof(until), expires, true);
	op_format_time(shown, sizeof(shown), expires, false);
	buf_addf(&text, "%s: until %s; 'helios temp drop %s' ends it before\n",
		 streq(request->persona, "*") ? "all personas" : request->persona, shown, id);
	json_open(&json, '{');
	json_member(&json, "id", id);
	json_member(&json, "persona", request->persona);
	json_member(&json, "expires_at", until);
	json_close(&json, '}');
	answer->notice = true;
	return answer_give(answer, &text, &json, error);
}

/* An overlay of one value. */
static int make_overlay(struct arena *arena, const char *written, const struct node *value,
			struct node **ret, struct helios_error *error)
{
	struct node *empty = node_map(arena), *copy = node_copy(arena, value);
	struct path path;
	int err = empty && copy ? path_parse(arena, written, &path, error) : op_no_memory(error);

	return err < 0 ? err : overlay_edit(arena, empty, &path, copy, ret, error);
}

static int add(const struct helios_call *call, struct helios_answer *answer,
	       struct helios_error *error)
{
	const char *value = call->values[3];
	struct temporary_request request = {.persona = call->values[1], .reason = call->values[5]};
	cleanup_document struct document *typed = NULL;
	cleanup(arena_done) struct arena arena = {0};
	struct node *overlay;
	int err;

	if (!value)
		return helios_fail(error, HELIOS_USAGE, NULL, "'*' names all personas",
				   "'temp add' needs a persona, a path and a value");
	err = read_duration(call->values[4] ?: DEFAULT_DURATION, &request.seconds, error);
	if (err == 0)
		err = yaml_parse_value(value, strlen(value), &typed, error);
	if (err == 0)
		err = make_overlay(&arena, call->values[2], typed->root, &overlay, error);
	if (err)
		return err;
	request.overlay = overlay;
	return give_added(call, &request, answer, error);
}

int op_tool_inject(const struct helios_call *call, struct helios_answer *answer,
		   struct helios_error *error)
{
	const char *overlay = call->values[1];
	struct temporary_request request = {.persona = call->values[0], .reason = call->values[3]};
	cleanup_document struct document *document = NULL;
	int err = agents_check(call->home, error);

	if (err == 0)
		err = read_duration(call->values[2] ?: DEFAULT_DURATION, &request.seconds, error);
	if (err == 0)
		err = yaml_parse_value(overlay, strlen(overlay), &document, error);
	if (err)
		return err;
	request.overlay = document->root;
	return give_added(call, &request, answer, error);
}

/* ---- drop */

static int drop(const struct helios_call *call, struct helios_answer *answer,
		struct helios_error *error)
{
	const char *id = call->values[1];
	int err = temporary_drop(call->home, call->client, id, error);

	return err < 0 ? err : answer_give_id(answer, "dropped", id, error);
}

int op_temp(const struct helios_call *call, struct helios_answer *answer,
	    struct helios_error *error)
{
	static const struct op_action actions[] = {
		{"list", list, false},
		{"add", add, false},
		{"drop", drop, true},
		{NULL, NULL, false},
	};

	return op_act("temp", actions, call, answer, error);
}
