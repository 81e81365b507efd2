/* Making the immutable texts readers share; see struct helios_text. */
#pragma once

#include <helios/home.h>

#include "base/buf.h"

/* A text with one reference that takes over the buffer's bytes (it is emptied). NULL: no memory. */
struct helios_text *text_new(struct buf *bytes, struct timespec mtime);

/* The same for one that changes at a time, though nobody changes it. */
struct helios_text *text_new_until(struct buf *bytes, struct timespec mtime, int64_t until);
