/* scan: whether the home or its history holds what looks like a secret. Never shows one. */
#include "op/ops.h"

#include "store/gate.h"

static void add_leak(const struct helios_call *call, const struct leak *leak, struct buf *text,
		     struct buf *json)
{
	char commit[OBJECT_ID_HEX + 1];

	object_id_format(&leak->commit, commit);
	buf_addf(text, "%s:%u: ", leak->file, leak->line);
	paint(text, call->colour, PAINT_RED, leak->rule);
	if (!leak->present)
		buf_addf(text, ", in the history since %.7s", commit);
	buf_addch(text, '\n');
	json_open(json, '{');
	json_member(json, "rule", leak->rule);
	json_member(json, "file", leak->file);
	json_member_whole(json, "line", leak->line);
	json_member_bool(json, "present", leak->present);
	if (!leak->present)
		json_member(json, "commit", commit);
	json_close(json, '}');
}

int op_scan(const struct helios_call *call, struct helios_answer *answer,
	    struct helios_error *error)
{
	cleanup(leaks_done) struct leaks leaks = {0};
	cleanup_buf struct buf text = {0}, json = {0};
	int err = gate_scan(call->home, &leaks, error);

	if (err < 0)
		return err;
	json_open(&json, '{');
	json_member_whole(&json, "checked", (int64_t)leaks.checked);
	json_key(&json, "secrets");
	json_open(&json, '[');
	for (size_t i = 0; i < leaks.count; i++)
		add_leak(call, &leaks.entries[i], &text, &json);
	json_close(&json, ']');
	json_close(&json, '}');
	if (leaks.count)
		buf_addstr(&text,
			   "\nWhat was ever in a file others can see must be replaced where it "
			   "is used;\nwhat is in the history leaves it only with 'git "
			   "filter-repo' and the like.\n");
	else
		buf_addf(&text, "no secret in %zu texts\n", leaks.checked);
	answer->status = leaks.count ? 1 : 0;
	return answer_give(answer, &text, &json, error);
}
