/*
 * The daemon's own threads; see fs/watch.h. Relies on helios_watch() to notice other programs'
 * changes; without it the generation is compared ten times a second.
 */
#include "fs/watch.h"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <time.h>

#include "base/log.h"
#include "fs/ancestor.h"
#include "fs/away.h"
#include "fs/document.h"
#include "fs/link.h"
#include "fs/listing.h"
#include "fs/scratch.h"
#include "fs/stale.h"

#define TICK_MS 5000 /* a checkpoint is at most so far behind */
#define SWEEP_MS (3600 * 1000)
#define FORGET_MS 50 /* a close waits no longer for the kernel to forget */
/*
 * After a sign of a change the generation is looked at this often for so long: a transaction's
 * last step is to raise it, and that shows on no descriptor.
 */
#define LOOK_MS 2
#define LOOK_FOR_MS 200

struct order {
	struct order *next;
	struct name name; /* kind NAME_DIR: the directory's attributes */
};

struct watch {
	pthread_t watcher, notifier;
	bool watching, notifying;
	int wake; /* eventfd */
	atomic_bool stop, changed;
	int64_t ticked, swept;

	pthread_mutex_t mutex; /* of what follows */
	pthread_cond_t more, done;
	struct order *first, **last;
	uint64_t ordered, finished;
};

void watch_wake(struct fs *fs)
{
	const uint64_t one = 1;

	if (fs->watch && write(fs->watch->wake, &one, sizeof(one)) < 0)
		return; /* full: it is awake */
}

void watch_changed(struct fs *fs)
{
	if (!fs->watch)
		return;
	atomic_store(&fs->watch->changed, true);
	watch_wake(fs);
}

/* Its number in the order of all, 0 when memory ran out: then the kernel asks at the next open. */
static uint64_t give_order(struct watch *watch, const struct name *name)
{
	struct order *order = calloc(1, sizeof(*order));
	uint64_t number;

	if (!order)
		return 0;
	order->name = *name;
	pthread_mutex_lock(&watch->mutex);
	*watch->last = order;
	watch->last = &order->next;
	number = ++watch->ordered;
	pthread_cond_signal(&watch->more);
	pthread_mutex_unlock(&watch->mutex);
	return number;
}

void watch_forget(struct fs *fs, const struct name *name)
{
	if (fs->watch)
		give_order(fs->watch, name);
}

void watch_forget_now(struct fs *fs, const struct name *name)
{
	struct watch *watch = fs->watch;
	struct timespec until;
	uint64_t number;

	if (!watch)
		return;
	number = give_order(watch, name);
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += FORGET_MS * 1000000L;
	until.tv_sec += until.tv_nsec / 1000000000L;
	until.tv_nsec %= 1000000000L;
	pthread_mutex_lock(&watch->mutex);
	while (watch->finished < number && !atomic_load(&watch->stop))
		if (pthread_cond_timedwait(&watch->done, &watch->mutex, &until) != 0)
			break;
	pthread_mutex_unlock(&watch->mutex);
}

static void forget_attributes(struct inode *node, void *data)
{
	const struct name *name = data;

	if (node->name.dir == name->dir && streq(node->name.file, name->file))
		fuse_lowlevel_notify_inval_inode(node->fs->session, node->id, -1, 0);
}

/*
 * Only attributes are invalidated (offset -1): asked for them, an old version gives those of the
 * new one, and an open of it answers ESTALE. Invalidating the entry itself would wait for the
 * lock of its directory, in a way no kill can end, while its holder waits for us.
 */
static void tell_kernel(struct fs *fs, struct name *name)
{
	if (name->kind == NAME_DIR)
		fuse_lowlevel_notify_inval_inode(fs->session, (fuse_ino_t)name->child, -1, 0);
	else
		inode_each(fs, INODE_VERSION, forget_attributes, name);
}

static struct order *next_order(struct watch *watch)
{
	struct order *order;

	pthread_mutex_lock(&watch->mutex);
	while (!watch->first && !atomic_load(&watch->stop))
		pthread_cond_wait(&watch->more, &watch->mutex);
	order = watch->first;
	if (order) {
		watch->first = order->next;
		if (!watch->first)
			watch->last = &watch->first;
	}
	pthread_mutex_unlock(&watch->mutex);
	return order;
}

static void *notify(void *data)
{
	struct fs *fs = data;
	struct watch *watch = fs->watch;
	struct order *order;

	while ((order = next_order(watch))) {
		if (!atomic_load(&watch->stop))
			tell_kernel(fs, &order->name);
		free(order);
		pthread_mutex_lock(&watch->mutex);
		watch->finished++;
		pthread_cond_broadcast(&watch->done);
		pthread_mutex_unlock(&watch->mutex);
	}
	return NULL;
}

