/*
 * The runtime state that all programs of a home share: small YAML files, each read and rewritten
 * as a whole under one lock of their own and replaced by a rename, so that a reader never sees half
 * of one. Nothing acknowledged depends on them: they are not synced, and one that is damaged is
 * moved to .recovery/ and begun anew.
 */
#pragma once

#include "yaml/yaml.h"

/*
 * Waits for the lock, so long at most. Returns the descriptor whose closing releases it, or a
 * negative errno: then nothing can be written now.
 */
int runtime_lock(int directory, int64_t wait_ms) must_use;

/* Whether a file's content is what its reader can use. */
typedef bool runtime_valid(const struct node *root);

/* The file as it is; NULL when there is none, or none that is valid. Freed by the caller. */
struct document *runtime_read(int directory, const char *file, runtime_valid *valid);

/*
 * The same under the lock: 0 and *ret, NULL when it begins anew. A negative errno when nobody can
 * tell what it holds: then it must not be replaced.
 */
int runtime_take(int directory, const char *file, runtime_valid *valid, struct document **ret);

/* Replaces it, under the lock; heading is its first lines, of comment. 0 or a negative errno. */
int runtime_replace(int directory, const char *file, const char *heading, const struct node *root);
