/*
 * The table of operations: what the command line, help, completion, manual and the tools of other
 * programs are made from. The order is the one help shows.
 */
#include "op/ops.h"

static const struct helios_param no_params[] = {{.name = NULL}};

static const struct helios_param status_params[] = {
	{.name = "metrics",
	 .type = HELIOS_FLAG,
	 .option = true,
	 .help = "the counts, as OpenMetrics text"},
	{.name = NULL},
};

static const struct helios_param doctor_params[] = {
	{.name = "fix",
	 .type = HELIOS_FLAG,
	 .option = true,
	 .help = "mend what can safely be mended"},
	{.name = NULL},
};

static const struct helios_param init_params[] = {
	{.name = "from",
	 .type = HELIOS_DIRECTORY,
	 .option = true,
	 .help = "copy base.yaml and NAME.yaml files from this directory"},
	{.name = NULL},
};

static const struct helios_param document_params[] = {
	{.name = "name",
	 .type = HELIOS_DOCUMENT,
	 .required = true,
	 .help = "the persona, or 'base'"},
	{.name = "source",
	 .type = HELIOS_FLAG,
	 .option = true,
	 .help = "the stored text instead of the resolved document"},
	{.name = NULL},
};

static const struct helios_param show_params[] = {
	{.name = "name",
	 .type = HELIOS_DOCUMENT,
	 .required = true,
	 .help = "the persona, or 'base'"},
	{.name = "source",
	 .type = HELIOS_FLAG,
	 .option = true,
	 .help = "the stored text instead of the resolved document"},
	{.name = "effective",
	 .type = HELIOS_FLAG,
	 .option = true,
	 .help = "with what lies on top for now ('helios temp')"},
	{.name = "prompt",
	 .type = HELIOS_FLAG,
	 .option = true,
	 .help = "the same as a system prompt"},
	{.name = NULL},
};

static const struct helios_param value_params[] = {
	{.name = "name",
	 .type = HELIOS_DOCUMENT,
	 .required = true,
	 .help = "the persona, or 'base'"},
	{.name = "path",
	 .type = HELIOS_PATH,
	 .required = true,
	 .help = "which value, such as communication.tone"},
	{.name = NULL},
};

static const struct helios_param set_params[] = {
	{.name = "name",
	 .type = HELIOS_DOCUMENT,
	 .required = true,
	 .help = "the persona, or 'base'"},
	{.name = "path",
	 .type = HELIOS_PATH,
	 .required = true,
	 .help = "which value, such as communication.tone"},
	{.name = "value",
	 .type = HELIOS_VALUE,
	 .required = true,
	 .help = "a YAML scalar or flow value"},
	{.name = NULL},
};

static const struct helios_param new_params[] = {
	{.name = "name", .type = HELIOS_TEXT, .required = true, .help = "the new persona"},
	{.name = "from",
	 .type = HELIOS_PERSONA,
	 .option = true,
	 .help = "begin with a copy of this persona's source"},
	{.name = NULL},
};

static const struct helios_param rm_params[] = {
	{.name = "name", .type = HELIOS_PERSONA, .required = true, .help = "the persona to remove"},
	{.name = NULL},
};

static const struct helios_param mv_params[] = {
	{.name = "from", .type = HELIOS_PERSONA, .required = true, .help = "the persona to rename"},
	{.name = "to", .type = HELIOS_PERSONA, .required = true, .help = "its new name"},
	{.name = "replace",
	 .type = HELIOS_FLAG,
	 .option = true,
	 .help = "when TO exists, save what FROM resolves to in it"},
	{.name = NULL},
};

static const struct helios_param cp_params[] = {
	{.name = "from", .type = HELIOS_PERSONA, .required = true, .help = "the persona to copy"},
	{.name = "to", .type = HELIOS_TEXT, .required = true, .help = "the name of the copy"},
	{.name = NULL},
};

static const struct helios_param use_params[] = {
	{.name = "name",
	 .type = HELIOS_PERSONA,
	 .help = "the persona; without it, says which is active"},
	{.name = "none", .type = HELIOS_FLAG, .option = true, .help = "make no persona active"},
	{.name = NULL},
};

static const struct helios_param validate_params[] = {
	{.name = "file",
	 .type = HELIOS_FILE,
	 .help = "files to check instead of the home",
	 .many = true},
	{.name = NULL},
};

