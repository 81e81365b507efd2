/*
 * Putting the active persona where AI tools read rules, seeing whether it still is there, and
 * taking it away so that every file is what it was. What a person wrote is never lost: an edited
 * copy or block is kept in .recovery when it is replaced or removed.
 */
#pragma once

#include <helios/home.h>

#include "base/buf.h"
#include "client/link_table.h"

struct link_report {
	const char *client, *root, *path, *mode;
	const char *state; /* "linked", "unlinked", "ok", "drifted", "missing" or "persona gone" */
	const char *why;   /* or NULL */
	const char *dropped, *kept; /* sections left out; where an edited text is; "": none */
};

/* Told of each link; what it gets is borrowed. */
typedef void link_visit(void *context, const struct link_report *report);

/*
 * Links a tool, for the person or (root not NULL) a project, in that mode, -1: the tool's own; or
 * writes it anew when it is linked. Without a name all links are written anew.
 */
int link_put(struct helios_home *home, const struct helios_client *by, const char *name,
	     const char *project, int mode, link_visit *visit, void *context,
	     struct helios_error *error);

/* Looks at every link. */
int link_check(struct helios_home *home, link_visit *visit, void *context,
	       struct helios_error *error);

/* Takes a tool's link away, or without a name all: with a project only what is linked in there. */
int link_remove(struct helios_home *home, const struct helios_client *by, const char *name,
		const char *project, link_visit *visit, void *context, struct helios_error *error);
