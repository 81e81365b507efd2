/*
 * Opening, reading, writing and closing. An open that needs another kernel inode than the one it
 * names - a draft, or a newer version - is answered ESTALE once, and the kernel's second walk
 * finds that inode (stale.h).
 */
#include <fcntl.h>

#include "fs/ancestor.h"
#include "fs/commit.h"
#include "fs/document.h"
#include "fs/handle.h"
#include "fs/locks.h"
#include "fs/ops.h"
#include "fs/past.h"
#include "fs/scratch.h"
#include "fs/stale.h"
#include "fs/watch.h"

static bool writes(const struct fuse_file_info *file)
{
	return (file->flags & O_ACCMODE) != O_RDONLY;
}

/* Sets what the kernel is told about an open of node; takes a reference. */
static int make_handle(struct inode *node, struct fuse_file_info *file)
{
	struct handle *handle = handle_new(node->fs, node, NULL);

	if (!handle)
		return -ENOMEM;
	if (node->draft)
		atomic_fetch_add(&node->draft->opens, 1);
	file->fh = (uintptr_t)handle;
	file->direct_io = node->type == INODE_DRAFT;
	file->keep_cache = node->type == INODE_VERSION || node->type == INODE_PAST;
	file->noflush = file->keep_cache;
	return 0;
}

static void reply_open(fuse_req_t req, struct inode *node, struct fuse_file_info *file)
{
	int err = make_handle(node, file);

	if (err < 0)
		fuse_reply_err(req, -err);
	else if (fuse_reply_open(req, file) == -ENOENT)
		handle_free(handle_of(file)); /* interrupted: no release will come */
}

/* A writer at a version: it gets a draft, which its second walk will find. */
static int prepare_draft(struct fs *fs, pid_t tid, struct inode *version)
{
	cleanup_text struct helios_text *text = NULL;
	cleanup_inode struct inode *node = NULL;
	int err = document_read(fs, &version->name, &text);

	if (err < 0 && err != -ENOENT)
		return err;
	if (err == 0 && away_take_emptied(fs, &version->name))
		helios_text_unref(take_ptr(text));
	if (err == 0) {
		node = inode_new(fs, INODE_DRAFT, &version->name);
		if (node)
			node->draft = draft_new(fs, &version->name, text);
		if (!node || !node->draft)
			return -ENOMEM;
		inode_publish(node);
	}
	stale_add(fs, tid, version, node);
	return -ESTALE;
}

/* The kernel's memory is left out, so that a read through this handle is seen. */
static void reply_open_unread(fuse_req_t req, struct inode *node, struct fuse_file_info *file)
{
	int err = make_handle(node, file);

	if (err < 0) {
		fuse_reply_err(req, -err);
		return;
	}
	file->direct_io = true;
	file->keep_cache = false;
	atomic_store(&handle_of(file)->unread, true);
	if (fuse_reply_open(req, file) == -ENOENT)
		handle_free(handle_of(file));
}

/* A version that is open keeps its attributes, so it counts as open before it is looked at. */
static void open_version(fuse_req_t req, struct inode *node, struct fuse_file_info *file)
{
	struct fs *fs = fs_of(req);
	const struct name name = node->name;
	cleanup_text struct helios_text *text = helios_text_ref(node->text);
	pid_t tid = fuse_req_ctx(req)->pid;
	bool document = dir_is_writable(node->name.dir), kept = dir_is_kept(node->name.dir);
	bool current = !kept || document_is_current(node), again;
	struct process reader;

	if (writes(file) && !document) {
		fuse_reply_err(req, EROFS);
		return;
	}
	if (writes(file)) {
		fuse_reply_err(req,
			       stale_open(fs, tid, node)
				       ? ESTALE
				       : /* no walk has led to the draft: there is none to have */
				       -prepare_draft(fs, tid, node));
		return;
	}
	again = kept && stale_open(fs, tid, node);
	if (!current && !again) {
		stale_add(fs, tid, node, NULL);
		fuse_reply_err(req, ESTALE);
		return;
	}
	if (!document) {
		reply_open(req, node, file);
		return;
	}
	reader = caller_of(tid);
	if (records_await_read(fs, &reader, &name, text)) {
		reply_open_unread(req, node, file);
		return;
	}
	records_begin(fs);
	reply_open(req, node, file);
	records_read(fs, &reader, &name, text);
}

