/* What the kernel says about processes and this boot. Relies on /proc only. */
#pragma once

#include <sys/types.h>

#include "base/base.h"

/* Start time of a process in clock ticks since boot, -1 when there is no such process. */
int64_t process_start_time(pid_t pid);

/* Whether that very process runs still: it is not just waiting for its parent to take notice. */
bool process_runs(pid_t pid, int64_t started);

/* Our own; read once, so not for the child of a fork. */
int64_t process_own_start_time(void);

/* The id of this boot: changes after every power cut. Never NULL. */
const char *process_boot_id(void);

/* Which processes we can see: differs where another container gives the same ids. */
int64_t process_namespace(void);

/* What a process cannot do any more. */
struct process_hardening {
	bool no_new_privs, seccomp, no_core;
};

/* False when there is no such process. */
bool process_hardening(pid_t pid, struct process_hardening *ret);
