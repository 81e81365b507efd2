/* Opens that were answered ESTALE; see fs/stale.h. */
#include "fs/stale.h"

#define STALES 128
#define STALE_MS 2000 /* far longer than the kernel needs for its second walk */

struct stale {
	struct inode *from; /* NULL: free */
	struct inode *draft;
	pid_t tid;
	int64_t until;
};

struct stales {
	pthread_mutex_t mutex;
	struct stale list[STALES];
};

int stales_new(struct fs *fs)
{
	fs->stales = calloc(1, sizeof(*fs->stales));
	if (!fs->stales)
		return -ENOMEM;
	pthread_mutex_init(&fs->stales->mutex, NULL);
	return 0;
}

static void drop(struct stale dead)
{
	inode_put(dead.from);
	inode_put(dead.draft);
}

void stales_free(struct fs *fs)
{
	if (!fs->stales)
		return;
	for (size_t i = 0; i < STALES; i++)
		drop(fs->stales->list[i]);
	pthread_mutex_destroy(&fs->stales->mutex);
	free(fs->stales);
	fs->stales = NULL;
}

void stale_add(struct fs *fs, pid_t tid, struct inode *from, struct inode *draft)
{
	struct stale *slot = &fs->stales->list[0], dead;
	const struct stale fresh = {
		.from = inode_ref(from),
		.draft = draft ? inode_ref(draft) : NULL,
		.tid = tid,
		.until = now_ms() + STALE_MS,
	};

	pthread_mutex_lock(&fs->stales->mutex);
	for (size_t i = 0; i < STALES; i++) {
		struct stale *at = &fs->stales->list[i];

		if (at->until < slot->until) /* 0: free */
			slot = at;
		if (tid && at->from && at->tid == tid) { /* one open at a time */
			slot = at;
			break;
		}
	}
	dead = *slot;
	*slot = fresh;
	pthread_mutex_unlock(&fs->stales->mutex);
	drop(dead);
}

static bool is_of(const struct stale *stale, pid_t tid, const struct name *name)
{
	return stale->from && stale->tid == tid && name_equal(&stale->from->name, name) &&
	       now_ms() <= stale->until;
}

struct inode *stale_lookup(struct fs *fs, pid_t tid, const struct name *name)
{
	struct inode *found = NULL;

	pthread_mutex_lock(&fs->stales->mutex);
	for (size_t i = 0; i < STALES && !found; i++) {
		const struct stale *at = &fs->stales->list[i];

		if (is_of(at, tid, name) && at->draft)
			found = inode_ref(at->draft);
	}
	pthread_mutex_unlock(&fs->stales->mutex);
	return found;
}

bool stale_open(struct fs *fs, pid_t tid, const struct inode *node)
{
	struct stale dead = {0};

	pthread_mutex_lock(&fs->stales->mutex);
	for (size_t i = 0; i < STALES && !dead.from; i++) {
		if (!is_of(&fs->stales->list[i], tid, &node->name))
			continue;
		dead = fs->stales->list[i];
		fs->stales->list[i] = (struct stale){0};
	}
	pthread_mutex_unlock(&fs->stales->mutex);
	drop(dead);
	return dead.from != NULL;
}

void stales_sweep(struct fs *fs)
{
	for (size_t i = 0; i < STALES; i++) {
		struct stale dead = {0};

		pthread_mutex_lock(&fs->stales->mutex);
		if (fs->stales->list[i].from && now_ms() > fs->stales->list[i].until) {
			dead = fs->stales->list[i];
			fs->stales->list[i] = (struct stale){0};
		}
		pthread_mutex_unlock(&fs->stales->mutex);
		drop(dead);
	}
}
