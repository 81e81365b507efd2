/* undo, and revert_learning: taking changes back. */
#include "op/ops.h"

#include "store/undo.h"

static void cleanup_undo(struct undo_result *result)
{
	undo_result_done(result);
}

static void add_names(struct buf *json, const char *key, char *const *names, size_t count)
{
	json_key(json, key);
	json_open(json, '[');
	for (size_t i = 0; i < count; i++)
		json_text(json, names[i]);
	json_close(json, ']');
}

static void add_result(struct buf *json, const struct undo_result *result)
{
	add_names(json, "reverted", result->reverted, result->reverted_count);
	add_names(json, "skipped", result->skipped, result->skipped_count);
	json_key(json, "commit");
	json_text(json, *result->commit ? result->commit : NULL);
}

int op_tool_revert(const struct helios_call *call, struct helios_answer *answer,
		   struct helios_error *error)
{
	cleanup(cleanup_undo) struct undo_result result = {0};
	struct undo_request request = {.learning = true};
	cleanup_buf struct buf json = {0};
	int err = op_count(call->values[0], 1, &request.count, error);

	if (err == 0)
		err = undo(call->home, call->client, &request, &result, error);
	if (err < 0)
		return err;
	json_open(&json, '{');
	json_member_whole(&json, "changes", (int64_t)result.change_count);
	add_result(&json, &result);
	json_close(&json, '}');
	return answer_give_json(answer, &json, error);
}

static void add_line(struct buf *text, const char *before, const char *line, const char *after)
{
	buf_addstr(text, before);
	add_one_line(text, line, strlen(line));
	buf_addf(text, "%s\n", after);
}

/* "undid writer: set communication.tone", and how to have it again. */
static void tell(struct buf *text, const struct undo_result *result)
{
	for (size_t i = 0; i < result->change_count; i++)
		add_line(text, "undid ", result->changes[i], "");
	for (size_t i = 0; i < result->skipped_count; i++)
		add_line(text, "left alone, since it has changed: ", result->skipped[i], "");
	if (result->change_count)
		buf_addf(text, "'helios rollback %.7s' brings it back\n", result->before);
	else
		buf_addstr(text, "there is nothing to undo\n");
}

int op_undo(const struct helios_call *call, struct helios_answer *answer,
	    struct helios_error *error)
{
	cleanup(cleanup_undo) struct undo_result result = {0};
	struct undo_request request = {.persona = call->values[1], .key = call->values[2]};
	cleanup_buf struct buf text = {0}, json = {0};
	int err = op_count(call->values[0], 1, &request.count, error);

	if (err == 0)
		err = undo(call->home, call->client, &request, &result, error);
	if (err < 0)
		return err;
	tell(&text, &result);
	json_open(&json, '{');
	add_names(&json, "undone", result.changes, result.change_count);
	add_result(&json, &result);
	json_member(&json, "before", result.before);
	json_close(&json, '}');
	answer->notice = result.change_count > 0;
	answer->status = result.change_count ? 0 : 1;
	return answer_give(answer, &text, &json, error);
}
