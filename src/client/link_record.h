/*
 * What was linked, in the home's .links.json: enough to take each link away again so that nothing
 * is left of it. What a person's file held is not needed for that: only a block is ever added to
 * it.
 */
#pragma once

#include "base/json.h"
#include "store/txn.h"

#define LINKS_FILE ".links.json"

/*
 * All of them: a JSON list of {client, root, path, project, mode, format, written, made, glue,
 * created}. The caller deletes it.
 */
int links_read(struct helios_home *home, cJSON **ret, struct helios_error *error);

int links_write(struct txn *txn, const cJSON *links, const char *summary,
		struct helios_error *error);
