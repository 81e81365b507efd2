/*
 * Renames. A scratch file over a document is a save; a document to a scratch name is the first
 * half of an editor's save; a document to another document renames the persona.
 */
#include <linux/fs.h>

#include "fs/commit.h"
#include "fs/document.h"
#include "fs/link.h"
#include "fs/ops.h"
#include "fs/past.h"
#include "fs/scratch.h"
#include "fs/watch.h"

struct rename {
	struct fs *fs;
	pid_t tid;
	struct name from, to;
	bool replace; /* RENAME_NOREPLACE was not asked for */
};

static bool is_there(const struct rename *r, const struct name *name)
{
	cleanup_inode struct inode *node = NULL;

	return find_node(r->fs, 0, name, &node) == 0;
}

static int save_scratch(const struct rename *r)
{
	cleanup_buf struct buf text = {0};
	int err = scratch_read(r->fs, &r->from, &text);

	if (err < 0)
		return err;
	err = commit_rename(r->fs, r->tid, &r->to, text.data, text.length);
	if (err == 0)
		scratch_unlink(r->fs, &r->from);
	return err;
}

/* The persona stays in the home until it is certain that its name does not come back. */
static int hide_document(const struct rename *r)
{
	cleanup_text struct helios_text *text = NULL;
	int err = document_read(r->fs, &r->from, &text);

	if (err < 0)
		return err;
	if (!away_add(r->fs, &(struct away){.kind = AWAY_HIDDEN, .name = r->from}))
		return -EBUSY; /* the daemon deletes what is away within 2 s: there is room then */
	err = scratch_store(r->fs, &r->to, text->data, text->length);
	if (err < 0) {
		away_drop(r->fs, &r->from);
		return err;
	}
	inode_supersede(r->fs, &r->from);
	watch_forget(r->fs, &r->to);
	watch_changed(r->fs);
	return 0;
}

static int rename_persona(const struct rename *r, const struct helios_client *client,
			  struct helios_error *why)
{
	struct away away = {.kind = AWAY_RENAMED, .name = r->from};
	int err;

	if (is_there(r, &r->to) || away_hides(r->fs, &r->to))
		return helios_replace(r->fs->home, client, r->from.persona, r->to.persona, why);
	err = helios_rename(r->fs->home, client, r->from.persona, r->to.persona, why);
	if (err == 0) {
		memcpy(away.to, r->to.persona, sizeof(away.to));
		away_add(r->fs, &away);
	}
	return err;
}

/* Drafts of a renamed persona go with it. */
static void rename_draft(struct inode *node, void *data)
{
	const struct rename *r = data;

	pthread_mutex_lock(&node->draft->mutex);
	if (name_equal(&node->draft->name, &r->from))
		node->draft->name = r->to;
	pthread_mutex_unlock(&node->draft->mutex);
}

static int rename_document(struct rename *r)
{
	char program[32];
	struct helios_client client;
	struct helios_error why = {0};
	int err;

	if (r->from.dir != r->to.dir)
		return -EXDEV;
	if (!is_there(r, &r->from))
		return -ENOENT;
	if (streq(r->from.persona, "base") || streq(r->to.persona, "base"))
		return -EPERM;
	caller_name(r->tid, program);
	client = client_of(r->fs, program);
	err = rename_persona(r, &client, &why);
	helios_note_operation(r->fs->home, err < 0 ? &why : NULL);
	if (err < 0)
		return err;
	away_drop(r->fs, &r->to);
	inode_each(r->fs, INODE_DRAFT, rename_draft, r);
	inode_move(r->fs, &r->from, &r->to); /* so will the kernel; the watch compares */
	watch_changed(r->fs);
	return 0;
}

static int rename_here(struct rename *r)
{
	int err = -name_refuses_write(&r->to);

	if (!r->replace && is_there(r, &r->to))
		return -EEXIST;
	if (r->from.dir == DIR_ROOT && r->to.dir == DIR_ROOT && r->from.kind == NAME_LINK)
		return link_rename(r->fs, &r->from, &r->to);
	if (err < 0)
		return err;
	if (r->from.kind == NAME_SCRATCH && r->to.kind == NAME_SCRATCH)
		return scratch_rename(r->fs, &r->from, &r->to, r->replace);
	if (r->from.kind == NAME_SCRATCH)
		return save_scratch(r);
	if (r->from.kind != NAME_DOCUMENT)
		return r->from.kind == NAME_INVALID ? -ENOENT : -EROFS;
	if (r->to.kind == NAME_DOCUMENT)
		return rename_document(r);
	return r->from.dir == r->to.dir ? hide_document(r) : -EXDEV;
}

void op_rename(fuse_req_t req, fuse_ino_t parent, const char *file, fuse_ino_t new_parent,
	       const char *new_file, unsigned flags)
{
	struct rename rename = {
		.fs = fs_of(req),
		.tid = fuse_req_ctx(req)->pid,
		.from = past_child(fs_of(req), parent, file),
		.to = past_child(fs_of(req), new_parent, new_file),
		.replace = !(flags & RENAME_NOREPLACE),
	};
	int err = -EINVAL; /* RENAME_EXCHANGE: there is nothing two personas could swap */

	if (!(flags & ~(unsigned)RENAME_NOREPLACE))
		err = rename_here(&rename);
	fuse_reply_err(req, -err);
}
