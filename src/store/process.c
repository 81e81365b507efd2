/* The facts of store/process.h. */
#include "store/process.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>

static ssize_t read_small(const char *path, char *text, size_t size)
{
	cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length = fd >= 0 ? read(fd, text, size - 1) : -1;

	text[length > 0 ? length : 0] = '\0';
	return length;
}

#define STATE 3 /* fields of /proc/PID/stat */
#define STARTED 22

/* What follows a field's blank, NULL when there is no such process. */
static const char *stat_field(pid_t pid, unsigned field, char *text, size_t size)
{
	char path[64], *at;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if (read_small(path, text, size) <= 0)
		return NULL;
	at = strrchr(text, ')'); /* the name may hold anything; field 2 ends at the last ) */
	for (unsigned i = 2; at && i < field; i++)
		at = strchr(at + 1, ' ');
	return at ? at + 1 : NULL;
}

int64_t process_start_time(pid_t pid)
{
	char text[1024];
	const char *at = stat_field(pid, STARTED, text, sizeof(text));

	return at ? strtoll(at, NULL, 10) : -1;
}

bool process_runs(pid_t pid, int64_t started)
{
	char text[1024];
	const char *state = stat_field(pid, STATE, text, sizeof(text));

	return state && *state != 'Z' && *state != 'X' && process_start_time(pid) == started;
}

static int64_t own_start;
static pthread_once_t own_once = PTHREAD_ONCE_INIT;

static void read_own_start(void)
{
	own_start = process_start_time(getpid());
}

int64_t process_own_start_time(void)
{
	pthread_once(&own_once, read_own_start);
	return own_start;
}

static char boot_id[40];
static pthread_once_t boot_once = PTHREAD_ONCE_INIT;

static void read_boot_id(void)
{
	if (read_small("/proc/sys/kernel/random/boot_id", boot_id, sizeof(boot_id)) <= 0)
		snprintf(boot_id, sizeof(boot_id), "unknown");
	boot_id[strcspn(boot_id, "\n")] = '\0';
}

const char *process_boot_id(void)
{
	pthread_once(&boot_once, read_boot_id);
	return boot_id;
}

int64_t process_namespace(void)
{
	struct stat st;

	return stat("/proc/self/ns/pid", &st) == 0 ? (int64_t)st.st_ino : 0;
}

static bool says(const char *text, const char *line)
{
	return strstr(text, line) != NULL;
}

bool process_hardening(pid_t pid, struct process_hardening *ret)
{
	char path[64], status[4096], limits[4096];

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	if (read_small(path, status, sizeof(status)) <= 0)
		return false;
	snprintf(path, sizeof(path), "/proc/%d/limits", (int)pid);
	read_small(path, limits, sizeof(limits));
	*ret = (struct process_hardening){
		.no_new_privs = says(status, "\nNoNewPrivs:\t1\n"),
		.seccomp = says(status, "\nSeccomp:\t2\n"),
		.no_core = says(limits, "\nMax core file size        0                    0 "),
	};
	return true;
}
