/* The command line of heliosfs. */
#pragma once

#include "base/base.h"

struct options {
	const char *dir;	/* NULL: as the library finds it */
	const char *mountpoint; /* NULL: the home's view directory */
	bool foreground, read_only;
};

/* 0, or -1 when the program is to end now with *ret_status. */
int options_parse(int argc, char **argv, struct options *ret, int *ret_status);
