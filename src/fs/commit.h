/*
 * Commit points: turning a text into a save, with what it is an edit of, and keeping what is
 * refused.
 */
#pragma once

#include "fs/away.h"
#include "fs/draft.h"

/* A text on its way into the home. */
struct save {
	const struct name *name;
	const char *text;
	size_t length;
	const struct helios_text *ancestor; /* NULL: it replaces what is there */
	const char *client;
};

/*
 * Saves it. When refused: keeps the text in rejected/, tells problems and status, fills *why and
 * returns a negative errno.
 */
int commit_save(struct fs *fs, const struct save *save, struct helios_error *why);

/* Keeps a text that will not be saved, with the reason. */
void commit_reject(struct fs *fs, const struct save *save, const struct helios_error *why);

/* Commits what was written since the last commit point, if anything. 0 or a negative errno. */
int commit_draft(struct draft *draft);

/* The same for a close by the thread tid: only the opener's counts, and not when it was killed. */
int commit_at_close(struct draft *draft, pid_t tid);

/* The last close: commits what is left. Nobody hears of a failure but rejected/ and status. */
void commit_at_release(struct draft *draft);

/* The view goes before its writer has closed: what it has written is kept in rejected/. */
void commit_dismiss(struct draft *draft);

/* A rename of a scratch file's text over the document name. */
int commit_rename(struct fs *fs, pid_t tid, const struct name *name, const char *text,
		  size_t length);
