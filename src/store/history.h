/*
 * The past of a home: who changed what and why, and what a file was then. Reads commits only.
 */
#pragma once

#include "store/home_private.h"
#include "yaml/path.h"

/* One commit that touched what was asked for. Strings belong to the list. */
struct history_entry {
	struct object_id commit, parent; /* parent zero: the first commit */
	int64_t time;			 /* seconds since 1970 */
	char *summary;
	char *source, *client, *session, *operation, *reason, *proposed_by; /* trailers or NULL */
};

struct history {
	struct history_entry *entries; /* newest first */
	size_t count;
};

/* The value of "KEY: " among a message's trailers, *ret_length bytes within it; NULL: none. */
const char *history_find_trailer(const char *message, const char *key, size_t *ret_length);

/* A copy of it, which the caller frees, NULL when there is none. False when memory ran out. */
bool history_copy_trailer(const char *message, const char *key, char **ret);

/*
 * The newest commits, at most limit (0: all), that changed name ("base", a persona, NULL: any)
 * and, when path is not NULL, the value of that PATH in its stored document.
 */
int history_read(struct helios_home *home, const char *name, const char *path, size_t limit,
		 struct history *ret, struct helios_error *error);
void history_done(struct history *history);

/* One commit. */
int history_one(struct helios_home *home, const struct object_id *id, struct history *ret,
		struct helios_error *error);

/*
 * For each of count paths in name's stored document the newest change that made its value what it
 * is now: ret->entries[i]. One without summary: there is none.
 */
int history_blame(struct helios_home *home, const char *name, const struct path *paths,
		  size_t count, struct history *ret, struct helios_error *error);

/* Appends name's stored text as it was at a commit; -ENOENT (HELIOS_NO_PERSONA) if absent. */
int history_text(struct helios_home *home, const struct object_id *commit, const char *name,
		 struct buf *out, struct helios_error *error);

struct text_span {
	const char *bytes;
	size_t length;
};

/*
 * Merges two changes of one text line by line: appends the result with *ret_clean, nothing when
 * both changed the same lines.
 */
int history_merge(const struct text_span *ancestor, const struct text_span *ours,
		  const struct text_span *theirs, struct buf *out, bool *ret_clean,
		  struct helios_error *error);

/* Appends the unified diff of two texts; nothing when they are equal. */
int history_diff(const char *old, size_t old_length, const char *old_name, const char *new,
		 size_t new_length, const char *new_name, struct buf *out,
		 struct helios_error *error);
