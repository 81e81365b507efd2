/*
 * The entry of helios-mcp in a client's configuration, whatever the format: looking for it, putting
 * it in and taking it out by splicing bytes; all else stays as it is. Pure: texts in, texts out.
 */
#pragma once

#include <helios/error.h>

#include "base/buf.h"

#define ENTRY_NAME "helios"
#define ENTRY_PROGRAM "helios-mcp"
#define ENTRY_OPTION "--dir"

struct client;

/* What the client is to start: command --dir home. Both are absolute. */
struct entry {
	const char *command, *home;
};

struct config_text {
	const char *bytes; /* NUL-terminated; NULL: there is no file */
	size_t length;
	const char *file; /* for messages */
};

enum entry_state {
	ENTRY_ABSENT,
	ENTRY_OTHER, /* it starts something else than helios-mcp */
	ENTRY_OURS,  /* it starts a helios-mcp, but not as wanted */
	ENTRY_SAME,
};

struct entry_found {
	enum entry_state state;
	size_t at; /* where it stands */
};

struct entry_format {
	/*
	 * Looks for the entry; the whole text is checked. A text that cannot be understood, or be
	 * edited, is refused with its place. 0 or a negative errno.
	 */
	int (*look)(const struct client *client, const struct config_text *text,
		    const struct entry *entry, struct entry_found *ret, struct helios_error *error);

	/*
	 * Appends to out the text with the entry in it, in the text's own style. One that is there
	 * gets the command and its arguments and keeps its other members.
	 */
	int (*put)(const struct client *client, const struct config_text *text,
		   const struct entry *entry, struct buf *out, struct helios_error *error);

	/*
	 * Appends to out the text without the entry: what put() had before it, when only other
	 * things changed meanwhile. before is the text put() was given; NULL: it is not known.
	 * Nothing is appended when before was no file and nothing but put()'s own is left.
	 */
	int (*drop)(const struct client *client, const struct config_text *text,
		    const struct config_text *before, struct buf *out, struct helios_error *error);
};

extern const struct entry_format entry_json; /* with comments and trailing commas */
extern const struct entry_format entry_toml;
extern const struct entry_format entry_yaml;

/* The state of an entry with that command; NULL: none that can be read. */
static inline enum entry_state entry_compare(const struct entry *entry, const char *command,
					     bool same_arguments)
{
	const char *slash = command ? strrchr(command, '/') : NULL;

	if (!command || !streq(slash ? slash + 1 : command, ENTRY_PROGRAM))
		return ENTRY_OTHER;
	return same_arguments && streq(command, entry->command) ? ENTRY_SAME : ENTRY_OURS;
}

/* Refuses a text because of what stands at a byte of it. */
int config_refuse(const struct config_text *text, size_t at, struct helios_error *error,
		  const char *message);

/* "\r\n" when the text's first line ends so, else "\n". */
const char *config_line_end(const struct config_text *text);

/* Whether there is nothing but a byte order mark and blanks; true without a file. */
bool config_is_blank(const struct config_text *text);
