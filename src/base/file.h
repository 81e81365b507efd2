/*
 * The one place that opens files: everything a path leads to is opened beneath a directory
 * descriptor, without following a symbolic link and without blocking, and must be a regular
 * file. Relies on openat2(2) (Linux 5.6).
 */
#pragma once

#include <dirent.h>
#include <sys/stat.h>

#include <helios/error.h>

#include "base/base.h"
#include "base/buf.h"

/*
 * Opens path beneath directory with flags (O_CLOEXEC, O_NOFOLLOW, O_NONBLOCK are added), mode
 * for new files. Returns a descriptor or a negative errno: -ELOOP for a symbolic link, -EXDEV for a
 * path that leaves the directory, -EINVAL for what is no regular file (with O_DIRECTORY: no
 * directory).
 */
int file_open_beneath(int directory, const char *path, int flags, mode_t mode) must_use;

/*
 * Reads a whole file of at most limit bytes, appending to buf, and fills *ret_stat when it is
 * not NULL. 0, or a negative errno: -EFBIG when the file is larger, -ENOENT, -ENOMEM, …
 */
int file_read(int directory, const char *path, size_t limit, struct buf *buf,
	      struct stat *ret_stat) must_use;

/*
 * Reads that many bytes at an offset, going on after short reads; what is not there any more reads
 * as zeros. 0 or a negative errno.
 */
int file_read_at(int fd, char *bytes, size_t length, off_t offset) must_use;

/*
 * Whether an errno (negative) of opening or reading says what stands there: no plain file, or too
 * large a one. All others say how the machine is, or who may read: no evidence of damage.
 */
bool file_is_odd(int err);

/* Whether somebody has the file open for writing: only then is a read lease refused. */
bool file_has_writer(int directory, const char *path);

/* Writes all bytes, going on after short writes. 0 or a negative errno. */
int file_write_all(int fd, const char *bytes, size_t length) must_use;

/* Makes a new file (mode 0600, O_EXCL) with these bytes; nothing is left behind on failure. */
int file_create(int directory, const char *path, const char *bytes, size_t length) must_use;

/* The same, and synced with the directory it stands in; a failed sync leaves nothing behind. */
int file_create_synced(int directory, const char *path, const char *bytes, size_t length) must_use;

/* Syncs a directory: what was renamed or made in it stays. 0 or a negative errno. */
int file_sync_directory(int directory, const char *path) must_use;

/*
 * What stat, rename, unlink, mkdir and chmod do, of a path beneath a directory: where a directory
 * on the way is a symbolic link it is -ELOOP, also when it becomes one meanwhile, for what was
 * opened stays what it is. flags are those of renameat2(2) and unlinkat(2). 0, or a negative errno,
 * which errno says, too.
 */
int file_stat(int directory, const char *path, struct stat *ret);
int file_rename(int directory, const char *from, const char *to, unsigned flags);
int file_unlink(int directory, const char *path, int flags);
int file_mkdir(int directory, const char *path);
int file_chmod(int directory, const char *path, mode_t mode);

/* scandirat(3) of a directory beneath another; the count, or a negative errno, also in errno. */
int file_scan(int directory, const char *path, struct dirent ***ret,
	      int (*filter)(const struct dirent *),
	      int (*compare)(const struct dirent **, const struct dirent **));

/* Makes a directory (mode 0700) unless it is there; -ENOTDIR when something else is. */
int file_make_directory(int directory, const char *path) must_use;

/* The path beneath the working directory, unless it is absolute. 0 and *ret, which the caller frees. */
int file_absolute(const char *path, char **ret) must_use;
