/*
 * Packs that cannot be read whole. Where only the index is damaged it is made again; else what can
 * still be read of a pack becomes loose objects, and the rest is for store/rebuild.h to make again.
 */
#include <fcntl.h>
#include <git2/indexer.h>

#include "base/file.h"
#include "store/quarantine.h"
#include "store/read.h"
#include "store/repo_private.h"

struct salvage {
	int directory;
	git_odb *pack;
};

static bool is_whole(int directory, const char *name)
{
	git_odb *pack = NULL;
	bool whole =
		repo_open_pack(directory, PACKS, name, &pack) == 0 && repo_read_pack(pack) == 0;

	git_odb_free(pack);
	return whole;
}

static int save_object(const git_oid *id, void *context)
{
	const struct salvage *salvage = context;
	git_odb_object *object = NULL;
	int err = 0;

	if (git_odb_read(&object, salvage->pack, id) == 0)
		err = repo_put_loose(salvage->directory, (const struct object_id *)id,
				     git_odb_object_type(object), git_odb_object_data(object),
				     git_odb_object_size(object));
	git_odb_object_free(object);
	return err;
}

/* What can be read becomes loose. 0 or a negative errno: then the pack has to stay. */
static int salvage_objects(int directory, const char *name)
{
	struct salvage salvage = {.directory = directory};
	int err = 0;

	if (repo_open_pack(directory, PACKS, name, &salvage.pack) == 0)
		err = git_odb_foreach(salvage.pack, save_object, &salvage);
	git_odb_free(salvage.pack);
	if (err == 0 && syncfs(directory) < 0)
		err = -errno;
	return err;
}

static int feed(git_indexer *indexer, int fd)
{
	git_indexer_progress progress = {0};
	char bytes[65536];
	ssize_t got;
	int err = 0;

	while (err == 0 && (got = read(fd, bytes, sizeof(bytes))) > 0)
		err = git_indexer_append(indexer, bytes, (size_t)got, &progress);
	if (err == 0 && got < 0)
		err = -1;
	return err == 0 ? git_indexer_commit(indexer, &progress) : err;
}

/* Reads a pack from its beginning; what comes of it stands aside when all of it was good. */
static int index_again(int directory, const char *file, char name[80])
{
	char path[PATH_MAX], aside[64];
	git_indexer *indexer = NULL;
	cleanup_fd int fd = -1;
	int err = repo_clear_aside(directory);

	repo_pack_path(path, PACKS, file, ".pack");
	if (err == 0)
		err = fd = file_open_beneath(directory, path, O_RDONLY, 0);
	if (err < 0)
		return err;
	snprintf(aside, sizeof(aside), "/proc/self/fd/%d/" PACK_ASIDE, directory);
	err = git_indexer_new(&indexer, aside, 0400, NULL, NULL);
	if (err == 0)
		err = feed(indexer, fd);
	if (err == 0)
		snprintf(name, 80, "pack-%s", git_indexer_name(indexer));
	git_indexer_free(indexer);
	return err;
}

static int set_aside(int directory, const char *name)
{
	static const char *const suffixes[] = {".idx", ".rev", ".bitmap", ".pack"};
	int err = 0;

	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		char path[PATH_MAX];
		int moved;

		repo_pack_path(path, PACKS, name, suffixes[i]);
		moved = quarantine(directory, path);
		if (moved < 0 && moved != -ENOENT)
			err = moved;
	}
	return err;
}

static int mend_pack(int directory, const char *file)
{
	char name[80] = "";
	int err = index_again(directory, file, name) == 0 ? 0 : salvage_objects(directory, file);

	if (err == 0)
		err = set_aside(directory, file);
	if (err == 0 && *name)
		err = repo_show_pack(directory, name);
	file_unlink(directory, PACK_ASIDE, AT_REMOVEDIR);
	return err;
}

static int is_pack(const struct dirent *entry)
{
	return ends_with(entry->d_name, ".pack") || ends_with(entry->d_name, ".idx");
}

bool repo_packs_can_be_read(int directory)
{
	struct dirent **names;
	int count = file_scan(directory, PACKS, &names, is_pack, alphasort);
	bool can = count >= 0 || count == -ENOENT || file_is_odd(count);

	for (int i = 0; i < count; i++) {
		char path[PATH_MAX];
		int fd;

		snprintf(path, sizeof(path), PACKS "/%s", names[i]->d_name);
		free(names[i]);
		fd = file_open_beneath(directory, path, O_RDONLY, 0);
		can = can && (fd >= 0 || fd == -ENOENT || file_is_odd(fd));
		if (fd >= 0)
			close(fd);
	}
	if (count >= 0)
		free(names);
	return can;
}

void repo_mend_packs(int directory, bool fix, repo_tell *tell, void *context)
{
	cleanup(helios_names_free) struct helios_names packs = {0};

	repo_start_library();
	if (repo_list_packs(directory, ".pack", &packs) < 0)
		return;
	for (size_t i = 0; i < packs.count; i++) {
		char what[96];
		int err;

		if (is_whole(directory, packs.entries[i]))
			continue;
		snprintf(what, sizeof(what), "%.20s… of the history is damaged", packs.entries[i]);
		err = fix ? mend_pack(directory, packs.entries[i]) : 0;
		tell(context, what, !fix ? 0 : err < 0 ? err : 1);
	}
}
