/*
 * What a process gives up once it has begun, so that a fault in it, or in a library, is worth less
 * to whoever finds it. Relies on prctl(2), seccomp(2) and landlock(7); what the kernel does not
 * know is left out. Does nothing in a sanitizer's build, whose leak checker is a debugger.
 */
#pragma once

#include <stdbool.h>

/*
 * For good, and for every thread begun later: no core dumps (they would hold personas), no new
 * privileges, no other program, no network (local sockets stay), nothing of the kernel that
 * debuggers and loaders of kernel code use, no raised limits.
 */
void harden_process(void);

/*
 * For good, for the calling thread and those it begins later: no files but those beneath the home,
 * those beneath also (NULL: none) and a few of the system to read. After harden_process().
 * Mounting and unmounting go with it.
 */
void harden_files(const char *home, const char *also);

/* For good, for the calling thread alone: it can open nothing to read, and gain no privileges. */
void harden_from_reading(void);

/* Whether some thread of this process is kept to its files. Thread-safe. */
bool harden_has_files(void);
