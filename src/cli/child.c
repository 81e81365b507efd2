/* Child processes for cli/child.h. */
#include "cli/child.h"

#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

extern char **environ;

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

static int start(char *const argv[], pid_t *ret)
{
	posix_spawnattr_t attributes;
	int err = posix_spawnattr_init(&attributes);

	if (err)
		return -err;
	err = set_default_signals(&attributes);
	if (!err)
		err = posix_spawnp(ret, argv[0], NULL, &attributes, argv, environ);
	posix_spawnattr_destroy(&attributes);
	return -err;
}

int child_run(char *const argv[])
{
	struct sigaction ignore = {.sa_handler = SIG_IGN}, interrupt, quit;
	int status = 0, err;
	pid_t child;

	sigaction(SIGINT, &ignore, &interrupt);
	sigaction(SIGQUIT, &ignore, &quit);
	err = start(argv, &child);
	while (err == 0 && waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			err = -errno;
	sigaction(SIGINT, &interrupt, NULL);
	sigaction(SIGQUIT, &quit, NULL);
	return err < 0 ? err : status;
}

static char *find_sibling(const char *name)
{
	char own[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", own, sizeof(own) - 1);
	char *path = NULL, *slash;

	if (length < 0)
		return NULL;
	own[length] = '\0';
	slash = strrchr(own, '/');
	if (!slash || asprintf(&path, "%.*s/%s", (int)(slash - own), own, name) < 0)
		return NULL;
	if (access(path, X_OK) < 0) {
		free(path);
		return NULL;
	}
	return path;
}

char *child_find(const char *name)
{
	char *found = find_sibling(name), *rest = NULL;
	cleanup_free char *path = strdup(getenv("PATH") ?: "");

	for (char *part = path ? strtok_r(path, ":", &rest) : NULL; part && !found;
	     part = strtok_r(NULL, ":", &rest)) {
		if (part[0] != '/' || asprintf(&found, "%s/%s", part, name) < 0)
			found = NULL;
		if (found && access(found, X_OK) < 0) {
			free(found);
			found = NULL;
		}
	}
	return found;
}
