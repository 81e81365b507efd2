/*
 * Names that went away a moment ago and may come back: an editor's backup step (the persona
 * renamed to a scratch name, or to another persona's), or rm followed by a new file. Created again
 * within 2 s, the new text is an edit of what was there (DESIGN.md section 6, editors).
 */
#pragma once

#include "fs/inode.h"

enum away_kind {
	AWAY_NONE,
	AWAY_HIDDEN,  /* renamed to a scratch name: still in the home, deleted when time is up */
	AWAY_REMOVED, /* deleted; stored is its source */
	AWAY_RENAMED, /* renamed to the persona to */
	AWAY_REFUSED, /* hidden, then created again with a text that was refused: shows again */
	AWAY_EMPTIED, /* truncated and closed: the next writer begins with an empty file */
};

struct away {
	enum away_kind kind;
	struct name name;
	struct helios_text *stored;
	char to[LIMIT_NAME + 1];
	bool active;  /* was the active persona */
	bool claimed; /* created again, being written: the time is not up */
	int64_t until;
};

int aways_new(struct fs *fs);
void aways_free(struct fs *fs);

/*
 * The name went away now; takes a reference of its own to away->stored. False when too many names
 * are away that only we still know of.
 */
bool away_add(struct fs *fs, const struct away *away);

/* Whether the name is absent in this mount although it is in the home. */
bool away_hides(struct fs *fs, const struct name *name);

/* A counter that rises when what is hidden may have changed. */
uint64_t away_changes(struct fs *fs);

/* Begins writing the name again: stops its time. Whether there is anything to take up. */
bool away_claim(struct fs *fs, const struct name *name);

/* Nothing was written: its time begins again. */
void away_release(struct fs *fs, const struct name *name);

/* A copy of what the name was, kind AWAY_NONE when nothing; for away_done(). */
struct away away_get(struct fs *fs, const struct name *name);
void away_done(struct away *away);

/*
 * The new text was refused. What was hidden shows again, but its editor may still remove it to
 * put its backup there. Whether a deleted persona is to be brought back: ret is for away_done().
 */
bool away_refuse(struct fs *fs, const struct name *name, struct away *ret);

/* The name is removed: whether it only is hidden, since its editor has just failed to save. */
bool away_hide_refused(struct fs *fs, const struct name *name);

/* Whether the name was emptied a moment ago; forgets it. */
bool away_take_emptied(struct fs *fs, const struct name *name);

/* It has come back, or will not: forgets it. What was hidden shows again. */
void away_drop(struct fs *fs, const struct name *name);

/*
 * Deletes what has been hidden for too long, all of it when the daemon ends. Returns the
 * milliseconds until it should be called again, -1: not before the next away_add().
 */
int aways_expire(struct fs *fs, bool all);
