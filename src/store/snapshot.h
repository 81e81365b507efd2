/*
 * Snapshots and going back to them. A snapshot is a tag on the commit that held the home's state
 * then, with who took it and why. Going back is a new commit on top, so nothing leaves history.
 */
#pragma once

#include "store/txn.h"

struct snapshot {
	char *name, *reason;
	char *source, *client; /* who took it; NULL when a person's git made the tag */
	int64_t time;	       /* seconds since 1970 */
	struct object_id commit;
	bool current; /* the home's files are as they were then */
};

struct snapshots {
	struct snapshot *entries; /* newest first */
	size_t count;
};

int snapshots_read(struct helios_home *home, struct snapshots *ret, struct helios_error *error);
void snapshots_done(struct snapshots *snapshots);

/*
 * Takes one of the state now, edits made outside included; reason NULL or "": none is given. It
 * is synced when this returns. The caller frees *ret_name.
 */
int snapshot_take(struct helios_home *home, const struct helios_client *client, const char *reason,
		  char **ret_name, char ret_commit[OBJECT_ID_HEX + 1], struct helios_error *error);

/* A tag on HEAD within a transaction, with a number behind the name when that is taken. */
int snapshot_tag(struct txn *txn, const char *name, const char *reason, char **ret_name,
		 struct helios_error *error);

/* The same; the name is prefix and the time. */
int snapshot_make(struct txn *txn, const char *prefix, const char *reason, char **ret_name,
		  struct helios_error *error);

enum rollback_change { ROLLBACK_CHANGED, ROLLBACK_ADDED, ROLLBACK_REMOVED, ROLLBACK_MENDED };

struct rollback_file {
	char *path;
	enum rollback_change change;
};

struct rollback {
	struct rollback_file *files;
	size_t count;
	char **skipped; /* personas that were not valid then: they stay as they are now */
	size_t skipped_count;
	char *before;			/* the snapshot taken first; NULL: the state was that one */
	char commit[OBJECT_ID_HEX + 1]; /* "": only working files were mended */
};

/*
 * Makes base, personas, learned patterns and settings what they were at a snapshot, or at the
 * commit whose id begins with name. Working files that are damaged are replaced, too; what they
 * held is kept in .recovery/. What a tool may not change it cannot roll back: the settings stay
 * as they are, and the rest is refused with HELIOS_AGENTS or HELIOS_LOCKED. HELIOS_NO_SNAPSHOT.
 */
int snapshot_roll_back(struct helios_home *home, const struct helios_client *client,
		       const char *name, struct rollback *ret, struct helios_error *error);

/* The same without a snapshot first, and with the program's own files. */
int snapshot_restore(struct helios_home *home, const struct helios_client *client, const char *name,
		     struct rollback *ret, struct helios_error *error);
void rollback_done(struct rollback *rollback);