static void compare_version(struct inode *node, void *data)
{
	(void)data;
	if (!dir_is_writable(node->name.dir) || atomic_load(&node->superseded) ||
	    document_is_current(node))
		return;
	watch_forget(node->fs, &node->name);
}

/* Compares all the kernel may have cached with what reads now. */
static void compare(struct fs *fs)
{
	inode_each(fs, INODE_VERSION, compare_version, NULL);
	for (int dir = DIR_PERSONAS; dir <= DIR_SOURCES; dir++) {
		const struct name name = name_parse(DIR_ROOT, dir_name((enum fs_dir)dir));

		if (listing_refresh(fs, (enum fs_dir)dir))
			watch_forget(fs, &name);
	}
}

/* What is done now and then. */
static void tick(struct fs *fs)
{
	struct watch *watch = fs->watch;

	stales_sweep(fs);
	if (now_ms() - watch->ticked < TICK_MS)
		return;
	watch->ticked = now_ms();
	helios_checkpoint(fs->home, NULL);
	records_tidy(fs);
	links_sweep(fs);
	if (now_ms() - watch->swept < SWEEP_MS && watch->swept)
		return;
	watch->swept = now_ms();
	scratch_sweep(fs);
}

static int soonest(int a, int b)
{
	return a < 0 || (b >= 0 && b < a) ? b : a;
}

static void compare_if_changed(struct fs *fs, uint64_t *seen)
{
	uint64_t now = helios_generation(fs->home);

	if (atomic_exchange(&fs->watch->changed, false) || now != *seen)
		compare(fs);
	*seen = now;
}

static void *watch_home(void *data)
{
	struct fs *fs = data;
	struct watch *watch = fs->watch;
	uint64_t seen = helios_generation(fs->home), drained;
	int64_t look_until = 0;
	int fd = helios_watch(fs->home, NULL), again = 0, due = TICK_MS;

	while (!atomic_load(&watch->stop)) {
		struct pollfd ready[] = {{.fd = watch->wake, .events = POLLIN},
					 {.fd = fd, .events = POLLIN}};
		int look = now_ms() < look_until ? LOOK_MS : TICK_MS;

		poll(ready, 2, soonest(due, fd < 0 ? LIMIT_QUIET_MS : look));
		if (read(watch->wake, &drained, sizeof(drained)) < 0 && errno != EAGAIN)
			break;
		compare_if_changed(fs, &seen);
		if (ready[1].revents & POLLIN)
			look_until = now_ms() + LOOK_FOR_MS;
		if ((ready[1].revents & POLLIN) || again >= 0)
			helios_refresh(fs->home, &again, NULL);
		compare_if_changed(fs, &seen);
		due = soonest(again, aways_expire(fs, false));
		tick(fs);
	}
	return NULL;
}

int watch_start(struct fs *fs)
{
	struct watch *watch = calloc(1, sizeof(*watch));
	sigset_t all, old;
	int err;

	if (!watch)
		return -ENOMEM;
	fs->watch = watch;
	watch->last = &watch->first;
	pthread_mutex_init(&watch->mutex, NULL);
	pthread_cond_init(&watch->more, NULL);
	pthread_cond_init(&watch->done, NULL);
	watch->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (watch->wake < 0)
		return -errno;
	sigfillset(&all); /* signals are for the thread that waits for them */
	pthread_sigmask(SIG_BLOCK, &all, &old);
	err = pthread_create(&watch->watcher, NULL, watch_home, fs);
	watch->watching = err == 0;
	if (err == 0)
		err = pthread_create(&watch->notifier, NULL, notify, fs);
	watch->notifying = err == 0;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return -err;
}

void watch_stop(struct fs *fs)
{
	struct watch *watch = fs->watch;

	if (!watch)
		return;
	atomic_store(&watch->stop, true);
	watch_wake(fs);
	pthread_mutex_lock(&watch->mutex);
	pthread_cond_broadcast(&watch->more);
	pthread_cond_broadcast(&watch->done);
	pthread_mutex_unlock(&watch->mutex);
	if (watch->watching)
		pthread_join(watch->watcher, NULL);
	if (watch->notifying)
		pthread_join(watch->notifier, NULL);
	while (watch->first) {
		struct order *order = watch->first;

		watch->first = order->next;
		free(order);
	}
	if (watch->wake >= 0)
		close(watch->wake);
	fs->watch = NULL;
	free(watch);
}
