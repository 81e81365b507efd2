/* What /proc tells about the process behind a request. Relies on thread ids of our namespace. */
#pragma once

#include "fs/fs.h"

/* A thread group; tgid 0: unknown (another pid namespace, or gone). */
struct process {
	pid_t tgid;
	uint64_t start; /* since boot, in clock ticks: tells a reused id apart */
};

/* The thread group of a thread. Remembered for a moment, since readers come in bursts. */
struct process caller_of(pid_t tid);

static inline bool caller_equal(const struct process *a, const struct process *b)
{
	return a->tgid == b->tgid && a->start == b->start;
}

/* Whether the process still runs. */
bool caller_alive(const struct process *process);

/* The program's name, "" when unknown. */
void caller_name(pid_t tid, char name[32]);

/* The signal that is ending the thread, 0 when none is. */
int caller_signal(pid_t tid);
