/*
 * A configuration file of another program: read with all it is, replaced as a whole, or not at all.
 * A link a person made is followed, and stays. Relies on base/file.
 */
#pragma once

#include <sys/stat.h>

#include <helios/error.h>

#include "base/buf.h"

struct config_file {
	char *path;	  /* of the file itself, links followed; absolute */
	const char *name; /* its last part */
	int directory;	  /* -1: not there yet */
	bool exists;
	struct stat st;
	struct buf text;
};

/* Reads the file, which need not be there. 0 or a negative errno; config_file_done() in both cases.
 */
int config_file_read(const char *path, struct config_file *ret, struct helios_error *error);

/*
 * Puts a text in the place of what was read, at once and durably; mode and owner stay, a new file
 * is the owner's alone. -EBUSY when somebody changed it since it was read.
 */
int config_file_replace(struct config_file *file, const struct buf *text,
			struct helios_error *error);

/* Removes what was read, with the same care. */
int config_file_remove(struct config_file *file, struct helios_error *error);

void config_file_done(struct config_file *file);
