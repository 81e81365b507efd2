/* Comparing the working files with HEAD, for store/external.c. */
#pragma once

#include "store/served.h"

enum finding_kind {
	FOUND_EDIT,    /* content differs, or the file is new */
	FOUND_REMOVAL, /* HEAD has it, the directory does not */
	FOUND_ODD,     /* a link, a directory, a pipe: never taken */
	FOUND_UNQUIET, /* being written, or too young */
	FOUND_STALE,   /* like HEAD, but the index does not know; id zero: gone from both */
};

struct finding {
	enum finding_kind kind;
	char *path;
	char *content; /* FOUND_EDIT */
	size_t length;
	struct object_id id;
};

struct findings {
	struct finding *entries;
	size_t count;
};

/* What differs from HEAD, by path. Reading errors end the scan: they are no evidence. */
int external_scan(struct helios_home *home, const struct served *served, struct findings *ret,
		  struct helios_error *error);
void findings_done(struct findings *findings);
