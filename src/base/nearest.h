/*
 * What a mistyped word may have meant. Relies on libc only.
 */
#pragma once

#include "base/base.h"

/*
 * Of count candidates the one nearest to word: few letters added, taken away, changed or swapped,
 * or word is its beginning. NULL when none is near.
 */
const char *nearest(const char *word, const char *const *candidates, size_t count);
