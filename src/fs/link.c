/* Links in the root; see fs/link.h. */
#include "fs/link.h"

#include "fs/watch.h"

#define LINKS 16
#define LINK_MS 60000

struct links {
	pthread_mutex_t mutex;
	struct {
		struct inode *node; /* held; NULL: free */
		int64_t until;
	} list[LINKS];
};

int links_new(struct fs *fs)
{
	fs->links = calloc(1, sizeof(*fs->links));
	if (!fs->links)
		return -ENOMEM;
	pthread_mutex_init(&fs->links->mutex, NULL);
	return 0;
}

void links_free(struct fs *fs)
{
	if (!fs->links)
		return;
	for (size_t i = 0; i < LINKS; i++)
		inode_put(fs->links->list[i].node);
	pthread_mutex_destroy(&fs->links->mutex);
	free(fs->links);
	fs->links = NULL;
}

/* A link that stands at its name. */
static struct inode *new_link(struct fs *fs, const struct name *name, const char *target)
{
	struct inode *node = inode_new(fs, INODE_LINK, name);

	if (!node)
		return NULL;
	node->target = strdup(target);
	if (!node->target) {
		inode_put(node);
		return NULL;
	}
	inode_stand(node);
	return node;
}

static int lookup_active(struct fs *fs, const struct name *name, struct inode **ret)
{
	enum fs_dir dir = name->kind == NAME_ACTIVE ? DIR_PERSONAS : DIR_PROMPTS;
	cleanup_free char *active = NULL;
	char target[LIMIT_NAME + 32];
	struct inode *node;
	int err = helios_active(fs->home, &active, NULL);

	if (err < 0)
		return err;
	if (!active)
		return -ENOENT;
	snprintf(target, sizeof(target), "%s/%s%s", dir_name(dir), active, dir_suffix(dir));
	node = inode_standing(fs, name);
	if (node && !streq(node->target, target)) {
		inode_put(node);
		node = NULL;
	}
	if (!node)
		node = new_link(fs, name, target);
	*ret = node;
	return node ? 0 : -ENOMEM;
}

int link_lookup(struct fs *fs, const struct name *name, struct inode **ret)
{
	if (name->kind == NAME_ACTIVE || name->kind == NAME_ACTIVE_PROMPT)
		return lookup_active(fs, name, ret);
	*ret = inode_standing(fs, name);
	return *ret ? 0 : -ENOENT;
}

/* Makes a persona the active one; NULL: none. */
static int use(struct fs *fs, const char *persona)
{
	const struct helios_client client = client_of(fs, NULL);
	struct helios_error why = {0};
	int err = helios_use(fs->home, &client, persona, &why);

	helios_note_operation(fs->home, err < 0 ? &why : NULL);
	watch_changed(fs);
	return err;
}

/* The persona a target names: the part after personas/, or all of it, without .yaml. */
static int use_target(struct fs *fs, const char *target)
{
	const char *file = strrchr(target, '/');
	struct name name;
	size_t prefix;

	file = file ? file + 1 : target;
	prefix = (size_t)(file - target);
	if (prefix && (prefix < strlen("personas/") ||
		       strncmp(file - strlen("personas/"), "personas/", strlen("personas/")) != 0))
		return -EINVAL;
	name = name_parse(DIR_PERSONAS, file);
	if (name.kind != NAME_DOCUMENT)
		return -EINVAL;
	return use(fs, name.persona);
}

/* Keeps a new link for a while. */
static int keep(struct fs *fs, struct inode *node)
{
	int err = -ENOSPC;

	pthread_mutex_lock(&fs->links->mutex);
	for (size_t i = 0; i < LINKS && err; i++) {
		if (fs->links->list[i].node)
			continue;
		fs->links->list[i].node = inode_ref(node);
		fs->links->list[i].until = now_ms() + LINK_MS;
		err = 0;
	}
	pthread_mutex_unlock(&fs->links->mutex);
	return err;
}

/* Lets go of the links that match (a name, or time). */
static void let_go(struct fs *fs, const struct name *name)
{
	for (size_t i = 0; i < LINKS; i++) {
		struct inode *node = NULL;

		pthread_mutex_lock(&fs->links->mutex);
		node = fs->links->list[i].node;
		if (node && (name ? streq(node->name.file, name->file)
				  : now_ms() > fs->links->list[i].until))
			fs->links->list[i].node = NULL;
		else
			node = NULL;
		pthread_mutex_unlock(&fs->links->mutex);
		if (node)
			inode_supersede(fs, &node->name);
		inode_put(node);
	}
}

int link_create(struct fs *fs, const struct name *name, const char *target, struct inode **ret)
{
	cleanup_inode struct inode *node = NULL;
	int err;

	if (link_lookup(fs, name, &node) == 0)
		return -EEXIST;
	if (name->kind == NAME_ACTIVE) {
		err = use_target(fs, target);
		return err < 0 ? err : lookup_active(fs, name, ret);
	}
	if (name->kind != NAME_LINK)
		return -EROFS;
	node = new_link(fs, name, target);
	if (!node)
		return -ENOMEM;
	err = keep(fs, node);
	if (err < 0) {
		inode_supersede(fs, name);
		return err;
	}
	*ret = take_ptr(node);
	return 0;
}

int link_unlink(struct fs *fs, const struct name *name)
{
	cleanup_inode struct inode *node = NULL;
	int err = link_lookup(fs, name, &node);

	if (err < 0)
		return err;
	if (name->kind == NAME_ACTIVE)
		return use(fs, NULL);
	let_go(fs, name);
	return 0;
}

int link_rename(struct fs *fs, const struct name *from, const struct name *to)
{
	cleanup_inode struct inode *node = NULL;
	int err = link_lookup(fs, from, &node);

	if (err < 0)
		return err;
	if (to->kind != NAME_ACTIVE)
		return -EROFS;
	err = use_target(fs, node->target);
	if (err == 0)
		let_go(fs, from);
	return err;
}

void links_sweep(struct fs *fs)
{
	let_go(fs, NULL);
}
