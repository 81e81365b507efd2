/*
 * The operations that memory runs out in: those of the command line and of AI clients as their
 * tables have them, and what else the daemon calls of <helios/home.h>.
 */
#include "oom.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/base.h"
#include "store/snapshot.h"

#define OOM_FILES OOM_EXAMPLES "/../tests/data/import/"

static const struct helios_client tester = {.source = HELIOS_CLI, .name = "test"};

static int read_kinds(struct helios_home *home, struct helios_error *error)
{
	static const enum helios_kind kinds[] = {HELIOS_RESOLVED, HELIOS_STORED,    HELIOS_STATUS,
						 HELIOS_PROMPT,	  HELIOS_EFFECTIVE, HELIOS_AS_JSON,
						 HELIOS_EXPLAINED};
	int err = 0;

	for (size_t i = 0; err == 0 && i < ARRAY_SIZE(kinds); i++) {
		struct helios_text *text = NULL;

		err = helios_read(home, kinds[i], "tutor", &text, error);
		helios_text_unref(text);
	}
	return err;
}

static int list_names(struct helios_home *home, struct helios_error *error)
{
	struct helios_names names = {0};
	cleanup_free char *active = NULL;
	int err = helios_names(home, HELIOS_STORED, &names, error);

	helios_names_free(&names);
	return err < 0 ? err : helios_active(home, &active, error);
}

/* Saves a changed view on top of what has been changed since it was read. */
static int save_merged(struct helios_home *home, struct helios_error *error)
{
	struct helios_past past = {0};
	struct helios_text *text = NULL;
	cleanup_free char *edited = NULL;
	int err = helios_past(home, "writer", &past, error);

	if (err == 0)
		err = helios_past_text(home, "writer", &past.entries[0], &text, error);
	if (err == 0 && asprintf(&edited, "%sadded: [1, two, {three: 4}]\n", text->data) < 0) {
		edited = NULL;
		err = helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "no text");
	}
	if (err == 0)
		err = helios_save(home, &tester, HELIOS_RESOLVED, "writer", edited, strlen(edited),
				  text, NULL, error);
	helios_text_unref(text);
	helios_past_free(&past);
	return err;
}

/* Bytes of the lines below a key, which are deeper than it is. */
static int length_below(const char *line, size_t depth)
{
	const char *at = line;

	do
		at += strcspn(at, "\n") + 1;
	while (strspn(at, " ") > depth);
	return (int)(at - line);
}

/* Says little, but for what the base has locked. */
static int save_resolved(struct helios_home *home, struct helios_error *error)
{
	static const char locked[] = "  boundaries:\n";
	struct helios_text *text = NULL;
	cleanup_free char *edited = NULL;
	int err = helios_read(home, HELIOS_RESOLVED, "writer", &text, error);
	const char *at = err == 0 ? strstr(text->data, locked) : NULL;

	if (err == 0 && !at)
		err = helios_fail(error, HELIOS_NO_KEY, NULL, NULL, "the examples lock nothing");
	if (err == 0 && asprintf(&edited,
				 "communication:\n  tone: clear\n  style: [plain, short]\n"
				 "behaviors:\n%.*s",
				 length_below(at, 2), at) < 0) {
		edited = NULL;
		err = helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "no text");
	}
	if (err == 0)
		err = helios_save(home, &tester, HELIOS_RESOLVED, "writer", edited, strlen(edited),
				  NULL, NULL, error);
	helios_text_unref(text);
	return err;
}

static int save_stored(struct helios_home *home, struct helios_error *error)
{
	static const char text[] = "# mine\nidentity:\n  role: Coder # yes\n";

	return helios_save(home, &tester, HELIOS_STORED, "coder", text, strlen(text), NULL, NULL,
			   error);
}

static int save_again(struct helios_home *home, struct helios_error *error)
{
	static const char text[] = "identity:\n  role: Keeper\n";
	struct helios_gone gone = {.renamed_to = "keeper"};

	return helios_save_again(home, &tester, HELIOS_STORED, "operator", text, strlen(text), NULL,
				 &gone, NULL, error);
}

