/* The facts of store/process.h. */
#include "store/process.h"

#include <fcntl.h>
#include <pthread.h>

static ssize_t read_small(const char *path, char *text, size_t size)
{
	cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length = fd >= 0 ? read(fd, text, size - 1) : -1;

	text[length > 0 ? length : 0] = '\0';
	return length;
}

int64_t process_start_time(pid_t pid)
{
	char path[64], text[1024], *at;
	unsigned field;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if (read_small(path, text, sizeof(text)) <= 0)
		return -1;
	at = strrchr(text, ')'); /* the name may hold anything; field 2 ends at the last ) */
	for (field = 2; at && field < 22; field++)
		at = strchr(at + 1, ' ');
	return at ? strtoll(at, NULL, 10) : -1;
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
