/* The ways a name's text can be saved within a transaction; each commits it. */
#pragma once

#include "store/save.h"

struct save_request {
	const char *name;
	const char *text;
	size_t length;
	const struct helios_text *ancestor; /* NULL: the text replaces */
	const struct helios_text *previous; /* what a name that is gone stored; NULL: it is new */
	bool active;			    /* make it the active persona */
};

int save_resolved(struct txn *txn, const struct save_request *request,
		  struct helios_saved *saved, struct helios_error *error);
int save_stored(struct txn *txn, const struct save_request *request,
		struct helios_error *error);

/* Makes to a copy of from's source and of its view's text. */
int save_copy(struct txn *txn, const char *from, const char *to, struct helios_error *error);

/* Puts the name into .active. */
int save_put_active(struct txn *txn, const char *name, struct helios_error *error);
