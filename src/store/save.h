/* What the operations that change personas share. */
#pragma once

#include "store/layers.h"
#include "store/txn.h"

/* The document a stored name resolves to in a txn: its file's path. Caller frees; NULL: memory. */
char *save_stored_path(const struct txn *txn, const char *name);

/*
 * Puts a new stored text of name (or "base") after checking it: syntax, schema, parents, and
 * that nothing new is written under a lock.
 */
int save_put_stored(struct txn *txn, const char *name, const char *text, size_t length,
		    struct helios_error *error);

/* Fills saved, which may be NULL, from a committed transaction. */
void save_report(const struct txn *txn, struct helios_saved *saved);

/* "coder: set communication.tone": the paths in which two documents differ. Caller frees. */
char *save_summary(const char *name, const struct node *old, const struct node *new);
