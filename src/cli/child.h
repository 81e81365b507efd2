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

/*
 * The absolute path of a program that stands beside our own binary, else of one in PATH, or NULL. The
 * caller frees it.
 */
char *child_find(const char *name);