static int keep_rejected(struct helios_home *home, struct helios_error *error)
{
	static const char text[] = "a: [\n";
	struct helios_error reason = {0};
	cleanup_free char *id = NULL;

	helios_check_prefix("]", 1, "tutor", &reason);
	return helios_reject(home, &tester, HELIOS_RESOLVED, "tutor", text, strlen(text), &reason,
			     &id, error);
}

static int keep_sound(struct helios_home *home, struct helios_error *error)
{
	static const char text[] = "identity:\n  role: Rejected for a time\n";
	struct helios_error reason = {0};

	helios_fail(&reason, HELIOS_LOCK_WAIT, NULL, NULL, "busy");
	return helios_reject(home, &tester, HELIOS_STORED, "tutor", text, strlen(text), &reason,
			     NULL, error);
}

static int with_rejected(struct helios_home *home, bool retry, struct helios_error *error)
{
	struct helios_names names = {0};
	int err = helios_names(home, HELIOS_REJECTED, &names, error);

	if (err == 0 && names.count == 0)
		err = helios_fail(error, HELIOS_USAGE, NULL, NULL, "nothing was rejected");
	if (err == 0 && retry)
		err = helios_reject_retry(home, &tester, names.entries[0], NULL, error);
	else if (err == 0)
		err = helios_reject_drop(home, names.entries[0], error);
	helios_names_free(&names);
	return err;
}

static int retry_rejected(struct helios_home *home, struct helios_error *error)
{
	return with_rejected(home, true, error);
}

static int drop_rejected(struct helios_home *home, struct helios_error *error)
{
	return with_rejected(home, false, error);
}

static int replace(struct helios_home *home, struct helios_error *error)
{
	return helios_replace(home, &tester, "researcher", "writer", error);
}

static int look_back(struct helios_home *home, struct helios_error *error)
{
	struct helios_past past = {0};
	struct helios_text *text = NULL;
	int err = helios_past(home, "tutor", &past, error);

	if (err == 0)
		err = helios_past_text(home, "tutor", &past.entries[0], &text, error);
	helios_text_unref(text);
	helios_past_free(&past);
	return err;
}

/* To the only snapshot there is, whose name holds the time. */
static int roll_back(struct helios_home *home, struct helios_error *error)
{
	struct snapshots snapshots = {0};
	struct rollback done = {0};
	int err = snapshots_read(home, &snapshots, error);

	if (err == 0)
		err = snapshot_roll_back(home, &tester, snapshots.entries[0].name, &done, error);
	rollback_done(&done);
	snapshots_done(&snapshots);
	return err;
}

/* As a daemon lives. */
static int live_long(struct helios_home *home, struct helios_error *error)
{
	struct helios_error problem = {0};
	int again, err;

	if (!helios_session_begin(home, true))
		return helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "no session");
	helios_fail(&problem, HELIOS_SYNTAX, NULL, NULL, "a problem");
	helios_note_problem(home, "personas/tutor.yaml", &problem);
	helios_note_operation(home, &problem);
	helios_note_tool(home, 5);
	err = helios_watch(home, error);
	if (err >= 0)
		err = helios_refresh(home, &again, error);
	return err < 0 ? err : helios_checkpoint(home, error);
}

const struct oom_operation oom_preparation[] = {
	{.name = "init", .arguments = {OOM_EXAMPLES}},
	{.name = "set", .arguments = {"tutor", "mark", "one"}},
	{.name = "set", .arguments = {"writer", "mark", "[1, two]"}},
	{.name = "new", .arguments = {"child", NULL}},
	{.name = "set", .arguments = {"child", "inherits_from", "analyst"}},
	{.name = "mv", .arguments = {"operator", "keeper"}},
	{.name = "snapshot", .arguments = {"the first"}},
	{.name = "record_pattern", .arguments = {"likes \"short\" lines", "0.8", "tutor", "seen"}},
	{.name = "set", .arguments = {"tutor", "mark", "two"}},
	{.name = "keep", .run = keep_sound},
	{.name = NULL},
};

