/* How a string can be written: plain, quoted or as a literal block. Pure. */
#pragma once

#include "base/buf.h"

/*
 * Whether a plain scalar with this text is read back as this text (whatever kind of value it
 * then is), in block context or between brackets.
 */
bool quote_plain_can_hold(const char *text, size_t length, bool flow);

/* The same for '…' on one line and for the lines of a | block. */
bool quote_single_can_hold(const char *text, size_t length);
bool quote_literal_can_hold(const char *text, size_t length);

void quote_single(struct buf *out, const char *text, size_t length);
void quote_double(struct buf *out, const char *text, size_t length);
