/* Where other programs are. Relies on libc and /proc only. */
#pragma once

#include "base/base.h"

/*
 * The absolute path of a program: beside this one, else in PATH; NULL when it is in neither. The
 * caller frees it.
 */
char *program_find(const char *name);
