/*
 * A pass-through file system to measure against, after the design of libfuse's passthrough_hp
 * example: low-level API, one O_PATH descriptor an inode, long timeouts, pages kept in the
 * kernel's cache, splice for data, several threads. What is there can be read and written, and is
 * synced when a writer closes it.   usage: passthrough SOURCE MOUNTPOINT
 */
#define FUSE_USE_VERSION 314
#include <errno.h>
#include <fcntl.h>
#include <fuse_lowlevel.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TIMEOUT 86400.0

struct inode {
	int fd;
	ino_t number;
};

static struct inode root;

static struct inode *inode_of(fuse_ino_t ino)
{
	return ino == FUSE_ROOT_ID ? &root : (struct inode *)(uintptr_t)ino;
}

static void pt_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct fuse_entry_param entry = {.attr_timeout = TIMEOUT, .entry_timeout = TIMEOUT};
	struct inode *inode = calloc(1, sizeof(*inode));

	if (!inode) {
		fuse_reply_err(req, ENOMEM);
		return;
	}
	inode->fd = openat(inode_of(parent)->fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (inode->fd < 0 || fstatat(inode->fd, "", &entry.attr, AT_EMPTY_PATH) < 0) {
		fuse_reply_err(req, errno);
		if (inode->fd >= 0)
			close(inode->fd);
		free(inode);
		return;
	}
	inode->number = entry.attr.st_ino;
	entry.ino = (uintptr_t)inode;
	fuse_reply_entry(req, &entry);
}

static void pt_forget(fuse_req_t req, fuse_ino_t ino, uint64_t count)
{
	struct inode *inode = inode_of(ino);

	(void)count; /* each lookup made an inode of its own, the kernel forgets each */
	if (inode != &root) {
		close(inode->fd);
		free(inode);
	}
	fuse_reply_none(req);
}

static void pt_getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *info)
{
	struct stat st;

	(void)info;
	if (fstatat(inode_of(ino)->fd, "", &st, AT_EMPTY_PATH) < 0)
		fuse_reply_err(req, errno);
	else
		fuse_reply_attr(req, &st, TIMEOUT);
}

static void pt_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *info)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", inode_of(ino)->fd);
	fd = open(path, (info->flags & ~O_NOFOLLOW) | O_CLOEXEC);
	if (fd < 0) {
		fuse_reply_err(req, errno);
		return;
	}
	info->fh = (uint64_t)fd;
	info->keep_cache = 1;
	fuse_reply_open(req, info);
}

static void pt_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset,
		    struct fuse_file_info *info)
{
	struct fuse_bufvec buffer = FUSE_BUFVEC_INIT(size);

	(void)ino;
	buffer.buf[0].flags = FUSE_BUF_IS_FD | FUSE_BUF_FD_SEEK;
	buffer.buf[0].fd = (int)info->fh;
	buffer.buf[0].pos = offset;
	fuse_reply_data(req, &buffer, FUSE_BUF_SPLICE_MOVE);
}

/* Of attributes only the size, as an open with O_TRUNC sets it. */
static void pt_setattr(fuse_req_t req, fuse_ino_t ino, struct stat *attr, int which,
		       struct fuse_file_info *info)
{
	if (!(which & FUSE_SET_ATTR_SIZE) || !info)
		fuse_reply_err(req, ENOSYS);
	else if (ftruncate((int)info->fh, attr->st_size) < 0)
		fuse_reply_err(req, errno);
	else
		pt_getattr(req, ino, info);
}

static void pt_write(fuse_req_t req, fuse_ino_t ino, const char *bytes, size_t size, off_t offset,
		     struct fuse_file_info *info)
{
	ssize_t done = pwrite((int)info->fh, bytes, size, offset);

	(void)ino;
	if (done < 0)
		fuse_reply_err(req, errno);
	else
		fuse_reply_write(req, (size_t)done);
}

static void pt_flush(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *info)
{
	bool written = (fcntl((int)info->fh, F_GETFL) & O_ACCMODE) != O_RDONLY;

	(void)ino;
	fuse_reply_err(req, written && fdatasync((int)info->fh) < 0 ? errno : 0);
}

static void pt_release(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *info)
{
	(void)ino;
	close((int)info->fh);
	fuse_reply_err(req, 0);
}

static const struct fuse_lowlevel_ops operations = {
	.lookup = pt_lookup,
	.forget = pt_forget,
	.getattr = pt_getattr,
	.open = pt_open,
	.setattr = pt_setattr,
	.read = pt_read,
	.write = pt_write,
	.flush = pt_flush,
	.release = pt_release,
};

int main(int argc, char **argv)
{
	char options[] = "-ofsname=helios-bench,default_permissions";
	char *fuse_argv[] = {argv[0], options, NULL};
	struct fuse_args args = FUSE_ARGS_INIT(2, fuse_argv);
	struct fuse_loop_config *config = fuse_loop_cfg_create();
	struct fuse_session *session;
	int status = 1;

	if (argc != 3 || !config) {
		fprintf(stderr, "usage: passthrough SOURCE MOUNTPOINT\n");
		return 2;
	}
	root.fd = open(argv[1], O_PATH | O_DIRECTORY | O_CLOEXEC);
	session = fuse_session_new(&args, &operations, sizeof(operations), NULL);
	if (root.fd >= 0 && session && fuse_set_signal_handlers(session) == 0) {
		if (fuse_session_mount(session, argv[2]) == 0) {
			status = fuse_session_loop_mt(session, config) < 0;
			fuse_session_unmount(session);
		}
		fuse_remove_signal_handlers(session);
	}
	if (session)
		fuse_session_destroy(session);
	fuse_loop_cfg_destroy(config);
	return status;
}
