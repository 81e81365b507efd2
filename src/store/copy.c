/* The copy of store/copy.h. */
#include "store/copy.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>

#include "base/file.h"

static int copy_bytes(int from, int to)
{
	char block[65536];
	ssize_t got;

	while ((got = read(from, block, sizeof(block))) != 0) {
		int err;

		if (got < 0 && errno == EINTR)
			continue;
		err = got < 0 ? -errno : file_write_all(to, block, (size_t)got);
		if (err < 0)
			return err;
	}
	return 0;
}

static int copy_file(int from, int to, const char *name, mode_t mode)
{
	cleanup_fd int source = file_open_beneath(from, name, O_RDONLY, 0);
	cleanup_fd int target = -1;

	if (source < 0)
		return source;
	target = file_open_beneath(to, name, O_WRONLY | O_CREAT | O_EXCL, mode & 0700);
	return target < 0 ? target : copy_bytes(source, target);
}

static int copy_link(int from, int to, const char *name)
{
	char target[PATH_MAX];
	ssize_t length = readlinkat(from, name, target, sizeof(target) - 1);

	if (length < 0)
		return -errno;
	target[length] = '\0';
	return symlinkat(target, to, name) < 0 ? -errno : 0;
}

static bool is_content(const char *name)
{
	static const char *const others[] = {"view", ".scratch", ".backups"};

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (streq(name, others[i]))
			return false;
	return true;
}

static int copy_directory(int from, int to, bool top);

static int copy_below(int from, int to, const char *name)
{
	cleanup_fd int source = file_open_beneath(from, name, O_RDONLY | O_DIRECTORY, 0);
	cleanup_fd int target = -1;
	int err = source < 0 ? source : file_make_directory(to, name);

	if (err < 0)
		return err;
	target = file_open_beneath(to, name, O_RDONLY | O_DIRECTORY, 0);
	return target < 0 ? target : copy_directory(source, target, false);
}

static int copy_entry(int from, int to, const char *name)
{
	struct stat st;

	if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -errno; /* gone since it was listed */
	if (S_ISDIR(st.st_mode))
		return copy_below(from, to, name);
	if (S_ISLNK(st.st_mode))
		return copy_link(from, to, name);
	return S_ISREG(st.st_mode) ? copy_file(from, to, name, st.st_mode) : 0;
}

static int copy_directory(int from, int to, bool top)
{
	int fd = file_open_beneath(from, ".", O_RDONLY | O_DIRECTORY, 0), err = 0;
	DIR *stream = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;

	if (!stream) {
		if (fd >= 0)
			close(fd);
		return fd < 0 ? fd : -ENOMEM;
	}
	while (err == 0 && (errno = 0, entry = readdir(stream))) {
		if (streq(entry->d_name, ".") || streq(entry->d_name, "..") ||
		    (top && !is_content(entry->d_name)))
			continue;
		err = copy_entry(from, to, entry->d_name);
	}
	if (err == 0 && errno)
		err = -errno;
	closedir(stream);
	return err;
}

int copy_home(int directory, const char *to, struct helios_error *error)
{
	cleanup_fd int target = -1;
	int err = mkdirat(directory, to, 0700) < 0 ? -errno : 0;

	if (err == 0) {
		target = file_open_beneath(directory, to, O_RDONLY | O_DIRECTORY, 0);
		err = target < 0 ? target : copy_directory(directory, target, true);
	}
	if (err == 0 && syncfs(directory) < 0)
		err = -errno;
	return err < 0 ? helios_fail_errno(error, -err, to, "cannot copy the home to %s", to) : 0;
}
