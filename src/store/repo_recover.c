/* What a dead writer or another git leaves in .git: signs of work, locks, temporary files. */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
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
		if (file_stat(directory, signs[i].path, &st) == 0)
			return signs[i].what;
	return NULL;
}

/*
 * Whether somebody has the file open: the kernel gives a lease for writing only on one that nobody
 * else has. It needs no look at other processes, which a confined one may not take. Another's file
 * counts as open. Who opens it in the moment of the lease waits, and we get a signal that does
 * nothing.
 */
static bool is_open(int directory, const char *path)
{
	cleanup_fd int fd = file_open_beneath(directory, path, O_RDONLY, 0);

	if (fd < 0)
		return fd != -ENOENT;
	if (fcntl(fd, F_SETSIG, SIGURG) < 0 || fcntl(fd, F_SETLEASE, F_WRLCK) < 0)
		return errno != EINVAL; /* that is: this file system knows no leases */
	fcntl(fd, F_SETLEASE, F_UNLCK);
	return false;
}

/*
 * A running git works in the top directory of its work tree, even while it waits for an editor and
 * no file is open. One whose directory we may not see may be at work here.
 */
static bool is_git_in(int process, const char *home)
{
	char name[32] = "", cwd[PATH_MAX];
	cleanup_fd int fd = openat(process, "comm", O_RDONLY | O_CLOEXEC);
	struct stat st;
	ssize_t length;

	if (fd < 0 || read(fd, name, sizeof(name) - 1) <= 0 || strncmp(name, "git", 3) != 0)
		return false;
	length = readlinkat(process, "cwd", cwd, sizeof(cwd) - 1);
	if (length < 0)
		return errno == EACCES && streq(name, "git\n") && fstat(process, &st) == 0 &&
		       st.st_uid == geteuid();
	cwd[length] = '\0';
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

/* Whether a git is at work in the home. */
static bool git_runs(int home)
{
	char path[PATH_MAX];
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	bool found = !proc || !real_path(home, path);

	while (!found && (entry = readdir(proc))) {
		cleanup_fd int process = -1;

		if (entry->d_name[0] < '1' || entry->d_name[0] > '9')
			continue;
		process = openat(dirfd(proc), entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		found = process >= 0 && is_git_in(process, path);
	}
	if (proc)
		closedir(proc);
	return found;
}

/* A second name for the committed file is link + unlink cut in two: the work itself is done. */
static void clear_lock(int home, int directory, const char *path)
{
	struct stat st;

	if (file_stat(directory, path, &st) < 0 || !S_ISREG(st.st_mode))
		return;
	if (st.st_nlink > 1 || (!is_open(directory, path) && !git_runs(home)))
		file_unlink(directory, path, 0);
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
	clear_directory(directory, ".git/refs/proposals", false);
	clear_directory(directory, ".git/objects", true);
	return 0;
}
