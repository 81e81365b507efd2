/*
 * The table of kernel inodes; see fs/inode.h. A node lives as long as the kernel knows it or
 * somebody in the daemon holds it. Relies on draft.c, scratch.c and past.c to destroy what a node
 * owns.
 */
#include "fs/inode.h"

#include "fs/draft.h"
#include "fs/listing.h"
#include "fs/past.h"
#include "fs/scratch.h"

#define BUCKETS 4096u

/* The newest version of a file that was shown. */
struct shown {
	uint64_t number; /* of the file */
	char revision[41];
	struct timespec mtime;
};

struct inodes {
	pthread_mutex_t mutex;
	fuse_ino_t next;
	struct inode *by_id[BUCKETS], *current[BUCKETS];
	struct shown shown[BUCKETS]; /* two files in one bucket forget each other's */
};

static struct inode **id_slot(struct inodes *nodes, fuse_ino_t id)
{
	struct inode **slot = &nodes->by_id[id % BUCKETS];

	while (*slot && (*slot)->id != id)
		slot = &(*slot)->next_id;
	return slot;
}

static struct inode **current_slot(struct inodes *nodes, const struct name *name)
{
	struct inode **slot = &nodes->current[name_number(name) % BUCKETS];

	while (*slot && !name_equal(&(*slot)->name, name))
		slot = &(*slot)->next_current;
	return slot;
}

static void inode_free(struct inode *node)
{
	helios_text_unref(node->text);
	draft_free(node->draft);
	scratch_free(node->scratch);
	free(node->target);
	past_free(node->past);
	free(node);
}

/* Takes a node out of the tables when nobody knows it any more; the caller frees it unlocked. */
static struct inode *reap(struct inodes *nodes, struct inode *node)
{
	struct inode **slot;

	if (node->lookups || node->refs)
		return NULL;
	slot = id_slot(nodes, node->id);
	if (*slot)
		*slot = node->next_id;
	slot = current_slot(nodes, &node->name);
	if (*slot == node)
		*slot = node->next_current;
	return node;
}

struct inode *inode_new(struct fs *fs, enum inode_type type, const struct name *name)
{
	struct inode *node = calloc(1, sizeof(*node));
	struct inodes *nodes = fs->nodes;

	if (!node)
		return NULL;
	node->fs = fs;
	node->type = type;
	node->name = *name;
	node->number = name_number(name);
	node->refs = 1;
	pthread_mutex_lock(&nodes->mutex);
	node->id = nodes->next++;
	pthread_mutex_unlock(&nodes->mutex);
	return node;
}

/* With the mutex held. */
static void publish(struct inodes *nodes, struct inode *node)
{
	struct inode **slot = id_slot(nodes, node->id);

	if (node->published)
		return;
	*slot = node;
	node->published = true;
}

void inode_publish(struct inode *node)
{
	struct inodes *nodes = node->fs->nodes;

	pthread_mutex_lock(&nodes->mutex);
	publish(nodes, node);
	pthread_mutex_unlock(&nodes->mutex);
}

int inodes_new(struct fs *fs)
{
	fs->nodes = calloc(1, sizeof(*fs->nodes));
	if (!fs->nodes)
		return -ENOMEM;
	pthread_mutex_init(&fs->nodes->mutex, NULL);
	fs->nodes->next = DIR_ROOT;
	for (int dir = DIR_ROOT; dir <= DIR_LAST; dir++) {
		const struct name name = name_parse(DIR_ROOT, dir_name((enum fs_dir)dir));
		struct inode *node = inode_new(fs, INODE_DIR, &name);

		if (!node)
			return -ENOMEM;
		node->number = (uint64_t)dir;
		inode_publish(node);
	}
	return 0;
}

void inodes_free(struct fs *fs)
{
	struct inodes *nodes = fs->nodes;

	if (!nodes)
		return;
	for (size_t i = 0; i < BUCKETS; i++) {
		while (nodes->by_id[i]) {
			struct inode *node = nodes->by_id[i];

			nodes->by_id[i] = node->next_id;
			inode_free(node);
		}
	}
	pthread_mutex_destroy(&nodes->mutex);
	free(nodes);
	fs->nodes = NULL;
}

struct inode *inode_get(struct fs *fs, fuse_ino_t id)
{
	struct inode *node;

	pthread_mutex_lock(&fs->nodes->mutex);
	node = *id_slot(fs->nodes, id);
	if (node)
		node->refs++;
	pthread_mutex_unlock(&fs->nodes->mutex);
	return node;
}

struct inode *inode_ref(struct inode *node)
{
	pthread_mutex_lock(&node->fs->nodes->mutex);
	node->refs++;
	pthread_mutex_unlock(&node->fs->nodes->mutex);
	return node;
}

void inode_put(struct inode *node)
{
	struct inode *dead;
	struct inodes *nodes;

	if (!node)
		return;
	nodes = node->fs->nodes;
	pthread_mutex_lock(&nodes->mutex);
	node->refs--;
	dead = reap(nodes, node);
	pthread_mutex_unlock(&nodes->mutex);
	if (dead)
		inode_free(dead);
}

