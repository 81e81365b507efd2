/*
 * Hashes for tables of what others wrote. The key is another one in each process, so nobody can
 * prepare texts that fall into one slot; nothing that lasts may depend on them.
 * Relies on libc only.
 */
#pragma once

#include "base/base.h"

uint64_t hash_bytes(const void *bytes, size_t length);

/* Of a string. */
uint64_t hash_text(const char *text);

/* Of two hashes or numbers, in this order. */
uint64_t hash_pair(uint64_t first, uint64_t second);
