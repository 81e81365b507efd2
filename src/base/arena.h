/*
 * Memory that is freed together: one arena owns all nodes of one document.
 * Relies on libc only.
 */
#pragma once

#include <stdarg.h>

#include "base/base.h"

struct arena_block;

struct arena {
	struct arena_block *blocks;
};

/* Zeroed, aligned for any type; NULL when memory is out. Lives until arena_done(). */
void *arena_alloc(struct arena *arena, size_t size);

/* A NUL-terminated copy of length bytes; NULL when memory is out. */
char *arena_strndup(struct arena *arena, const char *text, size_t length);
char *arena_strdup(struct arena *arena, const char *text);
char *arena_printf(struct arena *arena, const char *format, ...) printf_like(2, 3);

/*
 * Grows an array in the arena: returns room for at least one element more than count, keeping
 * the elements, and updates *capacity. NULL when memory is out.
 */
void *arena_grow(struct arena *arena, void *array, size_t count, size_t *capacity, size_t size);

/* Frees everything; the arena may be used again. Safe on a zeroed arena. */
void arena_done(struct arena *arena);
