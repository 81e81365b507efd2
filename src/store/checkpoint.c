/*
 * Checkpoints: the journal protects unsynced files, objects and refs until they are synced;
 * then a record says so, and recovery after a power cut begins there.
 */
#include <fcntl.h>

#include "base/limits.h"
#include "store/changes.h"
#include "store/gc.h"
#include "store/journal.h"
#include "store/lock.h"
#include "store/observe.h"
#include "store/recover.h"
#include "store/settings.h"

static const struct helios_client checkpointer = {.source = HELIOS_RECOVERY};

static int record(struct helios_home *home, const char *upto, const struct object_id *head,
		  uint64_t covered, struct helios_error *error)
{
	struct generation_mark mark = generation_mark(home->generation);
	struct journal_end end;
	int err = journal_find_end(home->directory, &end, error);

	if (err == 0)
		err = journal_checkpoint(home->directory, upto, head, &end, error);
	if (err < 0)
		return err;
	memcpy(mark.journal, end.name, sizeof(mark.journal));
	mark.uncheckpointed -= covered < mark.uncheckpointed ? covered : mark.uncheckpointed;
	generation_set_mark(home->generation, &mark);
	return 0;
}

/* What is carried out now and not covered by a checkpoint yet; nothing while a change is cut off.
 */
static int note_state(struct helios_home *home, struct journal_tail *tail,
		      struct object_id *ret_head, struct helios_error *error)
{
	int lock = lock_acquire(home->directory, &checkpointer, "checkpoint", error), err = 0;

	if (lock < 0)
		return lock;
	if (!(generation_read(home->generation) & 1)) /* else recovery comes first */
		err = journal_read_tail(home->directory, tail, error);
	if (err == 0 && tail->count)
		err = repo_head(home->repo, ret_head, error);
	close(lock);
	return err;
}

static int record_synced(struct helios_home *home, const struct journal_tail *tail,
			 const struct object_id *head, struct helios_error *error)
{
	int lock = lock_acquire(home->directory, &checkpointer, "checkpoint", error), err;

	if (lock < 0)
		return lock;
	err = record(home, tail->changes[tail->count - 1].id, head, tail->count, error);
	close(lock);
	return err;
}

/*
 * Only what was carried out before the sync is covered by it: the state is noted under the lock,
 * synced without it, and recorded under it again.
 */
int recover_checkpoint(struct helios_home *home, struct helios_error *error)
{
	struct journal_tail tail = {0};
	struct object_id head;
	int err;

	pthread_mutex_lock(&home->writer);
	err = note_state(home, &tail, &head, error);
	pthread_mutex_unlock(&home->writer);
	if (err == 0 && tail.count && syncfs(home->directory) < 0)
		err = helios_fail_errno(error, errno, home->path, "cannot sync the home");
	if (err == 0 && tail.count) {
		pthread_mutex_lock(&home->writer);
		err = record_synced(home, &tail, &head, error);
		pthread_mutex_unlock(&home->writer);
		if (err == 0)
			journal_prune(home->directory, settings_journal_days(home));
	}
	journal_tail_done(&tail);
	return err;
}

int helios_checkpoint(struct helios_home *home, struct helios_error *error)
{
	int err = home_writable(home, error);
	bool behind;

	if (err == 0)
		observe_tick(home);
	if (err < 0 || generation_uncheckpointed(home->generation) == 0)
		return err;
	changes_extend(home, false, NULL, &behind);
	gc_consider(home, behind);
	return recover_checkpoint(home, error);
}
