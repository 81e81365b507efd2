/* What a dead writer or another git leaves in .git: signs of work, locks, temporary files. */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>

#include "base/file.h"
#include "store/repo_private.h"

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
