/*
 * The active persona as files in the home, render/FILE, for links of AI tools to point at: what
 * they say does not depend on a mounted view. A file's name says its format; those that are there
 * are kept in step with every change, by whichever program makes it.
 */
#pragma once

#include "base/buf.h"
#include "persona/render.h"
#include "store/home_private.h"

#define RENDERED_DIRECTORY "render"

/*
 * Appends the active persona, or name, in a format, with all layers but a project's; and to
 * dropped what was left out. -ENOENT (HELIOS_NO_PERSONA) when none is active.
 */
int rendered_text(struct helios_home *home, const struct render_format *format, const char *name,
		  bool body, struct buf *out, struct buf *dropped, struct helios_error *error);

/* Writes anew what differs. Nothing is done, and little is spent, where no such file is. */
void rendered_refresh(struct helios_home *home);

/* Makes the file of a format, which is kept from then on. */
int rendered_keep(struct helios_home *home, const struct render_format *format,
		  struct helios_error *error);

/* The file is kept no longer. */
void rendered_drop(struct helios_home *home, const struct render_format *format);
