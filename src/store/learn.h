/*
 * What agents change: one value at a time, checked against what the agent had read. A commit of a
 * tool is known by its trailer Helios-Tool; store/undo.h takes it back. The person's own settings
 * are out of reach here.
 */
#pragma once

#include "store/home_private.h"
#include "yaml/yaml.h"

struct learn_request {
	const char *name; /* a persona, or "base" */
	const char *path;
	const char *value;  /* YAML or JSON; "null" removes an inherited key from a persona */
	const char *expect; /* the revision that was read; NULL: whatever it is now */
	bool proposes;	    /* for the person to decide, whatever agents may do by themselves */
	const char *reason; /* why; or NULL */
};

/* Both texts are what reading gives: a persona resolved, the base as it is stored. */
struct learn_result {
	struct helios_text *before, *after; /* unref'd by learn_done(); after NULL on a conflict */
	bool conflict;			    /* before is not what was expected: nothing was done */
	char commit[41];
	bool changed;
};

void learn_done(struct learn_result *result);

/*
 * Makes the persona (or the base) read value at path. When expect is not what is read now, nothing
 * is changed, *ret has conflict set, and 0 is returned. -EPERM (HELIOS_AGENTS) for what only a
 * person may change.
 */
int learn_set(struct helios_home *home, const struct helios_client *client,
	      const struct learn_request *request, struct learn_result *ret,
	      struct helios_error *error);

/*
 * Gives request->name the value that from resolves to at request->path (request->value is not
 * looked at). Where from inherits from it, from's own entry goes when it is not needed any more;
 * one commit in all.
 */
int learn_evolve(struct helios_home *home, const struct helios_client *client, const char *from,
		 const struct learn_request *request, struct learn_result *ret,
		 struct helios_error *error);

/*
 * Commits edits made outside, with the agent's message; paths NULL: all. *ret_commit is "" when
 * there was nothing to commit. Edits that are not valid stay as they are.
 */
int learn_commit(struct helios_home *home, const struct helios_client *client,
		 const char *message, const struct helios_names *paths, char ret_commit[41],
		 struct helios_error *error);

/* Keeps a document as a new file of learned/; *ret_path names it, the caller frees it. */
int learn_record(struct helios_home *home, const struct helios_client *client,
		 const struct node *pattern, char **ret_path, char ret_commit[41],
		 struct helios_error *error);
