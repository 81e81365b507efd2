/*
 * A Helios home: reading personas, changing them, and learning that something changed.
 *
 * Thread safety: every function may be called from any thread on the same struct helios_home.
 * Reading never waits for a writer of another process; changes wait for each other. Opening and
 * reading write nothing (but see helios_refresh()).
 *
 * Every change is one transaction (DESIGN.md section 5): when a function that changes something
 * returns 0, the change survives kill -9 and power loss and is in git exactly once; when it
 * returns a negative errno, nothing was changed.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include <helios/error.h>

struct helios_home;

/* ---- opening -------------------------------------------------------------------------- */

enum helios_source { HELIOS_VIEW, HELIOS_MCP, HELIOS_CLI, HELIOS_EXTERNAL, HELIOS_RECOVERY };

/* Who asks for a change: goes into the commit's trailers, cleaned of control characters. */
struct helios_client {
	enum helios_source source;
	const char *name;    /* "vim", "claude-code"; may be NULL */
	const char *session; /* any id; may be NULL */
	const char *tool;    /* the tool that was called, a literal; NULL for people */
};

/*
 * The directory of the home: dir, else $HELIOS_DIR, else ~/.helios (of the password database
 * when HOME is unset). The caller frees *ret.
 */
int helios_home_path(const char *dir, char **ret, struct helios_error *error);

enum helios_open_flags {
	HELIOS_CREATE = 1 << 0, /* make the home (bootstrap) when there is none */
};

/*
 * Opens the home at path. Without HELIOS_CREATE a missing home is -ENOENT (HELIOS_NO_HOME).
 * *ret is closed with helios_close().
 */
int helios_open(const char *path, unsigned flags, struct helios_home **ret,
		struct helios_error *error);
void helios_close(struct helios_home *home);

/*
 * Told of what of a home was damaged, or stood where it must not, and was set aside or made again:
 * one sentence, on one line, borrowed for the call. Comes from any thread, in the middle of any
 * call, and must not call this library.
 */
typedef void (*helios_mended)(const char *what);

/* Sets who is told, in all of the process; NULL: nobody. Before the first home is opened. */
void helios_on_mended(helios_mended told);

/*
 * From now on all layers (HELIOS_EFFECTIVE and what is rendered) include the project's: the
 * .helios.yaml of directory, or, when that is NULL, of $CLAUDE_PROJECT_DIR, or the nearest one at
 * or above the working directory; looked for at each reading, and only what the person has trusted
 * (DESIGN.md section 3, Layers). 0, or a negative errno when there is no such directory.
 */
int helios_follow_project(struct helios_home *home, const char *directory,
			  struct helios_error *error);

/*
 * The directory whose project file would be read now; NULL: none. The caller frees it. A program
 * that gives up files elsewhere still needs that one.
 */
char *helios_project_place(struct helios_home *home);

/* The directory named to helios_follow_project(), or NULL. Borrowed until the next call. */
const char *helios_project(const struct helios_home *home);

/* The path given to helios_open(), made absolute. Borrowed until close. */
const char *helios_path(const struct helios_home *home);

/*
 * Makes a new home whose base and personas are copied from a directory with base.yaml and
 * NAME.yaml files, or the built-in base and welcome persona when from is NULL; in one
 * transaction. -EEXIST when there is a home already.
 */
int helios_init(const char *path, const char *from, const struct helios_client *client,
		struct helios_error *error);

/* ---- reading -------------------------------------------------------------------------- */

/* One immutable text: a rendering or a source at one moment. Reference-counted. */
struct helios_text {
	const char *data; /* NUL-terminated */
	size_t length;
	struct timespec mtime; /* newest change among the layers it was made from */
	int64_t until;	   /* seconds since 1970: it changes then, though nobody does; 0: never */
	char revision[41]; /* changes when, and only when, data changed: git blob id of data */
};

struct helios_text *helios_text_ref(struct helios_text *text);
void helios_text_unref(struct helios_text *text); /* NULL is fine */

enum helios_kind {
	HELIOS_RESOLVED,  /* personas/NAME.yaml of the view: base → parents → persona */
	HELIOS_STORED,	  /* sources/NAME.yaml: the stored text itself; "base" names the base */
	HELIOS_REJECTED,  /* rejected/NAME */
	HELIOS_STATUS,	  /* status.yaml; name is ignored */
	HELIOS_PROMPT,	  /* all layers, as a system prompt in Markdown */
	HELIOS_EFFECTIVE, /* all layers: HELIOS_RESOLVED and what lies on top of it now */
	HELIOS_AS_JSON,	  /* all layers, as JSON */
	HELIOS_EXPLAINED, /* all layers, each line with its origin as a comment */
	HELIOS_PROPOSAL,  /* what the proposal of that id would change, as a diff */
};

