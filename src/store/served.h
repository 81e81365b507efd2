/*
 * What readers are served: always a commit, so never half a state and never an invalid one.
 * An immutable list of the files at HEAD, shared and reference-counted.
 */
#pragma once

#include <limits.h>

#include "base/limits.h"
#include "store/home_private.h"

struct served {
	unsigned refs; /* guarded by home->state */
	uint64_t generation;
	struct object_id head;
	struct repo_files files;
	char *active; /* NULL: none */
};

/* The state now, with a reference for the caller. */
int served_get(struct helios_home *home, struct served **ret, struct helios_error *error);
void served_unref(struct helios_home *home, struct served *served);

/* The state at another commit: the same, but not shared with others. */
int served_at(struct helios_home *home, const struct object_id *commit, struct served **ret,
	      struct helios_error *error);

struct txn;

/* After a transaction on txn->served: the state it made, known without reading it back. */
void served_follow(struct txn *txn, const struct object_id *commit, uint64_t generation);

/* "base/identity.yaml", or the older "base/config.yaml"; NULL when there is neither. */
const struct repo_file *served_base(const struct served *served);

/* A persona's file, or NULL. */
const struct repo_file *served_persona(const struct served *served, const char *name);

/*
 * Walks the personas in bytewise order of their names: fills name with the one at *position or
 * after; false at the end. Files whose name cannot be a persona's are passed over.
 */
bool served_next(const struct served *served, size_t *position, char name[LIMIT_NAME + 1]);

/* Explains that there is no persona of that name, and which one may have been meant. */
int served_no_persona(const struct served *served, const char *name, struct helios_error *error);

struct served_reference {
	struct helios_home *home;
	struct served *served;
};

static inline void cleanup_served_reference(struct served_reference *reference)
{
	served_unref(reference->home, reference->served);
}

#define cleanup_served cleanup(cleanup_served_reference)

/* The other way: the name whose file path is, put in room; NULL for a file of another kind. */
const char *served_name_of(const char *path, char room[NAME_MAX + 1]);

/* The file a name's stored text is kept in ("personas/NAME.yaml"). The caller frees it. */
char *persona_path(const char *name);
char *view_path(const char *name);
