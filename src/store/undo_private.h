/* What walking the history and undoing one commit's files share. */
#pragma once

#include "store/txn.h"
#include "store/undo.h"

struct undoing {
	struct txn *txn;
	const struct undo_request *request;
	struct undo_result *result;
	bool structural; /* the commit made or removed personas: files refer to each other */
};

/* What one commit did to a file, which is called path now. */
struct undo_file {
	const char *path;
	struct object_id before, after; /* zero: no such file */
};

/* Puts the file with what the commit did to it undone; *ret_changed: something was left to undo. */
int undo_file(struct undoing *undoing, const struct undo_file *file, bool *ret_changed,
	      struct helios_error *error);

/* That what the transaction leaves hangs together: all that is inherited from is there. */
int undo_check_parents(struct undoing *undoing, struct helios_error *error);

/* Appends "NAME: WHAT" to a list of the result. */
int undo_note(char ***list, size_t *count, const char *name, const char *what);
