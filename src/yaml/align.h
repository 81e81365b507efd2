/* Which items of one list correspond to which of another. Pure; relies on yaml/node.h. */
#pragma once

#include "yaml/node.h"

#define ALIGN_NONE SIZE_MAX

/*
 * For each item of target its partner in old, or ALIGN_NONE: equal items by a longest common
 * subsequence, what stands between them in pairs. Partners come in rising order. NULL when
 * memory is out; lives in arena.
 */
size_t *align_lists(struct arena *arena, const struct node *old, const struct node *target);