/*
 * The text as it is now, after any acknowledged change of any program. A persona whose newest
 * version cannot be served (invalid, parent missing) gives its last good version. 0 and a
 * reference, or a negative errno (HELIOS_NO_PERSONA with a hint naming close names).
 */
int helios_read(struct helios_home *home, enum helios_kind kind, const char *name,
		struct helios_text **ret, struct helios_error *error);

/* Names in bytewise order; entries[i] and the list are freed with helios_names_free(). */
struct helios_names {
	char **entries;
	size_t count;
};

/*
 * Of HELIOS_RESOLVED: personas; HELIOS_STORED: "base" and personas; HELIOS_REJECTED: its files;
 * HELIOS_PROPOSAL: the ids.
 */
int helios_names(struct helios_home *home, enum helios_kind kind, struct helios_names *ret,
		 struct helios_error *error);
void helios_names_free(struct helios_names *names);

/* The active persona's name, NULL when none is. The caller frees *ret. */
int helios_active(struct helios_home *home, char **ret, struct helios_error *error);

/* Whether name may be a persona's name (DESIGN.md section 1): 0 or -EINVAL. */
int helios_check_name(const char *name, struct helios_error *error);

/*
 * Whether a text still being written can no longer become valid, whatever follows: 0 or a
 * negative errno, explained.
 */
int helios_check_prefix(const char *text, size_t length, const char *name,
			struct helios_error *error);

/* ---- changing ------------------------------------------------------------------------- */

struct helios_saved {
	bool changed;	  /* something was stored (maybe only a view's text) */
	bool merged;	  /* another change was merged in: it reads otherwise than it was saved */
	size_t conflicts; /* keys both sides changed: the save won */
	char commit[41];  /* "" when nothing was committed */
};

/*
 * Saves text as the resolved (HELIOS_RESOLVED) or stored (HELIOS_STORED) document of name,
 * which is made when it does not exist. ancestor is the text the edit began from (a resolved
 * save is merged three ways against it); NULL: the text replaces what is there. saved may be NULL.
 */
int helios_save(struct helios_home *home, const struct helios_client *client, enum helios_kind kind,
		const char *name, const char *text, size_t length,
		const struct helios_text *ancestor, struct helios_saved *saved,
		struct helios_error *error);

/* What a name was that went away a moment ago. */
struct helios_gone {
	const struct helios_text *stored; /* its source, when it was removed */
	bool active;			  /* it was active, and is made so again */
	const char *renamed_to;		  /* when it was renamed: stored and active do not count */
};

/*
 * The same for a name that went away, as editors and install(1) do before they save: an edit of
 * what it was, in one transaction. From the persona it was renamed to it takes back all that
 * refers to it; that one stays as a copy. Without effect on how it is saved when the name exists.
 */
int helios_save_again(struct helios_home *home, const struct helios_client *client,
		      enum helios_kind kind, const char *name, const char *text, size_t length,
		      const struct helios_text *ancestor, const struct helios_gone *gone,
		      struct helios_saved *saved, struct helios_error *error);

/* Sets one path of a stored document to value, a YAML scalar or flow value; NULL unsets. */
int helios_set(struct helios_home *home, const struct helios_client *client, const char *name,
	       const char *path, const char *value, struct helios_saved *saved,
	       struct helios_error *error);

/* Makes a persona; from NULL: an empty overlay, else a copy of that persona's source. */
int helios_new(struct helios_home *home, const struct helios_client *client, const char *name,
	       const char *from, struct helios_error *error);

/* Removes a persona. -EBUSY (HELIOS_HAS_CHILDREN) naming those that inherit from it. */
int helios_remove(struct helios_home *home, const struct helios_client *client, const char *name,
		  struct helios_error *error);

/* Renames; children's inherits_from, the active name and the view's text go with it. -EEXIST. */
int helios_rename(struct helios_home *home, const struct helios_client *client, const char *from,
		  const char *to, struct helios_error *error);

/* from's resolved text is saved in to, and from removed, in one transaction. */
int helios_replace(struct helios_home *home, const struct helios_client *client, const char *from,
		   const char *to, struct helios_error *error);

/* Makes name the active persona; NULL: none. */
int helios_use(struct helios_home *home, const struct helios_client *client, const char *name,
	       struct helios_error *error);

