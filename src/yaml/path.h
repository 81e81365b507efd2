/*
 * PATH (DESIGN.md section 3): keys joined by '.', a key with '.', '[' or '"' in double quotes,
 * [n] a list item. Pure; relies on yaml/node.h and base/nearest.h.
 */
#pragma once

#include <helios/error.h>

#include "base/buf.h"
#include "yaml/node.h"

struct path_step {
	const char *key; /* NULL: the list item at index */
	size_t index;
};

struct path {
	struct path_step *steps;
	size_t count;
};

/* Reads a path, whose keys live in arena. 0 or a negative errno (HELIOS_BAD_PATH). */
int path_parse(struct arena *arena, const char *text, struct path *ret,
	       struct helios_error *error) must_use;

/* Appends ".key" or "[n]" to a path being written (no '.' at its beginning). */
void path_add_key(struct buf *buf, const char *key);
void path_add_index(struct buf *buf, size_t index);

/* Appends the text of a whole path. */
void path_format(struct buf *buf, const struct path *path);

/* The node a path leads to, or NULL. Borrowed from root. */
struct node *path_lookup(const struct node *root, const struct path *path);

/*
 * Appends the path that may have been meant by one that leads nowhere in root: up to where it leads,
 * then the key there that is nearest to the path's next. Nothing when none is near.
 */
void path_near(const struct node *root, const struct path *path, struct buf *out);

/* Explains that path leads nowhere in root, and which may have been meant: -ENOENT (HELIOS_NO_KEY). */
int path_missing(const struct node *root, const struct path *path, struct helios_error *error);

/* What is not 0 ends the walk and is passed on. path is the leaf's PATH, until visit returns. */
typedef int leaf_fn(void *context, const char *path, const struct node *leaf);

/*
 * Visits the leaves at and below node in the document's order: all that is no mapping, and empty
 * mappings. path holds the text of node's own PATH and is left as it was. Or -ENOMEM.
 */
int path_each_leaf(const struct node *node, struct buf *path, leaf_fn *visit, void *context);
