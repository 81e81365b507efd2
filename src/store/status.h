/* status.yaml: what a person should know about the home's health. */
#pragma once

#include "store/home_private.h"

int status_read(struct helios_home *home, struct helios_text **ret, struct helios_error *error);

/* Notes that a save won over somebody else's change of the same key. */
void status_note_conflict(struct helios_home *home, const char *name, const char *path);
