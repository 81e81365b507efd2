/* What a name in the view means. Relies on the library to know a persona's name. */
#pragma once

#include "fs/fs.h"

enum name_kind {
	NAME_DOCUMENT,	    /* NAME.yaml in personas/ or sources/ */
	NAME_SCRATCH,	    /* an editor's own file in personas/ or sources/ */
	NAME_INVALID,	    /* would have to be a document, but cannot be one */
	NAME_RENDERED,	    /* a persona in prompts/, json/ or explain/ */
	NAME_REJECTED,	    /* a file in rejected/ */
	NAME_PROPOSAL,	    /* a file in proposals/ */
	NAME_PAST_DIR,	    /* a persona's directory in history/ */
	NAME_PAST,	    /* a version in it */
	NAME_DIR,	    /* one of the directories */
	NAME_STATUS,	    /* status.yaml */
	NAME_ACTIVE,	    /* active.yaml */
	NAME_ACTIVE_PROMPT, /* active.md */
	NAME_LINK, /* any other name in the root: the new link ln -sf makes before its rename */
	NAME_NONE, /* nothing can have that name */
	NAME_TOO_LONG,
};

/* A file's place in the view, taken apart. */
struct name {
	enum fs_dir dir;
	enum name_kind kind;
	char file[256];
	char persona[LIMIT_NAME + 1]; /* of a document, a rendered one, or a past; a proposal's id */
	enum fs_dir child;	      /* of a directory */
};

struct name name_parse(enum fs_dir dir, const char *file);

/* The same for a file in a persona's directory in history/. */
struct name name_past(const char *persona, const char *file);

/* The number that stat shows for what has that name: the same in every version and daemon. */
uint64_t name_number(const struct name *name);

/* Whether they are the same place. */
bool name_equal(const struct name *a, const struct name *b);

/* What the names of documents in dir end in: ".yaml", ".md"; "" where they are free. */
const char *dir_suffix(enum fs_dir dir);

/* The name of one of the directories in the root. */
const char *dir_name(enum fs_dir dir);

/* The errno that refuses to create or write what name stands for; 0 when it can be. */
int name_refuses_write(const struct name *name);
