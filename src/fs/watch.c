/*
 * The daemon's own thread; see fs/watch.h. Relies on helios_watch() to notice other programs'
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
/*
 * A transaction makes a dozen signs, so the home is looked at a moment after the first; and the
 * generation, which a transaction raises as its last step and without a sign, this often for so
 * long afterwards.
 */
#define LOOK_MS 10
#define LOOK_FOR_MS 200

struct watch {
	pthread_t thread;
	bool running;
	int wake; /* eventfd */
	atomic_bool stop, changed;
	int64_t ticked, swept;
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

static void forget_node(struct inode *node)
{
	fuse_lowlevel_notify_inval_inode(node->fs->session, node->id, -1, 0);
}

static void forget_attributes(struct inode *node, void *data)
{
	const struct name *name = data;

	if (name_equal(&node->name, name))
		forget_node(node);
}

void watch_forget(struct fs *fs, const struct name *name)
{
	inode_each(fs, INODE_VERSION, forget_attributes, (void *)name);
}

/*
 * What is rendered is not compared, which would cost a rendering each: it is made again for who
 * asks.
 */
static void compare_version(struct inode *node, void *data)
{
	(void)data;
	if (dir_is_rendered(node->name.dir))
		forget_node(node);
	else if (dir_is_writable(node->name.dir) && !atomic_load(&node->superseded) &&
		 !document_is_current(node))
		watch_forget(node->fs, &node->name);
}

/* A directory in history/ has the time of its persona. */
static void compare_past(struct inode *node, void *data)
{
	(void)data;
	if (node->past)
		forget_node(node);
}

/* Some directories list what personas/ lists. */
static void forget_directory(struct fs *fs, enum fs_dir changed)
{
	fuse_lowlevel_notify_inval_inode(fs->session, changed, -1, 0);
	for (int dir = DIR_ROOT; dir <= DIR_LAST && changed == DIR_PERSONAS; dir++)
		if (dir_lists_personas((enum fs_dir)dir))
			fuse_lowlevel_notify_inval_inode(fs->session, (fuse_ino_t)dir, -1, 0);
}

/* Compares all the kernel may have cached with what reads now. */
static void compare(struct fs *fs)
{
	inode_each(fs, INODE_VERSION, compare_version, NULL);
	inode_each(fs, INODE_DIR, compare_past, NULL);
	for (int dir = DIR_PERSONAS; dir <= DIR_SOURCES; dir++)
		if (listing_refresh(fs, (enum fs_dir)dir))
			forget_directory(fs, (enum fs_dir)dir);
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

/* Whether a look is due so soon that signs of a change can wait for it. */
static bool is_near(int64_t look_at)
{
	return look_at >= 0 && look_at <= now_ms() + LIMIT_QUIET_MS;
}

/* Looks for edits behind our back a moment after a sign of one, or when one was not quiet. */
static int look(struct fs *fs, bool sign, int64_t *look_at)
{
	int again = -1;

	if (sign && !is_near(*look_at))
		*look_at = now_ms() + LOOK_MS;
	if (*look_at < 0 || now_ms() < *look_at)
		return *look_at < 0 ? -1 : (int)(*look_at - now_ms());
	helios_refresh(fs->home, &again, NULL);
	*look_at = again < 0 ? -1 : now_ms() + again;
	return again;
}

static void *watch_home(void *data)
{
	struct fs *fs = data;
	struct watch *watch = fs->watch;
	uint64_t seen = helios_generation(fs->home), drained;
	int64_t look_at = now_ms(), often_until = 0;
	int fd = helios_watch(fs->home, NULL), due = 0;

	while (!atomic_load(&watch->stop)) {
		/* signs wait in the descriptor until they are looked at */
		struct pollfd ready[] = {{.fd = watch->wake, .events = POLLIN},
					 {.fd = is_near(look_at) ? -1 : fd, .events = POLLIN}};
		bool often = is_near(look_at) || now_ms() < often_until;
		int idle = fd < 0 ? LIMIT_QUIET_MS : TICK_MS;

		poll(ready, 2, soonest(due, often ? LOOK_MS : idle));
		if (read(watch->wake, &drained, sizeof(drained)) < 0 && errno != EAGAIN)
			break;
		if (ready[1].revents & POLLIN)
			often_until = now_ms() + LOOK_FOR_MS;
		due = look(fs, ready[1].revents & POLLIN, &look_at);
		compare_if_changed(fs, &seen);
		due = soonest(due, aways_expire(fs, false));
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
	watch->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (watch->wake < 0)
		return -errno;
	sigfillset(&all); /* signals are for the thread that waits for them */
	pthread_sigmask(SIG_BLOCK, &all, &old);
	err = pthread_create(&watch->thread, NULL, watch_home, fs);
	watch->running = err == 0;
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
	if (watch->running)
		pthread_join(watch->thread, NULL);
	if (watch->wake >= 0)
		close(watch->wake);
	fs->watch = NULL;
	free(watch);
}
