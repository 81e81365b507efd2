/*
 * Saving the resolved view: put(base, persona, edited) → persona′ of DESIGN.md section 4, with
 * the three-way merge of section 4 built in. Pure. Relies on persona/resolve.h and yaml/.
 */
#pragma once

#include "persona/resolve.h"

struct put_request {
	/* base, parents as they are now, and the persona's overlay last (an empty map if new) */
	const struct layer *layers;
	size_t count;
	/*
	 * base and parents that hold after the save: the same as layers without the last, unless
	 * the save changes inherits_from (see put_parent()).
	 */
	const struct layer *parents;
	size_t parent_count;
	/*
	 * The document the edit began from: NULL replaces what is resolved now, an empty map is
	 * a new name, anything else is merged three ways, key by key.
	 */
	const struct node *ancestor;
	const struct node *edited;
};

/* A key that both sides changed: the save won. */
struct put_conflict {
	const char *path;
};

struct put_result {
	struct node *overlay;	/* persona′ */
	struct node *resolved;	/* get(parents, persona′): equals edited unless merged */
	bool changed;		/* overlay differs from the one given */
	bool merged;		/* somebody else's change, or re-resolved keys, came in */
	struct put_conflict *conflicts;
	size_t conflict_count;
};

/*
 * Computes the overlay after a save. The laws GetPut, PutGet and Plain first hold; the result is
 * verified with resolve() before it is returned. Refused: a change under a lock (HELIOS_LOCKED).
 * edited has passed schema_check_view(). All memory from arena. 0 or a negative errno.
 */
int put(struct arena *arena, const struct put_request *request, struct put_result *ret,
	struct helios_error *error) must_use;

/*
 * The parent that holds after a save: what inherits_from of edited says, or of the current
 * overlay where the edit did not touch it. NULL: the base. Borrowed from the documents.
 */
const char *put_parent(const struct node *overlay, const struct node *ancestor,
		       const struct node *edited);

/*
 * Sets or, with value NULL, unsets one path in a copy of overlay, as 'helios set' does on a
 * source. A missing mapping on the way is made; setting a list item beyond the end by one
 * appends. -ENOENT (HELIOS_NO_KEY) when there is nothing to unset or the way leads through a
 * scalar. The tag that stands on the key stays.
 */
int overlay_edit(struct arena *arena, const struct node *overlay, const struct path *path,
		 struct node *value, struct node **ret, struct helios_error *error) must_use;
