/*
 * One attempt at turning a document's text into a target: splices gathered by walking document
 * and target side by side. Shared by the files of yaml_patch(); relies on yaml/shape, splice
 * and emit.
 */
#pragma once

#include "yaml/emit.h"
#include "yaml/index.h"
#include "yaml/shape.h"
#include "yaml/splice.h"

/* A document whose bytes may be taken: its mapping at the path that is being edited. */
struct donor {
	const struct document *document;
	const struct node *map;
	struct key_index keys;
	struct slots slots; /* empty until lines are taken */
	bool lookup_only;   /* it only leads to the mappings below */
};

struct donors {
	struct donor *items;
	size_t count;
};

struct edit {
	const struct document *document;
	struct arena *arena;
	struct emit_style style;
	struct splices splices;
	/* What an earlier attempt failed at: values to be written anew, the first merged entry of
	 * a << to be expanded, merged entries to be written out. */
	const void **forced;
	size_t forced_count, forced_capacity;
	const void *owner;  /* collection being edited */
	bool trust_aliases; /* an alias may get its new value from its anchor: let it stand */
};

/* Where a value stands and what bounds it. */
struct edit_place {
	unsigned column; /* of the collection it stands in */
	bool in_list, flow;
	size_t bound; /* comments of the first child are looked for behind this */
	size_t limit; /* whatever belongs to the value ends before this */
	const struct donors *donors;
};

bool edit_is_forced(const struct edit *edit, const void *what);

/* Replaces bytes; text may be NULL when length is 0. 0 or -ENOMEM. */
int edit_splice(struct edit *edit, size_t start, size_t end, const char *text,
		size_t length) must_use;

/* Adds what makes the text's root mapping the target. */
int edit_root(struct edit *edit, const struct node *target, const struct donors *donors) must_use;

/* The same for one value, and for the inside of a collection (-ENOTSUP: cannot be edited). */
int edit_value(struct edit *edit, const struct slot *slot, const struct node *target,
	       const struct edit_place *place) must_use;
int edit_block(struct edit *edit, const struct node *node, const struct node *target,
	       const struct edit_place *place) must_use;
int edit_flow(struct edit *edit, const struct node *node, const struct node *target) must_use;

/* Writes a value anew in the place of what stands there. */
int edit_replace(struct edit *edit, const struct slot *slot, const struct node *target,
		 const struct edit_place *place) must_use;

/* The habits of the text around a mapping; those of the whole text where it shows none. */
struct emit_style edit_style_near(const struct edit *edit, const struct node *map);
void edit_learn_style(struct emit_style *style, const struct document *document);

void donor_init(struct donor *donor, struct arena *arena, const struct document *document,
		const struct node *map);

/* The donors' mappings under a key of this mapping. */
struct donors donors_below(const struct donors *donors, const char *key, struct arena *arena);

/*
 * Appends the lines of an entry as a donor has it, indented to column: comments, key, value. 1
 * when a donor had it, 0 when none has, or -ENOMEM. *ret_key is where in out the key's line
 * begins, behind the comments above it.
 */
int donors_take(const struct donors *donors, const struct node_entry *entry, unsigned column,
		const struct emit_style *style, struct buf *out, size_t *ret_key) must_use;

/* yaml_patch() on arguments that are checked; donors stand at the root of the text. */
int patch_document(const struct document *document, const struct node *target,
		   const struct donors *donors, struct buf *out,
		   struct helios_error *error) must_use;
