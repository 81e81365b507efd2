/*
 * What a save began from (DESIGN.md section 4, three-way saves): for each thread group and file,
 * the text it last opened for reading, or saved after such an open. Records go when their process
 * ends, after 24 h, or when there are too many; they outlive the daemon in .scratch.
 */
#pragma once

#include "base/buf.h"
#include "fs/caller.h"
#include "fs/names.h"

/* A text an edit may have begun from, counted; either one of the library's or our own copy. */
struct ancestor {
	atomic_uint refs;
	struct helios_text *shared;
	struct helios_text own;
};

struct ancestor *ancestor_of_text(struct helios_text *text);
struct ancestor *ancestor_of_bytes(const char *bytes, size_t length);
struct ancestor *ancestor_ref(struct ancestor *ancestor);
void ancestor_unref(struct ancestor *ancestor); /* NULL is fine */

/* For helios_save(); NULL for NULL. */
const struct helios_text *ancestor_text(const struct ancestor *ancestor);

#define cleanup_ancestor cleanup(cleanup_ancestor_pointer)
static inline void cleanup_ancestor_pointer(struct ancestor **ancestor)
{
	ancestor_unref(*ancestor);
}

int records_new(struct fs *fs);
void records_free(struct fs *fs);

/*
 * A reader's record is made after its open was answered, to cost it nothing; whoever looks for a
 * record waits for those under way. So: caller_of(), records_begin(), answer, records_read(). Who
 * reads must be known before the answer: afterwards it may be in execve, and /proc waits for that.
 */
void records_begin(struct fs *fs);
void records_read(struct fs *fs, const struct process *process, const struct name *name,
		  struct helios_text *text);

/*
 * Whether the process saved, and the file has become another text than what it saved. An open does
 * not yet mean then that it looks at that: some editors open what they saved, and go on with what
 * they have.
 */
bool records_await_read(struct fs *fs, const struct process *process, const struct name *name,
			const struct helios_text *text);

/* What the process read last, with a reference, or NULL. */
struct ancestor *records_find(struct fs *fs, const struct process *process,
			      const struct name *name);
/* It has saved text: that is where its next edit begins, if it had read before. */
void records_saved(struct fs *fs, const struct process *process, const struct name *name,
		   struct ancestor *text);

/*
 * It has written a file beside the documents with these bytes. When that is what it read last, and
 * read once, it made a backup and did not look at it: its edit began from what it had read before.
 */
void records_copied(struct fs *fs, const struct process *process, const struct buf *bytes);
/* Whether a file of that length may be such a backup. */
bool records_await_copy(struct fs *fs, size_t length);

/* Drops what is no longer needed and writes the rest for the next daemon if it has changed. */
void records_tidy(struct fs *fs);
void records_load(struct fs *fs);
