/* The process of fs/attendant.h. */
#include "fs/attendant.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <helios/op.h>

#include "fs/caller.h"
#include "fs/mount.h"

/* All descriptors but these two and the standard ones: the connection must end with the daemon. */
static void close_others(int a, int b)
{
	unsigned first = (unsigned)(a < b ? a : b), last = (unsigned)(a < b ? b : a);

	if (first > 3)
		close_range(3, first - 1, 0);
	if (last > first + 1)
		close_range(first + 1, last - 1, 0);
	close_range(last + 1, ~0u, 0);
}

/*
 * A terminal's or a manager's signal to all of us is for the daemon. Only a dead mount is taken
 * away: what lives on the mountpoint then is not the daemon's.
 */
static _Noreturn void attend(const char *mountpoint, int daemon, int lock)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	setsid();
	prctl(PR_SET_NAME, "heliosfs-attend");
	if (chdir("/") < 0)
		_exit(1);
	standard_to_null();
	close_others(daemon, lock);
	while (caller_answer(daemon))
		;
	if (helios_mount_is_dead(mountpoint))
		mount_detach(mountpoint);
	_exit(0);
}

int attendant_start(struct attendant *attendant, const struct fs *fs, int lock)
{
	int ends[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	pid = fork();
	if (pid == 0) {
		close(ends[1]); /* or it would never see it end */
		attend(fs->mountpoint, ends[0], lock);
	}
	close(ends[0]);
	if (pid < 0) {
		close(ends[1]);
		return -errno;
	}
	*attendant = (struct attendant){.pid = pid, .socket = ends[1]};
	caller_ask(ends[1]);
	return 0;
}

/*
 * The kernel ends the connection when its descriptor is gone. libfuse, which closes it, finds an
 * error on what stands in for it, and takes the view as unmounted by others.
 */
static void end_connection(struct fs *fs)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return;
	close(ends[0]);
	dup3(ends[1], fuse_session_fd(fs->session), O_CLOEXEC);
	close(ends[1]);
}

void attendant_end(struct attendant *attendant, struct fs *fs)
{
	if (!attendant->pid)
		return;
	end_connection(fs);
	caller_ask(-1);
	close(attendant->socket);
	while (waitpid(attendant->pid, NULL, 0) < 0 && errno == EINTR)
		;
	attendant->pid = 0;
}
