/*
 * mount --at-login: files beneath the user's configuration that let a login mount the view. A systemd
 * user unit, which also starts a daemon anew that has died, and an XDG autostart entry for desktops
 * without systemd; those with it pass the entry over.
 */
#pragma once

#include <helios/error.h>

#include "base/base.h"

/* What is to be started; all absolute. */
struct login {
	const char *program; /* heliosfs */
	const char *home, *place;
};

/*
 * Writes the files, over those of an earlier time. -EEXIST (HELIOS_EXISTS) when one of them is a
 * person's own.
 */
int login_install(const struct login *login, struct helios_error *error);

/* Removes the files; *ret_removed says whether there were any. A person's own stay. */
int login_remove(bool *ret_removed, struct helios_error *error);
