/*
 * Looking a home through for what may be wrong with it, and mending what can safely be mended:
 * what was there before is kept in .recovery, and nothing a person wrote is lost.
 */
#pragma once

#include "store/home_private.h"

enum doctor_outcome {
	DOCTOR_NOTE,   /* nothing is wrong; worth knowing */
	DOCTOR_FOUND,  /* it is there: nobody was to mend it, or it is the person's to mend */
	DOCTOR_HEALED, /* it was there */
	DOCTOR_FAILED, /* it is there, and could not be mended */
};

struct doctor_entry {
	const char *check; /* "permissions": a literal */
	enum doctor_outcome outcome;
	char *what;
	char *guidance; /* NULL when there is nothing to do */
};

struct doctor_report {
	struct doctor_entry *entries;
	size_t count;
};

/*
 * Looks the home at path through; with fix it mends. Without fix nothing is changed. 0 whatever
 * was found; -ENOENT (HELIOS_NO_HOME) when nothing is there to look at.
 */
int doctor(const char *path, const struct helios_client *client, bool fix,
	   struct doctor_report *ret, struct helios_error *error);

/* Adds an entry; guidance may be NULL. Both texts are copied. Without memory it is left out. */
void doctor_add(struct doctor_report *report, const char *check, enum doctor_outcome outcome,
		const char *what, const char *guidance);
void doctor_report_done(struct doctor_report *report);
