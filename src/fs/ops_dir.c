/* Reading directories: each handle reads one listing (listing.h). */
#include "fs/handle.h"
#include "fs/ops.h"
#include "fs/past.h"

/* *ret_same: the kernel may go on with what it kept of the directory. */
static int list(struct inode *directory, struct listing **ret, bool *ret_same)
{
	*ret_same = false;
	return directory->past
		       ? past_listing(directory, ret)
		       : listing_get(directory->fs, (enum fs_dir)directory->id, ret, ret_same);
}

void op_opendir(fuse_req_t req, fuse_ino_t id, struct fuse_file_info *file)
{
	struct fs *fs = fs_of(req);
	cleanup_inode struct inode *node = inode_get(fs, id);
	struct listing *listing = NULL;
	struct handle *handle = NULL;
	bool same = false;
	int err = !node			    ? -ESTALE
		  : node->type != INODE_DIR ? -ENOTDIR
					    : list(node, &listing, &same);

	if (err == 0) {
		handle = handle_new(fs, node, listing);
		err = handle ? 0 : -ENOMEM;
	}
	if (err < 0) {
		listing_unref(listing);
		fuse_reply_err(req, -err);
		return;
	}
	file->fh = (uintptr_t)handle;
	file->cache_readdir = id <= DIR_LAST && dir_is_writable((enum fs_dir)id);
	file->keep_cache = file->cache_readdir && same;
	if (fuse_reply_open(req, file) == -ENOENT)
		handle_free(handle);
}

/* Reading from the start again shows the directory as it is now. */
static void rewind_listing(struct handle *handle)
{
	struct listing *fresh;
	bool same;

	if (list(handle->node, &fresh, &same) < 0)
		return;
	listing_unref(handle->listing);
	handle->listing = fresh;
}

static bool is_link(const struct name *name)
{
	return name->kind == NAME_ACTIVE || name->kind == NAME_ACTIVE_PROMPT;
}

/* The entry at place; "." and ".." come first and have no name. */
static struct name plain_entry(const struct handle *handle, size_t place, const char **ret_file,
			       struct stat *ret)
{
	fuse_ino_t id = handle->node->id;
	struct name name = {.kind = NAME_NONE};

	memset(ret, 0, sizeof(*ret));
	ret->st_mode = S_IFDIR;
	*ret_file = place == 0 ? "." : "..";
	if (place < 2) {
		ret->st_ino = place == 0      ? handle->node->number
			      : id > DIR_LAST ? DIR_HISTORY
					      : DIR_ROOT;
		return name;
	}
	*ret_file = handle->listing->files[place - 2];
	name = past_child(handle->fs, id, *ret_file);
	if (name.kind == NAME_DIR) {
		ret->st_ino = (ino_t)name.child;
	} else {
		ret->st_ino = name_number(&name);
		if (name.kind != NAME_PAST_DIR)
			ret->st_mode = is_link(&name) ? S_IFLNK : S_IFREG;
	}
	return name;
}

/* Adds one entry; returns the bytes it needs. plus: with a look-up. */
static size_t add_entry(fuse_req_t req, const struct handle *handle, size_t place,
			struct iovec room)
{
	struct stat st;
	const char *file;

	plain_entry(handle, place, &file, &st);
	return fuse_add_direntry(req, room.iov_base, room.iov_len, file, &st, (off_t)place + 1);
}

static size_t add_entry_plus(fuse_req_t req, const struct handle *handle, size_t place,
			     struct iovec room)
{
	struct fs *fs = fs_of(req);
	struct fuse_entry_param entry = {0};
	cleanup_inode struct inode *node = NULL;
	const char *file;
	const struct name name = plain_entry(handle, place, &file, &entry.attr);
	size_t need;

	if (place >= 2 && find_node(fs, 0, &name, &node) == 0 && inode_entry(node, &entry) < 0)
		entry.ino = 0;
	need = fuse_add_direntry_plus(req, room.iov_base, room.iov_len, file, &entry,
				      (off_t)place + 1);
	if (need > room.iov_len && entry.ino)
		inode_forget(fs, entry.ino, 1); /* it did not fit: the kernel will not see it */
	return need;
}

typedef size_t (*adder)(fuse_req_t req, const struct handle *handle, size_t place,
			struct iovec room);

static void read_directory(fuse_req_t req, size_t size, off_t offset, struct handle *handle,
			   adder add)
{
	cleanup_free char *bytes = malloc(size ? size : 1);
	size_t used = 0;

	if (!bytes) {
		fuse_reply_err(req, ENOMEM);
		return;
	}
	if (offset == 0)
		rewind_listing(handle);
	for (size_t place = (size_t)offset; place < handle->listing->count + 2; place++) {
		const struct iovec room = {bytes + used, size - used};
		size_t need = add(req, handle, place, room);

		if (need > room.iov_len)
			break;
		used += need;
	}
	fuse_reply_buf(req, bytes, used);
}

void op_readdir(fuse_req_t req, fuse_ino_t id, size_t size, off_t offset,
		struct fuse_file_info *file)
{
	(void)id;
	read_directory(req, size, offset, handle_of(file), add_entry);
}

void op_readdirplus(fuse_req_t req, fuse_ino_t id, size_t size, off_t offset,
		    struct fuse_file_info *file)
{
	(void)id;
	read_directory(req, size, offset, handle_of(file), add_entry_plus);
}

void op_releasedir(fuse_req_t req, fuse_ino_t id, struct fuse_file_info *file)
{
	(void)id;
	handle_free(handle_of(file));
	fuse_reply_err(req, 0);
}
