/* Making a home: directories, repository, base and first personas (DESIGN.md section 1). */
#pragma once

#include "store/home_private.h"

/* Makes those directories of an opened home that are missing: git keeps no empty ones. */
int bootstrap_heal(struct helios_home *home, struct helios_error *error);

/* Makes the directory and those in it, and an empty repository; whatever is there stays. */
int bootstrap_directories(struct helios_home *home, struct helios_error *error);

/*
 * In one transaction, when there is no commit yet: files that stand there already are taken,
 * missing ones are copied from the directory from, or built in when from is NULL.
 */
int bootstrap_if_empty(struct helios_home *home, const char *from, struct helios_error *error);
