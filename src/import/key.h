/* Keys made from words: of headings and of what stands before a colon. Pure. */
#pragma once

#include "base/arena.h"
#include "yaml/node.h"

/*
 * "Max. file changes:" as max_file_changes: lower case, '_' between words, no emphasis and no
 * punctuation around words. *ret_whole, when not NULL: whether a reader can tell the words from it
 * (they were not too long, and some were there). NULL when memory is out.
 */
const char *key_of_words(struct arena *arena, const char *words, size_t length, bool *ret_whole);

/* The key, or key_2, key_3 … when the mapping has it. NULL when memory is out. */
const char *key_unused(struct arena *arena, const struct node *map, const char *key);

/* Puts a value at the top of a persona, where some keys have meanings of their own. */
int key_put_top(struct arena *arena, struct node *root, const char *key, struct node *value);

/* The mapping at a key of another one, made when it is not there; NULL when memory is out. */
struct node *key_section(struct arena *arena, struct node *root, const char *key);
