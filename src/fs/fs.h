/*
 * The state of one heliosfs daemon and the words its files share. Relies on libfuse's low-level
 * interface, whose header has its home here.
 *
 * Locks, always taken in this order: a draft's mutex, then the mutex of one table (away, stale,
 * records, scratch, problems, links, file locks, one past), then that of the nodes. No table's
 * mutex is held while the library changes something or a request is answered, but for that of the
 * file locks (see locks.c).
 */
#pragma once

#define FUSE_USE_VERSION 314
#include <fuse_lowlevel.h>

#include <stdatomic.h>
#include <pthread.h>

#include <helios/error.h>
#include <helios/home.h>

#include "base/base.h"
#include "base/clock.h"
#include "base/limits.h"

/* The directories of the view; up to DIR_LAST each value is the directory's kernel inode. */
enum fs_dir {
	DIR_ROOT = FUSE_ROOT_ID,
	DIR_PERSONAS,
	DIR_SOURCES,
	DIR_REJECTED,
	DIR_PROMPTS,
	DIR_JSON,
	DIR_EXPLAIN,
	DIR_HISTORY,
	DIR_PROPOSALS,
	DIR_LAST = DIR_PROPOSALS,
	DIR_PAST, /* any directory in history/: it has an inode of its own (past.h) */
};

/* What the kernel may keep without asking: texts never change, so a day is as good as ever. */
#define FOREVER 86400.0

struct inodes;
struct stales;
struct listings;
struct handles;
struct aways;
struct records;
struct scratches;
struct problems;
struct links;
struct locks;
struct watch;

struct fs {
	struct helios_home *home;
	struct fuse_session *session;
	char *mountpoint;
	const char *id; /* of this daemon, a session on the home */
	uid_t uid;
	gid_t gid;
	struct inodes *nodes;	      /* inode.c */
	struct stales *stales;	      /* stale.c */
	struct listings *listings;    /* listing.c */
	struct handles *handles;      /* handle.c */
	struct aways *aways;	      /* away.c */
	struct records *records;      /* ancestor.c */
	struct scratches *scratches;  /* scratch.c */
	struct problems *problems;    /* problem.c */
	struct links *links;	      /* link.c */
	struct locks *locks;	      /* locks.c */
	struct watch *watch;	      /* watch.c */
	void (*ready)(struct fs *fs); /* called once when the kernel has begun to talk to us */
};

static inline struct fs *fs_of(fuse_req_t req)
{
	return fuse_req_userdata(req);
}

/* Who asks for a change; program may be NULL or "" when it is not known. */
static inline struct helios_client client_of(const struct fs *fs, const char *program)
{
	return (struct helios_client){
		.source = HELIOS_VIEW,
		.name = program && *program ? program : NULL,
		.session = fs->id,
	};
}

/* Whether documents can be saved in dir. */
static inline bool dir_is_writable(enum fs_dir dir)
{
	return dir == DIR_PERSONAS || dir == DIR_SOURCES;
}

/* Whether a file of dir is a persona rendered in another way: read only. */
static inline bool dir_is_rendered(enum fs_dir dir)
{
	return dir == DIR_PROMPTS || dir == DIR_JSON || dir == DIR_EXPLAIN;
}

/* Whether the kernel may keep texts of dir: their changes are told to it. */
static inline bool dir_is_kept(enum fs_dir dir)
{
	return dir_is_writable(dir) || dir_is_rendered(dir);
}

/* Whether dir lists what personas/ lists, in another form. */
static inline bool dir_lists_personas(enum fs_dir dir)
{
	return dir_is_rendered(dir) || dir == DIR_HISTORY;
}

static inline enum helios_kind kind_of(enum fs_dir dir)
{
	switch (dir) {
	case DIR_SOURCES:
		return HELIOS_STORED;
	case DIR_REJECTED:
		return HELIOS_REJECTED;
	case DIR_PROMPTS:
		return HELIOS_PROMPT;
	case DIR_JSON:
		return HELIOS_AS_JSON;
	case DIR_EXPLAIN:
		return HELIOS_EXPLAINED;
	case DIR_PROPOSALS:
		return HELIOS_PROPOSAL;
	default:
		return HELIOS_RESOLVED;
	}
}

#define cleanup_text cleanup(cleanup_text_pointer)
static inline void cleanup_text_pointer(struct helios_text **text)
{
	helios_text_unref(*text);
}
