/* The tidying of store/gc.h. Packing itself is repo_pack()'s. */
#include "store/gc.h"

#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "store/changes.h"
#include "store/journal.h"
#include "store/settings.h"
#include "store/temporary.h"

#define NICENESS 10 /* people's work comes first */

/* The transaction holds the lock, and is over without a commit: overlays are not in git. */
static int sweep(struct helios_home *home, const struct helios_client *client,
		 struct helios_error *error)
{
	struct txn txn;
	int err = txn_begin(home, client, "gc", 0, &txn, error);

	if (err < 0)
		return err;
	err = temporaries_sweep(&txn, 0, error);
	txn_end(&txn);
	return err;
}

int gc_run(struct helios_home *home, const struct helios_client *client, struct gc_report *ret,
	   struct helios_error *error)
{
	int err = sweep(home, client, error);
	bool behind;

	if (err < 0)
		return err;
	journal_prune(home->directory, settings_journal_days(home));
	err = repo_measure(home->directory, &ret->before, error);
	if (err == 0)
		changes_extend(home, true, NULL, &behind);
	if (err == 0 && (ret->before.loose || ret->before.packs > 1))
		err = repo_pack(home->path, home->directory, true, NULL, error);
	return err < 0 ? err : repo_measure(home->directory, &ret->after, error);
}

static void *tidy(void *data)
{
	struct helios_home *home = data;
	bool behind;

	setpriority(PRIO_PROCESS, (id_t)gettid(), NICENESS);
	changes_extend(home, true, &home->stop_packing, &behind);
	while (repo_has_grown(home->directory) &&
	       repo_pack(home->path, home->directory, false, &home->stop_packing, NULL) == 1)
		;
	atomic_store(&home->packed, true);
	return NULL;
}

void gc_consider(struct helios_home *home, bool behind)
{
	sigset_t all, old;

	/* a directory is looked at before the lock: readers wait for that */
	if (atomic_load(&home->stop_packing) || !(behind || repo_has_grown(home->directory)))
		return;
	HOLD(&home->state);
	if (home->packing && !atomic_load(&home->packed))
		return;
	if (home->packing)
		pthread_join(home->packer, NULL);
	atomic_store(&home->packed, false);
	sigfillset(&all); /* signals are for the threads that wait for them */
	pthread_sigmask(SIG_BLOCK, &all, &old);
	home->packing = pthread_create(&home->packer, NULL, tidy, home) == 0;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}

void gc_stop(struct helios_home *home)
{
	atomic_store(&home->stop_packing, true);
	if (home->packing)
		pthread_join(home->packer, NULL);
	home->packing = false;
}
