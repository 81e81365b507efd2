/*
 * What a scalar's text means by the YAML 1.2 core schema, and how a number is written so that
 * it means the same when read again. Pure; relies on yaml/node.h and the C locale.
 */
#pragma once

#include "base/buf.h"
#include "yaml/node.h"

/*
 * Sets kind, value, text and length of a node from the text of a plain scalar, which is not
 * copied. Never fails: what is nothing else is a string.
 */
void scalar_resolve(struct node *node, const char *text, size_t length);

/* The same when a core tag ("int", "str", …) stands on it; false when the text does not fit. */
bool scalar_resolve_as(struct node *node, const char *type, const char *text, size_t length);

/* The shortest text that reads back to the same double and still looks like a float. */
void scalar_format_float(struct buf *buf, double value);

/* Appends null, true, 12, 0x1F, 2.0 …: any scalar but a string, as a plain scalar. */
void scalar_format(struct buf *buf, const struct node *node);

/* Whether a YAML 1.1 reader takes this text, which is a string here, for something else. */
bool scalar_is_old_special(const char *text, size_t length);
