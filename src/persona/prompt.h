/*
 * A resolved persona as a system prompt in Markdown: headings for sections, bullets for lists,
 * words for keys, no metadata. Values stay data: no line of one can become a heading, a list or a
 * fence of its own. Pure; relies on yaml/node.h.
 */
#pragma once

#include "base/buf.h"
#include "yaml/node.h"

/* Appends the prompt; name is used where the document has none. Failure is the buffer's. */
void prompt_render(const struct node *root, const char *name, struct buf *out);
