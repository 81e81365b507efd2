/* The table of tools: what AI clients see of Helios. Descriptions speak to a model. */
#include "op/ops.h"

#define EXPECT                                                                                     \
	{.name = "expect",                                                                         \
	 .type = HELIOS_TEXT,                                                                      \
	 .help = "the revision you read; if it has changed, nothing is written and the current "   \
		 "value is returned"}

static const struct helios_param no_params[] = {{.name = NULL}};

static const struct helios_param active_params[] = {
	{.name = "persona_name",
	 .type = HELIOS_PERSONA,
	 .help = "which persona; without it, the active one"},
	{.name = NULL},
};

static const struct helios_param persona_params[] = {
	{.name = "persona_name", .type = HELIOS_PERSONA, .required = true, .help = "which persona"},
	{.name = NULL},
};

static const struct helios_param preference_params[] = {
	{.name = "domain",
	 .type = HELIOS_TEXT,
	 .required = true,
	 .help = "section of the base, such as communication"},
	{.name = "key", .type = HELIOS_PATH, .required = true, .help = "path within it, such as tone"},
	{.name = "value", .type = HELIOS_JSON, .required = true, .help = "the new value, of any kind"},
	EXPECT,
	{.name = NULL},
};

static const struct helios_param patterns_params[] = {
	{.name = "query",
	 .type = HELIOS_TEXT,
	 .required = true,
	 .help = "words to look for; empty for all"},
	{.name = "confidence_min",
	 .type = HELIOS_NUMBER,
	 .help = "only patterns at least so certain, 0 to 1"},
	{.name = NULL},
};

static const struct helios_param commit_params[] = {
	{.name = "message",
	 .type = HELIOS_TEXT,
	 .required = true,
	 .help = "one line that says why the files were changed"},
	{.name = "files",
	 .type = HELIOS_TEXTS,
	 .help = "only these, such as personas/coder.yaml; without it, all"},
	{.name = NULL},
};

static const struct helios_param learn_params[] = {
	{.name = "persona", .type = HELIOS_PERSONA, .required = true, .help = "which persona learns"},
	{.name = "key",
	 .type = HELIOS_PATH,
	 .required = true,
	 .help = "path of the value, such as communication.tone"},
	{.name = "value",
	 .type = HELIOS_JSON,
	 .required = true,
	 .help = "what it shall be, of any kind; null removes it"},
	EXPECT,
	{.name = NULL},
};

static const struct helios_param weight_params[] = {
	{.name = "target", .type = HELIOS_PERSONA, .required = true, .help = "which persona"},
	{.name = "parameter",
	 .type = HELIOS_TEXT,
	 .required = true,
	 .help = "specialization_level (1 or more; higher: the base weighs less) or "
		 "base_importance (0 to 1)"},
	{.name = "value", .type = HELIOS_NUMBER, .required = true, .help = "the new number"},
	EXPECT,
	{.name = NULL},
};

static const struct helios_param revert_params[] = {
	{.name = "commits_back",
	 .type = HELIOS_COUNT,
	 .help = "how many learned changes to undo, newest first (1)"},
	{.name = NULL},
};

static const struct helios_param evolve_params[] = {
	{.name = "from_config",
	 .type = HELIOS_PERSONA,
	 .required = true,
	 .help = "the persona, or 'base', that has the value"},
	{.name = "to_config",
	 .type = HELIOS_PERSONA,
	 .required = true,
	 .help = "the persona, or 'base', that shall have it"},
	{.name = "key", .type = HELIOS_PATH, .required = true, .help = "path of the value"},
	EXPECT,
	{.name = NULL},
};

static const struct helios_param explain_params[] = {
	{.name = "persona", .type = HELIOS_PERSONA, .required = true, .help = "which persona"},
	{.name = "key", .type = HELIOS_PATH, .help = "only this value and what is below it"},
	{.name = NULL},
};

static const struct helios_param history_params[] = {
	{.name = "persona", .type = HELIOS_PERSONA, .required = true, .help = "which persona"},
	{.name = "key", .type = HELIOS_PATH, .help = "only changes of this value"},
	{.name = "limit", .type = HELIOS_COUNT, .help = "at most so many changes (50)"},
	{.name = NULL},
};

static const struct helios_param create_params[] = {
	{.name = "name", .type = HELIOS_PERSONA, .required = true, .help = "the new persona's name"},
	{.name = "from", .type = HELIOS_PERSONA, .help = "begin as a copy of this persona"},
	{.name = NULL},
};

static const struct helios_param name_params[] = {
	{.name = "name", .type = HELIOS_PERSONA, .required = true, .help = "which persona"},
	{.name = NULL},
};

static const struct helios_param snapshot_params[] = {
	{.name = "reason", .type = HELIOS_TEXT, .help = "why, in one line"},
	{.name = NULL},
};

