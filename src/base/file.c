/* Files beneath a directory; see base/file.h. */
#include "base/file.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <sys/syscall.h>

int file_open_beneath(int directory, const char *path, int flags, mode_t mode)
{
	struct open_how how = {
		.flags = (unsigned)(flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK),
		.mode = flags & O_CREAT ? mode : 0u,
		.resolve = (RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS),
	};
	struct stat st;
	int fd;

	do /* EAGAIN: something was renamed during the walk, the kernel could not be sure */
		fd = (int)syscall(SYS_openat2, directory, path, &how, sizeof(how));
	while (fd < 0 && (errno == EINTR || errno == EAGAIN));
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0 || (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)) ||
	    (S_ISDIR(st.st_mode) && !(flags & O_DIRECTORY))) {
		close(fd);
		return -EINVAL;
	}
	return fd;
}

static int read_all(int fd, size_t limit, struct buf *buf)
{
	char block[65536];
	size_t total = 0;

	for (;;) {
		ssize_t got = read(fd, block, sizeof(block));

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			return buf->failed ? -ENOMEM : 0;
		total += (size_t)got;
		if (total > limit)
			return -EFBIG;
		buf_add(buf, block, (size_t)got);
	}
}

int file_read_at(int fd, char *bytes, size_t length, off_t offset)
{
	while (length) {
		ssize_t got = pread(fd, bytes, length, offset);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			break;
		bytes += got;
		offset += got;
		length -= (size_t)got;
	}
	memset(bytes, 0, length);
	return 0;
}

int file_read(int directory, const char *path, size_t limit, struct buf *buf, struct stat *ret_stat)
{
	cleanup_fd int fd = file_open_beneath(directory, path, O_RDONLY, 0);
	struct stat st;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (st.st_size > 0 && (uint64_t)st.st_size > limit)
		return -EFBIG;
	if (ret_stat)
		*ret_stat = st;
	return read_all(fd, limit, buf);
}

bool file_is_odd(int err)
{
	return err == -ELOOP || err == -EISDIR || err == -EINVAL || err == -ENXIO ||
	       err == -ENOTDIR || err == -EFBIG;
}

bool file_has_writer(int directory, const char *path)
{
	cleanup_fd int fd = file_open_beneath(directory, path, O_RDONLY, 0);

	if (fd < 0 || fcntl(fd, F_SETLEASE, F_RDLCK) < 0)
		return fd >= 0 && errno == EAGAIN;
	fcntl(fd, F_SETLEASE, F_UNLCK);
	return false;
}

int file_write_all(int fd, const char *bytes, size_t length)
{
	while (length) {
		ssize_t done = write(fd, bytes, length);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -errno;
		bytes += done;
		length -= (size_t)done;
	}
	return 0;
}

int file_sync_directory(int directory, const char *path)
{
	cleanup_fd int fd = file_open_beneath(directory, path, O_RDONLY | O_DIRECTORY, 0);

	if (fd < 0)
		return fd;
	return fsync(fd) < 0 ? -errno : 0;
}

static int sync_parent(int directory, const char *path)
{
	const char *slash = strrchr(path, '/');
	cleanup_free char *parent = slash ? strndup(path, (size_t)(slash - path)) : strdup(".");

	return parent ? file_sync_directory(directory, parent) : -ENOMEM;
}

