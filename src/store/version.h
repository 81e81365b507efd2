/*
 * .helios_version: which program wrote the home last, when it was made, and the schema its files
 * follow. A schema is raised only when an older program would misread or lose something.
 */
#pragma once

#include <helios/error.h>

#include "base/buf.h"

#define VERSION_FILE ".helios_version"
#define SCHEMA_VERSION 1

struct home_version {
	char version[40]; /* "" when there is no such file, or it says none */
	char installed_at[40];
	char migrated_from[40]; /* the version of the program that made the home; "" usually */
	int64_t schema;		/* 0: the Python server's, which names none */
};

/* Reads the file as it stands in the home; one that is missing or no YAML tells nothing: ours. */
int version_read(int directory, struct home_version *ret, struct helios_error *error);

/* Appends the text for this program; installed_at NULL or "": now. migrated_from may be "". */
void version_write(struct buf *out, const char *installed_at, const char *migrated_from);

/* -EPERM (HELIOS_NEWER_HOME) when a newer schema must not be written to. */
int version_check(int directory, struct helios_error *error);
