/*
 * Attributes. What editors set after a save - modes, owners, times, access lists - succeeds
 * without effect, since some of them stop or complain when it fails.
 */
#include <sys/statvfs.h>
#include <sys/xattr.h>

#include "fs/commit.h"
#include "fs/document.h"
#include "fs/ops.h"
#include "fs/problem.h"
#include "fs/requests.h"
#include "fs/scratch.h"

#define ERROR_ATTRIBUTE "user.helios.error"

/*
 * What is no longer current is shown to who has it open; by name the kernel must ask again. Here it
 * cannot be known which of them asks.
 */
static bool may_keep(const struct inode *node)
{
	return node->type != INODE_VERSION ||
	       (!atomic_load(&node->superseded) &&
		atomic_load(&node->checked) == helios_generation(node->fs->home));
}

static void reply_attributes(fuse_req_t req, struct inode *node)
{
	struct stat st;
	int err = inode_attributes(node, &st);

	if (err < 0)
		fuse_reply_err(req, -err);
	else
		fuse_reply_attr(req, &st, may_keep(node) ? inode_timeout(node) : 0);
}

/*
 * An old version that nobody has open was asked for by name: it shows what the name means now.
 * Who has it open goes on with it to the end.
 */
static bool is_stale(struct inode *node)
{
	return node->type == INODE_VERSION && atomic_load(&node->opens) == 0 &&
	       !document_is_current(node);
}

static void reply_current(fuse_req_t req, const struct inode *node)
{
	cleanup_inode struct inode *current = NULL;
	struct stat st;
	int err = document_lookup(fs_of(req), &node->name, &current);

	if (err == 0)
		err = inode_attributes(current, &st);
	if (err < 0)
		fuse_reply_err(req, -err);
	else
		fuse_reply_attr(req, &st, 0);
}

void op_getattr(fuse_req_t req, fuse_ino_t id, struct fuse_file_info *file)
{
	cleanup_inode struct inode *node = inode_get(fs_of(req), id);

	(void)file;
	if (!node)
		fuse_reply_err(req, ESTALE);
	else if (is_stale(node))
		reply_current(req, node);
	else
		reply_attributes(req, node);
}

/* truncate(2), without an open file: an edit that is complete at once. */
static int truncate_version(fuse_req_t req, struct inode *node, off_t length)
{
	struct fs *fs = fs_of(req);
	cleanup_text struct helios_text *text = NULL;
	struct draft *draft;
	int err;

	if (!dir_is_writable(node->name.dir))
		return -EROFS;
	if (length == 0)
		return -EINVAL; /* would be an empty document */
	err = document_read(fs, &node->name, &text);
	if (err < 0)
		return err;
	draft = draft_new(fs, &node->name, text);
	if (!draft)
		return -ENOMEM;
	draft_own(draft, fuse_req_ctx(req)->pid);
	err = draft_truncate(draft, length);
	if (err == 0)
		err = commit_draft(draft);
	draft_free(draft);
	return err;
}

static int set_size(fuse_req_t req, struct inode *node, off_t length)
{
	switch (node->type) {
	case INODE_DRAFT:
		return draft_truncate(node->draft, length);
	case INODE_SCRATCH:
		return scratch_truncate(node, length);
	case INODE_VERSION:
		return truncate_version(req, node, length);
	case INODE_PAST:
		return -EROFS;
	default:
		return -EINVAL;
	}
}

static int set_times(struct inode *node, const struct stat *wanted, int which)
{
	struct timespec times[2] = {wanted->st_atim, wanted->st_mtim};

	if (!(which & FUSE_SET_ATTR_ATIME))
		times[0].tv_nsec = UTIME_OMIT;
	if (!(which & FUSE_SET_ATTR_MTIME))
		times[1].tv_nsec = UTIME_OMIT;
	if (which & FUSE_SET_ATTR_ATIME_NOW)
		times[0].tv_nsec = UTIME_NOW;
	if (which & FUSE_SET_ATTR_MTIME_NOW)
		times[1].tv_nsec = UTIME_NOW;
	return scratch_times(node, times);
}

void op_setattr(fuse_req_t req, fuse_ino_t id, struct stat *wanted, int which,
		struct fuse_file_info *file)
{
	const int times = FUSE_SET_ATTR_ATIME | FUSE_SET_ATTR_MTIME;
	cleanup_inode struct inode *node = inode_get(fs_of(req), id);
	int err = node ? 0 : -ESTALE;

	(void)file;
	if (err == 0 && (which & FUSE_SET_ATTR_SIZE))
		err = set_size(req, node, wanted->st_size);
	else if (err == 0 && (which & times) && node->type == INODE_SCRATCH)
		err = set_times(node, wanted, which);
	if (err < 0)
		fuse_reply_err(req, -err);
	else
		reply_attributes(req, node);
}

void op_statfs(fuse_req_t req, fuse_ino_t id)
{
	struct statvfs st;

	(void)id;
	if (statvfs(helios_path(fs_of(req)->home), &st) < 0) {
		fuse_reply_err(req, errno);
		return;
	}
	st.f_namemax = 255;
	fuse_reply_statfs(req, &st);
}

static bool is_access_list(const char *attribute)
{
	return streq(attribute, "system.posix_acl_access") ||
	       streq(attribute, "system.posix_acl_default");
}

void op_setxattr(fuse_req_t req, fuse_ino_t id, const char *name, const char *value, size_t size,
		 int flags)
{
	(void)id;
	(void)value;
	(void)size;
	(void)flags;
	fuse_reply_err(req, is_access_list(name) ? 0 : ENOTSUP);
}

void op_removexattr(fuse_req_t req, fuse_ino_t id, const char *name)
{
	(void)id;
	fuse_reply_err(req, is_access_list(name) ? 0 : ENOTSUP);
}

/* The message of the last refused save of the node's file, to be freed, or NULL. */
static char *message_of(fuse_req_t req, fuse_ino_t id)
{
	cleanup_inode struct inode *node = inode_get(fs_of(req), id);

	return node ? problem_get(fs_of(req), &node->name) : NULL;
}

static void reply_value(fuse_req_t req, const char *value, size_t length, size_t size)
{
	if (size == 0)
		fuse_reply_xattr(req, length);
	else if (size < length)
		fuse_reply_err(req, ERANGE);
	else
		fuse_reply_buf(req, value, length);
}

void op_getxattr(fuse_req_t req, fuse_ino_t id, const char *name, size_t size)
{
	cleanup_free char *value = NULL;

	if (streq(name, ERROR_ATTRIBUTE))
		value = message_of(req, id);
	else if (id == FUSE_ROOT_ID && streq(name, REQUESTS_ATTRIBUTE))
		value = requests_text();
	if (value)
		reply_value(req, value, strlen(value), size);
	else
		fuse_reply_err(req, ENODATA);
}

void op_listxattr(fuse_req_t req, fuse_ino_t id, size_t size)
{
	cleanup_free char *message = message_of(req, id);

	reply_value(req, ERROR_ATTRIBUTE, message ? sizeof(ERROR_ATTRIBUTE) : 0, size);
}
