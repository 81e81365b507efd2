/* Texts of refused saves, kept in .rejected/ with the reason; see <helios/home.h>. */
#pragma once

#include "store/home_private.h"

int reject_read(struct helios_home *home, const char *id, struct helios_text **ret,
		struct helios_error *error);
