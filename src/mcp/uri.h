/* The URIs of resources: helios://persona/NAME and what hangs below it. */
#pragma once

#include "base/buf.h"

/* Appends text with everything but unreserved characters escaped. */
void uri_add(struct buf *out, const char *text);

/*
 * What stands between prefix and suffix, decoded once; NULL when the URI is another one, is
 * wrongly escaped, or holds NUL or '/'. The caller frees it.
 */
char *uri_between(const char *uri, const char *prefix, const char *suffix);
