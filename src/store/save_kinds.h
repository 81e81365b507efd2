/* The ways a name's text can be saved within a transaction; each commits it. */
#pragma once

#include "store/save.h"

struct save_request {
	const char *name;
	const char *text;
	size_t length;
	const struct helios_text *ancestor; /* what text is an edit of; NULL: it replaces */
	const struct helios_text *previous; /* what a name that is gone stored; NULL: it is new */
};

int save_resolved(struct txn *txn, const struct save_request *request,
		  struct helios_saved *saved, struct helios_error *error);
int save_stored(struct txn *txn, const struct save_request *request, struct helios_saved *saved,
		struct helios_error *error);

/* A source's text after both changes, and the paths both changed, each ended by a NUL. */
struct source_merge {
	struct buf text, conflicts;
	size_t conflict_count;
};

/* Merges a source's save with what others made of its ancestor, which is current. */
int save_merge(const struct save_request *request, const struct buf *current,
	       struct source_merge *ret, struct helios_error *error);
void source_merge_done(struct source_merge *merge);

/* That a new persona can have this name. */
int save_check_absent(const struct txn *txn, const char *name, struct helios_error *error);

/* Makes to a copy of from's source and of its view's text. */
int save_copy(struct txn *txn, const char *from, const char *to, struct helios_error *error);

/* Puts the removal of a persona that no other inherits from, and of what belongs to it. */
int save_put_removal(struct txn *txn, const char *name, struct helios_error *error);

/* Puts the name into .active. */
int save_put_active(struct txn *txn, const char *name, struct helios_error *error);

/* Puts what refers to a persona, to refer to another: inherits_from, learned, temporary, active. */
int save_put_references(struct txn *txn, const char *from, const char *to,
			struct helios_error *error);
