/*
 * Builds a document's tree from events as they arrive and refuses what Helios refuses, before
 * memory or time is spent on it. Knows nothing of libyaml; relies on yaml/node.h.
 */
#pragma once

#include <helios/error.h>

#include "base/limits.h"
#include "yaml/names.h"
#include "yaml/yaml.h"

/* A scalar, or the beginning of a collection. Texts are borrowed for the call. */
struct build_event {
	const char *anchor, *tag; /* or NULL */
	const char *text;
	size_t length;
	enum node_style style;
	struct node_place place;
};

struct build_frame {
	struct node *node;
	struct anchor *anchor; /* to be closed with the collection, or NULL */
	size_t nodes_before, bytes_before;
	unsigned height; /* of the highest child */
	bool has_key;	 /* the key waits for its value */
	bool is_merge;	 /* that key is << */
	struct node_entry key;
	struct node *merge; /* the value of <<, and its span in the text */
	struct node_place merge_place;
	size_t merge_index;
	size_t end; /* byte behind the last child */
};

struct build {
	struct document *document;
	struct helios_error *error;
	bool any_root; /* else it must be a mapping */
	unsigned depth;
	size_t nodes, bytes; /* so far, aliases counted with all they stand for */
	struct names names; /* anchors (scope NULL) and the keys of large mappings */
	struct build_frame frames[LIMIT_DEPTH]; /* the first depth of them are in use */
};

int build_scalar(struct build *build, const struct build_event *event) must_use;
int build_open(struct build *build, const struct build_event *event, enum node_kind kind) must_use;
int build_close(struct build *build, size_t end) must_use;
int build_alias(struct build *build, const char *name, const struct node_place *place) must_use;
void build_done(struct build *build);
