/*
 * The kernel inodes of the view. A node is one immutable version of a text, one draft, one
 * scratch file, one symbolic link, one version of the past or one directory; its id is never used
 * again. All versions and
 * drafts of a file share its number, which is what stat shows.
 */
#pragma once

#include "fs/fs.h"
#include "fs/names.h"

struct draft;
struct scratch;
struct past;

enum inode_type {
	INODE_DIR,
	INODE_VERSION,
	INODE_DRAFT,
	INODE_SCRATCH,
	INODE_LINK,
	INODE_PAST,
};

struct inode {
	fuse_ino_t id;
	enum inode_type type;
	struct name name; /* where it stands; changed by inode_move() only */
	uint64_t number;

	/* What the type needs; owned. */
	struct helios_text *text;	    /* INODE_VERSION */
	struct timespec mtime;		    /* the same, as it is shown */
	struct draft *draft;		    /* INODE_DRAFT */
	struct scratch *scratch;	    /* INODE_SCRATCH */
	char *target;			    /* INODE_LINK */
	struct past *past;		    /* INODE_DIR of a persona in history/ */
	struct helios_past_version version; /* INODE_PAST */

	/* Of inode.c. */
	struct fs *fs;
	_Atomic uint64_t checked; /* the generation at which it was seen to be current */
	atomic_bool superseded;
	atomic_uint opens; /* handles on it */
	uint64_t lookups;
	unsigned refs;
	bool published;
	struct inode *next_id, *next_current;
};

int inodes_new(struct fs *fs);
void inodes_free(struct fs *fs);

/*
 * A new node without lookups and with one reference, NULL when memory ran out. Nobody finds it
 * until it has what its type needs, and is published or stands.
 */
struct inode *inode_new(struct fs *fs, enum inode_type type, const struct name *name);
void inode_publish(struct inode *node);

/* The node of a kernel inode, with a reference; NULL when there is none. */
struct inode *inode_get(struct fs *fs, fuse_ino_t id);
struct inode *inode_ref(struct inode *node);
void inode_put(struct inode *node); /* NULL is fine */

/* The kernel was told of the node once more, or count times less. */
void inode_remember(struct inode *node);
void inode_forget(struct fs *fs, fuse_ino_t id, uint64_t count);

/* The version node of text, which is what name reads as at that generation; with a reference. */
struct inode *inode_version(struct fs *fs, const struct name *name, struct helios_text *text,
			    uint64_t generation);

/* The scratch node or link standing at name, with a reference, or NULL. */
struct inode *inode_standing(struct fs *fs, const struct name *name);
/* Makes node stand at its name, published. */
void inode_stand(struct inode *node);

/* What stands at name is no longer what a look-up gives. Whether something did. */
bool inode_supersede(struct fs *fs, const struct name *name);
/* The same for one node, if it still stands. */
void inode_retire(struct inode *node);

/* Whether a version node is of that very text. */
bool inode_reads(const struct inode *node, const struct helios_text *text);

/* All nodes of from are to's; the one that stands at from stands at to, superseding another. */
void inode_move(struct fs *fs, const struct name *from, const struct name *to);

/* Calls fn, which may call anything, for each node of a type. */
void inode_each(struct fs *fs, enum inode_type type, void (*fn)(struct inode *node, void *data),
		void *data);

/* The attributes the kernel sees. */
int inode_attributes(struct inode *node, struct stat *ret);

/* Answers a look-up with the node, whose reference it takes over. */
void inode_reply_entry(fuse_req_t req, struct inode *node);
/* The same as data for readdirplus or create; counts the look-up. */
int inode_entry(struct inode *node, struct fuse_entry_param *ret);

/* How long the kernel may keep the attributes of node. */
double inode_timeout(const struct inode *node);

#define cleanup_inode cleanup(cleanup_inode_pointer)
static inline void cleanup_inode_pointer(struct inode **node)
{
	inode_put(*node);
}