static int create(int directory, const char *path, const char *bytes, size_t length, bool sync)
{
	cleanup_fd int fd = file_open_beneath(directory, path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	int err;

	if (fd < 0)
		return fd;
	err = file_write_all(fd, bytes, length);
	if (err == 0 && sync && fsync(fd) < 0)
		err = -errno;
	if (err == 0 && sync)
		err = sync_parent(directory, path);
	if (err < 0)
		file_unlink(directory, path, 0);
	return err;
}

int file_create(int directory, const char *path, const char *bytes, size_t length)
{
	return create(directory, path, bytes, length, false);
}

int file_create_synced(int directory, const char *path, const char *bytes, size_t length)
{
	return create(directory, path, bytes, length, true);
}

int file_make_directory(int directory, const char *path)
{
	int fd;

	if (file_mkdir(directory, path) < 0 && errno != EEXIST)
		return -errno;
	fd = file_open_beneath(directory, path, O_RDONLY | O_DIRECTORY, 0);
	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

/* ---- names */

/*
 * The directory a path's last name stands in, and that name. *ret_opened is closed by the caller:
 * one that had to be opened, which stays what it is whatever becomes of its name; -1: the given
 * one.
 */
static int open_parent(int directory, const char *path, const char **ret_name, int *ret_opened)
{
	const char *slash = strrchr(path, '/');
	char parent[PATH_MAX];

	*ret_opened = -1;
	*ret_name = slash ? slash + 1 : path;
	if (!slash)
		return directory;
	if ((size_t)(slash - path) >= sizeof(parent)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(parent, path, (size_t)(slash - path));
	parent[slash - path] = '\0';
	*ret_opened = file_open_beneath(directory, parent, O_RDONLY | O_DIRECTORY, 0);
	if (*ret_opened < 0)
		errno = -*ret_opened;
	return *ret_opened;
}

/* What a system call returned; why it failed stays in errno while descriptors are closed. */
static int result_of(int returned)
{
	return returned < 0 ? -errno : 0;
}

int file_stat(int directory, const char *path, struct stat *ret)
{
	cleanup_fd int opened = -1;
	const char *name;
	int parent = open_parent(directory, path, &name, &opened);

	return result_of(parent < 0 ? -1 : fstatat(parent, name, ret, AT_SYMLINK_NOFOLLOW));
}

int file_rename(int directory, const char *from, const char *to, unsigned flags)
{
	cleanup_fd int opened = -1, new_opened = -1;
	const char *name, *new_name;
	int parent = open_parent(directory, from, &name, &opened);
	int new_parent = parent < 0 ? -1 : open_parent(directory, to, &new_name, &new_opened);

	return result_of(new_parent < 0 ? -1
					: renameat2(parent, name, new_parent, new_name, flags));
}

int file_unlink(int directory, const char *path, int flags)
{
	cleanup_fd int opened = -1;
	const char *name;
	int parent = open_parent(directory, path, &name, &opened);

	return result_of(parent < 0 ? -1 : unlinkat(parent, name, flags));
}

int file_mkdir(int directory, const char *path)
{
	cleanup_fd int opened = -1;
	const char *name;
	int parent = open_parent(directory, path, &name, &opened);

	return result_of(parent < 0 ? -1 : mkdirat(parent, name, 0700));
}

int file_chmod(int directory, const char *path, mode_t mode)
{
	cleanup_fd int opened = -1;
	const char *name;
	int parent = open_parent(directory, path, &name, &opened);

	return result_of(parent < 0 ? -1 : fchmodat(parent, name, mode, AT_SYMLINK_NOFOLLOW));
}

int file_scan(int directory, const char *path, struct dirent ***ret,
	      int (*filter)(const struct dirent *),
	      int (*compare)(const struct dirent **, const struct dirent **))
{
	cleanup_fd int fd = file_open_beneath(directory, path, O_RDONLY | O_DIRECTORY, 0);
	int count;

	if (fd < 0) {
		errno = -fd;
		return fd;
	}
	count = scandirat(fd, ".", ret, filter, compare);
	return count < 0 ? -errno : count;
}

int file_absolute(const char *path, char **ret)
{
	cleanup_free char *directory = NULL;

	if (path[0] == '/') {
		*ret = strdup(path);
		return *ret ? 0 : -ENOMEM;
	}
	directory = getcwd(NULL, 0);
	if (!directory)
		return -errno;
	return asprintf(ret, "%s/%s", directory, path) < 0 ? -ENOMEM : 0;
}
