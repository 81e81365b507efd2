/* Bytes written in base64 (RFC 4648). Pure. */
#pragma once

#include "base/buf.h"

/*
 * Appends what the text stands for; blanks and line breaks in it do not count. False when it is
 * not base64. Failure for memory is the buffer's.
 */
bool base64_decode(const char *text, size_t length, struct buf *out);
