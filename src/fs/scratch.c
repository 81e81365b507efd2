/* Scratch files; see fs/scratch.h. */
#include "fs/scratch.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

#include "base/file.h"

#define SCRATCH_FILES 4096
#define SWEEP_SECONDS (7 * 24 * 3600)

struct scratches {
	pthread_mutex_t mutex;
	int dirs[DIR_LAST + 1]; /* -1, or the directory that holds the view directory's files */
	uint64_t used;		/* bytes, never less than there are */
	unsigned files;		/* likewise */
	atomic_uint_fast64_t changes;
};

struct scratch {
	int dir; /* borrowed */
	char *file;
	int fd; /* while opens > 0 */
	unsigned opens;
	mode_t mode;
};

int scratches_new(struct fs *fs)
{
	cleanup_fd int top = helios_scratch(fs->home, NULL);
	struct scratches *all = calloc(1, sizeof(*all));
	int err = 0;

	fs->scratches = all;
	if (!all)
		return -ENOMEM;
	if (top < 0)
		return top;
	pthread_mutex_init(&all->mutex, NULL);
	all->used = LIMIT_SCRATCH + 1; /* unknown: the first write counts */
	for (int dir = 0; dir <= DIR_LAST; dir++)
		all->dirs[dir] = -1;
	for (int dir = DIR_PERSONAS; dir <= DIR_SOURCES && err == 0; dir++) {
		const char *name = dir_name((enum fs_dir)dir);

		err = file_make_directory(top, name);
		if (err == 0)
			all->dirs[dir] = file_open_beneath(top, name, O_RDONLY | O_DIRECTORY, 0);
		if (err == 0 && all->dirs[dir] < 0)
			err = all->dirs[dir];
	}
	return err;
}

void scratches_free(struct fs *fs)
{
	if (!fs->scratches)
		return;
	for (int dir = DIR_PERSONAS; dir <= DIR_SOURCES; dir++)
		if (fs->scratches->dirs[dir] >= 0)
			close(fs->scratches->dirs[dir]);
	free(fs->scratches);
	fs->scratches = NULL;
}

void scratch_free(struct scratch *scratch)
{
	if (!scratch)
		return;
	if (scratch->opens && scratch->fd >= 0)
		close(scratch->fd);
	free(scratch->file);
	free(scratch);
}

static int dir_of(struct fs *fs, const struct name *name)
{
	return fs->scratches->dirs[name->dir];
}

static void note_change(struct fs *fs)
{
	atomic_fetch_add(&fs->scratches->changes, 1);
}

uint64_t scratch_changes(struct fs *fs)
{
	return atomic_load(&fs->scratches->changes);
}

int scratch_list(struct fs *fs, enum fs_dir dir, int (*fn)(void *data, const char *file),
		 void *data)
{
	int fd = openat(fs->scratches->dirs[dir], ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), err = 0;
	DIR *stream = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *entry;

	if (!stream) {
		err = -errno;
		if (fd >= 0)
			close(fd);
		return err;
	}
	while (err == 0 && (errno = 0, entry = readdir(stream)))
		if (!streq(entry->d_name, ".") && !streq(entry->d_name, ".."))
			err = fn(data, entry->d_name);
	if (err == 0)
		err = -errno;
	closedir(stream);
	return err;
}

struct count {
	int dir;
	uint64_t bytes;
	unsigned files;
};

static int count_file(void *data, const char *file)
{
	struct count *count = data;
	struct stat st;

	if (fstatat(count->dir, file, &st, AT_SYMLINK_NOFOLLOW) == 0)
		count->bytes += (uint64_t)st.st_size;
	count->files++;
	return 0;
}

/* Whether bytes more in files more still fit; counts anew before it says no. */
static int reserve(struct fs *fs, uint64_t bytes, unsigned files)
{
	struct scratches *all = fs->scratches;
	int err = 0;

	pthread_mutex_lock(&all->mutex);
	if (all->used + bytes > LIMIT_SCRATCH || all->files + files > SCRATCH_FILES) {
		struct count count = {0};

		for (int dir = DIR_PERSONAS; dir <= DIR_SOURCES; dir++) {
			count.dir = all->dirs[dir];
			scratch_list(fs, (enum fs_dir)dir, count_file, &count);
		}
		all->used = count.bytes;
		all->files = count.files;
	}
	if (all->used + bytes > LIMIT_SCRATCH || all->files + files > SCRATCH_FILES)
		err = -ENOSPC;
	all->used += err ? 0 : bytes;
	all->files += err ? 0 : files;
	pthread_mutex_unlock(&all->mutex);
	return err;
}

