/* The table of requests, and those about inodes as such. */
#include "fs/ops.h"

#include "fs/document.h"
#include "fs/link.h"
#include "fs/past.h"
#include "fs/scratch.h"
#include "fs/stale.h"

int find_node(struct fs *fs, pid_t tid, const struct name *name, struct inode **ret)
{
	switch (name->kind) {
	case NAME_DIR:
		*ret = inode_get(fs, (fuse_ino_t)name->child);
		return 0;
	case NAME_DOCUMENT:
		*ret = stale_lookup(fs, tid, name);
		return *ret ? 0 : document_lookup(fs, name, ret);
	case NAME_RENDERED:
	case NAME_REJECTED:
	case NAME_PROPOSAL:
	case NAME_STATUS:
		return document_lookup(fs, name, ret);
	case NAME_PAST_DIR:
		return past_directory(fs, name, ret);
	case NAME_PAST:
		return past_lookup(fs, name, ret);
	case NAME_SCRATCH:
		return scratch_lookup(fs, name, ret);
	case NAME_ACTIVE:
	case NAME_ACTIVE_PROMPT:
	case NAME_LINK:
		return link_lookup(fs, name, ret);
	case NAME_TOO_LONG:
		return -ENAMETOOLONG;
	case NAME_INVALID:
	case NAME_NONE:
		break;
	}
	return -ENOENT;
}

static void op_lookup(fuse_req_t req, fuse_ino_t parent, const char *file)
{
	const struct name name = past_child(fs_of(req), parent, file);
	struct inode *node;
	int err = find_node(fs_of(req), fuse_req_ctx(req)->pid, &name, &node);

	if (err < 0)
		fuse_reply_err(req, -err);
	else
		inode_reply_entry(req, node);
}

static void op_forget(fuse_req_t req, fuse_ino_t id, uint64_t count)
{
	inode_forget(fs_of(req), id, count);
	fuse_reply_none(req);
}

static void op_forget_multi(fuse_req_t req, size_t count, struct fuse_forget_data *forgets)
{
	for (size_t i = 0; i < count; i++)
		inode_forget(fs_of(req), forgets[i].ino, forgets[i].nlookup);
	fuse_reply_none(req);
}

static void op_readlink(fuse_req_t req, fuse_ino_t id)
{
	cleanup_inode struct inode *node = inode_get(fs_of(req), id);

	if (node && node->type == INODE_LINK)
		fuse_reply_readlink(req, node->target);
	else
		fuse_reply_err(req, node ? EINVAL : ESTALE);
}

static void op_fsyncdir(fuse_req_t req, fuse_ino_t id, int datasync, struct fuse_file_info *file)
{
	(void)id;
	(void)datasync;
	(void)file;
	fuse_reply_err(req, 0); /* what was acknowledged is durable already */
}

static void want(struct fuse_conn_info *conn, unsigned flags, bool wanted)
{
	if (wanted)
		conn->want |= conn->capable & flags;
	else
		conn->want &= ~flags;
}

static void op_init(void *data, struct fuse_conn_info *conn)
{
	struct fs *fs = data;

	want(conn, FUSE_CAP_POSIX_LOCKS | FUSE_CAP_FLOCK_LOCKS | FUSE_CAP_PARALLEL_DIROPS, true);
	/*
	 * Truncation must come to the draft and not with the open (readers would see it), and
	 * data when it is written, not later and without a writer.
	 */
	want(conn, FUSE_CAP_ATOMIC_O_TRUNC | FUSE_CAP_WRITEBACK_CACHE | FUSE_CAP_AUTO_INVAL_DATA,
	     false);
	fs->ready(fs);
}

const struct fuse_lowlevel_ops fs_ops = {
	.init = op_init,
	.lookup = op_lookup,
	.forget = op_forget,
	.forget_multi = op_forget_multi,
	.readlink = op_readlink,
	.getattr = op_getattr,
	.setattr = op_setattr,
	.statfs = op_statfs,
	.open = op_open,
	.create = op_create,
	.read = op_read,
	.write = op_write,
	.flush = op_flush,
	.fsync = op_fsync,
	.release = op_release,
	.opendir = op_opendir,
	.readdir = op_readdir,
	.readdirplus = op_readdirplus,
	.releasedir = op_releasedir,
	.fsyncdir = op_fsyncdir,
	.mknod = op_mknod,
	.mkdir = op_mkdir,
	.link = op_link,
	.rmdir = op_rmdir,
	.unlink = op_unlink,
	.symlink = op_symlink,
	.rename = op_rename,
	.setxattr = op_setxattr,
	.getxattr = op_getxattr,
	.listxattr = op_listxattr,
	.removexattr = op_removexattr,
	.getlk = op_getlk,
	.setlk = op_setlk,
	.flock = op_flock,
};
