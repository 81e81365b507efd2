/*
 * The texts of the view: each persona's resolved rendering, made once for each set of layers
 * and kept until one of them changes.
 */
#pragma once

#include "store/layers.h"

/* The rendering of a persona now, with a reference for the caller. */
int version_get(struct helios_home *home, const char *name, struct helios_text **ret,
		struct helios_error *error);

/*
 * name was saved just now and reads as that text: the next reading need not render it. overlay
 * is the persona's file and what it holds now. Without memory nothing is kept.
 */
void version_saved(struct helios_home *home, const char *name, const struct store_layers *parents,
		   const struct repo_file *overlay, const struct buf *text);

/*
 * Renders layers (the persona last): the last saved text of its view patched to what resolves
 * now, without one the base's text with the overlay's comments. view may be NULL.
 */
int version_render(const struct store_layers *layers, const char *view, size_t length,
		   struct buf *out, struct helios_error *error);

/*
 * The name of a persona that reads as these bytes, which the caller frees; NULL: none does. Makes
 * 'cp' a copy. 0 or -ENOMEM.
 */
int version_find(struct helios_home *home, const char *text, size_t length, char **ret);

/* When the newest of the files was changed: the working files' times. */
struct timespec version_mtime(const struct store_layers *layers);

void version_cache_free(struct version_cache *cache);
