/*
 * The operations all programs offer, in one table: command-line verbs, help, completion, MCP
 * tools and their schemas come from it (DESIGN.md section 10).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <helios/home.h>

enum helios_param_type {
	HELIOS_TEXT,
	HELIOS_PERSONA,	 /* one that exists */
	HELIOS_DOCUMENT, /* the same, or 'base' */
	HELIOS_PATH,	 /* of the persona or document before it */
	HELIOS_VALUE,
	HELIOS_COUNT,
	HELIOS_FLAG,
	HELIOS_FILE,
	HELIOS_DIRECTORY,
	HELIOS_SNAPSHOT,
	HELIOS_TOPIC,  /* of help */
	HELIOS_ID,     /* as the command itself lists them; after 'add' a persona or '*' */
	HELIOS_NUMBER, /* of a tool: a JSON number as it came */
	HELIOS_JSON,   /* of a tool: any JSON value as it came */
	HELIOS_TEXTS,  /* of a tool: a JSON list of strings as it came */
};

struct helios_param {
	const char *name; /* "name"; NULL ends the list */
	enum helios_param_type type;
	bool required;
	bool option; /* --name on the command line instead of a place in the line */
	const char *help;
	bool many; /* the last place in the line: further values are in helios_call.rest */
	const char *choices; /* of a text that is one of some: "list show drop"; else NULL */
};

enum helios_op_flags {
	HELIOS_OP_READ_ONLY = 1 << 0,
	HELIOS_OP_NO_HOME = 1 << 1, /* runs without an opened home */
	HELIOS_OP_CREATES = 1 << 2, /* makes the home when there is none */
	HELIOS_OP_CLI = 1 << 3,	    /* run by the command line itself: needs a terminal or mount */
	HELIOS_OP_DESTRUCTIVE = 1 << 4,
	HELIOS_OP_HIDDEN = 1 << 5, /* for scripts: not in help */
};

/* What an operation answers, as data and as text for people. */
struct helios_answer {
	char *json;  /* one JSON value; NULL when there is nothing to say */
	char *text;  /* ends with a newline unless empty */
	bool notice; /* text only tells that a change was made */
	int status;  /* the command's exit status: 0, or 1 for "answered, and the answer is no" */
};

void helios_answer_done(struct helios_answer *answer);

struct helios_call {
	struct helios_home *home; /* NULL for HELIOS_OP_NO_HOME */
	const char *path;	  /* the home's path, also when it is not opened */
	const struct helios_client *client;
	const char *const *values; /* one for each param in order; NULL: not given */
	const char *const *rest;   /* what follows the first value of a param with many; or NULL */
	bool colour;		   /* answer->text may hold terminal colours */
};

struct helios_op {
	const char *name;    /* "set" */
	const char *summary; /* one line, no full stop */
	const char *details; /* paragraphs for --help; may be NULL */
	const struct helios_param *params;
	unsigned flags;
	/* 0 and *answer (freed by the caller with helios_answer_done()), or a negative errno. */
	int (*run)(const struct helios_call *call, struct helios_answer *answer,
		   struct helios_error *error);
};

/* All operations in the order help shows them; ends with a NULL name. */
extern const struct helios_op helios_ops[];

/*
 * What AI clients are offered. Names and arguments are those of the Python server, so that prompts
 * and configurations carry over; the answer's JSON is an object that output describes.
 */
enum helios_tool_flags {
	HELIOS_TOOL_WRITES = 1 << 0,
	HELIOS_TOOL_DESTROYS = 1 << 1,	 /* overwrites or removes something */
	HELIOS_TOOL_IDEMPOTENT = 1 << 2, /* the same call again changes nothing more */
	HELIOS_TOOL_MORE = 1 << 3,	 /* only with 'tools: all' in settings.yaml */
};

struct helios_tool {
	const char *name, *title;
	const char *description; /* what a model needs to know to call it */
	const struct helios_param *params;
	unsigned flags;
	const char *output; /* the members of the answer: JSON Schema, "properties" only */
	int (*run)(const struct helios_call *call, struct helios_answer *answer,
		   struct helios_error *error);
};

/* All tools in the order clients see them; ends with a NULL name. */
extern const struct helios_tool helios_tools[];

/* Whether the home's settings offer all tools. False without a home. */
bool helios_all_tools(struct helios_home *home);

/* The operation of that name, or NULL. */
const struct helios_op *helios_op_find(const char *name);

/* The operation nearest to a mistyped name, or NULL when none is near. */
const struct helios_op *helios_op_suggest(const char *name);

/* Of count candidates the one nearest to a mistyped word, or NULL when none is near. */
const char *helios_suggest(const char *word, const char *const *candidates, size_t count);

/*
 * The PATHs of a resolved persona, or of the base: every key at any depth, in the document's order.
 * Freed with helios_names_free(). 0 or a negative errno.
 */
int helios_paths(struct helios_home *home, const char *name, struct helios_names *ret,
		 struct helios_error *error);

/*
 * An error as a JSON object: code, name, errno, message, file, line, column, key, hint, as far as
 * they are known. The caller frees it; NULL when memory is out.
 */
char *helios_error_json(const struct helios_error *error);

/*
 * The same for a terminal: "file:line:column: error: message [H101]", then, when source (the text
 * the place is in, NUL-terminated) is not NULL, the line with a caret, then the hint; each line
 * ends with a newline. The caller frees it; NULL when memory is out.
 */
char *helios_error_text(const struct helios_error *error, const char *source, bool colour);

/*
 * Where views of the home at path (absolute) are mounted in this process's mount namespace, from
 * /proc/self/mountinfo: freed with helios_names_free(). 0 or a negative errno.
 */
int helios_mounts(const char *path, struct helios_names *ret, struct helios_error *error);

/* Whether the mount there is one whose daemon was killed. */
bool helios_mount_is_dead(const char *point);
