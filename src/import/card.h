/* Character cards, of versions 1 to 3, as personas. Pure; what they share is persona/card.h. */
#pragma once

#include "import/import.h"

/* Fills the import's root, kind, title and name. 0 or a negative errno (HELIOS_IMPORT). */
int card_read(struct import *import, const char *json, size_t length, struct helios_error *error);

/* The same of the card that stands in a PNG picture. */
int card_read_picture(struct import *import, const char *bytes, size_t length,
		      struct helios_error *error);
