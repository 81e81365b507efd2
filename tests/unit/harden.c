/* base/harden.h: what a hardened process cannot do any more, and what it still can. */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/harden.h"

/* What a child that is hardened makes of it: its exit status. */
static int in_child(int (*deed)(void))
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		harden_process();
		_exit(deed());
	}
	assert_true(child > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int start_a_program(void)
{
	execl("/bin/true", "true", NULL);
	return errno;
}

static int open_socket(int domain)
{
	return socket(domain, SOCK_STREAM, 0) < 0 ? errno : 0;
}

static int open_network(void)
{
	return open_socket(AF_INET) ?: open_socket(AF_INET6);
}

static int open_local(void)
{
	return open_socket(AF_UNIX);
}

static int allow_dumps(void)
{
	struct rlimit limit;

	return getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_cur == 0 && limit.rlim_max == 0
		       ? 0
		       : 1;
}

static char home[] = "/var/tmp/helios-harden-XXXXXX";

/* What a confined process may do in its home, and nowhere else. */
static int touch_files(void)
{
	int directory = open(home, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (directory < 0)
		return 1;
	harden_files(home, NULL);
	if (!harden_has_files())
		return 77; /* nothing was given up; so also on a kernel without Landlock */
	if (mkdirat(directory, "a", 0700) < 0 || mkdirat(directory, "b", 0700) < 0 ||
	    openat(directory, "a/file", O_RDWR | O_CREAT | O_TRUNC, 0600) < 0)
		return 2;
	if (renameat(directory, "a/file", directory, "b/file") < 0 ||
	    linkat(directory, "b/file", directory, "a/file", 0) < 0)
		return 3;
	if (open("/etc/passwd", O_RDONLY) >= 0 || errno != EACCES)
		return 4;
	if (open("/var/tmp/helios-harden-never", O_RDWR | O_CREAT, 0600) >= 0 || errno != EACCES)
		return 5;
	if (open("/proc/self/stat", O_RDONLY) < 0 || open("/dev/null", O_RDWR) < 0)
		return 6;
	return unlinkat(directory, "a/file", 0) < 0 || unlinkat(directory, "b/file", 0) < 0 ||
			       unlinkat(directory, "a", AT_REMOVEDIR) < 0 ||
			       unlinkat(directory, "b", AT_REMOVEDIR) < 0
		       ? 7
		       : 0;
}

static void it_keeps_to_its_files(void **state)
{
	int status;

	(void)state;
	assert_non_null(mkdtemp(home));
	status = in_child(touch_files);
	rmdir(home);
#ifdef __SANITIZE_ADDRESS__ /* the same as above */
	assert_int_equal(status, 77);
	return;
#endif
	if (status != 77) /* cmocka calls skipping a failure where meson reads it */
		assert_int_equal(status, 0);
}

static int raise_limits(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) < 0 || files.rlim_cur == 0)
		return 1;
	return files.rlim_cur == files.rlim_max ? 0 : 2;
}

static void it_gives_up_what_it_does_not_need(void **state)
{
	(void)state;
#ifdef __SANITIZE_ADDRESS__ /* whose leak checker is a debugger: nothing is given up */
	assert_int_equal(in_child(start_a_program), 0);
	return;
#endif
	assert_int_equal(in_child(start_a_program), EPERM);
	assert_int_equal(in_child(open_network), EPERM);
	assert_int_equal(in_child(open_local), 0);
	assert_int_equal(in_child(allow_dumps), 0);
	assert_int_equal(in_child(raise_limits), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_gives_up_what_it_does_not_need),
		cmocka_unit_test(it_keeps_to_its_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