static void open_draft(fuse_req_t req, struct inode *node, struct fuse_file_info *file)
{
	pid_t tid = fuse_req_ctx(req)->pid;

	stale_open(fs_of(req), tid, node);
	if (!writes(file) && !node->draft->in_use) { /* its writer never came back */
		fuse_reply_err(req, ESTALE);
		return;
	}
	draft_own(node->draft, tid);
	reply_open(req, node, file);
}

static void open_scratch(fuse_req_t req, struct inode *node, struct fuse_file_info *file)
{
	int err = scratch_open(node);

	if (err < 0)
		fuse_reply_err(req, -err);
	else
		reply_open(req, node, file);
}

static void open_past(fuse_req_t req, struct inode *node, struct fuse_file_info *file)
{
	cleanup_text struct helios_text *text = NULL;
	int err = writes(file) ? -EROFS : past_read(node, &text);

	if (err == 0)
		err = make_handle(node, file);
	if (err < 0) {
		fuse_reply_err(req, -err);
		return;
	}
	handle_of(file)->text = take_ptr(text);
	if (fuse_reply_open(req, file) == -ENOENT)
		handle_free(handle_of(file));
}

void op_open(fuse_req_t req, fuse_ino_t id, struct fuse_file_info *file)
{
	cleanup_inode struct inode *node = inode_get(fs_of(req), id);

	if (!node) {
		fuse_reply_err(req, ESTALE);
	} else if (node->type == INODE_VERSION) {
		atomic_fetch_add(&node->opens, 1);
		open_version(req, node, file);
		atomic_fetch_sub(&node->opens, 1);
	} else if (node->type == INODE_DRAFT) {
		open_draft(req, node, file);
	} else if (node->type == INODE_SCRATCH) {
		open_scratch(req, node, file);
	} else if (node->type == INODE_PAST) {
		open_past(req, node, file);
	} else {
		fuse_reply_err(req, EISDIR);
	}
}

static int create_document(struct fs *fs, pid_t tid, const struct name *name, int flags,
			   struct inode **ret)
{
	cleanup_text struct helios_text *text = NULL;
	cleanup_inode struct inode *node = NULL;
	int err = document_read(fs, name, &text);

	if (err == 0 && (flags & O_EXCL))
		return -EEXIST;
	if (err < 0 && err != -ENOENT)
		return err;
	node = inode_new(fs, INODE_DRAFT, name);
	if (node)
		node->draft = draft_new(fs, name, text);
	if (!node || !node->draft)
		return -ENOMEM;
	inode_publish(node);
	draft_own(node->draft, tid);
	if (!text)
		away_claim(fs, name);
	*ret = take_ptr(node);
	return 0;
}

void op_create(fuse_req_t req, fuse_ino_t parent, const char *file, mode_t mode,
	       struct fuse_file_info *info)
{
	struct fs *fs = fs_of(req);
	const struct name name = past_child(fs, parent, file);
	cleanup_inode struct inode *node = NULL;
	struct fuse_entry_param entry;
	int err = -name_refuses_write(&name);

	(void)mode; /* all files are 0600 */
	if (err == 0 && name.kind == NAME_DOCUMENT)
		err = create_document(fs, fuse_req_ctx(req)->pid, &name, info->flags, &node);
	else if (err == 0)
		err = scratch_create(fs, &name, info->flags, &node);
	if (err == 0)
		err = make_handle(node, info);
	if (err == 0)
		err = inode_entry(node, &entry);
	if (err) {
		fuse_reply_err(req, -err);
	} else if (fuse_reply_create(req, &entry, info) == -ENOENT) {
		inode_forget(fs, entry.ino, 1);
		handle_free(handle_of(info));
		if (node->type == INODE_DRAFT)
			away_release(fs, &name);
	}
}

