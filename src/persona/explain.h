/*
 * Where each resolved value came from, for people. Pure. Relies on persona/resolve.h.
 */
#pragma once

#include "base/buf.h"
#include "persona/resolve.h"

/*
 * Appends the resolved document with a trailing comment on each leaf: layer, file:line, rule,
 * weight; below path only when path is not NULL. Parses to the same document. A header comment
 * gives the layers and the persona's weight and band; dead values are listed at the end.
 * 0 or a negative errno (HELIOS_NO_KEY).
 */
int explain(const struct layer *layers, size_t count, const struct resolution *resolution,
	    const struct path *path, struct buf *out, struct helios_error *error) must_use;

/* One line for one leaf's origin: "coder (personas/coder.yaml:4), blended, w 0.175". */
void explain_origin(const struct origin *origin, struct buf *out);
