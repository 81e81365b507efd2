/*
 * The table of operations: what the command line, help, completion, manual and the tools of other
 * programs are made from. The order is the one help shows.
 */
#include "op/ops.h"

#define PERSONA(name, help)                                                                        \
	{                                                                                          \
		name, HELIOS_PERSONA, true, false, help, false                                     \
	}
#define OPTION(name, type, help)                                                                   \
	{                                                                                          \
		name, type, false, true, help, false                                               \
	}
#define END                                                                                        \
	{                                                                                          \
		NULL, HELIOS_TEXT, false, false, NULL, false                                       \
	}

static const struct helios_param no_params[] = {END};

static const struct helios_param init_params[] = {
	OPTION("from", HELIOS_FILE, "copy base.yaml and NAME.yaml files from this directory"),
	END,
};

static const struct helios_param show_params[] = {
	PERSONA("name", "the persona, or 'base'"),
	OPTION("source", HELIOS_FLAG, "the stored text instead of the resolved document"),
	END,
};

static const struct helios_param get_params[] = {
	PERSONA("name", "the persona, or 'base'"),
	{"path", HELIOS_PATH, true, false, "which value, such as communication.tone", false},
	END,
};

static const struct helios_param set_params[] = {
	PERSONA("name", "the persona, or 'base'"),
	{"path", HELIOS_PATH, true, false, "which value, such as communication.tone", false},
	{"value", HELIOS_VALUE, true, false, "a YAML scalar or flow value", false},
	END,
};

static const struct helios_param unset_params[] = {
	PERSONA("name", "the persona, or 'base'"),
	{"path", HELIOS_PATH, true, false, "which value, such as communication.tone", false},
	END,
};

static const struct helios_param new_params[] = {
	PERSONA("name", "the new persona"),
	OPTION("from", HELIOS_PERSONA, "begin with a copy of this persona's source"),
	END,
};

static const struct helios_param rm_params[] = {
	PERSONA("name", "the persona to remove"),
	END,
};

static const struct helios_param mv_params[] = {
	PERSONA("from", "the persona to rename"),
	PERSONA("to", "its new name"),
	OPTION("replace", HELIOS_FLAG, "when TO exists, save what FROM resolves to in it"),
	END,
};

static const struct helios_param cp_params[] = {
	PERSONA("from", "the persona to copy"),
	PERSONA("to", "the name of the copy"),
	END,
};

static const struct helios_param edit_params[] = {
	PERSONA("name", "the persona, or 'base'"),
	OPTION("source", HELIOS_FLAG, "the stored text instead of the resolved document"),
	END,
};

static const struct helios_param use_params[] = {
	{"name", HELIOS_PERSONA, false, false, "the persona; without it, says which is active",
	 false},
	OPTION("none", HELIOS_FLAG, "make no persona active"),
	END,
};

static const struct helios_param validate_params[] = {
	{"file", HELIOS_FILE, false, false, "files to check instead of the home", true},
	END,
};

static const struct helios_param explain_params[] = {
	PERSONA("name", "the persona, or 'base'"),
	{"path", HELIOS_PATH, false, false, "only this value and what is below it", false},
	END,
};

static const struct helios_param log_params[] = {
	{"name", HELIOS_PERSONA, false, false, "only changes to this persona, or 'base'", false},
	{"path", HELIOS_PATH, false, false, "only changes to this value", false},
	OPTION("number", HELIOS_COUNT, "at most so many changes (50; 0: all)"),
	END,
};

static const struct helios_param diff_params[] = {
	PERSONA("name", "the persona, or 'base'"),
	{"other", HELIOS_PERSONA, false, false, "compare what NAME and OTHER resolve to", false},
	END,
};

static const struct helios_param rejected_params[] = {
	{"action", HELIOS_TEXT, false, false, "list, show, retry or drop (list)", false},
	{"id", HELIOS_TEXT, false, false, "which text, as the list names it", false},
	END,
};

static const struct helios_param mount_params[] = {
	{"dir", HELIOS_FILE, false, false, "where (the home's view directory)", false},
	END,
};

static const struct helios_param umount_params[] = {
	{"dir", HELIOS_FILE, false, false, "only this one (every view of the home)", false},
	END,
};

