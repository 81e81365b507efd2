/*
 * Choices for random documents: from a number, or from bytes (a fuzzer's) as long as there are
 * some. Relies on base only.
 */
#pragma once

#include "base/base.h"

static const unsigned char *choice_bytes;
static size_t choice_count;

/* splitmix64 */
static inline uint64_t next_random(uint64_t *state)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15u);

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

/* A number below n. */
static inline size_t pick(uint64_t *state, size_t n)
{
	size_t value = 0;

	if (!choice_count)
		return (size_t)(next_random(state) % n);
	for (size_t range = 1; range < n && choice_count; range <<= 8, choice_count--)
		value = value << 8 | *choice_bytes++;
	return value % n;
}
