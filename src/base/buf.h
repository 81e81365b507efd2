/*
 * A growing, always NUL-terminated byte buffer with sticky failure: append freely, ask once at
 * the end whether all of it fitted. Relies on libc only.
 */
#pragma once

#include <stdarg.h>

#include "base/base.h"

struct buf {
	char *data; /* never NULL after the first append; NUL-terminated */
	size_t length, capacity;
	bool failed; /* memory ran out; all later appends are ignored */
};

void buf_add(struct buf *buf, const void *bytes, size_t length);
void buf_addstr(struct buf *buf, const char *text);
void buf_addch(struct buf *buf, char c);
void buf_addf(struct buf *buf, const char *format, ...) printf_like(2, 3);

/* Replaces the bytes [start, end) with others. */
void buf_splice(struct buf *buf, size_t start, size_t end, const char *bytes, size_t length);

/* The text, "" when nothing was appended. Borrowed until the next append. */
const char *buf_text(const struct buf *buf);

/* Hands the bytes to the caller, who frees them; NULL when an append had failed. Empties buf. */
char *buf_take(struct buf *buf);

void buf_clear(struct buf *buf);
void buf_done(struct buf *buf);

#define cleanup_buf cleanup(buf_done)
