/*
 * The project layer: a .helios.yaml of the directory somebody works in, on top of every persona
 * there. It may have come with a stranger's repository, so it counts only while it holds what the
 * person has accepted for that very path (.trusted.yaml in the home).
 */
#pragma once

#include "store/txn.h"
#include "yaml/yaml.h"

#define PROJECT_FILE ".helios.yaml"
#define TRUSTED_FILE ".trusted.yaml"

struct project {
	char *path;		   /* absolute, of the file; NULL: there is none */
	struct document *document; /* NULL: it cannot be read */
	struct helios_error fault; /* code 0: it is one */
	struct object_id content;
	bool trusted;
};

/*
 * The project file of the directory the home follows (helios_follow_project()). 0 also when there
 * is none, or a faulty one. Released with project_done().
 */
int project_read(struct helios_home *home, struct project *ret, struct helios_error *error);

/* The same for a file, or the .helios.yaml of a directory, that is named. */
int project_read_at(struct helios_home *home, const char *place, struct project *ret,
		    struct helios_error *error);
void project_done(struct project *project);

/*
 * Accepts what the file holds now; or, with revoke, no longer accepts anything for its path.
 * Refused with the project's fault when it is none. *ret_changed: it was otherwise before.
 */
int project_trust(struct helios_home *home, const struct helios_client *client,
		  const struct project *project, bool revoke, bool *ret_changed,
		  struct helios_error *error);

/* Told of each path that is trusted. */
typedef void project_visit(void *context, const char *path);
int project_each_trusted(struct helios_home *home, project_visit *visit, void *context,
			 struct helios_error *error);