/* ---- the past -------------------------------------------------------------------------- */

/* A text that a persona resolved to from one commit on, until the next version's. */
struct helios_past_version {
	char commit[41];
	int64_t time;  /* of the commit, seconds since 1970 */
	size_t length; /* of the text, bytes */
};

struct helios_past {
	struct helios_past_version *entries; /* oldest first */
	size_t count;
};

/*
 * Every version the resolved text (base → parents → persona) of a persona has had, changes of its
 * base and parents included; also of one that was removed. Freed with helios_past_free(). The
 * first call resolves each, later ones only what is new. -ENOENT (HELIOS_NO_PERSONA) when there
 * never was one of that name.
 */
int helios_past(struct helios_home *home, const char *name, struct helios_past *ret,
		struct helios_error *error);
void helios_past_free(struct helios_past *past);

/* The text of a version helios_past() named, with a reference for the caller. */
int helios_past_text(struct helios_home *home, const char *name,
		     const struct helios_past_version *version, struct helios_text **ret,
		     struct helios_error *error);

/* ---- refused texts -------------------------------------------------------------------- */

/*
 * Keeps the text of a refused save with the reason, as rejected/ID: lines of comment with the
 * reason first, then the text. The caller frees *ret_id, which may be NULL. Two equal texts for
 * the same name are kept once. Does not take the home's lock.
 */
int helios_reject(struct helios_home *home, const struct helios_client *client,
		  enum helios_kind kind, const char *name, const char *text, size_t length,
		  const struct helios_error *reason, char **ret_id, struct helios_error *error);

/* Saves a rejected text again; it is dropped when that succeeds. */
int helios_reject_retry(struct helios_home *home, const struct helios_client *client,
			const char *id, struct helios_saved *saved, struct helios_error *error);
int helios_reject_drop(struct helios_home *home, const char *id, struct helios_error *error);

/* ---- proposals ------------------------------------------------------------------------ */

/* Forgets a proposal, named by the beginning of its id. -ENOENT (HELIOS_NO_PROPOSAL). */
int helios_proposal_reject(struct helios_home *home, const struct helios_client *client,
			   const char *id, struct helios_error *error);

/* ---- noticing changes ----------------------------------------------------------------- */

/*
 * A number that changes when anything a reader could see may have changed, in any process.
 * Costs one memory read: cheap enough for every open.
 */
uint64_t helios_generation(struct helios_home *home);

/*
 * A descriptor that becomes readable when something in the home changed, also by programs that
 * are not ours; poll it, then call helios_refresh(). Made at the first call. -errno on failure.
 */
int helios_watch(struct helios_home *home, struct helios_error *error);

/*
 * Drains the watch and takes edits made behind our back (DESIGN.md section 5): valid ones that
 * are quiet are committed as external. *ret_again_ms is how soon to call again, though there be
 * no sign: something is not quiet yet, or a temporary overlay ends then; else -1. Also completes
 * what a dead process left.
 */
int helios_refresh(struct helios_home *home, int *ret_again_ms, struct helios_error *error);

/*
 * Syncs what the journal still protects, and writes down what is new of the session and the counts
 * below; call now and then from a long-lived process.
 */
int helios_checkpoint(struct helios_home *home, struct helios_error *error);

/* ---- the scratch directory and mounts ------------------------------------------------- */

/*
 * A descriptor of the home's .scratch directory (made when missing), for the daemon's own
 * files. The caller closes it. -errno on failure.
 */
int helios_scratch(struct helios_home *home, struct helios_error *error);

/*
 * Sets the last problem shown in status.yaml for this process's view; NULL clears it, if it is that
 * place's.
 */
void helios_note_problem(struct helios_home *home, const char *where,
			 const struct helios_error *problem);

/* ---- sessions and counts -------------------------------------------------------------- */

/*
 * This program, a long-lived one, is a session on the home until it closes it; its id (borrowed
 * until close) is what helios_client.session carries. Written down with the program's first
 * change, or now; a program that ends without helios_close() or helios_leave() was killed.
 */
const char *helios_session_begin(struct helios_home *home, bool now);

/* Counts an operation that the program has carried out, or (failure not NULL) could not. */
void helios_note_operation(struct helios_home *home, const struct helios_error *failure);

/* Counts how long a tool of an AI client took. */
void helios_note_tool(struct helios_home *home, int64_t microseconds);

/*
 * Writes down that the session has ended by itself, and what is not written of the counts. For a
 * program that ends without helios_close(), which does it; safe beside other threads.
 */
void helios_leave(struct helios_home *home);
