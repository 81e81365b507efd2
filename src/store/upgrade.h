/*
 * Upgrading a home: a copy of it is kept, its state is tagged, it is migrated and looked through;
 * when anything is not as it was, it goes back.
 */
#pragma once

#include "store/home_private.h"

struct upgrade {
	char from[40], to[40]; /* versions */
	size_t steps;	       /* of migration that were carried out; 0: it was up to date */
	char *backup;	       /* ".backups/pre_0.4.0": the copy; NULL: none was needed */
	char *tag;	       /* "pre_upgrade_0.4.0" */
};

/*
 * Upgrades the home at path to this program's schema. Refused, with nothing changed, when a file
 * of it is not valid (the error names the first) or when it was written by a newer Helios.
 */
int upgrade(const char *path, const struct helios_client *client, struct upgrade *ret,
	    struct helios_error *error);
void upgrade_done(struct upgrade *result);
