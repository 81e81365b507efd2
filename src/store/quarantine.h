/*
 * What stands where it must not, or is damaged, is moved to .recovery/damaged-ID-NAME: nothing of
 * a person's is ever deleted. A link is moved itself, never followed.
 */
#pragma once

#include "base/base.h"

/* 0 or a negative errno; -ENOENT when nothing is there. */
int quarantine(int directory, const char *path) must_use;

/* The same of what is not damaged, but over: nobody is told that it was. */
int quarantine_unwanted(int directory, const char *path) must_use;

/*
 * Makes a directory of the home (mode 0700) unless it is there; a file in its place is moved aside.
 * 1 when it was made, 0 when it was there, -ELOOP for a link, which may be a
 * person's wish and is not followed, or another negative errno.
 */
int quarantine_make_directory(int directory, const char *path) must_use;
