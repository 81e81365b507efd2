/*
 * A child of the daemon that keeps what the daemon gives up (base/harden.h): it unmounts the view when
 * the daemon has ended, also when that was killed, and looks at other processes for it. Relies on
 * the mountpoint's lock, which it holds too: nobody mounts there before.
 */
#pragma once

#include "fs/fs.h"

struct attendant {
	pid_t pid;  /* 0: there is none */
	int socket; /* the daemon's end; when it is gone, so is the daemon */
};

/* Once the view is mounted, with its lock, and before there are threads. 0 or a negative errno. */
int attendant_start(struct attendant *attendant, const struct fs *fs, int lock);

/* Lets go of the session, and returns when the view is unmounted. Nothing without an attendant. */
void attendant_end(struct attendant *attendant, struct fs *fs);
