/*
 * What a dead writer or a power cut can leave in .git, found and mended without libgit2, which
 * would loop for ever on a truncated loose object. Moves aside, never deletes, what holds data.
 */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <zlib.h>

#include "base/file.h"
#include "store/repo_private.h"

#define LIMIT_LOOSE_OBJECT (64u << 20) /* bytes after inflating */

const char *repo_busy(int directory)
{
	static const struct {
		const char *path, *what;
	} signs[] = {
		{".git/MERGE_HEAD", "a merge"},
		{".git/rebase-merge", "a rebase"},
		{".git/rebase-apply", "a rebase"},
		{".git/CHERRY_PICK_HEAD", "a cherry-pick"},
		{".git/REVERT_HEAD", "a revert"},
		{".git/BISECT_LOG", "a bisect"},
		{".git/index.lock", "another git program (index.lock)"},
	};
	struct stat st;

	for (size_t i = 0; i < ARRAY_SIZE(signs); i++)
		if (fstatat(directory, signs[i].path, &st, AT_SYMLINK_NOFOLLOW) == 0)
			return signs[i].what;
	return NULL;
}

/*
 * Whether a process has a file with this inode number open. Only fdinfo is read: following or
 * reading the links of /proc/ID/fd waits while ID is in execve, which may be waiting for us.
 */
static bool has_open(int process, ino_t inode)
{
	int fd = openat(process, "fdinfo", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *fds = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;
	bool found = false;

	if (!fds && fd >= 0)
		close(fd);
	while (fds && !found && (entry = readdir(fds))) {
		char text[1024] = "";
		cleanup_fd int info = openat(dirfd(fds), entry->d_name, O_RDONLY | O_CLOEXEC);
		const char *line;

		if (info < 0 || read(info, text, sizeof(text) - 1) <= 0)
			continue;
		line = strstr(text, "\nino:");
		found = line && strtoull(line + 5, NULL, 10) == inode;
	}
	if (fds)
		closedir(fds);
	return found;
}

/* A running git works in the top directory of its work tree, even while no file is open. */
static bool is_git_in(int process, const char *home)
{
	char name[32] = "", cwd[PATH_MAX];
	cleanup_fd int fd = openat(process, "comm", O_RDONLY | O_CLOEXEC);
	ssize_t length;

	if (fd < 0 || read(fd, name, sizeof(name) - 1) <= 0 || strncmp(name, "git", 3) != 0)
		return false;
	length = readlinkat(process, "cwd", cwd, sizeof(cwd) - 1);
	cwd[length > 0 ? length : 0] = '\0';
	return streq(cwd, home);
}

static bool real_path(int directory, char path[PATH_MAX])
{
	char link[64];
	ssize_t length;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", directory);
	length = readlink(link, path, PATH_MAX - 1);
	path[length > 0 ? length : 0] = '\0';
	return length > 0;
}

/* True while some process may still want the lock: it has it open, or is a git at work here. */
static bool is_alive(int home, ino_t lock)
{
	char path[PATH_MAX];
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	bool alive = !proc || !real_path(home, path);

	while (!alive && (entry = readdir(proc))) {
		cleanup_fd int process = -1;

		if (entry->d_name[0] < '1' || entry->d_name[0] > '9')
			continue;
		process = openat(dirfd(proc), entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		alive = process >= 0 && (has_open(process, lock) || is_git_in(process, path));
	}
	if (proc)
		closedir(proc);
	return alive;
}

/* A second name for the committed file is link + unlink cut in two: the work itself is done. */
static void clear_lock(int home, int directory, const char *path)
{
	struct stat st;

	if (fstatat(directory, path, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode))
		return;
	if (st.st_nlink > 1 || !is_alive(home, st.st_ino))
		unlinkat(directory, path, 0);
}

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), tail = strlen(end);

	return length >= tail && streq(text + length - tail, end);
}

