/*
 * The command line, read by getopt_long from the table of operations. Relies on <helios/op.h>;
 * the strings point into argv.
 */
#pragma once

#include <helios/helios.h>

#include "base/base.h"
#include "base/buf.h"

struct request {
	const char *dir, *project;
	bool json, quiet, help, version;
	const struct helios_op *op; /* NULL: no command was given */
	const char **values;	    /* one for each param of op */
	const char **rest;	    /* further values of the last param; NULL ends it */
	size_t rest_count;
	bool understood; /* as far as it goes: only required values may be missing */
	bool open;	 /* the last word is an option whose value is missing */
	const struct helios_param *open_param; /* that option; NULL: a global one */
};

/* The options every command has. */
struct global_option {
	const char *name;
	char letter;
	const char *value; /* what help calls its value; NULL: it has none */
	const char *help;
};

extern const struct global_option global_options[];
extern const size_t global_option_count;

/* Fills *ret; 0, or -EINVAL (HELIOS_USAGE). request_done() in both cases. */
int request_parse(int argc, char **argv, struct request *ret, struct helios_error *error);
void request_done(struct request *request);

/* The short form of an option of op: its first letter where that is free, else 0. */
char option_letter(const struct helios_op *op, const struct helios_param *param);

/* What help and usage call a param's value: "NAME", "N". */
const char *param_word(const struct helios_param *param, char *space, size_t size);

/* Appends "helios set NAME PATH VALUE". */
void add_usage(struct buf *out, const struct helios_op *op);
