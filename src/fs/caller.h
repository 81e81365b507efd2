/*
 * What /proc tells about the process behind a request. Relies on thread ids of our namespace.
 *
 * A program that is being started closes its descriptors under a lock of its process, and reading
 * /proc/ID/stat or the links in /proc/ID/fd waits for that lock. So while a close is being
 * served, stat may only be read of a thread that is ending; status and fdinfo can be read always.
 */
#pragma once

#include "fs/fs.h"

/* A thread group; tgid 0: unknown (another pid namespace, or gone). */
struct process {
	pid_t tgid;
	uint64_t start; /* since boot, in clock ticks: tells a reused id apart */
};

/* The thread group of a thread; not for closes. Remembered for a moment: readers come in bursts. */
struct process caller_of(pid_t tid);

/* The same for the thread of a close, without its start time. */
pid_t caller_tgid(pid_t tid);

static inline bool caller_equal(const struct process *a, const struct process *b)
{
	return a->tgid == b->tgid && a->start == b->start;
}

/* Whether the process still runs; again is whether it may have ended, and its id be used again. */
bool caller_alive(const struct process *process, bool again);

/* The program's name, "" when unknown. */
void caller_name(pid_t tid, char name[32]);

/* The signal that is ending the thread, 0 when none is, -1 when nobody can tell; for closes. */
int caller_signal(pid_t tid);

/*
 * How many descriptors that can write the process of tid has for files of that inode number; 0
 * when it is ending.
 */
unsigned caller_descriptors(pid_t tid, uint64_t number);

/*
 * A process that Landlock confines may not look at how others end or what they have open. The two
 * above are from now on asked through this end of a socket pair, whose other end a process answers
 * that is not confined; -1: no longer. Before there are threads, or after.
 */
void caller_ask(int socket);

/* Waits for a question at the other end and answers it; false when nobody will ask any more. */
bool caller_answer(int socket);
