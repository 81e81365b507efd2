/*
 * A line on the terminal that says that long work goes on, and for how long. Relies on pthreads.
 */
#pragma once

#include "base/base.h"

struct progress;

/*
 * From the second second on, standard error, when it is a terminal, shows what is going on (what is
 * borrowed until the end). NULL when it is none, which progress_end() takes.
 */
struct progress *progress_begin(const char *what);

/* Takes the line away again. */
void progress_end(struct progress *progress);
