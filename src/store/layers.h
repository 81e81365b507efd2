/*
 * The documents a persona is resolved from: base, parents, persona; parsed once for each
 * content and shared.
 */
#pragma once

#include "base/limits.h"
#include "persona/resolve.h"
#include "store/served.h"
#include "yaml/yaml.h"

struct cached_document;

struct store_layers {
	struct helios_home *home;
	struct layer layers[LIMIT_PARENTS + 2];
	struct cached_document *documents[LIMIT_PARENTS + 2];
	struct object_id ids[LIMIT_PARENTS + 2];
	size_t count;
};

/*
 * The layers of name ("base": the base alone) in a state. Fails when one is missing, invalid
 * or part of a cycle. Released with store_layers_done().
 */
int store_layers_in(struct helios_home *home, const struct served *served, const char *name,
		    struct store_layers *ret, struct helios_error *error);

/* Adds the layers of a parent chain (parent NULL: the base alone). */
int store_layers_parents(struct helios_home *home, const struct served *served,
			 const char *parent, struct store_layers *ret,
			 struct helios_error *error);

/*
 * The layers that are served for name now: those at HEAD, else those of the newest commit at
 * which name resolves. *ret_fault, when not NULL, tells why HEAD's are not used (code 0: they
 * are).
 */
int store_layers(struct helios_home *home, const char *name, struct store_layers *ret,
		 struct helios_error *ret_fault, struct helios_error *error);
void store_layers_done(struct store_layers *layers);

#define cleanup_layers cleanup(store_layers_done)

/* The parsed document of one layer. */
const struct document *store_layer_document(const struct store_layers *layers, size_t index);

/* Frees what helios_open() set up for caching. */
void document_cache_free(struct document_cache *cache);
