/*
 * The kernel inodes of the view. A node is one immutable version of a text, one draft, one
 * scratch file, one symbolic link or one directory; its id is never used again. All versions and
 * drafts of a file share its number, which is what stat shows.
 */
#pragma once

#include "fs/fs.h"
#include "fs/names.h"

struct draft;
struct scratch;

enum node_type { NODE_DIR, NODE_VERSION, NODE_DRAFT, NODE_SCRATCH, NODE_LINK };

struct node {
	fuse_ino_t id;
	enum node_type type;
	struct name name; /* where it stands; changed by node_move() only */
	uint64_t number;

	/* What the type needs; owned. */
	struct helios_text *text; /* NODE_VERSION */
	struct draft *draft;	  /* NODE_DRAFT */
	struct scratch *scratch;  /* NODE_SCRATCH */
	char *target;		  /* NODE_LINK */

	/* Of inode.c. */
	struct fs *fs;
	_Atomic uint64_t checked; /* the generation at which it was seen to be current */
	atomic_bool superseded;
	uint64_t lookups;
	unsigned refs;
	struct node *next_id, *next_current;
};

int nodes_new(struct fs *fs);
void nodes_free(struct fs *fs);

/* A new node without lookups and with one reference, NULL when memory ran out. */
struct node *node_new(struct fs *fs, enum node_type type, const struct name *name);

/* The node of a kernel inode, with a reference; NULL when there is none. */
struct node *node_get(struct fs *fs, fuse_ino_t id);
struct node *node_ref(struct node *node);
void node_put(struct node *node); /* NULL is fine */

/* The kernel was told of the node once more, or count times less. */
void node_remember(struct node *node);
void node_forget(struct fs *fs, fuse_ino_t id, uint64_t count);

/* The version node of text, which is what name reads as at that generation; with a reference. */
struct node *node_version(struct fs *fs, const struct name *name, struct helios_text *text,
			  uint64_t generation);

/* The scratch node or link standing at name, with a reference, or NULL. */
struct node *node_standing(struct fs *fs, const struct name *name);
/* Makes node stand at its name (a new scratch file or link). */
void node_stand(struct node *node);

/* What stands at name is no longer what a look-up gives. Whether something did. */
bool node_supersede(struct fs *fs, const struct name *name);
/* The same for one node, if it still stands. */
void node_retire(struct node *node);

/* Whether a version node is of that very text. */
bool node_reads(const struct node *node, const struct helios_text *text);

/* The node that stands at from stands at to; what stood there is superseded. */
void node_move(struct fs *fs, const struct name *from, const struct name *to);

/* Calls fn, which may call anything, for each node of a type. */
void node_each(struct fs *fs, enum node_type type, void (*fn)(struct node *node, void *data),
	       void *data);

/* The attributes the kernel sees. */
int node_attributes(struct node *node, struct stat *ret);

/* Answers a look-up with the node, whose reference it takes over. */
void node_reply_entry(fuse_req_t req, struct node *node);
/* The same as data for readdirplus or create; counts the look-up. */
int node_entry(struct node *node, struct fuse_entry_param *ret);

/* How long the kernel may keep the attributes of node. */
double node_timeout(const struct node *node);

#define cleanup_node cleanup(cleanup_node_pointer)
static inline void cleanup_node_pointer(struct node **node)
{
	node_put(*node);
}
