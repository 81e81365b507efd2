/*
 * A name as tools for agents have it: small letters, digits and single hyphens. Relies on base/buf.h.
 */
#pragma once

#include "base/buf.h"

/* Appends the slug of a name: what has no place in it becomes a hyphen; "persona" when nothing has. */
void slug_add(struct buf *out, const char *name);
