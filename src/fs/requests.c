/*
 * Counting requests; see fs/requests.h. Relies on the kernel's header: each read of its device is
 * one request, which begins with that.
 */
#include "fs/requests.h"

#include <linux/fuse.h>
#include <sys/uio.h>

#include "base/buf.h"

static const char *const names[] = {
	[FUSE_LOOKUP] = "lookup",
	[FUSE_FORGET] = "forget",
	[FUSE_GETATTR] = "getattr",
	[FUSE_SETATTR] = "setattr",
	[FUSE_READLINK] = "readlink",
	[FUSE_SYMLINK] = "symlink",
	[FUSE_MKNOD] = "mknod",
	[FUSE_MKDIR] = "mkdir",
	[FUSE_UNLINK] = "unlink",
	[FUSE_RMDIR] = "rmdir",
	[FUSE_RENAME] = "rename",
	[FUSE_LINK] = "link",
	[FUSE_OPEN] = "open",
	[FUSE_READ] = "read",
	[FUSE_WRITE] = "write",
	[FUSE_STATFS] = "statfs",
	[FUSE_RELEASE] = "release",
	[FUSE_FSYNC] = "fsync",
	[FUSE_SETXATTR] = "setxattr",
	[FUSE_GETXATTR] = "getxattr",
	[FUSE_LISTXATTR] = "listxattr",
	[FUSE_REMOVEXATTR] = "removexattr",
	[FUSE_FLUSH] = "flush",
	[FUSE_INIT] = "init",
	[FUSE_OPENDIR] = "opendir",
	[FUSE_READDIR] = "readdir",
	[FUSE_RELEASEDIR] = "releasedir",
	[FUSE_FSYNCDIR] = "fsyncdir",
	[FUSE_GETLK] = "getlk",
	[FUSE_SETLK] = "setlk",
	[FUSE_SETLKW] = "setlkw",
	[FUSE_ACCESS] = "access",
	[FUSE_CREATE] = "create",
	[FUSE_INTERRUPT] = "interrupt",
	[FUSE_BMAP] = "bmap",
	[FUSE_IOCTL] = "ioctl",
	[FUSE_POLL] = "poll",
	[FUSE_BATCH_FORGET] = "batch_forget",
	[FUSE_FALLOCATE] = "fallocate",
	[FUSE_READDIRPLUS] = "readdirplus",
	[FUSE_RENAME2] = "rename2",
	[FUSE_LSEEK] = "lseek",
	[FUSE_COPY_FILE_RANGE] = "copy_file_range",
};

/* By kind; the first, which no kind has, are those without a name. One daemon has one session. */
static atomic_ullong counts[ARRAY_SIZE(names)];

static ssize_t take(int fd, void *request, size_t size, void *userdata)
{
	const struct fuse_in_header *header = request;
	ssize_t got = read(fd, request, size);

	(void)userdata;
	if (got >= (ssize_t)sizeof(*header)) {
		size_t kind = header->opcode < ARRAY_SIZE(names) ? header->opcode : 0;

		atomic_fetch_add_explicit(&counts[names[kind] ? kind : 0], 1, memory_order_relaxed);
	}
	return got;
}

static ssize_t answer(int fd, struct iovec *parts, int count, void *userdata)
{
	(void)userdata;
	return writev(fd, parts, count);
}

int requests_count(struct fs *fs)
{
	static const struct fuse_custom_io io = {.read = take, .writev = answer};

	return fuse_session_custom_io(fs->session, &io, fuse_session_fd(fs->session));
}

char *requests_text(void)
{
	struct buf text = {0};

	for (size_t kind = 0; kind < ARRAY_SIZE(names); kind++) {
		unsigned long long count = atomic_load(&counts[kind]);

		if (count)
			buf_addf(&text, "%s: %llu\n", names[kind] ? names[kind] : "other", count);
	}
	return buf_take(&text);
}
