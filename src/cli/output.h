/*
 * What the program says: answers on standard output, errors on standard error (or both as JSON
 * on standard output). Relies on <helios/op.h>.
 */
#pragma once

#include <helios/helios.h>

#include "base/base.h"

/* Colours: a terminal, and NO_COLOR is not set. */
bool wants_colour(int fd);

/*
 * Writes text to standard output; on a terminal what it could obey, but colours, is made
 * visible. The program's last exit status is for output_end().
 */
void say(const char *text);

/* The same for an answer that may be long: a screen at a time (cli/pager.h). */
void say_long(const char *text);

/* Flushes standard output: status, or 1 when somebody did not get all of it. */
int output_end(int status);

/* Which text the place of an error is in: the home's files, or any other. */
struct error_context {
	const char *home;   /* what relative names of files are beneath; may be NULL */
	const char *source; /* the text itself; NULL: it is read from the file */
	bool json;
};

/* Shows an error; returns the exit status it means: 2 for usage, else 1. */
int show_error(const struct helios_error *error, const struct error_context *context);
