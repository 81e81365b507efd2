/*
 * What agents would have changed, kept for the person to decide: a commit whose parent is the state
 * it was made for, and a ref that leads to it (refs/proposals/ID). It holds files that git does not
 * track, too (.active, temporary/).
 */
#pragma once

#include "store/txn.h"

#define LIMIT_PROPOSALS 200u

struct proposal {
	char *id;
	struct object_id commit, parent;
	int64_t time; /* seconds since 1970 */
	char *summary;
	char *client, *session, *tool, *reason; /* NULL when not known */
	char *reverts; /* a trailer of the commit that it will be; or NULL */
};

struct proposals {
	struct proposal *entries; /* oldest first */
	size_t count;
};

int proposals_read(struct helios_home *home, struct proposals *ret, struct helios_error *error);
void proposals_done(struct proposals *list);

/*
 * Keeps what txn would have changed, with that message, instead of carrying it out. Always a
 * negative errno: -EINPROGRESS (HELIOS_PROPOSED, the id is error->key) when it is kept; an equal one
 * is kept once. 0 when nothing would have changed.
 */
int proposal_keep(struct txn *txn, const char *message, struct helios_error *error);

/* The one whose id begins so; in *ret, which the caller releases with proposal_done(). */
int proposal_find(struct helios_home *home, const char *id, struct proposal *ret,
		  struct helios_error *error);
void proposal_done(struct proposal *proposal);

/* Appends what it changes: a few lines that say who and why, then a unified diff. */
int proposal_diff(struct helios_home *home, const struct proposal *proposal, struct buf *out,
		  struct helios_error *error);

/*
 * Carries it out, merged with what was changed since, and forgets it. -EBUSY (HELIOS_CONFLICT) when
 * both changed the same. saved may be NULL.
 */
int proposal_accept(struct helios_home *home, const struct helios_client *client, const char *id,
		    struct helios_saved *saved, struct helios_error *error);

/* What helios_read() gives for HELIOS_PROPOSAL. */
int proposal_text(struct helios_home *home, const char *id, struct helios_text **ret,
		  struct helios_error *error);

/* What helios_names() appends for it. */
int proposals_names(struct helios_home *home, struct helios_names *ret, struct helios_error *error);
