/*
 * heliosfs: mounts the view of a home and serves it until it is told to go, or unmounted. Relies
 * on libfuse's threads for the requests; see watch.c for the daemon's own.
 */
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "base/harden.h"
#include "base/log.h"
#include "fs/commit.h"
#include "fs/handle.h"
#include "fs/link.h"
#include "fs/locks.h"
#include "fs/mount.h"
#include "fs/options.h"
#include "fs/problem.h"
#include "fs/requests.h"
#include "fs/scratch.h"
#include "fs/stale.h"
#include "fs/attendant.h"
#include "fs/watch.h"

#define THREADS_IDLE 4
#define THREADS_MAX 64 /* a save may wait seconds for the home's lock; readers must not */

/* To the process that started us: a byte when the view works; -1 in the foreground. */
static int caller = -1;

static int explain(const struct helios_error *error)
{
	fprintf(stderr, "heliosfs: %s%s%s\n", error->file, *error->file ? ": " : "",
		error->message);
	if (*error->hint)
		fprintf(stderr, "hint: %s\n", error->hint);
	return 1;
}

/* So that no file of the home can come to be standard output. */
static void fill_standard_descriptors(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) < 0)
			_exit(1);
}

/*
 * Some memory is kept when it is freed: each save and each reading parses a few documents, and
 * giving pages back and taking them again costs a third of that.
 */
static void keep_memory(void)
{
	mallopt(M_TRIM_THRESHOLD, 8 << 20);
	mallopt(M_TOP_PAD, 1 << 20);
}

/* The view works: whoever waits for that may go on. */
static void ready(struct fs *fs)
{
	(void)fs;
	notify_manager("READY=1");
	if (caller < 0)
		return;
	standard_to_null();
	if (write(caller, "", 1) == 1)
		close(caller);
}

/* The child goes on; the parent stays until the view works, or says that it does not. */
static void into_background(void)
{
	int ends[2], status;
	pid_t child;
	char byte;

	if (pipe2(ends, O_CLOEXEC) < 0 || (child = fork()) < 0) {
		fprintf(stderr, "heliosfs: %s\n", strerror(errno));
		exit(1);
	}
	if (child == 0) {
		close(ends[0]);
		caller = ends[1];
		setsid();
		return;
	}
	close(ends[1]);
	while ((status = (int)read(ends[0], &byte, 1)) < 0 && errno == EINTR)
		;
	_exit(status == 1 ? 0 : 1);
}

/* Ends the loop: main sleeps in libfuse, where only a signal of its own reaches it. */
struct ending {
	struct fs *fs;
	pthread_t main;
	sigset_t signals;
	atomic_bool over;
};

static void nudge(int number)
{
	(void)number;
}

static void *wait_for_signal(void *data)
{
	static const struct timespec moment = {.tv_nsec = 10000000};
	struct ending *ending = data;
	int number;

	while (sigwait(&ending->signals, &number) != 0)
		;
	fuse_session_exit(ending->fs->session);
	while (!atomic_load(&ending->over)) {
		pthread_kill(ending->main, SIGUSR2);
		nanosleep(&moment, NULL);
	}
	return NULL;
}

static int serve(struct fs *fs)
{
	struct ending ending = {.fs = fs, .main = pthread_self()};
	struct fuse_loop_config *config = fuse_loop_cfg_create();
	pthread_t thread;
	int err;

	if (!config)
		return -ENOMEM;
	sigemptyset(&ending.signals);
	sigaddset(&ending.signals, SIGTERM);
	sigaddset(&ending.signals, SIGINT);
	sigaddset(&ending.signals, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &ending.signals, NULL);
	err = -pthread_create(&thread, NULL, wait_for_signal, &ending);
	if (err == 0) {
		fuse_loop_cfg_set_idle_threads(config, THREADS_IDLE);
		fuse_loop_cfg_set_max_threads(config, THREADS_MAX);
		err = watch_start(fs);
		if (err == 0)
			fuse_session_loop_mt(fs->session, config);
		atomic_store(&ending.over, true);
		pthread_kill(thread, SIGTERM); /* if the view was unmounted by others */
		pthread_join(thread, NULL);
	}
	fuse_loop_cfg_destroy(config);
	return err;
}

static void dismiss(struct inode *node, void *data)
{
	(void)data;
	commit_dismiss(node->draft);
}

