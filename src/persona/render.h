/*
 * A resolved persona in the formats that AI tools read: the prompt of persona/prompt.h with the
 * tool's front matter, cut to its limit by whole sections; or a character card. Pure.
 */
#pragma once

#include "base/buf.h"
#include "yaml/node.h"

struct render_format {
	const char *name; /* "agents-md" */
	const char *file; /* what such a file is called */
	const char *head; /* front matter: %n, %s and %d are name, slug and description; or NULL */
	size_t bytes;	  /* the most that the tool reads, or is advised; 0: no limit is known */
	size_t lines;
	bool card; /* JSON, and not Markdown */
};

/* All formats; ends with a NULL name. */
extern const struct render_format render_formats[];

const struct render_format *render_format_find(const char *name);
const struct render_format *render_format_of_file(const char *file);

/*
 * Appends the document (body: without the front matter), and to dropped the headings of the
 * sections left out, comma-separated. name is the persona's. Failure is the buffer's.
 */
void render_persona(const struct render_format *format, const struct node *root, const char *name,
		    bool body, struct buf *out, struct buf *dropped);