void inode_remember(struct inode *node)
{
	pthread_mutex_lock(&node->fs->nodes->mutex);
	node->lookups++;
	pthread_mutex_unlock(&node->fs->nodes->mutex);
}

void inode_forget(struct fs *fs, fuse_ino_t id, uint64_t count)
{
	struct inode *node, *dead = NULL;

	pthread_mutex_lock(&fs->nodes->mutex);
	node = *id_slot(fs->nodes, id);
	if (node) {
		node->lookups -= count < node->lookups ? count : node->lookups;
		dead = reap(fs->nodes, node);
	}
	pthread_mutex_unlock(&fs->nodes->mutex);
	if (dead)
		inode_free(dead);
}

/* Whatever stands at the slot is superseded by node, which may be NULL. */
static void replace_current(struct inode **slot, struct inode *node)
{
	struct inode *old = *slot;

	if (old == node)
		return;
	if (old) {
		atomic_store(&old->superseded, true);
		*slot = old->next_current;
	}
	if (node) {
		node->next_current = *slot;
		*slot = node;
		atomic_store(&node->superseded, false);
	}
}

bool inode_reads(const struct inode *node, const struct helios_text *text)
{
	return node->type == INODE_VERSION && streq(node->text->revision, text->revision) &&
	       node->text->mtime.tv_sec == text->mtime.tv_sec &&
	       node->text->mtime.tv_nsec == text->mtime.tv_nsec;
}

static struct inode *find_version(struct inodes *nodes, const struct name *name,
				  const struct helios_text *text, uint64_t generation)
{
	struct inode *node;

	pthread_mutex_lock(&nodes->mutex);
	node = *current_slot(nodes, name);
	if (node && inode_reads(node, text)) {
		node->refs++;
		atomic_store(&node->checked, generation);
	} else {
		node = NULL;
	}
	pthread_mutex_unlock(&nodes->mutex);
	return node;
}

static bool is_later(struct timespec a, struct timespec b)
{
	return a.tv_sec != b.tv_sec ? a.tv_sec > b.tv_sec : a.tv_nsec > b.tv_nsec;
}

/*
 * The time of a version: its files', but later than that of the version shown before. A text may
 * have the time of the file that a change has just put in its place, and the kernel's clock stands
 * still for milliseconds; yet who compares times must see that the bytes are others.
 */
static struct timespec shown_mtime(struct inodes *nodes, uint64_t number,
				   const struct helios_text *text)
{
	struct shown *shown = &nodes->shown[number % BUCKETS];
	struct timespec mtime = text->mtime;

	pthread_mutex_lock(&nodes->mutex);
	if (shown->number == number && !is_later(mtime, shown->mtime)) {
		mtime = shown->mtime;
		if (!streq(shown->revision, text->revision) && ++mtime.tv_nsec == 1000000000)
			mtime = (struct timespec){.tv_sec = mtime.tv_sec + 1};
	}
	shown->number = number;
	memcpy(shown->revision, text->revision, sizeof(shown->revision));
	shown->mtime = mtime;
	pthread_mutex_unlock(&nodes->mutex);
	return mtime;
}

struct inode *inode_version(struct fs *fs, const struct name *name, struct helios_text *text,
			    uint64_t generation)
{
	struct inode *node = find_version(fs->nodes, name, text, generation);

	if (node)
		return node;
	node = inode_new(fs, INODE_VERSION, name);
	if (!node)
		return NULL;
	node->text = helios_text_ref(text);
	node->mtime = shown_mtime(fs->nodes, node->number, text);
	atomic_store(&node->checked, generation);
	inode_stand(node);
	return node;
}

struct inode *inode_standing(struct fs *fs, const struct name *name)
{
	struct inode *node;

	pthread_mutex_lock(&fs->nodes->mutex);
	node = *current_slot(fs->nodes, name);
	if (node)
		node->refs++;
	pthread_mutex_unlock(&fs->nodes->mutex);
	return node;
}

void inode_stand(struct inode *node)
{
	struct inodes *nodes = node->fs->nodes;

	pthread_mutex_lock(&nodes->mutex);
	publish(nodes, node);
	replace_current(current_slot(nodes, &node->name), node);
	pthread_mutex_unlock(&nodes->mutex);
}

bool inode_supersede(struct fs *fs, const struct name *name)
{
	struct inode **slot;
	bool stood;

	pthread_mutex_lock(&fs->nodes->mutex);
	slot = current_slot(fs->nodes, name);
	stood = *slot != NULL;
	replace_current(slot, NULL);
	pthread_mutex_unlock(&fs->nodes->mutex);
	return stood;
}

void inode_retire(struct inode *node)
{
	struct inode **slot;

	pthread_mutex_lock(&node->fs->nodes->mutex);
	slot = current_slot(node->fs->nodes, &node->name);
	if (*slot == node)
		replace_current(slot, NULL);
	pthread_mutex_unlock(&node->fs->nodes->mutex);
}

