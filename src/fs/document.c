/* Versions of texts; see fs/document.h. */
#include "fs/document.h"

#include "fs/away.h"

static enum helios_kind kind_of_name(const struct name *name)
{
	return name->kind == NAME_STATUS ? HELIOS_STATUS : kind_of(name->dir);
}

int document_read(struct fs *fs, const struct name *name, struct helios_text **ret)
{
	const char *which = *name->persona ? name->persona : name->file;
	struct helios_error why;
	int err;

	if (away_hides(fs, name))
		return -ENOENT;
	err = helios_read(fs->home, kind_of_name(name), which, ret, &why);
	return err < 0 && why.code == HELIOS_BAD_NAME ? -ENOENT : err;
}

int document_lookup(struct fs *fs, const struct name *name, struct inode **ret)
{
	/* taken first: a change during the read must make the node look old */
	uint64_t generation = helios_generation(fs->home);
	cleanup_text struct helios_text *text = NULL;
	int err = document_read(fs, name, &text);

	if (err < 0)
		return err;
	*ret = inode_version(fs, name, text, generation);
	return *ret ? 0 : -ENOMEM;
}

bool document_is_current(struct inode *node)
{
	uint64_t generation = helios_generation(node->fs->home);
	cleanup_text struct helios_text *text = NULL;
	int err;

	if (atomic_load(&node->superseded))
		return false;
	if (atomic_load(&node->checked) == generation && !node->text->until)
		return true;
	err = document_read(node->fs, &node->name, &text);
	if (err == 0 && inode_reads(node, text)) {
		atomic_store(&node->checked, generation);
		return true;
	}
	if (err == 0 || err == -ENOENT)
		inode_retire(node);
	return err < 0 && err != -ENOENT; /* cannot be read just now: what we have is the best */
}
