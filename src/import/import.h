/*
 * Files of other programs as personas: rules in Markdown (CLAUDE.md, AGENTS.md, rules of Cursor and
 * the like) and character cards (JSON or PNG). The other direction of persona/render.h. Pure: a
 * file's bytes become a document and a list of what it could not hold.
 */
#pragma once

#include <helios/error.h>

#include "yaml/node.h"

/* Something that does not read as it did in the file. */
struct import_note {
	const char *what; /* of the file, as it stands there */
	const char *why;
	bool kept; /* the persona has it, out of the prompt's way */
};

struct import {
	struct arena arena; /* of all that follows */
	const char *file;   /* its name, for messages */
	const char *kind;   /* "markdown", "cursor-rules" or "card" */
	const char *title;  /* the same for people */
	const char *name;   /* a persona's name made from what the file is called; may be "" */
	struct node *root;  /* the persona's document */
	struct import_note *notes;
	size_t note_count, note_capacity;
};

/* How many bytes a file of that name and beginning may have to be read; 0: it is not read. */
size_t import_limit(const char *file, const char *bytes, size_t length);

/*
 * Reads a file's bytes, as many as import_limit() lets; file is its path. 0, or a negative errno:
 * HELIOS_IMPORT for what is none of the formats, or damaged. import_done() is for the caller in any
 * case.
 */
int import_read(const char *file, const char *bytes, size_t length, struct import *ret,
		struct helios_error *error);
void import_done(struct import *import);

/* For the readers: what and why are copied. False when memory is out. */
bool import_note(struct import *import, const char *what, const char *why, bool kept);
