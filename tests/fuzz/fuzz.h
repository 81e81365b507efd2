/*
 * What every target needs: libFuzzer's entry, cmocka's assertions, which end the program here, and
 * inputs of several parts. In a build of contrib/fuzz.ini libFuzzer calls the entry, elsewhere
 * replay.c.
 */
#pragma once

#include "../unit/test.h"

#include "base/base.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

__attribute__((constructor)) static void end_at_a_failure(void)
{
	setenv("CMOCKA_TEST_ABORT", "1", 1);
}

/* Bytes with a NUL behind them, and the sanitizers' fence behind that. */
struct part {
	char *text;
	size_t length;
};

static inline struct part part_copy(const void *bytes, size_t length)
{
	struct part part = {malloc(length + 1), length};

	assert_non_null(part.text);
	if (length)
		memcpy(part.text, bytes, length);
	part.text[length] = '\0';
	return part;
}

static inline void part_done(struct part *part)
{
	free(part->text);
}

#define cleanup_part cleanup(part_done)

/* The next part of an input: up to a line "---", which is skipped, or all that is left. */
static inline struct part part_next(const uint8_t **data, size_t *size)
{
	static const char between[] = "\n---\n";
	const uint8_t *end = *size ? memmem(*data, *size, between, strlen(between)) : NULL;
	size_t length = end ? (size_t)(end - *data) + 1 : *size;
	size_t taken = end ? length + strlen(between) - 1 : length;
	struct part part = part_copy(*data, length);

	*data += taken;
	*size -= taken;
	return part;
}
