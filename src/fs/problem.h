/*
 * The last refused save of each file: what the user.helios.error attribute and status say.
 */
#pragma once

#include "fs/names.h"

int problems_new(struct fs *fs);
void problems_free(struct fs *fs);

void problem_set(struct fs *fs, const struct name *name, const struct helios_error *why);
void problem_clear(struct fs *fs, const struct name *name);

/* The message for a person, to be freed, or NULL when the last save was good. */
char *problem_get(struct fs *fs, const struct name *name);