void inode_move(struct fs *fs, const struct name *from, const struct name *to)
{
	struct inodes *nodes = fs->nodes;
	struct inode **slot, *node;

	pthread_mutex_lock(&nodes->mutex);
	slot = current_slot(nodes, from);
	node = *slot;
	if (node)
		*slot = node->next_current;
	/* also those that were retired meanwhile: the kernel may go on with one of them */
	for (size_t i = 0; i < BUCKETS; i++)
		for (struct inode *at = nodes->by_id[i]; at; at = at->next_id)
			if (at == node ||
			    (at->type == INODE_VERSION && name_equal(&at->name, from))) {
				at->name = *to;
				at->number = name_number(to);
			}
	replace_current(current_slot(nodes, to), node);
	pthread_mutex_unlock(&nodes->mutex);
}

/* All nodes of a type, with references; those there is memory for. The caller frees the list. */
static struct inode **gather(struct inodes *nodes, enum inode_type type, size_t *ret_count)
{
	struct inode **list = NULL;
	size_t count = 0, room = 0;

	pthread_mutex_lock(&nodes->mutex);
	for (size_t i = 0; i < BUCKETS; i++) {
		for (struct inode *node = nodes->by_id[i]; node; node = node->next_id) {
			if (node->type != type)
				continue;
			if (count == room) {
				void *grown = realloc(list, (room * 2 + 16) * sizeof(*list));

				if (!grown)
					break;
				list = grown;
				room = room * 2 + 16;
			}
			node->refs++;
			list[count++] = node;
		}
	}
	pthread_mutex_unlock(&nodes->mutex);
	*ret_count = count;
	return list;
}

void inode_each(struct fs *fs, enum inode_type type, void (*fn)(struct inode *node, void *data),
		void *data)
{
	size_t count;
	cleanup_free struct inode **list = gather(fs->nodes, type, &count);

	for (size_t i = 0; i < count; i++) {
		fn(list[i], data);
		inode_put(list[i]);
	}
}

double inode_timeout(const struct inode *node)
{
	if (node->type == INODE_DIR || node->type == INODE_PAST)
		return FOREVER;
	return node->type == INODE_VERSION && dir_is_kept(node->name.dir) && !node->text->until
		       ? FOREVER
		       : 0;
}

static void directory_attributes(const struct inode *node, struct stat *ret)
{
	bool follows = node->past || dir_lists_personas((enum fs_dir)node->id);

	ret->st_mode = S_IFDIR | 0700;
	ret->st_nlink = node->id == DIR_ROOT	  ? 2 + DIR_LAST - DIR_ROOT
			: node->id == DIR_HISTORY ? 1 /* as many as there are, is not counted */
						  : 2;
	ret->st_mtim = listing_changed(node->fs, follows ? DIR_PERSONAS : (enum fs_dir)node->id);
	if (node->past)
		past_changed(node, &ret->st_mtim);
}

int inode_attributes(struct inode *node, struct stat *ret)
{
	struct fs *fs = node->fs;

	memset(ret, 0, sizeof(*ret));
	ret->st_ino = node->number;
	ret->st_uid = fs->uid;
	ret->st_gid = fs->gid;
	ret->st_nlink = 1;
	ret->st_blksize = 4096;
	ret->st_mode = S_IFREG | (dir_is_writable(node->name.dir) ? 0600 : 0400);
	switch (node->type) {
	case INODE_DIR:
		directory_attributes(node, ret);
		break;
	case INODE_VERSION:
		ret->st_size = (off_t)node->text->length;
		ret->st_mtim = node->mtime;
		break;
	case INODE_PAST:
		ret->st_size = (off_t)node->version.length;
		ret->st_mtim.tv_sec = (time_t)node->version.time;
		break;
	case INODE_DRAFT:
		draft_attributes(node->draft, ret);
		break;
	case INODE_SCRATCH:
		return scratch_attributes(node, ret);
	case INODE_LINK:
		ret->st_mode = S_IFLNK | 0777;
		ret->st_size = (off_t)strlen(node->target);
		break;
	}
	ret->st_blocks = (ret->st_size + 511) / 512;
	ret->st_ctim = ret->st_atim = ret->st_mtim;
	return 0;
}

int inode_entry(struct inode *node, struct fuse_entry_param *ret)
{
	int err;

	memset(ret, 0, sizeof(*ret));
	err = inode_attributes(node, &ret->attr);
	if (err < 0)
		return err;
	ret->ino = node->id;
	ret->entry_timeout = ret->attr_timeout = inode_timeout(node);
	if (node->type == INODE_DRAFT) /* its writer is the only one who changes it */
		ret->attr_timeout = FOREVER;
	inode_remember(node);
	return 0;
}

void inode_reply_entry(fuse_req_t req, struct inode *node)
{
	struct fuse_entry_param entry;
	fuse_ino_t id = node->id;
	struct fs *fs = node->fs;
	int err = inode_entry(node, &entry);

	inode_put(node);
	if (err < 0)
		fuse_reply_err(req, -err);
	else if (fuse_reply_entry(req, &entry) == -ENOENT)
		inode_forget(fs, id, 1); /* interrupted: the kernel never got it */
}
