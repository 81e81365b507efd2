/* Lines from the client: of any length up to a limit, in whatever pieces they arrive. */
#pragma once

#include "base/buf.h"

struct input {
	struct buf line; /* what has arrived of the next line */
	bool discarding; /* it is over the limit: the rest is thrown away */
};

/* A line without its end; the bytes are the callee's only during the call. NULL: it was too long.
 */
typedef void input_fn(void *data, const char *line, size_t length);

/* Takes what was read and calls fn for each line that is complete. */
void input_feed(struct input *input, const char *bytes, size_t length, input_fn *fn, void *data);
