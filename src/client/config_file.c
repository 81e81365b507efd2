/* The files of client/config_file.h. */
#include "client/config_file.h"

#include <fcntl.h>
#include <limits.h>

#include "base/file.h"
#include "base/limits.h"

static int fail(const struct config_file *file, int err, struct helios_error *error,
		const char *what)
{
	return helios_fail_errno(error, -err, file->path, "%s", what);
}

/* The file a path leads to; one that is not there is where the path says. */
static char *find_target(const char *path)
{
	char *target = realpath(path, NULL);
	struct stat st;

	if (target || errno != ENOENT)
		return target;
	if (lstat(path, &st) == 0) { /* a link to nothing: whose file it should be is not known */
		errno = ENOENT;
		return NULL;
	}
	return strdup(path);
}

static int open_directory(const struct config_file *file)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "%.*s", (int)(file->name - file->path), file->path);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int config_file_read(const char *path, struct config_file *ret, struct helios_error *error)
{
	int err;

	*ret = (struct config_file){.path = find_target(path), .directory = -1};
	if (!ret->path)
		return helios_fail_errno(error, errno, path, "cannot find the file");
	ret->name = strrchr(ret->path, '/') + 1;
	err = open_directory(ret);
	if (err == -ENOENT)
		return 0;
	if (err < 0)
		return fail(ret, err, error, "cannot open the directory");
	ret->directory = err;
	err = file_read(ret->directory, ret->name, LIMIT_CLIENT_FILE, &ret->text, &ret->st);
	ret->exists = err == 0;
	if (err < 0 && err != -ENOENT)
		return fail(ret, err, error, "cannot read the file");
	return 0;
}

/* Makes the directories that are missing. */
static int make_directories(struct config_file *file)
{
	char path[PATH_MAX];

	for (const char *at = file->path + 1; at <= file->name; at++) {
		if (at[-1] != '/' || at == file->path + 1)
			continue;
		snprintf(path, sizeof(path), "%.*s", (int)(at - 1 - file->path), file->path);
		if (mkdir(path, 0700) < 0 && errno != EEXIST)
			return -errno;
	}
	file->directory = open_directory(file);
	return file->directory < 0 ? file->directory : 0;
}

/* -EBUSY when it is not what was read any more. */
static int check_same(const struct config_file *file)
{
	struct stat st;

	if (fstatat(file->directory, file->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT && !file->exists ? 0 : -EBUSY;
	if (!file->exists || st.st_ino != file->st.st_ino || st.st_dev != file->st.st_dev ||
	    st.st_size != file->st.st_size || st.st_mtim.tv_sec != file->st.st_mtim.tv_sec ||
	    st.st_mtim.tv_nsec != file->st.st_mtim.tv_nsec)
		return -EBUSY;
	return 0;
}

static int copy_owner(const struct config_file *file, const char *name)
{
	cleanup_fd int fd = file_open_beneath(file->directory, name, O_RDONLY, 0);
	struct stat st;

	if (!file->exists)
		return 0;
	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	if ((st.st_uid != file->st.st_uid || st.st_gid != file->st.st_gid) &&
	    fchown(fd, file->st.st_uid, file->st.st_gid) < 0)
		return -errno;
	return fchmod(fd, file->st.st_mode & 07777) < 0 ? -errno : 0;
}

/* What a file says about being written counts for root, too. */
static int check_writable(const struct config_file *file, struct helios_error *error)
{
	if (!file->exists || (file->st.st_mode & S_IWUSR))
		return 0;
	return fail(file, -EACCES, error, "the file is read-only, so it is not changed");
}

static int explain(const struct config_file *file, int err, struct helios_error *error)
{
	const struct helios_place place = {.file = file->path};

	if (err == -EBUSY)
		return helios_fail(error, HELIOS_CONFLICT, &place, "try again",
				   "the file was changed at the same moment");
	return err < 0 ? fail(file, err, error, "cannot change the file") : 0;
}

int config_file_replace(struct config_file *file, const struct buf *text,
			struct helios_error *error)
{
	char aside[NAME_MAX + 1];
	int err = check_writable(file, error);

	if (err < 0)
		return err;
	snprintf(aside, sizeof(aside), ".%.200s.helios-new", file->name);
	err = text->failed ? -ENOMEM : file->directory < 0 ? make_directories(file) : 0;
	if (err < 0)
		return explain(file, err, error);
	unlinkat(file->directory, aside, 0);
	err = file_create_synced(file->directory, aside, text->data, text->length);
	if (err < 0)
		return explain(file, err, error);
	err = copy_owner(file, aside);
	if (err == 0)
		err = check_same(file);
	if (err == 0 && renameat(file->directory, aside, file->directory, file->name) < 0)
		err = -errno;
	if (err < 0)
		unlinkat(file->directory, aside, 0);
	else
		err = file_sync_directory(file->directory, ".");
	return explain(file, err, error);
}

int config_file_remove(struct config_file *file, struct helios_error *error)
{
	int err = check_writable(file, error);

	if (err < 0)
		return err;
	err = check_same(file);
	if (err == 0 && unlinkat(file->directory, file->name, 0) < 0)
		err = -errno;
	if (err == 0)
		err = file_sync_directory(file->directory, ".");
	return explain(file, err, error);
}

void config_file_done(struct config_file *file)
{
	free(file->path);
	buf_done(&file->text);
	if (file->directory >= 0)
		close(file->directory);
	*file = (struct config_file){.directory = -1};
}
