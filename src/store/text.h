/* Making the immutable texts readers share; see struct helios_text. */
#pragma once

#include <helios/home.h>

#include "base/buf.h"

/* A text with one reference that takes over the buffer's bytes (it is emptied). NULL: no memory. */
struct helios_text *text_new(struct buf *bytes, struct timespec mtime);
