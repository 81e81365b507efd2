/* gc: makes a home as small as it can be without losing anything. */
#include "op/ops.h"

#include <inttypes.h>

#include "store/gc.h"

/* "21 MiB" */
static void add_size(struct buf *text, uint64_t bytes)
{
	if (bytes < 10 * 1024)
		buf_addf(text, "%" PRIu64 " bytes", bytes);
	else if (bytes < 10u * 1024 * 1024)
		buf_addf(text, "%" PRIu64 " KiB", bytes / 1024);
	else
		buf_addf(text, "%" PRIu64 " MiB", bytes / 1024 / 1024);
}

static void add_growth(struct buf *json, const char *key, const struct repo_growth *growth)
{
	json_key(json, key);
	json_open(json, '{');
	json_member_whole(json, "loose", (int64_t)growth->loose);
	json_member_whole(json, "packs", (int64_t)growth->packs);
	json_member_whole(json, "bytes", (int64_t)growth->bytes);
	json_close(json, '}');
}

int op_gc(const struct helios_call *call, struct helios_answer *answer, struct helios_error *error)
{
	cleanup_buf struct buf text = {0}, json = {0};
	struct gc_report report;
	int err = gc_run(call->home, call->client, &report, error);

	if (err < 0)
		return err;
	if (report.before.loose || report.before.packs > 1) {
		buf_addf(&text, "packed %zu objects and %zu packs: ", report.before.loose,
			 report.before.packs);
		add_size(&text, report.before.bytes);
		buf_addstr(&text, " are ");
		add_size(&text, report.after.bytes);
		buf_addstr(&text, " now\n");
	} else {
		buf_addstr(&text, "the history is packed already\n");
	}
	json_open(&json, '{');
	add_growth(&json, "before", &report.before);
	add_growth(&json, "after", &report.after);
	json_close(&json, '}');
	answer->notice = true;
	return answer_give(answer, &text, &json, error);
}
