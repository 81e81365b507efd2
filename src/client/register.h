/*
 * Registering helios-mcp with an AI client, and taking that back. What the client's configuration
 * was before is kept in the home's .backups/setup/CLIENT until then.
 */
#pragma once

#include "client/client.h"
#include "client/entry.h"

struct helios_home;

struct registration {
	char *file;   /* the client's configuration, links followed */
	char *copy;   /* in the home: what it was before; NULL: there is none */
	bool changed; /* else it was as wanted already */
	bool removed; /* taking back: the file is gone, for setup had made it */
};

void registration_done(struct registration *registration);

/* What a client's configuration says now. */
int client_look(const struct client *client, const struct client_place *place,
		const struct entry *entry, enum entry_state *ret, struct helios_error *error);

/*
 * Registers; a helios-mcp that is registered already gets the command and the home of entry. 0 or a
 * negative errno, then nothing was changed. *ret: registration_done() in both cases.
 */
int client_register(struct helios_home *home, const struct client *client,
		    const struct client_place *place, const struct entry *entry,
		    struct registration *ret, struct helios_error *error);

/*
 * Takes it back: the file is byte for byte what it was, or, when it was changed since, without the
 * entry. home may be NULL: then no copy is known.
 */
int client_unregister(struct helios_home *home, const struct client *client,
		      const struct client_place *place, const struct entry *entry,
		      struct registration *ret, struct helios_error *error);

/* Appends what a file that is nothing but the entry reads as. */
int client_sample(const struct client *client, const struct entry *entry, struct buf *out,
		  struct helios_error *error);