static const struct helios_param help_params[] = {
	{"topic", HELIOS_TEXT, false, false, "a command, 'errors', or a code such as H101", false},
	END,
};

const struct helios_op helios_ops[] = {
	{"init", "Make a home with a base and a first persona",
	 "The home is the directory --dir names, else $HELIOS_DIR, else ~/.helios. An existing\n"
	 "home is left as it is and the command fails.",
	 init_params, HELIOS_OP_NO_HOME, op_init},
	{"status", "Show the home's health, what is active and what needs attention", NULL,
	 no_params, HELIOS_OP_READ_ONLY, op_status},
	{"validate", "Check the files of the home, or files anywhere",
	 "A file called base.yaml, identity.yaml or config.yaml is checked as a base, any other\n"
	 "as a persona. Exit status 1 when one is not valid.",
	 validate_params, HELIOS_OP_READ_ONLY | HELIOS_OP_NO_HOME, op_validate},
	{"help", "Show help on the commands, on one of them or on an error code", NULL, help_params,
	 HELIOS_OP_READ_ONLY | HELIOS_OP_NO_HOME | HELIOS_OP_CLI, NULL},
	{"list", "List the personas with level, weight and band",
	 "The active one has a star. The band says which side strings and lists fall to:\n"
	 "base-led, balanced or persona-led.",
	 no_params, HELIOS_OP_READ_ONLY, op_list},
	{"show", "Show what a persona resolves to, or its source", NULL, show_params,
	 HELIOS_OP_READ_ONLY, op_show},
	{"get", "Print one value of a resolved persona",
	 "A scalar is printed as it is, a list or mapping as one line of YAML. Exit status 1\n"
	 "when there is no such value.",
	 get_params, HELIOS_OP_READ_ONLY, op_get},
	{"explain", "Tell where each value of a persona comes from, and why", NULL, explain_params,
	 HELIOS_OP_READ_ONLY, op_explain},
	{"new", "Make a persona", NULL, new_params, HELIOS_OP_CREATES, op_new},
	{"rm", "Remove a persona; its history stays", NULL, rm_params, HELIOS_OP_DESTRUCTIVE,
	 op_remove},
	{"mv", "Rename a persona; those that inherit from it follow", NULL, mv_params,
	 HELIOS_OP_DESTRUCTIVE, op_rename},
	{"cp", "Copy a persona's source to a new name", NULL, cp_params, 0, op_copy},
	{"edit", "Edit a persona in $VISUAL or $EDITOR",
	 "The editor gets the resolved document; what was changed in it is stored in the\n"
	 "persona, merged with what others changed meanwhile. A text that is refused can be\n"
	 "edited again, and is kept by 'helios rejected' if it is not.",
	 edit_params, HELIOS_OP_CREATES | HELIOS_OP_CLI, NULL},
	{"use", "Make a persona the active one", NULL, use_params, 0, op_use},
	{"set", "Set one value in a persona's source",
	 "VALUE is a YAML scalar or flow value: 3, true, warm, \"a text\", [a, b], {k: v}.\n"
	 "Quote it for the shell.",
	 set_params, HELIOS_OP_CREATES, op_set},
	{"unset", "Take one value out of a persona's source",
	 "An inherited value shows again. To remove an inherited value, set it to null.",
	 unset_params, 0, op_unset},
	{"log", "List changes, newest first: what, who and when", NULL, log_params,
	 HELIOS_OP_READ_ONLY, op_log},
	{"diff", "Compare two personas, or show a persona's last change", NULL, diff_params,
	 HELIOS_OP_READ_ONLY, op_diff},
	{"rejected", "List, show, save again or drop the texts of refused saves", NULL,
	 rejected_params, 0, op_rejected},
	{"mount", "Mount the view: personas as files that can be edited", NULL, mount_params,
	 HELIOS_OP_NO_HOME | HELIOS_OP_CLI, NULL},
	{"umount", "Unmount the view", NULL, umount_params, HELIOS_OP_NO_HOME | HELIOS_OP_CLI,
	 NULL},
	{NULL, NULL, NULL, NULL, 0, NULL},
};
