/* Reads /proc; see fs/caller.h. */
#include "fs/caller.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <time.h>

/* As long as a thread id is certain not to be used again by another process. */
#define REMEMBER_MS 50

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

/* The number after key in a status text, -1 when there is none. */
static long status_number(const char *text, const char *key)
{
	const char *at = strstr(text, key);

	return at ? strtol(at + strlen(key), NULL, 10) : -1;
}

pid_t caller_tgid(pid_t tid)
{
	char text[2048];
	long tgid;

	if (tid <= 0)
		return 0;
	read_proc(tid, "status", text, sizeof(text));
	tgid = status_number(text, "\nTgid:");
	return tgid > 0 ? (pid_t)tgid : 0;
}

static struct process find_process(pid_t tid)
{
	struct process process = {.tgid = caller_tgid(tid)};

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

bool caller_alive(const struct process *process, bool again)
{
	if (process->tgid <= 0 || (kill(process->tgid, 0) < 0 && errno == ESRCH))
		return false;
	return !again || stat_field(process->tgid, 22) == process->start;
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
	char text[2048];

	if (tid <= 0)
		return 0;
	read_proc(tid, "status", text, sizeof(text));
	if (status_number(text, "\nFDSize:") != 0) /* it has files: it is not ending */
		return 0;
	return (int)(stat_field(tid, 52) & 0x7f);
}

/* Whether a line of fdinfo, "KEY:\tVALUE", is there with that value in that base. */
static bool has_value(const char *text, const char *key, int base, uint64_t mask, uint64_t value)
{
	const char *at = strstr(text, key);

	return at && (strtoull(at + strlen(key), NULL, base) & mask) == value;
}

static bool is_writer(pid_t tid, const char *descriptor, uint64_t number)
{
	char file[300], text[512];

	snprintf(file, sizeof(file), "fdinfo/%s", descriptor);
	read_proc(tid, file, text, sizeof(text));
	return has_value(text, "ino:", 10, UINT64_MAX, number) &&
	       !has_value(text, "flags:", 8, O_ACCMODE, O_RDONLY);
}

unsigned caller_descriptors(pid_t tid, uint64_t number)
{
	char path[64];
	const struct dirent *entry;
	unsigned count = 0;
	DIR *stream;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo", (int)tid);
	stream = tid > 0 ? opendir(path) : NULL;
	while (stream && (entry = readdir(stream)))
		if (entry->d_name[0] != '.' && is_writer(tid, entry->d_name, number))
			count++;
	if (stream)
		closedir(stream);
	return count;
}
