/*
 * The operations all programs offer, in one table: command-line verbs, help, completion, MCP
 * tools and their schemas come from it (DESIGN.md section 10).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <helios/home.h>

enum helios_param_type { HELIOS_TEXT, HELIOS_PERSONA, HELIOS_PATH, HELIOS_VALUE, HELIOS_COUNT,
			 HELIOS_FLAG, HELIOS_FILE };

struct helios_param {
	const char *name; /* "name"; NULL ends the list */
	enum helios_param_type type;
	bool required;
	bool option; /* --name on the command line instead of a place in the line */
	const char *help;
};

enum helios_op_flags {
	HELIOS_OP_READ_ONLY = 1 << 0,
	HELIOS_OP_NO_HOME = 1 << 1,  /* runs without an opened home */
	HELIOS_OP_CREATES = 1 << 2,  /* makes the home when there is none */
	HELIOS_OP_CLI = 1 << 3,	     /* run by the command line itself: needs a terminal or mount */
	HELIOS_OP_DESTRUCTIVE = 1 << 4,
};

/* What an operation answers, as data and as text for people. */
struct helios_answer {
	char *json; /* one JSON value; NULL when there is nothing to say */
	char *text; /* ends with a newline unless empty */
	int status; /* the command's exit status: 0, or 1 for "answered, and the answer is no" */
};

void helios_answer_done(struct helios_answer *answer);

struct helios_call {
	struct helios_home *home; /* NULL for HELIOS_OP_NO_HOME */
	const char *path;	  /* the home's path, also when it is not opened */
	const struct helios_client *client;
	const char *const *values; /* one for each param in order; NULL: not given */
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

/* The operation of that name, or NULL. */
const struct helios_op *helios_op_find(const char *name);

/* The operation nearest to a mistyped name, or NULL when none is near. */
const struct helios_op *helios_op_suggest(const char *name);
