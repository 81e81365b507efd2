/* Checks of an opened home: its history, its documents, its settings. */
#include <time.h>

#include "store/agents.h"
#include "store/doctor_private.h"
#include "store/external.h"
#include "store/layers.h"
#include "store/migrate.h"
#include "store/quarantine.h"
#include "store/rebuild.h"
#include "store/settings.h"
#include "store/version.h"
#include "yaml/old.h"
#include "yaml/path.h"

/* ---- history */

/* What was set aside is made again from the working files and the journal, as far as they know. */
void mend_objects(struct examination *exam)
{
	struct helios_error why = {0};

	if (exam->objects && rebuild_objects(exam->home, &why) < 0)
		doctor_add(exam->report, exam->check, DOCTOR_FAILED, why.message, why.hint);
}

void check_history(struct examination *exam)
{
	struct helios_error why = {0};
	int err = -EAGAIN;

	if (exam->damaged || history_is_whole(exam->home))
		return;
	if (exam->fix)
		err = rebuild_history(exam->home, &why);
	examination_tell(exam, "HEAD leads to no commit that is whole", err,
			 why.hint[0] ? why.hint : NULL);
}

/* What is gone without a trace is made again where the journal or a working file has it. */
void check_missing(struct examination *exam)
{
	size_t missing = 0;
	char what[128];
	int err = -EAGAIN;

	if (exam->damaged || repo_count_missing(exam->home->repo, &missing, NULL) < 0 || !missing)
		return;
	snprintf(what, sizeof(what), "%zu object%s of the history %s missing", missing,
		 missing == 1 ? "" : "s", missing == 1 ? "is" : "are");
	if (exam->fix) {
		rebuild_objects(exam->home, NULL);
		err = repo_count_missing(exam->home->repo, &missing, NULL) == 0 && !missing
			      ? 0
			      : -ENODATA;
	}
	examination_tell(exam, what, err,
			 err == -ENODATA ? "a backup of .git may have them; all else works" : NULL);
}

void check_tags(struct examination *exam)
{
	if (!exam->damaged)
		repo_mend_tags(exam->home->repo, exam->fix, examination_tell_part, exam);
}

void check_branch(struct examination *exam)
{
	cleanup_free char *branch = NULL;
	const char *busy = repo_busy(exam->directory);
	char what[128];

	if (repo_branch(exam->home->repo, &branch, NULL) == 0 && streq(branch, "(detached)"))
		examination_tell(
			exam, "HEAD is detached: changes go onto no branch", -EAGAIN,
			"'git switch main' in the home, or 'git switch -c NAME' to keep them");
	if (busy) {
		snprintf(what, sizeof(what), "%s is under way", busy);
		examination_tell(exam, what, -EAGAIN, "end it with git; changes wait for it");
	}
}

/* ---- documents */

/* Puts what HEAD has in the place of files that were set aside; what they held is kept. */
static int mend_file(struct examination *exam, const char *path)
{
	cleanup_buf struct buf text = {0};
	const struct repo_file *file;
	struct txn txn;
	int err = txn_begin(exam->home, exam->client, "doctor", TXN_MENDS, &txn, NULL);

	if (err < 0)
		return err;
	file = repo_files_find(&txn.served->files, path);
	if (!file)
		err = quarantine(exam->directory, path);
	else
		err = repo_read(exam->home->repo, &file->id, &text, NULL);
	if (err == 0 && file)
		err = txn_put(&txn, path, buf_text(&text), text.length, NULL);
	if (err == 0 && file)
		err = txn_commit(&txn, "mend", NULL);
	txn_end(&txn);
	return err;
}

static void tell_set_aside(struct examination *exam, const struct set_aside *entry)
{
	char what[600];
	int err = -EAGAIN;

	snprintf(what, sizeof(what), "%s is not valid: %.400s", entry->path, entry->reason.message);
	if (exam->fix && !entry->unquiet)
		err = mend_file(exam, entry->path);
	examination_tell(exam, what, err, entry->unquiet ? entry->reason.hint : NULL);
}

static bool any_unquiet(const struct set_aside *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (list[i].unquiet)
			return true;
	return false;
}

#define QUIET_TRIES 3

