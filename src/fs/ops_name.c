/* Making and removing names. */
#include "fs/away.h"
#include "fs/document.h"
#include "fs/draft.h"
#include "fs/link.h"
#include "fs/ops.h"
#include "fs/past.h"
#include "fs/scratch.h"
#include "fs/watch.h"

void op_mknod(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode, dev_t device)
{
	(void)parent;
	(void)name;
	(void)mode;
	(void)device;
	fuse_reply_err(req, EPERM);
}

void op_mkdir(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode)
{
	(void)parent;
	(void)name;
	(void)mode;
	fuse_reply_err(req, EPERM);
}

void op_link(fuse_req_t req, fuse_ino_t id, fuse_ino_t parent, const char *name)
{
	(void)id;
	(void)parent;
	(void)name;
	fuse_reply_err(req, EPERM);
}

void op_rmdir(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	(void)parent;
	(void)name;
	fuse_reply_err(req, EPERM);
}

static void detach(struct inode *node, void *data)
{
	const struct name *name = data;

	pthread_mutex_lock(&node->draft->mutex);
	if (name_equal(&node->draft->name, name))
		node->draft->detached = true;
	pthread_mutex_unlock(&node->draft->mutex);
}

static int remove_persona(fuse_req_t req, const struct name *name)
{
	struct fs *fs = fs_of(req);
	char program[32];
	cleanup_free char *active = NULL;
	cleanup_text struct helios_text *stored = NULL;
	struct helios_client client;
	struct helios_error why = {0};
	struct name copy = *name;
	int err = helios_read(fs->home, HELIOS_STORED, name->persona, &stored, NULL);

	if (streq(name->persona, "base"))
		return -EPERM;
	if (err < 0)
		return err;
	caller_name(fuse_req_ctx(req)->pid, program);
	client = client_of(fs, program);
	helios_active(fs->home, &active, NULL);
	err = helios_remove(fs->home, &client, name->persona, &why);
	helios_note_operation(fs->home, err < 0 ? &why : NULL);
	if (err < 0)
		return err;
	inode_each(fs, INODE_DRAFT, detach, &copy);
	away_add(fs, &(struct away){.kind = AWAY_REMOVED,
				    .name = *name,
				    .stored = stored,
				    .active = active && streq(active, name->persona)});
	inode_supersede(fs, name);
	watch_changed(fs);
	return 0;
}

static int unlink_document(fuse_req_t req, const struct name *name)
{
	struct fs *fs = fs_of(req);

	if (!away_hide_refused(fs, name))
		return remove_persona(req, name);
	inode_supersede(fs, name);
	watch_changed(fs);
	return 0;
}

static int reject_proposal(fuse_req_t req, const struct name *name)
{
	struct fs *fs = fs_of(req);
	char program[32];
	struct helios_client client;
	int err;

	caller_name(fuse_req_ctx(req)->pid, program);
	client = client_of(fs, program);
	err = helios_proposal_reject(fs->home, &client, name->persona, NULL);
	watch_changed(fs);
	return err;
}

void op_unlink(fuse_req_t req, fuse_ino_t parent, const char *file)
{
	struct fs *fs = fs_of(req);
	const struct name name = past_child(fs, parent, file);
	int err = -EROFS;

	switch (name.kind) {
	case NAME_DOCUMENT:
		err = away_hides(fs, &name) ? -ENOENT : unlink_document(req, &name);
		break;
	case NAME_SCRATCH:
		err = scratch_unlink(fs, &name);
		break;
	case NAME_REJECTED:
		err = helios_reject_drop(fs->home, name.file, NULL);
		watch_changed(fs);
		break;
	case NAME_PROPOSAL:
		err = reject_proposal(req, &name);
		break;
	case NAME_ACTIVE:
	case NAME_LINK:
		err = link_unlink(fs, &name);
		break;
	case NAME_INVALID:
		err = -ENOENT;
		break;
	default:
		break;
	}
	fuse_reply_err(req, -err);
}

void op_symlink(fuse_req_t req, const char *target, fuse_ino_t parent, const char *file)
{
	struct fs *fs = fs_of(req);
	const struct name name = past_child(fs, parent, file);
	struct inode *node = NULL;
	int err = -name_refuses_write(&name);

	if (parent == DIR_ROOT) {
		err = link_create(fs, &name, target, &node);
	} else if (name.kind == NAME_DOCUMENT) {
		err = -EPERM; /* a persona is a text; to inherit, say inherits_from */
	} else if (err == 0) {
		err = scratch_symlink(fs, &name, target);
		if (err == 0)
			err = scratch_lookup(fs, &name, &node);
	}
	if (err < 0)
		fuse_reply_err(req, -err);
	else
		inode_reply_entry(req, node);
}
