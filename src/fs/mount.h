/*
 * The mountpoint: whether a view may be mounted there, and the way there and back. Relies on
 * fusermount3 where we are not root.
 */
#pragma once

#include "fs/fs.h"

/* The absolute path of a mountpoint, also of a dead one. The caller frees *ret. */
int mount_resolve(const char *place, char **ret, struct helios_error *error);

/*
 * Takes the mountpoint's lock, which lasts as long as the descriptor returned, clears what a dead
 * daemon has left there and sees that nothing else is in the way. A negative errno when not.
 */
int mount_prepare(struct fs *fs, struct helios_error *error);

/* Makes fs->session with the mount options a view always has. */
int session_new(struct fs *fs, bool read_only, struct helios_error *error);

/* Mounts fs->session; what it needs is said on stderr by libfuse itself. */
int mount_session(struct fs *fs, struct helios_error *error);

/* Tells the service manager, if there is one (sd_notify(3)). */
void notify_manager(const char *state);

/* Takes away what is mounted there, even if it is in use; by fusermount3 where we are not root. */
void mount_detach(const char *path);

/* Nothing is read from standard input any more, nor seen of output and error. */
void standard_to_null(void);
