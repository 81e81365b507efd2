/*
 * Checkpoints: the journal protects unsynced files, objects and refs until they are synced;
 * then a record says so, and recovery after a power cut begins there.
 */
#include <fcntl.h>

#include "base/limits.h"
#include "store/journal.h"
#include "store/lock.h"
#include "store/recover.h"

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

int recover_checkpoint(struct helios_home *home, struct helios_error *error)
{
	static const struct helios_client checkpointer = {.source = HELIOS_RECOVERY};
	struct journal_tail tail = {0};
	struct object_id head;
	int lock = -1, err = journal_read_tail(home->directory, &tail, error);

	if (err < 0 || tail.count == 0)
		goto done;
	err = repo_head(home->repo, &head, error);
	if (err == 0 && syncfs(home->directory) < 0)
		err = helios_fail_errno(error, errno, home->path, "cannot sync the home");
	if (err < 0)
		goto done;
	pthread_mutex_lock(&home->writer);
	lock = lock_acquire(home->directory, &checkpointer, "checkpoint", error);
	if (lock < 0)
		err = lock;
	else if (!(generation_read(home->generation) & 1)) /* else recovery comes first */
		err = record(home, tail.changes[tail.count - 1].id, &head, tail.count, error);
	if (lock >= 0)
		close(lock);
	pthread_mutex_unlock(&home->writer);
done:
	journal_tail_done(&tail);
	return err;
}

int helios_checkpoint(struct helios_home *home, struct helios_error *error)
{
	int err = home_writable(home, error);

	if (err < 0 || generation_mark(home->generation).uncheckpointed == 0)
		return err;
	return recover_checkpoint(home, error);
}
