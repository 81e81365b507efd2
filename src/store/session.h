/*
 * Sessions: the long-lived programs that work on a home, in .session_state.yaml. One is written
 * down when it first changes something; who writes next moves those whose process is gone, without
 * having ended by itself, to the previous ones. Between its rare writes a session's count of
 * operations is known to its process only.
 */
#pragma once

#include "yaml/node.h"

struct session {
	char id[17];	     /* "": the program is no session */
	int64_t started;     /* seconds since 1970 */
	bool wanted;	     /* the program has changed something */
	bool written, ended; /* in the file */
	uint64_t operations; /* as it was written last */
	size_t previous;     /* how many previous sessions are kept */
};

/* What a session's program has to say when it writes. */
enum session_word { SESSION_LIVES, SESSION_ENDS };

/*
 * Writes it down in the home's directory, under the lock (store/runtime.h), with what it has done
 * so far. 0 or a negative errno.
 */
int session_write(struct session *session, int directory, enum session_word word,
		  uint64_t operations);

/*
 * The sessions whose process runs now, as a list of mappings, the own one (its id may be "") with
 * its operations as they are now. *ret_uptime is how many seconds the oldest of them, or the own
 * one, has been there. NULL when memory is out.
 */
struct node *session_list(const struct session *session, int directory, uint64_t operations,
			  struct arena *arena, int64_t *ret_uptime);