static struct inode *new_node(struct fs *fs, const struct name *name, enum inode_type type)
{
	struct inode *node = inode_new(fs, type, name);

	if (!node || type == INODE_LINK)
		return node;
	node->scratch = calloc(1, sizeof(*node->scratch));
	if (node->scratch) {
		node->scratch->dir = dir_of(fs, name);
		node->scratch->file = strdup(name->file);
		node->scratch->fd = -1;
	}
	if (!node->scratch || !node->scratch->file) {
		inode_put(node);
		return NULL;
	}
	return node;
}

static int lookup_link(struct fs *fs, const struct name *name, struct inode **ret)
{
	char target[PATH_MAX];
	ssize_t length = readlinkat(dir_of(fs, name), name->file, target, sizeof(target) - 1);
	struct inode *node;

	if (length < 0)
		return -errno;
	target[length] = '\0';
	node = new_node(fs, name, INODE_LINK);
	if (node)
		node->target = strdup(target);
	if (!node || !node->target) {
		inode_put(node);
		return -ENOMEM;
	}
	inode_stand(node);
	*ret = node;
	return 0;
}

int scratch_lookup(struct fs *fs, const struct name *name, struct inode **ret)
{
	struct inode *node;
	struct stat st;

	if (fstatat(dir_of(fs, name), name->file, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	if (S_ISLNK(st.st_mode))
		return lookup_link(fs, name, ret);
	if (!S_ISREG(st.st_mode))
		return -ENOENT;
	node = inode_standing(fs, name);
	if (node && node->type != INODE_SCRATCH) {
		inode_put(node);
		node = NULL;
	}
	if (!node) {
		node = new_node(fs, name, INODE_SCRATCH);
		if (!node)
			return -ENOMEM;
		inode_stand(node);
	}
	*ret = node;
	return 0;
}

int scratch_create(struct fs *fs, const struct name *name, int flags, struct inode **ret)
{
	cleanup_fd int fd = -1;
	int err = reserve(fs, 0, 1);

	if (err < 0)
		return err;
	fd = file_open_beneath(dir_of(fs, name), name->file, O_RDWR | O_CREAT | (flags & O_EXCL),
			       0600);
	if (fd < 0)
		return fd;
	note_change(fs);
	err = scratch_lookup(fs, name, ret);
	if (err == 0)
		err = scratch_open(*ret);
	return err;
}

/* The file of a node; its name may change under us, so this holds the table's mutex. */
static int open_locked(struct scratch *scratch)
{
	if (!scratch->opens) {
		scratch->fd = file_open_beneath(scratch->dir, scratch->file, O_RDWR, 0);
		if (scratch->fd < 0)
			return scratch->fd;
	}
	scratch->opens++;
	return 0;
}

int scratch_open(struct inode *node)
{
	struct scratches *all = node->fs->scratches;
	int err;

	pthread_mutex_lock(&all->mutex);
	err = open_locked(node->scratch);
	pthread_mutex_unlock(&all->mutex);
	return err;
}

void scratch_close(struct inode *node)
{
	struct scratches *all = node->fs->scratches;
	int fd = -1;

	pthread_mutex_lock(&all->mutex);
	if (--node->scratch->opens == 0)
		fd = take_fd(&node->scratch->fd);
	pthread_mutex_unlock(&all->mutex);
	if (fd >= 0)
		close(fd);
}

int scratch_attributes(struct inode *node, struct stat *ret)
{
	const struct scratch *scratch = node->scratch;
	struct scratches *all = node->fs->scratches;
	struct stat st;
	int err;

	pthread_mutex_lock(&all->mutex);
	err = scratch->opens ? fstat(scratch->fd, &st)
			     : fstatat(scratch->dir, scratch->file, &st, AT_SYMLINK_NOFOLLOW);
	err = err < 0 ? -errno : 0;
	pthread_mutex_unlock(&all->mutex);
	if (err < 0)
		return err;
	ret->st_mode = S_IFREG | 0600;
	ret->st_nlink = st.st_nlink;
	ret->st_size = st.st_size;
	ret->st_blocks = (st.st_size + 511) / 512;
	ret->st_mtim = st.st_mtim;
	ret->st_ctim = st.st_ctim;
	ret->st_atim = st.st_atim;
	return 0;
}

void scratch_reply_read(fuse_req_t req, struct inode *node, size_t size, off_t offset)
{
	cleanup_free char *bytes = malloc(size ? size : 1);
	ssize_t got = bytes ? pread(node->scratch->fd, bytes, size, offset) : -1;

	if (!bytes)
		fuse_reply_err(req, ENOMEM);
	else if (got < 0)
		fuse_reply_err(req, errno);
	else
		fuse_reply_buf(req, bytes, (size_t)got);
}

/* Room for a file to grow to length. */
static int grow(struct inode *node, off_t length)
{
	struct stat st;

	if (length > (off_t)LIMIT_SCRATCH)
		return -ENOSPC;
	if (fstat(node->scratch->fd, &st) < 0)
		return -errno;
	return length > st.st_size ? reserve(node->fs, (uint64_t)(length - st.st_size), 0) : 0;
}

int scratch_write(struct inode *node, const char *bytes, size_t length, off_t offset)
{
	int err = grow(node, offset + (off_t)length);

	while (err == 0 && length) {
		ssize_t done = pwrite(node->scratch->fd, bytes, length, offset);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -errno;
		bytes += done;
		length -= (size_t)done;
		offset += done;
	}
	return err;
}

int scratch_truncate(struct inode *node, off_t length)
{
	int err = scratch_open(node);

	if (err < 0)
		return err;
	err = grow(node, length);
	if (err == 0 && ftruncate(node->scratch->fd, length) < 0)
		err = -errno;
	scratch_close(node);
	return err;
}

int scratch_times(struct inode *node, const struct timespec times[2])
{
	int err = scratch_open(node);

	if (err < 0)
		return err;
	if (futimens(node->scratch->fd, times) < 0)
		err = -errno;
	scratch_close(node);
	return err;
}

int scratch_read(struct fs *fs, const struct name *name, struct buf *text)
{
	buf_add(text, "", 0);
	return file_read(dir_of(fs, name), name->file, LIMIT_TEXT, text, NULL);
}

int scratch_store(struct fs *fs, const struct name *name, const char *text, size_t length)
{
	int err = reserve(fs, length, 1);

	if (err < 0)
		return err;
	if (unlinkat(dir_of(fs, name), name->file, 0) < 0 && errno != ENOENT)
		return -errno;
	inode_supersede(fs, name);
	note_change(fs);
	return file_create(dir_of(fs, name), name->file, text, length);
}

int scratch_symlink(struct fs *fs, const struct name *name, const char *target)
{
	int err = reserve(fs, strlen(target), 1);

	if (err < 0)
		return err;
	note_change(fs);
	return symlinkat(target, dir_of(fs, name), name->file) < 0 ? -errno : 0;
}

int scratch_unlink(struct fs *fs, const struct name *name)
{
	if (unlinkat(dir_of(fs, name), name->file, 0) < 0)
		return -errno;
	inode_supersede(fs, name);
	note_change(fs);
	return 0;
}

/* The node that stands there now, with its new name, too. */
static int move_node(struct fs *fs, const struct name *from, const struct name *to)
{
	cleanup_free char *file = strdup(to->file);
	cleanup_inode struct inode *node = inode_standing(fs, from);

	if (!file)
		return -ENOMEM;
	if (renameat(dir_of(fs, from), from->file, dir_of(fs, to), to->file) < 0)
		return -errno;
	inode_move(fs, from, to);
	if (node && node->scratch) {
		free(node->scratch->file);
		node->scratch->dir = dir_of(fs, to);
		node->scratch->file = take_ptr(file);
	}
	return 0;
}

int scratch_rename(struct fs *fs, const struct name *from, const struct name *to, bool replace)
{
	struct stat st;
	int err;

	if (!replace && fstatat(dir_of(fs, to), to->file, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return -EEXIST;
	pthread_mutex_lock(&fs->scratches->mutex);
	err = move_node(fs, from, to);
	pthread_mutex_unlock(&fs->scratches->mutex);
	note_change(fs);
	return err;
}

struct sweep {
	int dir;
	time_t before;
};

static int sweep_file(void *data, const char *file)
{
	const struct sweep *sweep = data;
	struct stat st;

	if (fstatat(sweep->dir, file, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    st.st_mtime < sweep->before && st.st_atime < sweep->before &&
	    st.st_ctime < sweep->before)
		unlinkat(sweep->dir, file, 0);
	return 0;
}

void scratch_sweep(struct fs *fs)
{
	struct sweep sweep = {.before = time(NULL) - SWEEP_SECONDS};

	for (int dir = DIR_PERSONAS; dir <= DIR_SOURCES; dir++) {
		sweep.dir = fs->scratches->dirs[dir];
		scratch_list(fs, (enum fs_dir)dir, sweep_file, &sweep);
	}
	note_change(fs);
}
