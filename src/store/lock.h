/*
 * .helios.lock: the kernel's lock that one transaction holds, whatever the program. Its text
 * says who holds it, for those who give up waiting; only the kernel's lock counts.
 */
#pragma once

#include <helios/home.h>

#include "base/base.h"

/*
 * Opens the file and waits for the lock. Returns the descriptor whose closing releases it, or
 * -EBUSY (HELIOS_LOCK_WAIT, naming the holder when it is alive). One process's threads must
 * take turns by other means.
 */
int lock_acquire(int directory, const struct helios_client *client, const char *operation,
		 struct helios_error *error);

/* Whether some process holds it now. */
bool lock_is_held(int directory);