const struct oom_operation oom_operations[] = {
	{"read", "-", .run = read_kinds, .home = HOME_SOUND, .reads = true},
	{"names", "-", .run = list_names, .home = HOME_SOUND, .reads = true},
	{"past", "-", .run = look_back, .home = HOME_SOUND},
	{"list", "list", .home = HOME_SOUND, .reads = true},
	{"show", "show", {"tutor"}, HOME_SOUND, true, NULL},
	{"prompt", "show", {"tutor", NULL, NULL, "1"}, HOME_SOUND, true, NULL},
	{"get", "get", {"tutor", "communication"}, HOME_SOUND, true, NULL},
	{"explain", "explain", {"child"}, HOME_SOUND, true, NULL},
	{"blame", "blame", {"child"}, HOME_SOUND, true, NULL},
	{"tree", "tree", {NULL, "1"}, HOME_SOUND, true, NULL},
	{"search", "search", {NULL, "tone"}, HOME_SOUND, true, NULL},
	{"log", "log", {"tutor", "mark"}, HOME_SOUND, true, NULL},
	{"diff", "diff", {"tutor"}, HOME_SOUND, true, NULL},
	{"diff of two", "diff", {"tutor", "writer"}, HOME_SOUND, true, NULL},
	{"journal", "journal", {NULL}, HOME_SOUND, true, NULL},
	{"validate", "validate", {NULL}, HOME_SOUND, true, NULL},
	{"scan", "scan", {NULL}, HOME_SOUND, true, NULL},
	{"snapshots", "snapshots", {NULL}, HOME_SOUND, true, NULL},
	{"status", "status", {NULL}, HOME_SOUND, true, NULL},
	{"metrics", "status", {"1"}, HOME_SOUND, true, NULL},
	{"doctor", "doctor", {NULL}, HOME_SOUND, true, NULL},
	{"patterns", "search_patterns", {"short"}, HOME_SOUND, true, NULL},
	{"rejected", "rejected", {NULL}, HOME_SOUND, true, NULL},
	{"temporary ones", "temp", {NULL}, HOME_SOUND, true, NULL},
	{"doctor --fix", "doctor", {"1"}, HOME_UNFINISHED, false, NULL},
	{"init", "init", {OOM_EXAMPLES}, HOME_NONE, false, NULL},
	{"upgrade", "upgrade", {NULL}, HOME_OLD, false, NULL},
	{"set", "set", {"tutor", "mark", "{a: [1, 2]}"}, HOME_SOUND, false, NULL},
	{"set of the base", "set", {"base", "communication.tone", "dry"}, HOME_SOUND, false, NULL},
	{"unset", "unset", {"tutor", "communication"}, HOME_SOUND, false, NULL},
	{"new", "new", {"guest", "tutor"}, HOME_SOUND, false, NULL},
	{"import of rules", "import", {OOM_FILES "CLAUDE.md", NULL}, HOME_SOUND, false, NULL},
	{"import of a rule", "import", {OOM_FILES "typescript.mdc"}, HOME_SOUND, false, NULL},
	{"import of a card", "import", {OOM_FILES "card-v2.json"}, HOME_SOUND, false, NULL},
	{"import of a card with rules",
	 "import",
	 {OOM_FILES "card-v3.json"},
	 HOME_SOUND,
	 false,
	 NULL},
	{"import of a home", "import", {OOM_FILES "home"}, HOME_SOUND, false, NULL},
	{"rm", "rm", {"writer"}, HOME_SOUND, false, NULL},
	{"mv", "mv", {"analyst", "surveyor"}, HOME_SOUND, false, NULL},
	{"mv --replace", "-", {NULL}, HOME_SOUND, false, replace},
	{"use", "use", {"writer"}, HOME_SOUND, false, NULL},
	{"undo", "undo", {"2"}, HOME_SOUND, false, NULL},
	{"undo of a key", "undo", {"1", "tutor", "mark"}, HOME_SOUND, false, NULL},
	{"snapshot", "snapshot", {"kept"}, HOME_SOUND, false, NULL},
	{"rollback", "-", {NULL}, HOME_SOUND, false, roll_back},
	{"gc", "gc", {NULL}, HOME_SOUND, false, NULL},
	{"temp add", "temp", {"add", "tutor", "mark", "now", "1d", "why"}, HOME_SOUND, false, NULL},
	{"temp drop", "temp", {"drop", "mine"}, HOME_SOUND, false, NULL},
	{"learn", "learn_behavior", {"tutor", "mark", "\"x\""}, HOME_SOUND, false, NULL},
	{"evolve", "evolve_behavior", {"tutor", "writer", "mark"}, HOME_SOUND, false, NULL},
	{"record", "record_pattern", {"likes it", "0.5", "tutor"}, HOME_SOUND, false, NULL},
	{"save merged", "-", {NULL}, HOME_SOUND, false, save_merged},
	{"save resolved", "-", {NULL}, HOME_SOUND, false, save_resolved},
	{"save stored", "-", {NULL}, HOME_SOUND, false, save_stored},
	{"save again", "-", {NULL}, HOME_SOUND, false, save_again},
	{"reject", "-", {NULL}, HOME_SOUND, false, keep_rejected},
	{"retry", "-", {NULL}, HOME_SOUND, false, retry_rejected},
	{"drop", "-", {NULL}, HOME_SOUND, false, drop_rejected},
	{"daemon", "-", {NULL}, HOME_SOUND, false, live_long},
	{"outside edit", "-", {NULL}, HOME_EDITED, false, live_long},
	{"recovery", "list", {NULL}, HOME_UNFINISHED, false, NULL},
	{.name = NULL},
};

