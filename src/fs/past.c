/* The directories of fs/past.h and the names of versions. Relies on helios_past() to know them. */
#include "fs/past.h"

#include <time.h>

#define VERSION_NAME 64

/* Of a directory: the versions as they were at a generation. */
struct past {
	pthread_mutex_t mutex;
	uint64_t generation;
	bool known;
	struct helios_past versions;
};

void past_free(struct past *past)
{
	if (!past)
		return;
	helios_past_free(&past->versions);
	pthread_mutex_destroy(&past->mutex);
	free(past);
}

struct name past_child(struct fs *fs, fuse_ino_t parent, const char *file)
{
	cleanup_inode struct inode *node = NULL;

	if (parent <= DIR_LAST)
		return name_parse((enum fs_dir)parent, file);
	node = inode_get(fs, parent);
	if (!node || node->type != INODE_DIR)
		return (struct name){.kind = NAME_NONE};
	return name_past(node->name.persona, file);
}

/* "0007-20261125T213000Z-1a2b3c4.yaml" for the seventh. */
static void format_name(const struct helios_past_version *version, size_t number,
			char out[VERSION_NAME])
{
	time_t seconds = (time_t)version->time;
	struct tm tm = {0};
	char when[32];

	gmtime_r(&seconds, &tm);
	strftime(when, sizeof(when), "%Y%m%dT%H%M%SZ", &tm);
	snprintf(out, VERSION_NAME, "%04zu-%s-%.7s.yaml", number, when, version->commit);
}

static bool is_fresh(struct past *past, uint64_t generation)
{
	bool fresh;

	pthread_mutex_lock(&past->mutex);
	fresh = past->known && past->generation == generation;
	pthread_mutex_unlock(&past->mutex);
	return fresh;
}

/* Brings it up to date. What takes long, the first time, is done without the mutex. */
static int refresh(struct fs *fs, struct past *past, const char *persona)
{
	uint64_t generation = helios_generation(fs->home);
	struct helios_past versions, old = {0};
	int err;

	if (is_fresh(past, generation))
		return 0;
	err = helios_past(fs->home, persona, &versions, NULL);
	if (err < 0)
		return err;
	pthread_mutex_lock(&past->mutex);
	old = past->versions;
	past->versions = versions;
	past->generation = generation;
	past->known = true;
	pthread_mutex_unlock(&past->mutex);
	helios_past_free(&old);
	return 0;
}

/*
 * What the persona's own file says, which is known before anybody has looked into the directory:
 * tar and others take it for changed while they read when that look changes the time.
 */
void past_changed(const struct inode *node, struct timespec *ret)
{
	struct past *past = node->past;
	struct helios_text *text;

	if (helios_read(node->fs->home, HELIOS_RESOLVED, node->name.persona, &text, NULL) == 0) {
		*ret = text->mtime;
		helios_text_unref(text);
		return;
	}
	pthread_mutex_lock(&past->mutex);
	if (past->versions.count)
		*ret = (struct timespec){
			.tv_sec = (time_t)past->versions.entries[past->versions.count - 1].time};
	pthread_mutex_unlock(&past->mutex);
}

static bool is_there(struct fs *fs, struct past *past, const char *persona)
{
	/* what it was is only looked for by who looks into the directory */
	return listing_has(fs, DIR_HISTORY, persona) || refresh(fs, past, persona) == 0;
}

static struct past *past_new(void)
{
	struct past *past = calloc(1, sizeof(*past));

	if (past)
		pthread_mutex_init(&past->mutex, NULL);
	return past;
}

int past_directory(struct fs *fs, const struct name *name, struct inode **ret)
{
	cleanup_inode struct inode *node = inode_standing(fs, name);

	if (!node) {
		node = inode_new(fs, INODE_DIR, name);
		if (!node)
			return -ENOMEM;
		node->past = past_new();
		if (!node->past)
			return -ENOMEM;
		inode_stand(node);
	}
	if (!is_there(fs, node->past, name->persona))
		return -ENOENT;
	*ret = take_ptr(node);
	return 0;
}

/* The version a file's name stands for. */
static bool find_version(const struct past *past, const char *file, struct helios_past_version *ret)
{
	size_t number = strtoul(file, NULL, 10);
	char name[VERSION_NAME];

	if (number < 1 || number > past->versions.count)
		return false;
	format_name(&past->versions.entries[number - 1], number, name);
	*ret = past->versions.entries[number - 1];
	return streq(name, file);
}

static int find_in(struct fs *fs, const struct name *name, struct helios_past_version *ret)
{
	const struct name directory = name_parse(DIR_HISTORY, name->persona);
	cleanup_inode struct inode *node = inode_standing(fs, &directory);
	int err = node ? 0 : past_directory(fs, &directory, &node);

	if (err == 0)
		err = refresh(fs, node->past, name->persona);
	if (err < 0)
		return err;
	pthread_mutex_lock(&node->past->mutex);
	if (!find_version(node->past, name->file, ret))
		err = -ENOENT;
	pthread_mutex_unlock(&node->past->mutex);
	return err;
}

int past_lookup(struct fs *fs, const struct name *name, struct inode **ret)
{
	struct helios_past_version version;
	struct inode *node;
	int err = find_in(fs, name, &version);

	if (err < 0)
		return err;
	node = inode_standing(fs, name);
	if (!node) {
		node = inode_new(fs, INODE_PAST, name);
		if (!node)
			return -ENOMEM;
		node->version = version;
		inode_stand(node);
	}
	*ret = node;
	return 0;
}

int past_listing(struct inode *directory, struct listing **ret)
{
	struct past *past = directory->past;
	struct listing *listing = listing_new();
	int err = listing ? refresh(directory->fs, past, directory->name.persona) : -ENOMEM;

	pthread_mutex_lock(&past->mutex);
	for (size_t i = 0; err == 0 && i < past->versions.count; i++) {
		char name[VERSION_NAME];

		format_name(&past->versions.entries[i], i + 1, name);
		err = listing_add(listing, name);
	}
	pthread_mutex_unlock(&past->mutex);
	if (err < 0)
		listing_unref(listing);
	else
		*ret = listing;
	return err;
}

int past_read(const struct inode *node, struct helios_text **ret)
{
	return helios_past_text(node->fs->home, node->name.persona, &node->version, ret, NULL);
}
