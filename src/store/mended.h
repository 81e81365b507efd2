/*
 * Telling what was mended: each place that sets something of a home aside because it is damaged, or
 * makes it again, says so here, and the program that does it tells its user (helios_on_mended()).
 */
#pragma once

#include "base/base.h"

/* One sentence, without an end. */
void mended_tell(const char *format, ...) printf_like(1, 2);
