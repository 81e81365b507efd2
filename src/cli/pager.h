/*
 * Long answers on a terminal, a screen at a time, as git shows them. Relies on cli/child.h.
 */
#pragma once

#include "base/base.h"

/*
 * Gives text to $HELIOS_PAGER, else $PAGER, else less, when the terminal that is standard output is
 * too short for it. False when nobody has shown it; so also with a pager that is empty or "cat".
 */
bool pager_shows(const char *text);
