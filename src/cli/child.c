/* Child processes for cli/child.h. */
#include "cli/child.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include "base/file.h"

/* Signals this program ignores and a child must not. */
static int set_default_signals(posix_spawnattr_t *attributes)
{
	static const int signals[] = {SIGPIPE, SIGINT, SIGQUIT};
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		sigaddset(&set, signals[i]);
	posix_spawnattr_setsigdefault(attributes, &set);
	return posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGDEF);
}

/* input: what its standard input is; -1: ours. */
static int start(char *const argv[], int input, pid_t *ret)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int err = posix_spawnattr_init(&attributes);

	if (err)
		return -err;
	err = posix_spawn_file_actions_init(&actions);
	if (err) {
		posix_spawnattr_destroy(&attributes);
		return -err;
	}
	if (input >= 0)
		err = posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
	if (!err)
		err = set_default_signals(&attributes);
	if (!err)
		err = posix_spawnp(ret, argv[0], &actions, &attributes, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	return -err;
}

/* Runs with input as its standard input; what we write to it, unless NULL, goes to output. */
static int run(char *const argv[], int input, int output, const char *text)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN}, interrupt, quit;
	int status = 0, told = 0, err;
	pid_t child = -1;

	sigaction(SIGINT, &ignore, &interrupt);
	sigaction(SIGQUIT, &ignore, &quit);
	err = start(argv, input, &child);
	if (input >= 0)
		close(input);
	if (text && err == 0)
		told = file_write_all(output, text, strlen(text));
	if (output >= 0)
		close(output);
	while (err == 0 && waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			err = -errno;
	sigaction(SIGINT, &interrupt, NULL);
	sigaction(SIGQUIT, &quit, NULL);
	if (err == 0 && told != -EPIPE) /* who has seen enough reads no more */
		err = told;
	return err < 0 ? err : status;
}

int child_run(char *const argv[])
{
	return run(argv, -1, -1, NULL);
}

int child_feed(char *const argv[], const char *text)
{
	int ends[2];

	return pipe2(ends, O_CLOEXEC) < 0 ? -errno : run(argv, ends[0], ends[1], text);
}
