/*
 * File locks; see fs/locks.h. Requests that wait are kept in a list and answered when a lock goes
 * or the caller is interrupted. The table's mutex is held while they are answered: libfuse takes
 * its own lock for an interrupted request first and ours second, and answering takes only its
 * innermost one.
 */
#include "fs/locks.h"

#include <fcntl.h>
#include <sys/file.h>

#include "fs/ops.h"

struct range {
	off_t start, end; /* both inside */
};

struct lock {
	struct lock *next;
	uint64_t number, owner, handle;
	bool whole; /* flock: never in the way of fcntl locks, and they not of it */
	short type; /* F_RDLCK, F_WRLCK, F_UNLCK */
	struct range range;
	pid_t pid;
};

struct waiting {
	struct waiting *next;
	fuse_req_t req;
	struct lock *lock;
};

struct locks {
	pthread_mutex_t mutex;
	struct lock *held;
	struct waiting *waiting;
};

int locks_new(struct fs *fs)
{
	fs->locks = calloc(1, sizeof(*fs->locks));
	if (!fs->locks)
		return -ENOMEM;
	pthread_mutex_init(&fs->locks->mutex, NULL);
	return 0;
}

void locks_free(struct fs *fs)
{
	if (!fs->locks)
		return;
	while (fs->locks->held) {
		struct lock *lock = fs->locks->held;

		fs->locks->held = lock->next;
		free(lock);
	}
	while (fs->locks->waiting) { /* their requests died with the mount */
		struct waiting *waiting = fs->locks->waiting;

		fs->locks->waiting = waiting->next;
		free(waiting->lock);
		free(waiting);
	}
	pthread_mutex_destroy(&fs->locks->mutex);
	free(fs->locks);
	fs->locks = NULL;
}

static bool overlaps(const struct lock *a, const struct lock *b)
{
	return a->number == b->number && a->whole == b->whole && a->range.start <= b->range.end &&
	       b->range.start <= a->range.end;
}

static const struct lock *find_conflict(const struct locks *locks, const struct lock *wanted)
{
	for (const struct lock *held = locks->held; held; held = held->next)
		if (overlaps(held, wanted) && held->owner != wanted->owner &&
		    (held->type == F_WRLCK || wanted->type == F_WRLCK))
			return held;
	return NULL;
}

/* Takes wanted's range out of what its owner holds; spare is used when that cuts one in two. */
static void cut(struct locks *locks, const struct lock *wanted, struct lock **spare)
{
	struct lock **at = &locks->held;

	while (*at) {
		struct lock *held = *at;
		bool before = held->range.start < wanted->range.start;
		bool after = held->range.end > wanted->range.end;

		if (held->owner != wanted->owner || !overlaps(held, wanted)) {
			at = &held->next;
			continue;
		}
		if (before && after) {
			struct lock *tail = take_ptr(*spare);

			*tail = *held;
			tail->range.start = wanted->range.end + 1;
			held->next = tail;
			held->range.end = wanted->range.start - 1;
			return;
		}
		if (before)
			held->range.end = wanted->range.start - 1;
		if (after)
			held->range.start = wanted->range.end + 1;
		if (before || after) {
			at = &held->next;
		} else {
			*at = held->next;
			free(held);
		}
	}
}

/* Takes over wanted when it becomes a lock. */
static void settle(struct locks *locks, struct lock *wanted, struct lock **spare)
{
	cut(locks, wanted, spare);
	if (wanted->type == F_UNLCK) {
		free(wanted);
		return;
	}
	wanted->next = locks->held;
	locks->held = wanted;
}

/* Something was unlocked: whoever can go on now does. */
static void grant_waiting(struct locks *locks)
{
	struct waiting **at = &locks->waiting;

	while (*at) {
		struct waiting *waiting = *at;
		struct lock *spare;

		if (find_conflict(locks, waiting->lock)) {
			at = &waiting->next;
			continue;
		}
		spare = calloc(1, sizeof(*spare));
		if (!spare)
			return; /* they wait on: the next unlock tries again */
		*at = waiting->next;
		settle(locks, waiting->lock, &spare);
		fuse_reply_err(waiting->req, 0);
		free(spare);
		free(waiting);
		at = &locks->waiting; /* a downgrade may have let others in */
	}
}

static void interrupted(fuse_req_t req, void *data)
{
	struct locks *locks = data;
	struct waiting **at;

	pthread_mutex_lock(&locks->mutex);
	for (at = &locks->waiting; *at && (*at)->req != req; at = &(*at)->next)
		;
	if (*at) {
		struct waiting *waiting = *at;

		*at = waiting->next;
		fuse_reply_err(req, EINTR);
		free(waiting->lock);
		free(waiting);
	}
	pthread_mutex_unlock(&locks->mutex);
}

