/* What contrib/coverage.sh includes before each file: _exit() writes the counts down, as exit()
   does. Relies on gcc's libgcov. */
#pragma once

#include <unistd.h>

void __gcov_dump(void);

#define _exit(status) (__gcov_dump(), _exit(status))
