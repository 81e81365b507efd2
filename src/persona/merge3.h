/*
 * Three-way merge of documents, key by key, lists and scalars as leaves (DESIGN.md section 4).
 * Pure. Relies on yaml/node.h.
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "yaml/node.h"

struct merge3_result {
	struct node *root;
	const char **conflicts; /* paths both sides changed, differently; edited won */
	size_t conflict_count;
	bool merged; /* current differs from ancestor somewhere */
};

/*
 * What edited changed against ancestor is applied to current. A key deleted on one side and
 * changed on the other is a conflict; so is a leaf of ancestor that both made something else,
 * mappings included. Key order: edited's, then what only current has.
 * 0 or -ENOMEM.
 */
int merge3(struct arena *arena, const struct node *ancestor, const struct node *current,
	   const struct node *edited, struct merge3_result *ret) must_use;