/* Puts the request aside. It may have been interrupted already: then nobody else would tell. */
static int wait_for(struct locks *locks, fuse_req_t req, struct lock *wanted)
{
	struct waiting *waiting;

	if (fuse_req_interrupted(req))
		return EINTR;
	waiting = calloc(1, sizeof(*waiting));
	if (!waiting)
		return ENOLCK;
	waiting->req = req;
	waiting->lock = wanted;
	waiting->next = locks->waiting;
	locks->waiting = waiting;
	return 0;
}

static void set_lock(fuse_req_t req, const struct lock *asked, bool sleep)
{
	struct locks *locks = fs_of(req)->locks;
	struct lock *wanted = malloc(sizeof(*wanted)), *spare = calloc(1, sizeof(*spare));
	bool conflict;
	int err = 0;

	if (!wanted || !spare) {
		free(wanted);
		free(spare);
		fuse_reply_err(req, ENOLCK);
		return;
	}
	*wanted = *asked;
	if (sleep)
		fuse_req_interrupt_func(req, interrupted, locks);
	pthread_mutex_lock(&locks->mutex);
	conflict = asked->type != F_UNLCK && find_conflict(locks, asked);
	if (!conflict)
		settle(locks, take_ptr(wanted), &spare);
	else
		err = sleep ? wait_for(locks, req, wanted) : EAGAIN;
	if (!conflict)
		grant_waiting(locks);
	if (!conflict || err)
		fuse_reply_err(req, err);
	if (conflict && err)
		free(wanted);
	free(spare);
	pthread_mutex_unlock(&locks->mutex);
}

static struct lock lock_of(fuse_req_t req, fuse_ino_t id, const struct fuse_file_info *file,
			   const struct flock *flock)
{
	cleanup_inode struct inode *node = inode_get(fs_of(req), id);

	return (struct lock){
		.number = node ? node->number : id,
		.owner = file->lock_owner,
		.handle = file->fh,
		.type = flock->l_type,
		.range = {flock->l_start,
			  flock->l_len ? flock->l_start + flock->l_len - 1 : INT64_MAX},
		.pid = flock->l_pid,
	};
}

void op_getlk(fuse_req_t req, fuse_ino_t id, struct fuse_file_info *file, struct flock *flock)
{
	struct locks *locks = fs_of(req)->locks;
	const struct lock wanted = lock_of(req, id, file, flock);
	const struct lock *held;
	struct flock answer = {.l_type = F_UNLCK, .l_whence = SEEK_SET};

	pthread_mutex_lock(&locks->mutex);
	held = find_conflict(locks, &wanted);
	if (held) {
		answer.l_type = held->type;
		answer.l_start = held->range.start;
		answer.l_len =
			held->range.end == INT64_MAX ? 0 : held->range.end - held->range.start + 1;
		answer.l_pid = held->pid;
	}
	pthread_mutex_unlock(&locks->mutex);
	fuse_reply_lock(req, &answer);
}

void op_setlk(fuse_req_t req, fuse_ino_t id, struct fuse_file_info *file, struct flock *flock,
	      int sleep)
{
	const struct lock wanted = lock_of(req, id, file, flock);

	set_lock(req, &wanted, sleep);
}

void op_flock(fuse_req_t req, fuse_ino_t id, struct fuse_file_info *file, int operation)
{
	static const struct flock everything = {.l_type = F_WRLCK};
	struct lock wanted = lock_of(req, id, file, &everything);

	wanted.whole = true;
	if (operation & LOCK_SH)
		wanted.type = F_RDLCK;
	if (operation & LOCK_UN)
		wanted.type = F_UNLCK;
	set_lock(req, &wanted, !(operation & LOCK_NB));
}

/* Drops the locks that match: of an owner on a file, or of a handle. */
static void drop(struct locks *locks, uint64_t number, uint64_t owner, uint64_t handle)
{
	struct lock **at = &locks->held;
	bool dropped = false;

	pthread_mutex_lock(&locks->mutex);
	while (*at) {
		struct lock *held = *at;

		if (handle ? held->handle != handle || held->whole
			   : held->number != number || held->owner != owner) {
			at = &held->next;
			continue;
		}
		*at = held->next;
		free(held);
		dropped = true;
	}
	if (dropped)
		grant_waiting(locks);
	pthread_mutex_unlock(&locks->mutex);
}

void locks_drop_owner(struct fs *fs, uint64_t number, uint64_t owner)
{
	drop(fs->locks, number, owner, 0);
}

void locks_drop_handle(struct fs *fs, uint64_t handle)
{
	drop(fs->locks, 0, 0, handle);
}
