/* New personas of texts that were made elsewhere, in one transaction. */
#pragma once

#include "store/home_private.h"

struct import_file {
	const char *name; /* of the persona; borrowed, as the text is */
	const char *text;
	size_t length;
	bool put;		 /* in the transaction that was last */
	bool made;		 /* it is a persona now */
	struct helios_error why; /* else: why not */
	struct buf locked;	 /* PATHs that a lock had to be left out for, comma-separated */
};

void import_file_done(struct import_file *file);

/*
 * Makes a persona of each that is not made yet and can be; *ret_count is how many. from is for the
 * commit: "rules in Markdown". 0 also when it was none; on failure none was made by this call.
 */
int store_import(struct helios_home *home, const struct helios_client *client, const char *from,
		 struct import_file *files, size_t count, size_t *ret_count,
		 struct helios_error *error);
