/* The clock for waiting. Relies on libc only. */
#pragma once

#include <stdint.h>

/* Milliseconds of a clock that nobody sets. */
int64_t now_ms(void);
