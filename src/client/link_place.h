/*
 * The file a link is in: reached through directories that may be symbolic links when it is the
 * person's own configuration, and through none in a project, which may come from a stranger.
 * Replaced as a whole: a new file, synced and renamed over the old one, whose mode it keeps.
 */
#pragma once

#include <sys/stat.h>

#include <helios/error.h>

#include "base/buf.h"

struct link_place {
	int directory; /* the one the file stands in; -1: not there */
	char name[256];
	size_t made; /* how many of the directories that lead there were made */
	struct stat st;
	bool there;  /* something has that name; st says what */
	bool strict; /* a project's: no symbolic link is followed */
};

/*
 * Walks to root/path; with make, makes the directories that are missing. A symbolic link that is
 * the file itself is not followed. 0 when a directory is missing, without make. Released with
 * link_place_done().
 */
int link_place_open(const char *root, const char *path, bool strict, bool make,
		    struct link_place *ret, struct helios_error *error);
void link_place_done(struct link_place *place);

/* A person's file that is a symbolic link: from now on where it leads. 0, or -errno. */
int link_place_follow(struct link_place *place, struct helios_error *error);

int link_place_read(const struct link_place *place, struct buf *out, struct helios_error *error);

/* Puts a file of these bytes, or a symbolic link, in its place. */
int link_place_write(const struct link_place *place, const struct buf *text,
		     struct helios_error *error);
int link_place_symlink(const struct link_place *place, const char *target,
		       struct helios_error *error);

/* Removes the file, and made directories that lead to it as long as they are empty. */
int link_place_remove(const char *root, const char *path, const struct link_place *place,
		      size_t made, struct helios_error *error);