static const struct helios_param explain_params[] = {
	{.name = "name",
	 .type = HELIOS_DOCUMENT,
	 .required = true,
	 .help = "the persona, or 'base'"},
	{.name = "path", .type = HELIOS_PATH, .help = "only this value and what is below it"},
	{.name = NULL},
};

static const struct helios_param tree_params[] = {
	{.name = "name", .type = HELIOS_PERSONA, .help = "only this persona's part"},
	{.name = "svg", .type = HELIOS_FLAG, .option = true, .help = "as a picture"},
	{.name = NULL},
};

static const struct helios_param search_params[] = {
	{.name = "number",
	 .type = HELIOS_COUNT,
	 .option = true,
	 .help = "at most so many (20; 0: all)"},
	{.name = "word",
	 .type = HELIOS_TEXT,
	 .required = true,
	 .help = "what to look for",
	 .many = true},
	{.name = NULL},
};

static const struct helios_param what_if_params[] = {
	{.name = "name", .type = HELIOS_PERSONA, .required = true, .help = "the persona"},
	{.name = "level",
	 .type = HELIOS_TEXT,
	 .option = true,
	 .help = "its specialization_level, 1 or more"},
	{.name = "importance",
	 .type = HELIOS_TEXT,
	 .option = true,
	 .help = "its base_importance, 0 to 1"},
	{.name = NULL},
};

static const struct helios_param log_params[] = {
	{.name = "name", .type = HELIOS_DOCUMENT, .help = "only changes to this persona, or 'base'"},
	{.name = "path", .type = HELIOS_PATH, .help = "only changes to this value"},
	{.name = "number",
	 .type = HELIOS_COUNT,
	 .option = true,
	 .help = "at most so many changes (50; 0: all)"},
	{.name = NULL},
};

static const struct helios_param diff_params[] = {
	{.name = "name",
	 .type = HELIOS_DOCUMENT,
	 .required = true,
	 .help = "the persona, or 'base'"},
	{.name = "other", .type = HELIOS_PERSONA, .help = "compare what NAME and OTHER resolve to"},
	{.name = NULL},
};

static const struct helios_param journal_params[] = {
	{.name = "name", .type = HELIOS_DOCUMENT, .help = "only changes to this persona, or 'base'"},
	{.name = "number",
	 .type = HELIOS_COUNT,
	 .option = true,
	 .help = "at most so many changes (50; 0: all)"},
	{.name = "source",
	 .type = HELIOS_TEXT,
	 .option = true,
	 .help = "only from view, mcp, cli, external or recovery",
	 .choices = "view mcp cli external recovery"},
	{.name = "op",
	 .type = HELIOS_TEXT,
	 .option = true,
	 .help = "only the operation a commit names in Helios-Op"},
	{.name = "failed",
	 .type = HELIOS_FLAG,
	 .option = true,
	 .help = "only changes that were given up"},
	{.name = NULL},
};

static const struct helios_param undo_params[] = {
	{.name = "n", .type = HELIOS_COUNT, .help = "how many changes, newest first (1)"},
	{.name = "persona",
	 .type = HELIOS_DOCUMENT,
	 .option = true,
	 .help = "only changes to this persona, or 'base'"},
	{.name = "key",
	 .type = HELIOS_PATH,
	 .option = true,
	 .help = "of the persona only this value"},
	{.name = NULL},
};

static const struct helios_param snapshot_params[] = {
	{.name = "reason", .type = HELIOS_TEXT, .help = "why, for 'helios snapshots' to show"},
	{.name = NULL},
};

static const struct helios_param rollback_params[] = {
	{.name = "name",
	 .type = HELIOS_SNAPSHOT,
	 .required = true,
	 .help = "a snapshot, or a commit that 'helios log' shows"},
	{.name = NULL},
};

static const struct helios_param rejected_params[] = {
	{.name = "action", .type = HELIOS_TEXT, .help = "list, show, retry or drop (list)",
	 .choices = "list show retry drop"},
	{.name = "id", .type = HELIOS_ID, .help = "which text, as the list names it"},
	{.name = NULL},
};

static const struct helios_param trust_params[] = {
	{.name = "revoke",
	 .type = HELIOS_FLAG,
	 .option = true,
	 .help = "no longer count what is there"},
	{.name = "list", .type = HELIOS_FLAG, .option = true, .help = "list what is trusted"},
	{.name = "file",
	 .type = HELIOS_FILE,
	 .help = "a .helios.yaml, or its directory (here's)"},
	{.name = NULL},
};

