/*
 * A directory for a target that needs files: made at the first input, in memory where there is
 * such a file system, and taken away at the end.
 */
#pragma once

#include <fcntl.h>
#include <ftw.h>

#include "fuzz.h"

static char place_path[64];

static int place_remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void place_remove(void)
{
	nftw(place_path, place_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* Its descriptor, which stays open. */
static inline int place_make(void)
{
	const char *where = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
	int fd;

	snprintf(place_path, sizeof(place_path), "%s/helios-fuzz-XXXXXX", where);
	assert_non_null(mkdtemp(place_path));
	atexit(place_remove);
	fd = open(place_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}