static void note_read(fuse_req_t req, struct handle *handle)
{
	struct fs *fs = fs_of(req);
	struct process reader = caller_of(fuse_req_ctx(req)->pid);

	records_begin(fs);
	records_read(fs, &reader, &handle->node->name, handle->node->text);
}

void op_read(fuse_req_t req, fuse_ino_t id, size_t size, off_t offset, struct fuse_file_info *file)
{
	struct inode *node = handle_of(file)->node;

	(void)id;
	if (node->type == INODE_DRAFT) {
		draft_reply_read(req, node->draft, size, offset);
	} else if (node->type == INODE_SCRATCH) {
		scratch_reply_read(req, node, size, offset);
	} else {
		/* who reads may have closed, and the kernel forgotten, before the reply returns */
		struct handle *handle = handle_of(file);
		cleanup_text struct helios_text *text = helios_text_ref(node->text ?: handle->text);
		size_t at = (size_t)offset < text->length ? (size_t)offset : text->length;

		if (atomic_exchange(&handle->unread, false))
			note_read(req, handle);
		fuse_reply_buf(req, text->data + at,
			       size < text->length - at ? size : text->length - at);
	}
}

void op_write(fuse_req_t req, fuse_ino_t id, const char *bytes, size_t size, off_t offset,
	      struct fuse_file_info *file)
{
	struct inode *node = handle_of(file)->node;
	int err = -EBADF;

	(void)id;
	atomic_store(&handle_of(file)->written, true);
	if (node->type == INODE_DRAFT)
		err = draft_write(node->draft, bytes, size, offset, file->flags & O_APPEND);
	else if (node->type == INODE_SCRATCH)
		err = scratch_write(node, bytes, size, offset);
	if (err < 0)
		fuse_reply_err(req, -err);
	else
		fuse_reply_write(req, size);
}

/* An editor that copies a document beside it, before it saves, has read it only for that. */
static void note_backup(fuse_req_t req, const struct handle *handle)
{
	struct fs *fs = fs_of(req);
	cleanup_buf struct buf text = {0};
	struct process process;
	struct stat st;

	if (!atomic_load(&handle->written) || inode_attributes(handle->node, &st) < 0 ||
	    !records_await_copy(fs, (size_t)st.st_size) ||
	    scratch_read(fs, &handle->node->name, &text) < 0)
		return;
	process = caller_of(fuse_req_ctx(req)->pid);
	records_copied(fs, &process, &text);
}

void op_flush(fuse_req_t req, fuse_ino_t id, struct fuse_file_info *file)
{
	struct handle *handle = handle_of(file);
	int err = 0;

	(void)id;
	locks_drop_owner(fs_of(req), handle->node->number, file->lock_owner);
	if (handle->node->type == INODE_DRAFT)
		err = commit_at_close(handle->node->draft, fuse_req_ctx(req)->pid);
	else if (handle->node->type == INODE_SCRATCH)
		note_backup(req, handle);
	fuse_reply_err(req, -err);
}

void op_fsync(fuse_req_t req, fuse_ino_t id, int datasync, struct fuse_file_info *file)
{
	struct inode *node = handle_of(file)->node;
	int err = 0;

	(void)id;
	(void)datasync;
	if (node->type == INODE_DRAFT)
		err = commit_draft(node->draft);
	fuse_reply_err(req, -err); /* scratch files are not promised to anybody */
}

void op_release(fuse_req_t req, fuse_ino_t id, struct fuse_file_info *file)
{
	struct handle *handle = handle_of(file);
	struct inode *node = handle->node;

	(void)id;
	locks_drop_handle(fs_of(req), file->fh);
	if (file->flock_release)
		locks_drop_owner(fs_of(req), node->number, file->lock_owner);
	if (node->type == INODE_DRAFT)
		commit_at_release(node->draft);
	handle_free(handle);
	fuse_reply_err(req, 0);
}
