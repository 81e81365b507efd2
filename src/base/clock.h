/* The clock for waiting and measuring, and times as text. Relies on libc only. */
#pragma once

#include <stdint.h>

/* Milliseconds of a clock that nobody sets. */
int64_t now_ms(void);
int64_t now_us(void);

/* Seconds since 1970 as "2026-11-23T19:45:00Z". */
void time_format(char out[32], int64_t seconds);

/*
 * Back, from any way RFC 3339 writes a time, "2026-11-23T20:45:00.5+01:00" too; fractions are
 * dropped. -1 for any other text, also when it does not say its offset from UTC.
 */
int64_t time_parse(const char *text);
