/*
 * The write-ahead journal, .journal/YYYYMMDD.jsonl: one checksummed JSON line a record. A
 * change's record, synced, is the point of no return; files, objects and the ref follow
 * unsynced and can be made again from it. Behind the last record of a day's file there may be
 * room: empty lines, which the next records are written over. All calls need the home's lock.
 */
#pragma once

#include <helios/home.h>

#include "base/buf.h"
#include "base/json.h"
#include "store/repo.h"

struct journal_file {
	const char *path;
	struct object_id before, after; /* blob ids; zero: no such file */
	const char *content;		/* what after holds; NULL when it is removed */
	size_t length;
};

/* One change. Strings are borrowed: from the caller when written, from record when read. */
struct journal_change {
	const char *id; /* of the operation, 16 hex digits */
	const char *boot_id;
	const char *source, *client, *session; /* as in the commit's trailers */
	const char *operation;		       /* the commit's summary */
	const char *message; /* the whole commit message; NULL: nothing to commit */
	struct object_id parent, tree, commit;
	int64_t time;
	struct journal_file *files;
	size_t count;
	cJSON *record; /* owns the strings of a change that was read */
};

/* What stands in the journal after the last checkpoint, oldest first, aborted ones left out. */
struct journal_tail {
	struct journal_change *changes;
	size_t count;
	struct object_id head; /* at the checkpoint; zero when there is none */
};

/* Where the journal ends now: the newest file's name. */
struct journal_end {
	char name[32];
};

/*
 * Appends and syncs. *end is the newest file known, and where the journal ends afterwards. After
 * an error the change must be given up with journal_abort(). There are no records of success:
 * a change is only begun when the one before was carried out, so at most the last is not.
 */
int journal_append(int directory, const struct journal_change *change, struct journal_end *end,
		   struct helios_error *error);

/* To a new file, synced: a change whose record may or may not have reached the disk is void. */
int journal_abort(int directory, const char *id, struct helios_error *error);

/* Says that everything up to the operation upto is synced, with HEAD at head then. */
int journal_checkpoint(int directory, const char *upto, const struct object_id *head,
		       struct journal_end *end, struct helios_error *error);

/* Reads back to the last checkpoint. Torn or foreign lines are skipped. */
int journal_read_tail(int directory, struct journal_tail *ret, struct helios_error *error);

/* Reads all of it, checkpoints or not. */
int journal_read_all(int directory, struct journal_tail *ret, struct helios_error *error);
void journal_tail_done(struct journal_tail *tail);

/*
 * Told of each change, newest first, and whether it was given up; the strings live as long as the
 * call. False ends the reading.
 */
typedef bool journal_visit(void *context, const struct journal_change *change, bool aborted);

/* Reads a day at a time. *ret_damaged counts lines that are torn or not ours. */
int journal_each(int directory, journal_visit *visit, void *context, size_t *ret_damaged,
		 struct helios_error *error);

/*
 * Removes the files of days that are over for longer than so many days. Right after a checkpoint:
 * recovery never looks further back than the day before that. Best effort.
 */
void journal_prune(int directory, size_t days);

/* The newest file now; an empty name when there is no journal yet. */
int journal_find_end(int directory, struct journal_end *ret, struct helios_error *error);