void check_files(struct examination *exam)
{
	const struct timespec pause = {.tv_nsec = LIMIT_QUIET_MS * 1100000L};
	struct set_aside *list = NULL;
	size_t count = 0, waiting = 0;
	int err = external_examine(exam->home, &list, &count, &waiting, NULL);

	/* mending its mode has just touched it */
	for (unsigned i = 0; err == 0 && i < QUIET_TRIES && any_unquiet(list, count); i++) {
		nanosleep(&pause, NULL);
		set_aside_free(list, count);
		list = NULL;
		count = waiting = 0;
		err = external_examine(exam->home, &list, &count, &waiting, NULL);
	}
	for (size_t i = 0; err == 0 && i < count; i++)
		tell_set_aside(exam, &list[i]);
	set_aside_free(list, count);
	if (waiting)
		doctor_add(exam->report, exam->check, DOCTOR_NOTE,
			   "files were edited outside and are not committed yet",
			   "the next command commits them");
}

void check_settings(struct examination *exam)
{
	struct helios_error why = {0};

	if (settings_check(exam->home, &why) == 0)
		agents_understand(exam->home, &why);
	if (why.code != HELIOS_OK)
		examination_tell(exam, why.message, -EAGAIN,
				 "mend settings.yaml ('helios validate' shows where)");
}

void check_personas(struct examination *exam)
{
	cleanup_served struct served_reference now = {.home = exam->home};
	size_t position = 0;
	char name[LIMIT_NAME + 1];

	if (served_get(exam->home, &now.served, NULL) < 0)
		return;
	if (!object_id_is_zero(&now.served->head) && !served_base(now.served))
		examination_tell(exam, "there is no base", -EAGAIN,
				 "'helios undo' or 'helios rollback' brings one back");
	while (served_next(now.served, &position, name)) {
		cleanup_layers struct store_layers layers = {0};
		struct helios_error why = {0};
		char what[600];

		if (store_layers_in(exam->home, now.served, name, &layers, &why) < 0) {
			snprintf(what, sizeof(what), "%s does not resolve: %.400s", name,
				 why.message);
			examination_tell(exam, what, -EAGAIN, why.hint);
		}
	}
}

/* ---- older programs */

void check_version(struct examination *exam)
{
	struct helios_error why = {0};

	if (version_check(exam->directory, &why) < 0 ||
	    (!exam->damaged && install_state(exam->home, &why) == INSTALL_NEEDS_MIGRATION))
		examination_tell(exam, why.message, -EAGAIN, why.hint);
}

static void compare_reading(struct examination *exam, const char *name, const struct node *node,
			    struct buf *path)
{
	const char *before = node_read_before(node);
	size_t length = path->length;
	char what[400];

	if (before) {
		snprintf(what, sizeof(what), "%s: %s is the text '%.100s' now; it was %s", name,
			 buf_text(path), node->text, before);
		doctor_add(exam->report, exam->check, DOCTOR_NOTE, what,
			   "write what is meant, such as true or 90, if it matters");
	}
	for (size_t i = 0; i < node->count; i++) {
		if (node->kind == NODE_LIST)
			path_add_index(path, i);
		else
			path_add_key(path, node->entries[i].key);
		compare_reading(exam, name,
				node->kind == NODE_LIST ? node->items[i] : node->entries[i].value,
				path);
		buf_splice(path, length, path->length, "", 0);
	}
}

/* Only where the Python server made the home: nobody else read it otherwise. */
void check_reading(struct examination *exam)
{
	cleanup_served struct served_reference now = {.home = exam->home};
	struct home_version version;

	if (version_read(exam->directory, &version, NULL) < 0 ||
	    (version.schema > 0 && !*version.migrated_from) ||
	    served_get(exam->home, &now.served, NULL) < 0)
		return;
	for (size_t i = 0; i < now.served->files.count; i++) {
		const struct repo_file *file = &now.served->files.entries[i];
		cleanup_document struct document *document = NULL;
		char room[NAME_MAX + 1];
		const char *name = served_name_of(file->path, room);
		cleanup_buf struct buf text = {0}, path = {0};

		if (name && repo_read(exam->home->repo, &file->id, &text, NULL) == 0 &&
		    yaml_parse(buf_text(&text), text.length, file->path, &document, NULL) == 0)
			compare_reading(exam, name, document->root, &path);
	}
}
