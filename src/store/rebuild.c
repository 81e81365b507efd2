/* The course of store/rebuild.h. */
#include "store/rebuild.h"

#include "base/file.h"
#include "base/limits.h"
#include "store/journal.h"
#include "store/lock.h"
#include "store/mended.h"
#include "store/read.h"
#include "store/recover.h"
#include "store/txn.h"

static const struct helios_client rebuilder = {.source = HELIOS_RECOVERY};

static bool is_whole(struct helios_home *home, const struct object_id *commit)
{
	bool whole;

	return !object_id_is_zero(commit) &&
	       repo_check_commit(home->repo, commit, &whole, NULL) == 0 && whole;
}

/* Looks no further once a change was carried out. */
static bool look_for_change(void *context, const struct journal_change *change, bool aborted)
{
	bool *found = context;

	(void)change;
	*found = !aborted;
	return aborted;
}

/* By the journal: a first change that was aborted leaves one, too, but no history. */
static bool had_history(struct helios_home *home)
{
	cleanup(journal_tail_done) struct journal_tail tail = {0};
	bool found = false;
	size_t damaged;

	if (journal_each(home->directory, look_for_change, &found, &damaged, NULL) < 0 ||
	    journal_read_tail(home->directory, &tail, NULL) < 0)
		return false;
	return found || damaged || !object_id_is_zero(&tail.head);
}

/* What cannot be looked at, for want of memory or of leave, says nothing against it. */
bool history_is_whole(struct helios_home *home)
{
	struct helios_error why = {0};
	struct object_id head;
	bool whole = false;
	int err = repo_head(home->repo, &head, &why);

	if (err == 0 && object_id_is_zero(&head))
		return !had_history(home);
	if (err == 0)
		err = repo_check_commit(home->repo, &head, &whole, &why);
	if (err < 0 && why.code != HELIOS_GIT_DAMAGED)
		return true;
	return (err == 0 && whole) || !repo_packs_can_be_read(home->directory);
}

/* The contents of the working files as objects: most of what the newest commit held. */
static int write_working_files(struct helios_home *home, struct helios_error *error)
{
	cleanup(helios_names_free) struct helios_names paths = {0};
	int err = store_list_documents(home, &paths, error);

	for (size_t i = 0; err == 0 && i < paths.count; i++) {
		cleanup_buf struct buf text = {0};
		struct object_id id;

		if (file_read(home->directory, paths.entries[i], LIMIT_TEXT, &text, NULL) == 0)
			err = repo_write_blob(home->repo, buf_text(&text), text.length, &id, error);
	}
	return err == 0 ? repo_flush(home->repo, true, error) : err;
}

/* Makes the commits of the journal again, oldest first, as far as each has a parent. */
static void replay_objects(struct helios_home *home, const struct journal_tail *journal)
{
	for (size_t i = 0; i < journal->count; i++) {
		const struct journal_change *change = &journal->changes[i];
		struct object_id made;

		if (!change->message)
			continue;
		if (object_id_is_zero(&change->parent) || is_whole(home, &change->parent))
			recover_restore_objects(home, change, &change->parent, &made, NULL);
	}
}

/* The newest commit that is whole, of those the journal knows, else of all there are. */
static struct object_id find_newest(struct helios_home *home, const struct journal_tail *journal)
{
	struct object_id found = {{0}};

	for (size_t i = journal->count; i-- > 0;)
		if (is_whole(home, &journal->changes[i].commit))
			return journal->changes[i].commit;
	repo_newest_commit(home->repo, &found, NULL);
	return is_whole(home, &found) ? found : (struct object_id){{0}};
}

int rebuild_objects(struct helios_home *home, struct helios_error *error)
{
	cleanup(journal_tail_done) struct journal_tail journal = {0};
	int err;

	if (journal_read_all(home->directory, &journal, NULL) < 0)
		journal = (struct journal_tail){0}; /* the working files are left */
	err = write_working_files(home, error);
	if (err == 0)
		replay_objects(home, &journal);
	return err;
}

static int rebuild(struct helios_home *home, struct helios_error *error)
{
	cleanup(journal_tail_done) struct journal_tail journal = {0};
	struct object_id head;
	int err = home_writable(home, error);

	if (err == 0)
		recover_damaged(home, NULL); /* what it cannot mend is made again here */
	if (history_is_whole(home))
		return 0;
	if (err == 0)
		err = rebuild_objects(home, error);
	if (err < 0)
		return err;
	mended_tell("parts of the history were missing; they are made again from the journal and "
		    "the files, as far as these know them");
	if (history_is_whole(home))
		return 0;
	if (journal_read_all(home->directory, &journal, NULL) < 0)
		journal = (struct journal_tail){0};
	head = find_newest(home, &journal);
	if (object_id_is_zero(&head))
		return helios_fail(error, HELIOS_GIT_DAMAGED, NULL, NULL,
				   "no change of the history can be read");
	return repo_reset_head(home->repo, &head, error);
}

int rebuild_history(struct helios_home *home, struct helios_error *error)
{
	int lock, err;

	pthread_mutex_lock(&home->writer);
	lock = lock_acquire(home->directory, &rebuilder, "mend the history", error);
	err = lock < 0 ? lock : rebuild(home, error);
	if (lock >= 0)
		close(lock);
	pthread_mutex_unlock(&home->writer);
	return err;
}