static const struct helios_param review_params[] = {
	{.name = "action", .type = HELIOS_TEXT, .help = "list, show, accept, reject or walk (list)",
	 .choices = "list show accept reject walk"},
	{.name = "id", .type = HELIOS_ID, .help = "which proposal: its id's beginning will do"},
	{.name = NULL},
};

static const struct helios_param temp_params[] = {
	{.name = "action", .type = HELIOS_TEXT, .help = "list, add or drop (list)",
	 .choices = "list add drop"},
	{.name = "name",
	 .type = HELIOS_ID,
	 .help = "add: the persona, or '*' for all; drop: the id"},
	{.name = "path",
	 .type = HELIOS_PATH,
	 .help = "add: which value, such as communication.tone"},
	{.name = "value", .type = HELIOS_VALUE, .help = "add: what it shall be"},
	{.name = "for",
	 .type = HELIOS_TEXT,
	 .option = true,
	 .help = "add: for how long, such as 30m, 2h, 1d or 1w (1h)"},
	{.name = "reason",
	 .type = HELIOS_TEXT,
	 .option = true,
	 .help = "add: why, for the list to show"},
	{.name = NULL},
};

static const struct helios_param render_params[] = {
	{.name = "name", .type = HELIOS_PERSONA, .required = true, .help = "the persona"},
	{.name = "as",
	 .type = HELIOS_TEXT,
	 .option = true,
	 .help = "the format (agents-md)",
	 .choices = "agents-md claude-md mdc instructions output-style agent skill card windsurf "
		    "continue"},
	{.name = NULL},
};

static const struct helios_param import_params[] = {
	{.name = "file", .type = HELIOS_FILE, .required = true, .help = "the file to read"},
	{.name = "as",
	 .type = HELIOS_TEXT,
	 .option = true,
	 .help = "the persona's name (made from the file's)"},
	{.name = NULL},
};

#define LINKED	"claude-code cursor vscode zed codex gemini windsurf continue"
#define CLIENTS LINKED " claude-desktop"

static const struct helios_param link_params[] = {
	{.name = "client",
	 .type = HELIOS_TEXT,
	 .help = "the AI tool, such as codex",
	 .choices = LINKED},
	{.name = "copy", .type = HELIOS_FLAG, .option = true, .help = "a file of its own"},
	{.name = "block",
	 .type = HELIOS_FLAG,
	 .option = true,
	 .help = "a part of a file, between two marks"},
	{.name = NULL},
};

static const struct helios_param unlink_params[] = {
	{.name = "client",
	 .type = HELIOS_TEXT,
	 .help = "the AI tool, such as codex",
	 .choices = LINKED},
	{.name = "all", .type = HELIOS_FLAG, .option = true, .help = "every link there is"},
	{.name = NULL},
};

static const struct helios_param mount_params[] = {
	{.name = "dir", .type = HELIOS_DIRECTORY, .help = "where (the home's view directory)"},
	{.name = "at-login",
	 .type = HELIOS_FLAG,
	 .option = true,
	 .help = "and let each login mount it there"},
	{.name = "no-login",
	 .type = HELIOS_FLAG,
	 .option = true,
	 .help = "let no login mount it any more; nothing is mounted now"},
	{.name = NULL},
};

static const struct helios_param umount_params[] = {
	{.name = "dir", .type = HELIOS_DIRECTORY, .help = "only this one (every view of the home)"},
	{.name = NULL},
};

static const struct helios_param setup_params[] = {
	{.name = "print",
	 .type = HELIOS_FLAG,
	 .option = true,
	 .help = "only show what would be put where"},
	{.name = "undo",
	 .type = HELIOS_FLAG,
	 .option = true,
	 .help = "take it back"},
	{.name = "client",
	 .type = HELIOS_TEXT,
	 .help = "such as claude-code (list them)",
	 .choices = CLIENTS},
	{.name = NULL},
};

static const struct helios_param help_params[] = {
	{.name = "topic",
	 .type = HELIOS_TOPIC,
	 .help = "a command, a topic, 'errors', or a code such as H101"},
	{.name = NULL},
};

