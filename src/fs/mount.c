/* Mountpoints; see fs/mount.h. */
#include "fs/mount.h"

#include <dirent.h>
#include <fcntl.h>
#include <libgen.h>
#include <mntent.h>
#include <signal.h>
#include <spawn.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>

#include <helios/op.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/log.h"
#include "fs/ops.h"

#define ORPHANED_MS 1000 /* how long a daemon whose view is gone may take to end by itself */

int mount_resolve(const char *place, char **ret, struct helios_error *error)
{
	cleanup_free char *copy = strdup(place), *again = strdup(place), *parent = NULL;
	char *path = realpath(place, NULL);

	if (path) {
		*ret = path;
		return 0;
	}
	if (errno != ENOTCONN || !copy || !again)
		return helios_fail_errno(error, errno, place, "the mountpoint cannot be used");
	/* a dead mount answers nothing, not even its name */
	parent = realpath(dirname(copy), NULL);
	if (!parent)
		return helios_fail_errno(error, errno, place, "the mountpoint cannot be used");
	if (asprintf(ret, "%s/%s", streq(parent, "/") ? "" : parent, basename(again)) < 0)
		return helios_fail_errno(error, ENOMEM, place, "the mountpoint cannot be used");
	return 0;
}

/* Whether path is beneath directory, or it itself. */
static bool is_within(const char *path, const char *directory)
{
	size_t length = strlen(directory);

	return strncmp(path, directory, length) == 0 &&
	       (path[length] == '/' || path[length] == '\0' || streq(directory, "/"));
}

/* A view over the home's own files would make the daemon wait for itself. */
static int check_place(struct fs *fs, struct helios_error *error)
{
	cleanup_free char *home = realpath(helios_path(fs->home), NULL), *view = NULL;
	const struct helios_place place = {.file = fs->mountpoint};

	if (!home || asprintf(&view, "%s/view", home) < 0)
		return helios_fail_errno(error, errno, helios_path(fs->home), "no such home");
	if (!streq(fs->mountpoint, view) &&
	    (is_within(fs->mountpoint, home) || is_within(home, fs->mountpoint)))
		return helios_fail(error, HELIOS_MOUNT, &place,
				   "use the home's view directory, or one outside the home",
				   "the view cannot be mounted over the home's own files");
	return 0;
}

/* Whether some FUSE file system is mounted right there. */
static bool is_taken(const char *path)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	const struct mntent *entry;
	bool taken = false;

	while (mounts && (entry = getmntent(mounts)))
		if (streq(entry->mnt_dir, path))
			taken = strncmp(entry->mnt_type, "fuse", 4) == 0;
	if (mounts)
		endmntent(mounts);
	return taken;
}

/* Asks the daemon that has the lock to end, by the id it left in there. */
static void end_holder(int lock)
{
	char text[32] = "", path[64], name[32] = "";
	pid_t holder = pread(lock, text, sizeof(text) - 1, 0) > 0 ? (pid_t)strtol(text, NULL, 10) : 0;

	snprintf(path, sizeof(path), "/proc/%d/comm", (int)holder);
	cleanup_fd int fd = holder > 1 ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	if (fd >= 0 && read(fd, name, sizeof(name) - 1) > 0 && streq(name, "heliosfs\n"))
		kill(holder, SIGTERM);
}

/*
 * A daemon that was unmounted just now still writes down what it knows, and of one that was killed
 * the mount is about to go: they are waited for. One whose view is gone from here goes on while
 * another mount namespace, such as a container's, still has a copy: nobody here can use it.
 */
static bool wait_for(int lock, const char *mountpoint)
{
	const struct timespec pause = {.tv_nsec = 20000000};
	int64_t begin = now_ms(), ask_at = begin + ORPHANED_MS;

	while (flock(lock, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK || now_ms() >= begin + LIMIT_LOCK_WAIT_MS ||
		    (is_taken(mountpoint) && !helios_mount_is_dead(mountpoint)))
			return false;
		if (now_ms() >= ask_at) {
			end_holder(lock);
			ask_at = INT64_MAX;
		}
		nanosleep(&pause, NULL);
	}
	return true;
}

/* Who has the lock, for end_holder(). */
static void leave_id(int lock)
{
	char text[32];
	int length = snprintf(text, sizeof(text), "%d\n", (int)getpid());

	if (ftruncate(lock, 0) < 0 || pwrite(lock, text, (size_t)length, 0) != length)
		log_message(LOG_LEVEL_WARNING, "the mountpoint's lock does not say whose it is");
}

static int take_lock(struct fs *fs, struct helios_error *error)
{
	const struct helios_place place = {.file = fs->mountpoint};
	cleanup_fd int scratch = helios_scratch(fs->home, error), fd = -1;
	uint64_t hash = 14695981039346656037u;
	char file[64];

	if (scratch < 0)
		return scratch;
	for (const char *at = fs->mountpoint; *at; at++)
		hash = (hash ^ (unsigned char)*at) * 1099511628211u;
	snprintf(file, sizeof(file), ".mount-%016llx", (unsigned long long)hash);
	fd = file_open_beneath(scratch, file, O_RDWR | O_CREAT, 0600);
	if (fd < 0)
		return helios_fail_errno(error, -fd, file, "the mountpoint's lock cannot be taken");
	if (!wait_for(fd, fs->mountpoint))
		return helios_fail(error, HELIOS_MOUNT, &place, "'helios umount' unmounts it",
				   "another heliosfs serves this mountpoint");
	leave_id(fd);
	return take_fd(&fd);
}