/* Unlinks what a test accepts in one directory of .git. */
static void clear_directory(int directory, const char *path, bool temporaries)
{
	int fd = file_open_beneath(directory, path, O_RDONLY | O_DIRECTORY, 0);
	DIR *stream = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;

	if (!stream && fd >= 0)
		close(fd);
	while (stream && (entry = readdir(stream))) {
		if (temporaries ? strncmp(entry->d_name, "tmp_helios_", 11) == 0
				: ends_with(entry->d_name, ".lock"))
			clear_lock(directory, dirfd(stream), entry->d_name);
	}
	if (stream)
		closedir(stream);
}

int repo_clear_leftovers(int directory, struct helios_error *error)
{
	(void)error;
	clear_directory(directory, ".git", false);
	clear_directory(directory, ".git/refs/heads", false);
	clear_directory(directory, ".git/refs/tags", false);
	clear_directory(directory, ".git/objects", true);
	return 0;
}

/* Inflates a whole loose object; false when it is truncated or not zlib's. */
static bool inflate_object(const struct buf *packed, struct buf *out)
{
	unsigned char block[65536];
	z_stream stream = {.next_in = (unsigned char *)packed->data,
			   .avail_in = (unsigned)packed->length};
	int state;

	if (packed->length == 0 || inflateInit(&stream) != Z_OK)
		return false;
	do {
		stream.next_out = block;
		stream.avail_out = sizeof(block);
		state = inflate(&stream, Z_NO_FLUSH);
		buf_add(out, block, sizeof(block) - stream.avail_out);
	} while (state == Z_OK && out->length <= LIMIT_LOOSE_OBJECT);
	inflateEnd(&stream);
	return state == Z_STREAM_END && !out->failed;
}

static bool object_is_whole(const struct buf *packed, const struct object_id *id)
{
	static const struct {
		const char *name;
		git_object_t type;
	} types[] = {
		{"blob ", GIT_OBJECT_BLOB},
		{"tree ", GIT_OBJECT_TREE},
		{"commit ", GIT_OBJECT_COMMIT},
		{"tag ", GIT_OBJECT_TAG},
	};
	cleanup_buf struct buf object = {0};
	git_oid actual;

	if (!inflate_object(packed, &object))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		size_t prefix = strlen(types[i].name),
		       header = strnlen(object.data, object.length) + 1;

		if (strncmp(object.data, types[i].name, prefix) != 0 || header > object.length)
			continue;
		if (strtoull(object.data + prefix, NULL, 10) != object.length - header)
			return false;
		git_odb_hash(&actual, object.data + header, object.length - header, types[i].type);
		return git_oid_equal(&actual, as_oid(id));
	}
	return false;
}

int repo_look_at_object(int directory, const struct object_id *id, bool *ret_there, bool *ret_whole,
			struct helios_error *error)
{
	cleanup_buf struct buf packed = {0};
	char path[80];
	int err;

	repo_object_path(id, path);
	err = file_read(directory, path, LIMIT_LOOSE_OBJECT, &packed, NULL);
	*ret_there = err != -ENOENT;
	*ret_whole = false;
	if (err == -ENOENT || err == -ELOOP || err == -EISDIR || err == -EINVAL || err == -ENXIO)
		return 0; /* gone, or no plain file */
	if (err < 0)	  /* an errno is no evidence of corruption */
		return helios_fail_errno(error, -err, path, "cannot check an object");
	*ret_whole = object_is_whole(&packed, id);
	return 0;
}

int repo_check_object(int directory, const struct object_id *id, bool *ret_present,
		      struct helios_error *error)
{
	char hex[OBJECT_ID_HEX + 1], path[80], aside[80];
	bool there;
	int err = repo_look_at_object(directory, id, &there, ret_present, error);

	if (err < 0 || !there || *ret_present)
		return err; /* not there: packed, or never written */
	object_id_format(id, hex);
	repo_object_path(id, path);
	snprintf(aside, sizeof(aside), ".recovery/object-%s", hex);
	if (renameat(directory, path, directory, aside) < 0)
		return helios_fail_errno(error, errno, path, "cannot set a damaged object aside");
	return 0;
}

void repo_object_path(const struct object_id *id, char path[80])
{
	char hex[OBJECT_ID_HEX + 1];

	object_id_format(id, hex);
	snprintf(path, 80, ".git/objects/%.2s/%s", hex, hex + 2);
}