static const struct helios_param rollback_params[] = {
	{.name = "name",
	 .type = HELIOS_TEXT,
	 .required = true,
	 .help = "a snapshot that list_snapshots names, or a commit's id"},
	{.name = NULL},
};

static const struct helios_param record_params[] = {
	{.name = "pattern",
	 .type = HELIOS_TEXT,
	 .required = true,
	 .help = "what was observed, in one sentence"},
	{.name = "confidence", .type = HELIOS_NUMBER, .help = "how certain it is, 0 to 1 (0.5)"},
	{.name = "persona", .type = HELIOS_TEXT, .help = "which persona it is about"},
	{.name = "evidence", .type = HELIOS_TEXT, .help = "what it was seen in"},
	{.name = NULL},
};

static const struct helios_param inject_params[] = {
	{.name = "persona",
	 .type = HELIOS_TEXT,
	 .required = true,
	 .help = "which persona, or * for all"},
	{.name = "overlay",
	 .type = HELIOS_JSON,
	 .required = true,
	 .help = "an object of what shall be otherwise; null removes a value"},
	{.name = "duration", .type = HELIOS_TEXT, .help = "such as 30m, 2h, 1d or 1w (1h)"},
	{.name = "reason", .type = HELIOS_TEXT, .help = "why, in one line"},
	{.name = NULL},
};

static const struct helios_param propose_params[] = {
	{.name = "persona", .type = HELIOS_PERSONA, .required = true, .help = "which persona"},
	{.name = "key",
	 .type = HELIOS_PATH,
	 .required = true,
	 .help = "path of the value, such as communication.tone"},
	{.name = "value",
	 .type = HELIOS_JSON,
	 .required = true,
	 .help = "what it should be, of any kind; null removes it"},
	{.name = "reason", .type = HELIOS_TEXT, .help = "why, in one line"},
	EXPECT,
	{.name = NULL},
};

#define TEXT(name) "\"" name "\":{\"type\":\"string\"}"
#define TRUTH(name) "\"" name "\":{\"type\":\"boolean\"}"
#define NUMBER(name) "\"" name "\":{\"type\":\"number\"}"
#define OBJECT(name) "\"" name "\":{\"type\":\"object\"}"
#define OBJECTS(name) "\"" name "\":{\"type\":\"array\",\"items\":{\"type\":\"object\"}}"
#define TEXTS(name) "\"" name "\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}}"
#define ANY(name, what) "\"" name "\":{\"description\":\"" what "\"}"
#define COMMIT ANY("commit", "the commit's id; null when nothing was changed")
#define PERSONA                                                                                    \
	TEXT("name") "," TRUTH("active") "," OBJECT("config") "," TEXT("revision") ","             \
	NUMBER("weight") "," TEXT("band") "," TEXTS("layers")
#define LEARNED                                                                                    \
	TEXT("name") "," TEXT("path") "," ANY("old", "the value before") ","                       \
	ANY("new", "the value now") "," TEXT("revision") "," TRUTH("changed") "," COMMIT

#define WRITES (HELIOS_TOOL_WRITES | HELIOS_TOOL_DESTROYS)