void mount_detach(const char *path)
{
	char program[] = "fusermount3", option[] = "-u", lazy[] = "-z", quiet[] = "-q",
	     end[] = "--";
	char *argv[] = {program, option, lazy, quiet, end, (char *)path, NULL};
	pid_t pid;

	if (geteuid() == 0) {
		umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW);
		return;
	}
	if (posix_spawnp(&pid, program, NULL, NULL, argv, environ) != 0)
		return;
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

/* A killed daemon leaves "Transport endpoint is not connected" behind, maybe several times. */
static int clear_dead(struct fs *fs, struct helios_error *error)
{
	struct statvfs st; /* unlike attributes, never answered from the kernel's memory */

	for (int i = 0; i < 16; i++) {
		if (statvfs(fs->mountpoint, &st) == 0)
			return 0;
		if (errno != ENOTCONN && errno != ECONNABORTED)
			break;
		mount_detach(fs->mountpoint);
	}
	return helios_fail_errno(error, errno, fs->mountpoint,
				 "the mountpoint cannot be cleared of a dead mount");
}

static bool is_empty(const char *path)
{
	DIR *stream = opendir(path);
	const struct dirent *entry;
	bool empty = stream != NULL;

	while (stream && empty && (entry = readdir(stream)))
		empty = streq(entry->d_name, ".") || streq(entry->d_name, "..");
	if (stream)
		closedir(stream);
	return empty;
}

int mount_prepare(struct fs *fs, struct helios_error *error)
{
	const struct helios_place place = {.file = fs->mountpoint};
	cleanup_fd int lock = -1;
	int err = check_place(fs, error);

	if (err < 0)
		return err;
	lock = take_lock(fs, error);
	if (lock < 0)
		return lock;
	err = clear_dead(fs, error);
	if (err < 0)
		return err;
	if (is_taken(fs->mountpoint))
		return helios_fail(error, HELIOS_MOUNT, &place, NULL,
				   "a file system is mounted there already");
	if (!is_empty(fs->mountpoint))
		return helios_fail(error, HELIOS_MOUNT, &place,
				   "move what is in it away: the view would hide it",
				   "the mountpoint is not an empty directory");
	return take_fd(&lock);
}

/* A value of a mount option: libfuse splits at commas that have no backslash. */
static void add_value(struct buf *buf, const char *value)
{
	for (; *value; value++) {
		if (*value == ',' || *value == '\\')
			buf_addch(buf, '\\');
		buf_addch(buf, *value);
	}
}

int mount_session(struct fs *fs, struct helios_error *error)
{
	const struct helios_place place = {.file = fs->mountpoint};

	if (fuse_session_mount(fs->session, fs->mountpoint) == 0)
		return 0;
	return helios_fail(error, HELIOS_MOUNT, &place,
			   "is /dev/fuse there, and fusermount3 installed and setuid root?",
			   "the view could not be mounted");
}

int session_new(struct fs *fs, bool read_only, struct helios_error *error)
{
	cleanup_buf struct buf options = {0};
	char program[] = "heliosfs", option[] = "-o";
	char *argv[] = {program, option, NULL, NULL};
	struct fuse_args args = FUSE_ARGS_INIT(3, argv);

	/* the home's path is the source: so 'helios' knows whose view it is */
	buf_addstr(&options, "default_permissions,nosuid,nodev,noexec,subtype=heliosfs,fsname=");
	add_value(&options, helios_path(fs->home));
	if (read_only)
		buf_addstr(&options, ",ro");
	if (options.failed)
		return helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "no memory for the mount");
	argv[2] = options.data;
	fs->session = fuse_session_new(&args, &fs_ops, sizeof(fs_ops), fs);
	fuse_opt_free_args(&args);
	return fs->session ? 0
			   : helios_fail(error, HELIOS_MOUNT, NULL, NULL,
					 "libfuse could not be set up");
}

void notify_manager(const char *state)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	cleanup_fd int fd = -1;
	size_t length;

	if (!path || (path[0] != '/' && path[0] != '@'))
		return;
	length = strlen(path);
	if (length >= sizeof(address.sun_path))
		return;
	memcpy(address.sun_path, path, length);
	if (path[0] == '@') /* the abstract namespace */
		address.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	length += offsetof(struct sockaddr_un, sun_path);
	if (sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&address,
		   (socklen_t)length) < 0)
		return; /* the manager will notice by its timeout */
}

void standard_to_null(void)
{
	cleanup_fd int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int fd = 0; fd <= 2 && null >= 0; fd++)
		dup2(null, fd);
}
