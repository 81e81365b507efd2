/*
 * All layers of a persona: what is stored for it, and what lies on top of that for now. No program
 * saves through these.
 */
#pragma once

#include "store/layers.h"
#include "store/project.h"
#include "store/temporary.h"

struct effective {
	struct store_layers stored;
	struct project project;
	struct temporaries temporaries;
	struct layer layers[LIMIT_PARENTS + 3 + LIMIT_TEMPORARY];
	size_t count;
	int64_t until; /* when the first of what lies on top ends; 0: nothing does */
};

/*
 * The layers of name now, as store_layers() gives them, with what lies on top; on the base lies
 * nothing. Released with effective_done().
 */
int effective_get(struct helios_home *home, const char *name, struct effective *ret,
		  struct helios_error *error);

/* The same without a project's: what holds wherever somebody works. */
int effective_anywhere(struct helios_home *home, const char *name, struct effective *ret,
		       struct helios_error *error);
void effective_done(struct effective *effective);

#define cleanup_effective cleanup(effective_done)

/* What they resolve to, as the text of the resolved persona changed where it has to be. */
int effective_read(struct helios_home *home, const char *name, struct helios_text **ret,
		   struct helios_error *error);

/* The same as HELIOS_PROMPT, HELIOS_AS_JSON or HELIOS_EXPLAINED. */
int effective_render(struct helios_home *home, enum helios_kind kind, const char *name,
		     struct helios_text **ret, struct helios_error *error);
