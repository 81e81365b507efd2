/* upgrade: bringing a home to this program's schema. */
#include "op/ops.h"

#include "store/upgrade.h"

static void cleanup_upgrade(struct upgrade *result)
{
	upgrade_done(result);
}

int op_upgrade(const struct helios_call *call, struct helios_answer *answer,
	       struct helios_error *error)
{
	cleanup(cleanup_upgrade) struct upgrade result = {0};
	cleanup_buf struct buf text = {0}, json = {0};
	int err = upgrade(call->path, call->client, &result, error);

	if (err < 0)
		return err;
	if (result.backup)
		buf_addf(&text,
			 "upgraded from Helios %s to %s\n"
			 "a copy of the home is kept in %s/%s,\n"
			 "and its state then is the snapshot %s\n"
			 "'helios doctor' lists what reads differently than it did\n",
			 *result.from ? result.from : "of an unknown version", result.to,
			 call->path, result.backup, result.tag);
	else
		buf_addf(&text, "the home is up to date; nothing changed\n");
	json_open(&json, '{');
	json_member(&json, "from", result.from);
	json_member(&json, "to", result.to);
	json_member_whole(&json, "steps", (int64_t)result.steps);
	json_member(&json, "backup", result.backup);
	json_member(&json, "tag", result.tag);
	json_close(&json, '}');
	answer->notice = true;
	return answer_give(answer, &text, &json, error);
}
