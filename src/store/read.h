/* Listing files beside the personas; shared by reading and renaming. */
#pragma once

#include "store/home_private.h"

/* The names of the .yaml files in a directory of the home, in bytewise order; none if missing. */
int store_list_files(struct helios_home *home, const char *directory, struct helios_names *ret,
		     struct helios_error *error);

/* The paths of all documents that stand in the home: base, personas, learned. */
int store_list_documents(struct helios_home *home, struct helios_names *ret,
			 struct helios_error *error);
int list_add(struct helios_names *names, const char *name);
