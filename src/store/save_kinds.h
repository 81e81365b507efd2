/* The ways a name's text can be saved within a transaction; each commits it. */
#pragma once

#include "store/save.h"

int save_resolved(struct txn *txn, const char *name, const char *text, size_t length,
		  const struct helios_text *ancestor, struct helios_saved *saved,
		  struct helios_error *error);
int save_stored(struct txn *txn, const char *name, const char *text, size_t length,
		struct helios_error *error);

/* Makes to a copy of from's source and of its view's text. */
int save_copy(struct txn *txn, const char *from, const char *to, struct helios_error *error);
