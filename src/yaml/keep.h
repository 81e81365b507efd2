/* Comments that an edit has lost are put back. Relies on yaml/edit.h. */
#pragma once

#include "yaml/edit.h"

/*
 * Appends the text of result, which is what came of the edit, with each comment that it has not
 * although its key or item lives, on a line above that. 1, or 0 when none is lost and nothing was
 * appended, or -ENOMEM.
 */
int keep_comments(const struct edit *edit, const struct document *result, struct buf *out) must_use;
