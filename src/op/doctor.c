/* doctor: what is wrong with a home, and mending it. */
#include "op/ops.h"

#include <sys/mount.h>

#include "store/doctor.h"

static void cleanup_report(struct doctor_report *report)
{
	doctor_report_done(report);
}

/* A view whose daemon was killed: everything that touches it fails until it is unmounted. */
static void check_mounts(const struct helios_call *call, bool fix, struct doctor_report *report)
{
	cleanup(helios_names_free) struct helios_names mounts = {0};

	if (helios_mounts(call->path, &mounts, NULL) < 0)
		return;
	for (size_t i = 0; i < mounts.count; i++) {
		char what[512];
		bool gone;

		if (!helios_mount_is_dead(mounts.entries[i]))
			continue;
		snprintf(what, sizeof(what), "the daemon of the view on %.400s is dead",
			 mounts.entries[i]);
		gone = fix && umount2(mounts.entries[i], MNT_DETACH) == 0;
		doctor_add(report, "mount", gone ? DOCTOR_HEALED : DOCTOR_FOUND, what,
			   gone ? NULL : "'helios umount' clears it, 'helios mount' begins anew");
	}
}

static const char *const words[] = {"note", "found", "healed", "failed"};
static const enum paint colours[] = {PAINT_DIM, PAINT_YELLOW, PAINT_GREEN, PAINT_RED};

static void add_entry(const struct helios_call *call, const struct doctor_entry *entry,
		      struct buf *text, struct buf *json)
{
	paint(text, call->colour, colours[entry->outcome], words[entry->outcome]);
	buf_addf(text, "  %s: ", entry->check);
	add_one_line(text, entry->what, strlen(entry->what));
	buf_addch(text, '\n');
	if (entry->guidance && *entry->guidance)
		buf_addf(text, "  hint: %s\n", entry->guidance);
	json_open(json, '{');
	json_member(json, "check", entry->check);
	json_member(json, "outcome", words[entry->outcome]);
	json_member(json, "what", entry->what);
	json_member(json, "guidance", entry->guidance);
	json_close(json, '}');
}

static int give(const struct helios_call *call, const struct doctor_report *report,
		struct helios_answer *answer, struct helios_error *error)
{
	cleanup_buf struct buf text = {0}, json = {0};
	size_t counts[ARRAY_SIZE(words)] = {0};

	json_open(&json, '{');
	json_key(&json, "entries");
	json_open(&json, '[');
	for (size_t i = 0; i < report->count; i++) {
		counts[report->entries[i].outcome]++;
		add_entry(call, &report->entries[i], &text, &json);
	}
	json_close(&json, ']');
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		json_member_whole(&json, words[i], (int64_t)counts[i]);
	json_close(&json, '}');
	if (counts[DOCTOR_FOUND] + counts[DOCTOR_FAILED] + counts[DOCTOR_HEALED] == 0)
		buf_addstr(&text, "nothing is wrong with the home\n");
	answer->status = counts[DOCTOR_FOUND] + counts[DOCTOR_FAILED] ? 1 : 0;
	return answer_give(answer, &text, &json, error);
}

int op_doctor(const struct helios_call *call, struct helios_answer *answer,
	      struct helios_error *error)
{
	cleanup(cleanup_report) struct doctor_report report = {0};
	bool fix = call->values[0] != NULL;
	int err;

	check_mounts(call, fix, &report);
	err = doctor(call->path, call->client, fix, &report, error);
	return err == 0 ? give(call, &report, answer, error) : err;
}
