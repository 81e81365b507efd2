/*
 * The commands that need a terminal, an editor or a mount and so live here and not in the
 * library's table. Each returns the program's exit status, having shown its error.
 */
#pragma once

#include "cli/options.h"
#include "cli/output.h"

struct command_call {
	const struct request *request;
	const struct helios_client *client;
	const char *path;	  /* the home's */
	struct helios_home *home; /* NULL for operations without one */
	struct error_context context;
};

int command_help(const struct command_call *call);
int command_complete(const struct command_call *call);
int command_edit(const struct command_call *call);
int command_mount(const struct command_call *call);
int command_umount(const struct command_call *call);
int command_watch(const struct command_call *call);
int command_review(const struct command_call *call); /* its action walk */

/* --help: of a command, or of the program when op is NULL. */
void show_help(const struct helios_op *op);
