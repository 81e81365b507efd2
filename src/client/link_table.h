/* Where each AI tool reads rules, for a person and for a project, and how they are put there. */
#pragma once

#include "base/base.h"

enum link_mode { LINK_SYMLINK, LINK_COPY, LINK_BLOCK };

struct link_spot {
	const char *path;    /* below the person's home directory or the project; NULL: none */
	const char *instead; /* a file that is read in its place when it is there; or NULL */
	const char *variable, *below; /* or below the directory that a variable names; or NULL */
	const char *format;
	enum link_mode mode;
};

struct link_client {
	const char *name;
	struct link_spot person, project;
	const char *none; /* what to do where a path is NULL */
};

/* Ends with a NULL name. */
extern const struct link_client link_clients[];

const struct link_client *link_client_find(const char *name);

/* "symlink", "copy", "block". */
extern const char *const link_modes[];
