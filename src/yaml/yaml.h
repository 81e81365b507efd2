/*
 * YAML text to document tree and back: parse, emit and patch. Pure: no I/O, no global state,
 * safe from any thread. Relies on libyaml's event parser and on yaml/node.h.
 */
#pragma once

#include <helios/error.h>

#include "base/buf.h"
#include "yaml/node.h"

/* One parsed text: the tree, the text it was read from and the memory of both. */
struct document {
	struct arena arena;
	const char *text; /* NUL-terminated copy of the source */
	size_t length;
	const char *file; /* as given, for messages; never NULL */
	struct node *root;
};

/*
 * Parses text whose root must be a mapping. All refusals of DESIGN.md section 2 that concern
 * one text are made here, limits while the events arrive; file is only named in messages.
 * !override is kept on the nodes (refused at the root and on list items); what a base or a
 * persona may hold is persona/schema.h's matter. 0 and *ret, which the caller frees with
 * document_free(), or a negative errno.
 */
int yaml_parse(const char *text, size_t length, const char *file, struct document **ret,
	       struct helios_error *error) must_use;

/*
 * The same for a text that need not be valid: *ret is NULL and that is no failure, unlike memory
 * that ran out, which says nothing of the text.
 */
int yaml_try(const char *text, size_t length, const char *file, struct document **ret,
	     struct helios_error *error);

/*
 * The same for one value of any kind: a scalar or flow value as typed on a command line, on which
 * !override may stand.
 */
int yaml_parse_value(const char *text, size_t length, struct document **ret,
		     struct helios_error *error) must_use;

/*
 * Whether a text that is still being written is past mending: a negative errno, explained, when
 * no continuation can make text a valid document, else 0.
 */
int yaml_check_prefix(const char *text, size_t length, const char *file,
		      struct helios_error *error) must_use;

void document_free(struct document *document);

static inline void cleanup_document_pointer(struct document **document)
{
	document_free(*document);
}

#define cleanup_document cleanup(cleanup_document_pointer)

/*
 * Appends the text of a mapping in block style; numbers keep the spelling their node has.
 * A tag !override is written. The result parses to the same document. 0 or -ENOMEM.
 */
int yaml_emit(const struct node *root, struct buf *out) must_use;

/* Appends one node in flow style on one line, as 'helios get' prints it. */
int yaml_emit_flow(const struct node *node, struct buf *out) must_use;

/*
 * The smallest edit of a document's text whose parse is target (DESIGN.md section 4, Text):
 * appended to out. Bytes of what did not change stay, comments, order, quoting and blank lines
 * included; the text itself when nothing changed. donors are documents, best first, that keys
 * which the text lacks or has with another value are taken from as they are written there,
 * comments included, when they stand there on the same path with the wanted value. The result
 * is parsed to check. 0 or a negative errno.
 */
int yaml_patch(const struct document *document, const struct node *target,
	       const struct document *const donors[], size_t donor_count, struct buf *out,
	       struct helios_error *error) must_use;
