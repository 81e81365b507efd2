/* Reads /proc; see fs/caller.h. */
#include "fs/caller.h"

#include <fcntl.h>
#include <time.h>

/* As long as a thread id is certain not to be used again by another process. */
#define REMEMBER_MS 50

int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* The text of /proc/ID/FILE, "" when it cannot be read. */
static void read_proc(pid_t id, const char *file, char *text, size_t size)
{
	char path[64];
	ssize_t got = -1;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)id, file);
	cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		got = read(fd, text, size - 1);
	text[got > 0 ? got : 0] = '\0';
}

/* The given field of a stat line; the second may hold anything, but ends at the last ')'. */
static uint64_t stat_field(pid_t id, int field)
{
	char text[1024];
	const char *at;

	read_proc(id, "stat", text, sizeof(text));
	at = strrchr(text, ')');
	for (int i = 2; at && i < field; i++)
		at = strchr(at + 1, ' ');
	return at ? strtoull(at, NULL, 10) : 0;
}

static struct process find_process(pid_t tid)
{
	struct process process = {0};
	char text[2048];
	const char *at;

	read_proc(tid, "status", text, sizeof(text));
	at = strstr(text, "\nTgid:");
	if (at)
		process.tgid = (pid_t)strtol(at + strlen("\nTgid:"), NULL, 10);
	if (process.tgid > 0)
		process.start = stat_field(process.tgid, 22);
	return process;
}

struct process caller_of(pid_t tid)
{
	static _Thread_local struct {
		pid_t tid;
		int64_t until;
		struct process process;
	} last;

	if (tid <= 0)
		return (struct process){0};
	if (last.tid != tid || now_ms() >= last.until) {
		last.process = find_process(tid);
		last.tid = tid;
		last.until = now_ms() + REMEMBER_MS;
	}
	return last.process;
}

bool caller_alive(const struct process *process)
{
	return process->tgid > 0 && stat_field(process->tgid, 22) == process->start;
}

void caller_name(pid_t tid, char name[32])
{
	if (tid > 0)
		read_proc(tid, "comm", name, 32);
	else
		name[0] = '\0';
	name[strcspn(name, "\n")] = '\0';
}

int caller_signal(pid_t tid)
{
	return tid > 0 ? (int)(stat_field(tid, 52) & 0x7f) : 0;
}