static const struct helios_param complete_params[] = {
	{.name = "word",
	 .type = HELIOS_TEXT,
	 .help = "what was typed after 'helios', to be completed",
	 .many = true},
	{.name = NULL},
};

const struct helios_op helios_ops[] = {
	{"init", "Make a home with a base and a first persona",
	 "The home is the directory --dir names, else $HELIOS_DIR, else ~/.helios. An\n"
	 "existing home is left as it is and the command fails.",
	 init_params, HELIOS_OP_NO_HOME, op_init},
	{"status", "Show the home's health, what is active and what needs attention",
	 "The state is READY, NEEDS_MIGRATION, CORRUPTED or FRESH_INSTALL (no home yet).\n"
	 "Exit status 1 when it is not READY.",
	 status_params, HELIOS_OP_READ_ONLY | HELIOS_OP_NO_HOME, op_status},
	{"doctor", "Look for what is wrong with the home, and mend it",
	 "Without --fix nothing is changed. What is replaced is kept in .recovery. Exit\n"
	 "status 1 when something is wrong and was not mended.",
	 doctor_params, HELIOS_OP_NO_HOME, op_doctor},
	{"gc", "Make a home small: pack its history, drop what has expired",
	 "Nothing is lost: what is packed can be shown, undone and gone back to as\n"
	 "before. Long-lived programs pack by themselves when there is much; this packs\n"
	 "everything. Old days of the journal go as retention: {journal_days} says;\n"
	 "expired temporary overlays move to .recovery/.",
	 no_params, 0, op_gc},
	{"upgrade", "Bring a home of an older Helios up to date",
	 "A copy of the home is kept in .backups and its state is tagged first. Afterwards\n"
	 "everything is looked through; when something is not as it was, it goes back. A\n"
	 "home with files that are not valid is refused.",
	 no_params, HELIOS_OP_NO_HOME, op_upgrade},
	{"setup", "Give an AI client access: register helios-mcp with it",
	 "Without a client it lists those it knows, which are installed, and which have\n"
	 "helios-mcp. In the client's configuration nothing but the entry changes; what it\n"
	 "was is kept in .backups/setup. With --undo it is that again, byte for byte; when\n"
	 "it was changed since, only the entry goes.",
	 setup_params, HELIOS_OP_NO_HOME, op_setup},
	{"validate", "Check the files of the home, or files anywhere",
	 "A file called base.yaml, identity.yaml or config.yaml is checked as a base, any\n"
	 "other as a persona. Exit status 1 when one is not valid.",
	 validate_params, HELIOS_OP_READ_ONLY | HELIOS_OP_NO_HOME, op_validate},
	{"help", "Show help on the commands, on one of them or on a topic", NULL, help_params,
	 HELIOS_OP_READ_ONLY | HELIOS_OP_NO_HOME | HELIOS_OP_CLI, NULL},
	{"list", "List the personas with level, weight and band",
	 "The active one has a star. The band says which side strings and lists fall to:\n"
	 "base-led, balanced or persona-led.",
	 no_params, HELIOS_OP_READ_ONLY, op_list},
	{"tree", "Show what inherits from what, and with what weight",
	 "With a name only what leads to it and inherits from it. --svg prints a picture:\n"
	 "the bar in a box is the weight of what is inherited.",
	 tree_params, HELIOS_OP_READ_ONLY, op_tree},
	{"show", "Show what a persona resolves to, or its source", NULL, show_params,
	 HELIOS_OP_READ_ONLY, op_show},
	{"get", "Print one value of a resolved persona",
	 "A scalar is printed as it is, a list or mapping as one line of YAML. Exit\n"
	 "status 1 when there is no such value.",
	 value_params, HELIOS_OP_READ_ONLY, op_get},
	{"explain", "Tell where each value of a persona comes from, and why", NULL, explain_params,
	 HELIOS_OP_READ_ONLY, op_explain},
	{"blame", "Tell who made each value of a persona what it is, and when",
	 "Each value with the newest change of it in the layer it comes from: base, parent\n"
	 "or the persona itself. A blended number is its larger part's.",
	 explain_params, HELIOS_OP_READ_ONLY, op_blame},
	{"search", "Find values by key or words, also past ones, and changes",
	 "The best fit first: a key counts more than a value, a rare word more than a\n"
	 "common one. Of values that are no longer there, and of what is said of changes,\n"
	 "the newest 10000 commits are looked at.",
	 search_params, HELIOS_OP_READ_ONLY, op_search},
	{"what-if", "List the values another level or importance would change",
	 "Nothing is written. Strings and lists flip where the weight crosses from one\n"
	 "band into another, numbers move with it. Temporary overlays do not count.",
	 what_if_params, HELIOS_OP_READ_ONLY, op_what_if},
	{"new", "Make a persona", NULL, new_params, HELIOS_OP_CREATES, op_new},
	{"rm", "Remove a persona; its history stays", NULL, rm_params, HELIOS_OP_DESTRUCTIVE,
	 op_remove},
	{"mv", "Rename a persona; those that inherit from it follow", NULL, mv_params,
	 HELIOS_OP_DESTRUCTIVE, op_rename},
	{"cp", "Copy a persona's source to a new name", NULL, cp_params, 0, op_copy},
	{"edit", "Edit a persona in $VISUAL or $EDITOR",
	 "The editor gets the resolved document; what was changed in it is stored in the\n"
	 "persona, merged with what others changed meanwhile. A text that is refused can\n"
	 "be edited again; if it is not, 'helios rejected' keeps it.",
	 document_params, HELIOS_OP_CREATES | HELIOS_OP_CLI, NULL},
	{"use", "Make a persona the active one", NULL, use_params, 0, op_use},
	{"set", "Set one value in a persona's source",
	 "VALUE is a YAML scalar or flow value: 3, true, warm, \"a text\", [a, b], {k: v}.\n"
	 "Quote it for the shell. What it inherits may have a say in what the value reads\n"
	 "as, which is told then; '!override VALUE' makes it the persona's alone.",
	 set_params, HELIOS_OP_CREATES, op_set},
	{"unset", "Take one value out of a persona's source",
	 "An inherited value shows again. To remove an inherited value, set it to null.",
	 value_params, 0, op_unset},
	{"log", "List changes, newest first: what, who and when", NULL, log_params,
	 HELIOS_OP_READ_ONLY, op_log},
	{"diff", "Compare two personas, or show a persona's last change", NULL, diff_params,
	 HELIOS_OP_READ_ONLY, op_diff},
	{"journal", "List what was asked for, newest first, and whether it was done",
	 "The journal knows more than the history: what stands beside git, such as which\n"
	 "persona is active, and what could not be carried out.",
	 journal_params, HELIOS_OP_READ_ONLY, op_journal},
	{"undo", "Take the newest changes back, whoever made them",
	 "Each becomes undone as a new change; what somebody changed since stays. Calling\n"
	 "it again goes further back. Exit status 1 when there is nothing to undo.",
	 undo_params, HELIOS_OP_DESTRUCTIVE, op_undo},
	{"snapshot", "Keep the home's state now under a name",
	 "A snapshot is a git tag. It is also taken before each rollback.", snapshot_params,
	 HELIOS_OP_CREATES, op_snapshot},
	{"snapshots", "List the snapshots, newest first", NULL, no_params, HELIOS_OP_READ_ONLY,
	 op_snapshots},
	{"rollback", "Make the whole home what it was at a snapshot",
	 "Base, personas, learned patterns and settings become what they were. That is a\n"
	 "new change on top: nothing leaves the history, and a snapshot taken first leads\n"
	 "back. Damaged files are mended; .recovery/ keeps what they held.",
	 rollback_params, HELIOS_OP_DESTRUCTIVE, op_rollback},
	{"scan", "Look for secrets in the home and its history",
	 "Saves that hold what looks like a key, token or password are refused by every\n"
	 "program; this finds what came otherwise, with 'git pull' or before. Only the\n"
	 "rule and the place are told. Exit status 1 when there is one.",
	 no_params, HELIOS_OP_READ_ONLY, op_scan},
	{"review", "List, show, accept or reject what agents propose",
	 "What an AI client would change is a proposal where settings.yaml says\n"
	 "'agent_writes: propose', or says so for its path:\n"
	 "\n"
	 "    agent_writes: {\"*\": propose, communication: allow, technical: deny}\n"
	 "\n"
	 "Nothing has changed until it is accepted; what was changed meanwhile elsewhere\n"
	 "stays. 'walk' shows one after the other and asks. The view has proposals in\n"
	 "proposals/.",
	 review_params, 0, op_review},
	{"trust", "Let a project's .helios.yaml count",
	 "A project can say in .helios.yaml how agents behave in it: it lies on top of\n"
	 "every persona for AI clients, 'explain' and 'show --effective' there. It counts\n"
	 "only while it holds what you have trusted, for it may come from a stranger. It\n"
	 "is found through --project, CLAUDE_PROJECT_DIR or upward from here.",
	 trust_params, 0, op_trust},
	{"rejected", "List, show, save again or drop the texts of refused saves", NULL,
	 rejected_params, 0, op_rejected},
	{"temp", "Let personas behave otherwise for a time",
	 "A temporary overlay lies on top of a persona, or with '*' of all; what it says\n"
	 "wins there. AI clients, 'explain' and 'show --effective' see it, what is saved\n"
	 "and kept in history never does. It ends by itself; later ones lie on earlier\n"
	 "ones. For more than one value write a file in temporary/.",
	 temp_params, HELIOS_OP_CREATES, op_temp},
	{"render", "Show a persona in the format of an AI tool",
	 "FORMAT is agents-md, claude-md, mdc, instructions, output-style, agent, skill,\n"
	 "card, windsurf or continue. What is longer than the tool reads loses whole\n"
	 "sections, the least important first; its last line says which.",
	 render_params, HELIOS_OP_READ_ONLY, op_render},
	{"import", "Make a persona of a file of another program",
	 "FILE is rules in Markdown (CLAUDE.md, AGENTS.md, .cursorrules, .mdc and the\n"
	 "like), a character card (JSON or PNG, versions 1 to 3), or the directory of a\n"
	 "Python helios home, whose personas become personas here. Headings become keys,\n"
	 "lists lists, so that 'show --prompt' reads as the file. What could not be taken\n"
	 "over is told. A name that is taken is refused.",
	 import_params, HELIOS_OP_NO_HOME, op_import},
	{"link", "Put the active persona where an AI tool reads rules",
	 "CLIENT is claude-code, cursor, vscode, zed, codex, gemini, windsurf or continue;\n"
	 "with --project DIR for that project alone. claude-code gets a symbolic link to a\n"
	 "file in the home, which always says what the active persona is now. The others\n"
	 "get a copy, or a block at the end of the file you have; without CLIENT all are\n"
	 "written anew, as is needed after a change: 'helios check' tells. What is yours\n"
	 "is never overwritten, and no link in a project is followed.",
	 link_params, 0, op_link},
	{"check", "Tell whether each link still says what the active persona is",
	 "A link is ok, drifted, missing, or its persona is gone. Exit status 1 when one\n"
	 "is not ok; 'helios link' writes all anew.",
	 no_params, HELIOS_OP_READ_ONLY, op_check},
	{"unlink", "Take links away; every file is again what it was",
	 "With --project DIR only that project's. What was edited in a copy or a block is\n"
	 "kept in .recovery/ of the home.",
	 unlink_params, 0, op_unlink},
	{"mount", "Mount the view: personas as files that can be edited",
	 "--at-login writes a systemd user unit, which also starts a daemon anew that has\n"
	 "died, and an autostart entry for desktops without systemd; --no-login removes\n"
	 "both.",
	 mount_params,
	 HELIOS_OP_NO_HOME | HELIOS_OP_CLI, NULL},
	{"umount", "Unmount the view", NULL, umount_params, HELIOS_OP_NO_HOME | HELIOS_OP_CLI,
	 NULL},
	{"watch", "Tell of each change as it happens, whoever makes it",
	 "A line for each change, as 'helios log' has them but oldest first, until it is\n"
	 "interrupted or nobody reads its output any more. Edits made outside are taken.\n"
	 "With --json a line is one object; {\"active\": NAME} tells of a switch.",
	 no_params, HELIOS_OP_READ_ONLY | HELIOS_OP_CLI, NULL},
	{"complete", "Print what a command line may go on with",
	 "A line for each candidate: the word, a tab, and what it is. A line without a word\n"
	 "says that 'files' or 'directories' go there. Asked by the shells' completions.",
	 complete_params, HELIOS_OP_READ_ONLY | HELIOS_OP_NO_HOME | HELIOS_OP_CLI | HELIOS_OP_HIDDEN,
	 NULL},
	{NULL, NULL, NULL, NULL, 0, NULL},
};
