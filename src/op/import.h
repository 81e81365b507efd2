/* What the two halves of 'import' share: files, and directories that are a home. */
#pragma once

#include "op/ops.h"
#include "store/import.h"

/* Opens the home, which is made when there is none, and makes the personas in it. */
int import_into_home(const struct helios_call *call, const char *from, struct import_file *files,
		     size_t count, size_t *ret_count, struct helios_error *error);

/* One line of what was not taken over or is kept apart, for people and programs. */
void import_add_note(struct buf *text, struct buf *json, const char *what, const char *why);

/* The personas of a Python helios home; directory is its path. */
int import_home(const struct helios_call *call, const char *directory, struct helios_answer *answer,
		struct helios_error *error);
