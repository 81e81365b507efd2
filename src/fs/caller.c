/* Reads /proc; see fs/caller.h. */
#include "fs/caller.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <time.h>

/* As long as a thread id is certain not to be used again by another process. */
#define REMEMBER_MS 50
#define REMEMBERED 16 /* callers, by each of our threads */
#define ANSWER_S 5    /* how long another process may take to answer */

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
	} remembered[REMEMBERED], *at;

	if (tid <= 0)
		return (struct process){0};
	at = &remembered[tid % REMEMBERED];
	if (at->tid != tid || now_ms() >= at->until) {
		at->process = find_process(tid);
		at->tid = tid;
		at->until = now_ms() + REMEMBER_MS;
	}
	return at->process;
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

static int look_at_signal(pid_t tid)
{
	char text[2048];

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

static unsigned look_at_descriptors(pid_t tid, uint64_t number)
{
	char path[64];
	const struct dirent *entry;
	unsigned count = 0;
	DIR *stream;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo", (int)tid);
	stream = opendir(path);
	while (stream && (entry = readdir(stream)))
		if (entry->d_name[0] != '.' && is_writer(tid, entry->d_name, number))
			count++;
	if (stream)
		closedir(stream);
	return count;
}

/* ---- through another process */

struct question {
	enum { SIGNAL, DESCRIPTORS } of;
	pid_t tid;
	uint64_t number;
};

static int asked = -1; /* set while there is one thread */

void caller_ask(int socket)
{
	const struct timeval patience = {.tv_sec = ANSWER_S};

	if (socket >= 0)
		setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	asked = socket;
}

static unsigned answer(const struct question *question)
{
	return question->of == SIGNAL ? (unsigned)look_at_signal(question->tid)
				      : look_at_descriptors(question->tid, question->number);
}

bool caller_answer(int socket)
{
	struct question question;
	ssize_t got = recv(socket, &question, sizeof(question), 0);
	unsigned found;

	if (got < 0 && errno == EINTR)
		return true;
	if (got != sizeof(question))
		return false;
	found = answer(&question);
	send(socket, &found, sizeof(found), MSG_NOSIGNAL);
	return true;
}

/* -1: the other one has died, or does not answer, and is not asked again. */
static int64_t ask(const struct question *question)
{
	static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;
	static bool lost;
	unsigned found = 0;
	ssize_t got = 0;

	if (question->tid <= 0)
		return 0;
	if (asked < 0)
		return answer(question);
	pthread_mutex_lock(&one_at_a_time);
	if (!lost && send(asked, question, sizeof(*question), MSG_NOSIGNAL) == sizeof(*question))
		while ((got = recv(asked, &found, sizeof(found), 0)) < 0 && errno == EINTR)
			;
	lost = got != sizeof(found); /* a late answer must meet no other question */
	pthread_mutex_unlock(&one_at_a_time);
	return got == sizeof(found) ? (int64_t)found : -1;
}

int caller_signal(pid_t tid)
{
	return (int)ask(&(struct question){.of = SIGNAL, .tid = tid});
}

unsigned caller_descriptors(pid_t tid, uint64_t number)
{
	int64_t found = ask(&(struct question){.of = DESCRIPTORS, .tid = tid, .number = number});

	return found < 0 ? 0 : (unsigned)found;
}
