/*
 * What of a document only a person may change, whatever the settings say: strategies, the base's
 * control keys, and what the document itself locks.
 */
#pragma once

#include <helios/error.h>

#include "yaml/yaml.h"

/*
 * Whether a tool may make name's stored document after out of before; NULL: no such document.
 * -EPERM (HELIOS_AGENTS) or -EPERM (HELIOS_LOCKED).
 */
int policy_check_change(const char *name, const struct node *before, const struct node *after,
			struct helios_error *error);

/*
 * The last part alone: what a document's mapping merge: locks, for itself and for those that
 * inherit from it, must be the same before and after (NULL: gone). -EPERM (HELIOS_LOCKED).
 */
int policy_check_locks(const char *name, const struct node *merge, const struct node *before,
		       const struct node *after, struct helios_error *error);
