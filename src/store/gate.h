/*
 * The secret gate: no program of Helios puts what looks like a key, token or password into the
 * home, where it would stay in the history for ever, unless settings.yaml allows it.
 */
#pragma once

#include "store/served.h"

/*
 * Whether a file may hold this text: -EPERM (HELIOS_SECRET) naming the rule and the place, never
 * the secret. What stands somewhere at HEAD already may be kept, moved and copied.
 */
int gate_check(struct helios_home *home, const struct served *served, const char *path,
	       const char *text, size_t length, struct helios_error *error);

/* A secret that was found in the home. Strings belong to the list; rule is static. */
struct leak {
	const char *rule;
	char *file;
	unsigned line;
	struct object_id commit; /* the oldest that has it there; zero: it is in no commit */
	bool present;		 /* a file of the home holds it now */
};

struct leaks {
	struct leak *entries; /* the home's own first */
	size_t count;
	size_t checked; /* texts */
};

/* Looks at every text of the home and of its history. Freed with leaks_done(). */
int gate_scan(struct helios_home *home, struct leaks *ret, struct helios_error *error);
void leaks_done(struct leaks *leaks);
