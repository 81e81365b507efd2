/* What contrib/coverage.sh includes before each file: _exit() writes the counts down, as exit()
   does, and no program is kept to its files, for the counts are none of them. Relies on gcc's
   libgcov. */
#pragma once

#include <sys/syscall.h>
#include <unistd.h>

void __gcov_dump(void);

#define _exit(status) (__gcov_dump(), _exit(status))

/* Does nothing, and says that it was done. */
#undef SYS_landlock_restrict_self
#define SYS_landlock_restrict_self SYS_sched_yield
