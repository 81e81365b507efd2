/*
 * Bringing a home to this program's schema: a table of steps, each one transaction. And the state
 * of an installation, as 'helios status' tells it.
 */
#pragma once

#include "store/home_private.h"

enum install_state {
	INSTALL_FRESH,		 /* nothing of ours yet */
	INSTALL_NEEDS_MIGRATION, /* made by an older program */
	INSTALL_CORRUPTED,	 /* what is there cannot be served */
	INSTALL_READY,
};

/* "READY" */
const char *install_state_name(enum install_state state);

/* Of an opened home; *ret_why tells why it is not ready (code 0: it is). */
enum install_state install_state(struct helios_home *home, struct helios_error *ret_why);

/* Whether files of an older program stand there that no commit holds yet. 0 or -ENOMEM. */
int install_is_unadopted(struct helios_home *home, bool *ret, struct helios_error *error);

/* Carries out the steps from the schema the home has; *ret_steps (may be NULL) counts them. */
int migrate(struct helios_home *home, const struct helios_client *client, size_t *ret_steps,
	    struct helios_error *error);

/* How many steps there are to do from a schema on. */
size_t migrate_pending(int64_t schema);
