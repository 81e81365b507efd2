/*
 * The one error of Helios: what went wrong, where, and what a person can do about it.
 *
 * A function that can fail returns 0 or a negative errno and explains once, into the report
 * passed down to it; who passes a failure on adds nothing. A report is a plain struct on the
 * caller's stack; it owns no memory, explaining never fails, and it may be NULL where only the
 * errno matters. All functions here are safe to call from any thread.
 */
#pragma once

#include <stddef.h>

enum helios_code {
	HELIOS_OK = 0,
#define HELIOS_CODE(number, name, errnum, meaning, guidance) HELIOS_##name = (number),
#include <helios/codes.def>
#undef HELIOS_CODE
};

/* Where something is wrong. Lines and columns count from 1, columns in characters; 0: unknown. */
struct helios_place {
	const char *file;
	unsigned line, column;
	const char *key; /* a PATH as in DESIGN.md section 3, or NULL */
};

struct helios_error {
	enum helios_code code;
	int errnum; /* positive errno */
	unsigned line, column;
	char file[256];
	char key[256];
	char message[512]; /* one sentence without a newline */
	char hint[256];
};

/*
 * Fills error and returns the negative errno of code. place and hint may be NULL: then the
 * place is unknown and the hint is the code's guidance. Texts too long for the report are cut
 * at a character's edge; control characters in them are replaced, so that a report can be
 * printed to a terminal.
 */
int helios_fail(struct helios_error *error, enum helios_code code,
		const struct helios_place *place, const char *hint, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

/* The same for a system call that failed with errnum: code HELIOS_IO, returns -errnum. */
int helios_fail_errno(struct helios_error *error, int errnum, const char *file,
		      const char *format, ...) __attribute__((format(printf, 4, 5)));

/* "SYNTAX" for HELIOS_SYNTAX; "UNKNOWN" for a number that is no code. */
const char *helios_code_name(enum helios_code code);

/* What the code means and what a person can do, from codes.def. */
const char *helios_code_meaning(enum helios_code code);
const char *helios_code_guidance(enum helios_code code);

/* Iterates over all codes in order: returns the code at index, HELIOS_OK past the end. */
enum helios_code helios_code_at(size_t index);
