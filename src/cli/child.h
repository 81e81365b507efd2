/*
 * Running another program and waiting for it, without a shell. Relies on posix_spawn(3).
 */
#pragma once

#include "base/base.h"

/*
 * Runs argv[0] (looked up in PATH unless it has a '/') with our standard streams; interrupts
 * typed meanwhile are the child's. Returns its wait status, or a negative errno when it could
 * not be started.
 */
int child_run(char *const argv[]);

/* The same with text as its standard input; a child that reads only a part of it is fine. */
int child_feed(char *const argv[], const char *text);
