/*
 * The AI clients that helios-mcp can be registered with: where each keeps its configuration, in
 * which format, and what an entry in it looks like. Relies on base only.
 */
#pragma once

#include <helios/error.h>

#include "base/base.h"

/* A member of an entry beside the command and its arguments; its value is JSON. */
struct client_member {
	const char *key, *json;
};

struct client {
	const char *name;  /* "claude-code" */
	const char *title; /* "Claude Code" */
	const struct entry_format *format;
	const char *key; /* what the servers stand under */
	const char
		*variable; /* when this is set, the file is path_in_variable beneath it; or NULL */
	const char *path_in_variable;
	bool in_config;	   /* the paths are beneath $XDG_CONFIG_HOME, else ~/.config, else ~ */
	const char *path;  /* of the file */
	const char *other; /* the file when there is none at path; NULL: it is made at path */
	const char *sign;  /* where this is, the client is installed */
	const char *program;
	struct client_member before[1],
		after[2]; /* what the client wants around command and args */
};

/* All clients in the order they are listed; ends with a NULL name. */
extern const struct client clients[];

/* The client of that name; NULL with HELIOS_NO_CLIENT explained, naming one that is near. */
const struct client *client_find(const char *name, struct helios_error *error);

struct client_place {
	char *path;  /* of its configuration, absolute */
	bool exists; /* the file is there */
	bool found;  /* the client is installed, as far as can be seen */
};

/*
 * Looks where the client is. The environment decides, as it does for the client. 0, or a negative
 * errno; *ret is freed with client_place_done().
 */
int client_locate(const struct client *client, struct client_place *ret,
		  struct helios_error *error);
void client_place_done(struct client_place *place);
