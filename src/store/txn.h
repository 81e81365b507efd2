/*
 * The transaction every change goes through (DESIGN.md section 5):
 *
 *   txn_begin:  lock, recover what a dead process left, take edits made behind our back
 *   txn_put…:   say what the files shall hold
 *   txn_commit: write objects and new files aside, journal and sync (the point of no return),
 *               exchange the files, move the ref, update the index, raise the generation
 *   txn_end:    unlock; without a commit nothing was changed
 *
 * Belongs to the thread that began it.
 */
#pragma once

#include "store/journal.h"
#include "store/served.h"

struct txn_file {
	char *path;
	char *content;	/* NULL: to be removed */
	size_t length;
	bool tracked;	/* by git; else runtime state beside it */
	bool in_place;	/* the working file holds content already: an edit behind our back */
	bool mends;	/* the working file was set aside: it is replaced though HEAD has content */
	struct object_id before, after;
	char aside[64]; /* the new file on its way, or what the exchange brought out */
};

struct txn {
	struct helios_home *home;
	const struct helios_client *client;
	int lock;
	struct served *served; /* HEAD when the transaction began */
	struct txn_file *files;
	size_t count;
	struct repo_change *changes; /* while committing: room for what git is told of the files */
	const char *reverts; /* operations this one undoes, for a trailer; or NULL */
	const char *reason;  /* why, in the words of who asked for it, likewise */
	const char *proposal, *proposed_by; /* what is accepted by this, likewise */
	bool proposes; /* of a tool: not carried out, but kept for the person to decide */
	char id[17];
	char commit[OBJECT_ID_HEX + 1]; /* "" until something was committed */
	bool changed;			/* something was made durable */
	bool mends;			/* TXN_MENDS */
	int64_t began_us, git_us;	/* when it was asked for, and how long git took */
};

enum txn_flags {
	TXN_NO_EXTERNAL = 1 << 0, /* edits behind our back are left alone (they are being taken) */
	TXN_MENDS = 1 << 1, /* also files that were set aside are put; a copy is kept */
};

/* operation is for a waiter's message. On failure nothing needs txn_end(). */
int txn_begin(struct helios_home *home, const struct helios_client *client,
	      const char *operation, unsigned flags, struct txn *txn,
	      struct helios_error *error);

/*
 * What a file shall hold (the bytes are copied). A file beneath the home that was changed
 * behind our back and could not be taken is refused: -EBUSY (HELIOS_INVALID_ON_DISK).
 */
int txn_put(struct txn *txn, const char *path, const char *bytes, size_t length,
	    struct helios_error *error);
int txn_remove(struct txn *txn, const char *path, struct helios_error *error);

/* The working file is as it shall be: only commit it. bytes NULL: it is gone. */
int txn_adopt(struct txn *txn, const char *path, const char *bytes, size_t length,
	      struct helios_error *error);

/* Takes back what was put for one file. */
void txn_leave(struct txn *txn, size_t index);

/*
 * Carries everything out with this one-line summary. No change: 0, and no commit. What a tool may
 * only propose is kept (store/proposal.h): -EINPROGRESS (HELIOS_PROPOSED), and nothing has changed.
 */
int txn_commit(struct txn *txn, const char *summary, struct helios_error *error);

/* Releases the lock and frees; safe after a failed or without a commit. */
void txn_end(struct txn *txn);

/* Frees what was put, without touching the lock: for a transaction within another's lock. */
void txn_free_files(struct txn *txn);

/* What a commit of this transaction says: a clean line and the trailers. The caller frees it. */
char *txn_message(const struct txn *txn, const char *summary);

/* A new operation's id. */
void txn_make_id(char id[17]);

/* True for a path that git tracks. */
bool txn_is_tracked(const char *path);

/* "view", "mcp", "cli", "external", "recovery". */
const char *source_name(enum helios_source source);