/* What is pending is committed, what is half done kept, and the view goes. */
static void finish(struct fs *fs, struct attendant *attendant)
{
	notify_manager("STOPPING=1");
	watch_stop(fs);
	if (fs->aways)
		aways_expire(fs, true);
	if (fs->nodes)
		inode_each(fs, INODE_DRAFT, dismiss, NULL);
	attendant_end(attendant, fs);
	if (fs->session)
		fuse_session_unmount(fs->session);
	if (fs->records && fs->home)
		records_tidy(fs);
}

static void free_all(struct fs *fs)
{
	stales_free(fs);
	links_free(fs);
	handles_free(fs);
	inodes_free(fs);
	if (fs->session)
		fuse_session_destroy(fs->session);
	locks_free(fs);
	problems_free(fs);
	scratches_free(fs);
	records_free(fs);
	aways_free(fs);
	listings_free(fs);
	free(fs->mountpoint);
	if (fs->home) {
		helios_checkpoint(fs->home, NULL);
		helios_close(fs->home);
	}
}

static int new_tables(struct fs *fs, struct helios_error *error)
{
	static int (*const makers[])(struct fs * fs) = {
		inodes_new, handles_new,  stales_new,	 listings_new, aways_new,
		links_new,  problems_new, scratches_new, locks_new,    records_new,
	};
	int err = 0;

	for (size_t i = 0; i < ARRAY_SIZE(makers) && err == 0; i++)
		err = makers[i](fs);
	if (err < 0)
		return helios_fail_errno(error, -err, helios_path(fs->home),
					 "the daemon cannot begin");
	records_load(fs);
	return 0;
}

/* The home's own view directory is made; any other place must be there. */
static int find_mountpoint(struct fs *fs, const char *wanted, struct helios_error *error)
{
	cleanup_free char *view = NULL;

	if (asprintf(&view, "%s/view", helios_path(fs->home)) < 0) {
		view = NULL;
		return helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "no memory for a path");
	}
	if ((!wanted || streq(wanted, view)) && mkdir(view, 0700) < 0 && errno != EEXIST)
		return helios_fail_errno(error, errno, view, "the view directory cannot be made");
	return mount_resolve(wanted ? wanted : view, &fs->mountpoint, error);
}

static int open_all(struct fs *fs, const struct options *options, int *ret_lock,
		    struct helios_error *error)
{
	cleanup_free char *path = NULL;
	int err = helios_home_path(options->dir, &path, error);

	if (err == 0)
		err = helios_open(path, HELIOS_CREATE, &fs->home, error);
	if (err == 0)
		err = find_mountpoint(fs, options->mountpoint, error);
	if (err == 0)
		err = *ret_lock = mount_prepare(fs, error);
	if (err >= 0)
		err = new_tables(fs, error);
	if (err == 0)
		err = session_new(fs, options->read_only, error);
	if (err == 0)
		err = mount_session(fs, error);
	if (err == 0 && requests_count(fs) < 0)
		err = helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "no memory for the session");
	return err;
}

/* Nothing of the view is served before this; the session says what is given up. */
static int confine(struct fs *fs, struct attendant *attendant, int lock,
		   struct helios_error *error)
{
	int err = attendant_start(attendant, fs, lock);

	if (err < 0)
		return helios_fail_errno(error, -err, fs->mountpoint,
					 "no process to unmount the view can be made");
	harden_process();
	harden_files(helios_path(fs->home), NULL);
	fs->id = helios_session_begin(fs->home, true);
	return 0;
}

int main(int argc, char **argv)
{
	struct options options = {0};
	struct attendant attendant = {0};
	struct fs fs = {.uid = getuid(), .gid = getgid(), .ready = ready};
	struct helios_error error = {0};
	const struct sigaction ignore = {.sa_handler = SIG_IGN}, wake = {.sa_handler = nudge};
	cleanup_fd int lock = -1;
	int status;

	keep_memory();
	log_open("heliosfs");
	helios_on_mended(log_warning);
	fill_standard_descriptors();
	if (options_parse(argc, argv, &options, &status) < 0)
		return status;
	sigaction(SIGPIPE, &ignore, NULL);
	sigaction(SIGXFSZ, &ignore, NULL); /* a limit is an error of one save, not our end */
	sigaction(SIGUSR2, &wake, NULL);
	umask(077);
	if (!options.foreground)
		into_background();
	status = open_all(&fs, &options, &lock, &error) < 0 ||
				 confine(&fs, &attendant, lock, &error) < 0
			 ? explain(&error)
			 : 0;
	if (status == 0 && serve(&fs) < 0)
		status = 1;
	finish(&fs, &attendant);
	free_all(&fs);
	return status;
}