const struct helios_tool helios_tools[] = {
	{"get_base_config", "Base identity",
	 "The base every persona specialises: identity, communication, behaviors, technical. "
	 "Returns config and its revision.",
	 no_params, 0, OBJECT("config") "," TEXT("revision"), op_tool_base},
	{"get_active_persona", "Active persona",
	 "How you are to behave: the active persona (or the one named), resolved against the "
	 "base. Call this first and follow its config.",
	 active_params, 0, PERSONA, op_tool_persona},
	{"merge_behaviors", "Resolve a persona",
	 "What a persona resolves to: base, parents and persona merged by weight.", persona_params,
	 0, PERSONA, op_tool_merge},
	{"list_personas", "List personas",
	 "All personas with description, level, weight and which one is active.", no_params, 0,
	 ANY("active", "the active persona's name, or null") "," OBJECTS("personas"), op_list},
	{"update_preference", "Change the base",
	 "Change one value of the base, for all personas. Use it for a lasting preference of the "
	 "person that holds everywhere.",
	 preference_params, WRITES | HELIOS_TOOL_IDEMPOTENT, LEARNED, op_tool_preference},
	{"search_patterns", "Search learned patterns",
	 "Recorded observations about the person, those that fit the words best first.",
	 patterns_params, 0, OBJECTS("patterns"), op_tool_patterns},
	{"commit_changes", "Commit edited files",
	 "Commit files of the home that were edited outside, with a message that says why. "
	 "Other tools commit by themselves.",
	 commit_params, HELIOS_TOOL_WRITES | HELIOS_TOOL_IDEMPOTENT, TRUTH("committed") "," COMMIT,
	 op_tool_commit},
	{"learn_behavior", "Teach a persona",
	 "Make one persona behave so: it reads as value at key from now on. Use it for what the "
	 "person asked for in this role.",
	 learn_params, WRITES | HELIOS_TOOL_IDEMPOTENT, LEARNED, op_tool_learn},
	{"tune_weight", "Tune a persona's weight",
	 "Change how strongly the base shows through a persona.", weight_params,
	 WRITES | HELIOS_TOOL_IDEMPOTENT, LEARNED, op_tool_weight},
	{"revert_learning", "Take learning back",
	 "Undo the newest learned changes, as a new commit. Values that somebody changed since "
	 "stay and are listed as skipped. Calling it again goes further back.",
	 revert_params, WRITES,
	 "\"changes\":{\"type\":\"integer\"}," TEXTS("reverted") "," TEXTS("skipped") "," COMMIT,
	 op_tool_revert},
	{"evolve_behavior", "Carry a value over",
	 "Give one persona (or the base) the value another has; up to the base, it holds for all.",
	 evolve_params, WRITES | HELIOS_TOOL_IDEMPOTENT, LEARNED, op_tool_evolve},
	{"explain_behavior", "Explain a persona",
	 "Where each value of a persona comes from: layer, file, line, rule and weight.",
	 explain_params, 0,
	 TEXT("name") "," NUMBER("weight") "," TEXT("band") "," OBJECTS("layers") ","
	 OBJECTS("values") "," OBJECTS("dead") "," OBJECT("ignored"),
	 op_explain},
	{"persona_history", "History of a persona", "Who changed a persona, what and when.",
	 history_params, HELIOS_TOOL_MORE, OBJECTS("changes") "," TRUTH("more"), op_log},
	{"create_persona", "Make a persona",
	 "Make a new persona, empty or as a copy; learn_behavior gives it content.", create_params,
	 HELIOS_TOOL_MORE | HELIOS_TOOL_WRITES, TEXT("name") "," TEXT("from"), op_tool_create},
	{"delete_persona", "Remove a persona", "Remove a persona; its history stays.", name_params,
	 HELIOS_TOOL_MORE | WRITES | HELIOS_TOOL_IDEMPOTENT, TEXT("name"), op_tool_delete},
	{"set_active_persona", "Choose the active persona", "Make a persona the active one.",
	 name_params, HELIOS_TOOL_MORE | WRITES | HELIOS_TOOL_IDEMPOTENT, TEXT("name"),
	 op_tool_activate},
	{"snapshot", "Take a snapshot", "Keep the state of all personas now under a name.",
	 snapshot_params, HELIOS_TOOL_MORE | HELIOS_TOOL_WRITES, TEXT("name") "," TEXT("commit"),
	 op_snapshot},
	{"rollback", "Go back to a snapshot",
	 "Make base, personas and patterns what they were at a snapshot, as a new change; before "
	 "names the snapshot that leads back. Settings stay.",
	 rollback_params, HELIOS_TOOL_MORE | WRITES | HELIOS_TOOL_IDEMPOTENT,
	 TEXT("name") "," OBJECTS("files") "," TEXTS("skipped") ","
	 ANY("before", "the snapshot taken first; null when nothing was to be done") "," COMMIT,
	 op_rollback},
	{"list_snapshots", "List snapshots", "Snapshots rollback can go back to, newest first.",
	 no_params, HELIOS_TOOL_MORE, OBJECTS("snapshots"), op_snapshots},
	{"inject_temporary", "Behave otherwise for a time",
	 "Put an overlay on top of a persona until it expires; what is stored stays as it is. "
	 "Use it for what holds for this task only.",
	 inject_params, HELIOS_TOOL_MORE | HELIOS_TOOL_WRITES,
	 TEXT("id") "," TEXT("persona") "," TEXT("expires_at"), op_tool_inject},
	{"record_pattern", "Record a pattern",
	 "Keep an observation about how the person works, for search_patterns.", record_params,
	 HELIOS_TOOL_MORE | HELIOS_TOOL_WRITES, TEXT("file") "," TEXT("commit"), op_tool_record},
	{"propose_adaptation", "Propose a change",
	 "Keep a change of a persona for the person to accept or reject; until then nothing "
	 "changes. Use it when you are not sure that they want it.",
	 propose_params, HELIOS_TOOL_MORE | HELIOS_TOOL_WRITES | HELIOS_TOOL_IDEMPOTENT, LEARNED,
	 op_tool_propose},
	{"health", "Health", "The home's state: what is mounted, set aside, or needs attention.",
	 no_params, HELIOS_TOOL_MORE, "", op_status},
	{NULL, NULL, NULL, NULL, 0, NULL, NULL},
};