static int run_named(const struct oom_operation *operation, const char *path,
		     struct helios_home *home, struct helios_error *error)
{
	struct helios_answer answer = {0};
	const struct helios_op *op = helios_op_find(operation->name);
	const struct helios_tool *tool = helios_tools;
	const struct helios_call call = {
		.home = home, .path = path, .client = &tester, .values = operation->arguments};
	int err;

	while (!op && tool->name && !streq(tool->name, operation->name))
		tool++;
	if (!op && !tool->name)
		return helios_fail(error, HELIOS_USAGE, NULL, NULL, "no operation");
	err = op ? op->run(&call, &answer, error) : tool->run(&call, &answer, error);
	helios_answer_done(&answer);
	return err;
}

int oom_run(const struct oom_operation *operation, const char *path, struct helios_error *error)
{
	const struct helios_op *op = helios_op_find(operation->name);
	struct helios_home *home = NULL;
	int err;

	if (op && (op->flags & HELIOS_OP_NO_HOME))
		return run_named(operation, path, NULL, error);
	err = helios_open(path, 0, &home, error);
	if (err < 0)
		return err;
	err = operation->run ? operation->run(home, error)
			     : run_named(operation, path, home, error);
	helios_close(home);
	return err;
}

int oom_settle(const char *path, uint64_t *ret_changes, struct helios_error *error)
{
	static const char *const all[] = {NULL, NULL, "0"};
	struct helios_home *home = NULL;
	struct helios_answer answer = {0};
	int err = helios_open(path, 0, &home, error);

	if (err == 0)
		err = helios_refresh(home, NULL, error);
	if (err == 0)
		err = helios_op_find("log")->run(
			&(struct helios_call){.home = home, .client = &tester, .values = all},
			&answer, error);
	*ret_changes = 0;
	if (err < 0 && error->code == HELIOS_OLD_HOME)
		return 0;
	for (const char *at = answer.json; at && (at = strstr(at, "\"commit\":")); at++)
		(*ret_changes)++;
	helios_answer_done(&answer);
	helios_close(home);
	return err;
}

static int write_file(const char *home, const char *name, const char *text)
{
	char path[160];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", home, name);
	file = fopen(path, "w");
	if (!file || fputs(text, file) < 0)
		return -1;
	return fclose(file);
}

int oom_make_old(const char *home)
{
	static const char *const directories[] = {"base", "personas", "learned", "temporary"};
	char path[160];

	for (size_t i = 0; i < ARRAY_SIZE(directories); i++) {
		snprintf(path, sizeof(path), "%s/%s", home, directories[i]);
		if (mkdir(path, 0755) < 0)
			return -1;
	}
	return write_file(home, "base/identity.yaml",
			  "base_importance: 0.7\nidentity:\n  role: Technical partner\n") < 0 ||
			       write_file(home, "personas/welcome.yaml", "name: welcome\n") < 0 ||
			       write_file(home, ".helios_version", "version: 0.1.0\n") < 0
		       ? -1
		       : 0;
}
