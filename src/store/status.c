/* Building status.yaml as a document, so that it is always valid YAML. */
#include "store/status.h"

#include <time.h>

#include "store/external.h"
#include "store/layers.h"
#include "store/migrate.h"
#include "store/observe.h"
#include "store/text.h"

struct report {
	struct helios_home *home;
	struct arena arena;
	struct node *root;
	int err;
};

static void add(struct report *report, struct node *map, const char *key, struct node *value)
{
	if (report->err == 0)
		report->err = node_put(&report->arena, map, key, value);
}

static void add_text(struct report *report, struct node *map, const char *key, const char *text)
{
	if (text && *text)
		add(report, map, key, node_string(&report->arena, text, strlen(text)));
}

static void add_reason(struct report *report, struct node *map, const struct helios_error *reason)
{
	add_text(report, map, "code", helios_code_name(reason->code));
	add_text(report, map, "message", reason->message);
	if (reason->line) {
		add(report, map, "line", node_int(&report->arena, reason->line));
		add(report, map, "column", node_int(&report->arena, reason->column));
	}
	add_text(report, map, "key", reason->key);
	add_text(report, map, "hint", reason->hint);
}

/* A mapping below key, one entry for each name. */
static struct node *section(struct report *report, const char *key)
{
	struct node *map = node_map(&report->arena);

	add(report, report->root, key, map);
	return map;
}

static void report_set_aside(struct report *report)
{
	struct set_aside *list;
	size_t count;
	struct node *map = NULL;

	if (external_set_aside(report->home, &list, &count) < 0)
		count = 0;
	for (size_t i = 0; i < count; i++) {
		struct node *entry = node_map(&report->arena);

		if (!map)
			map = section(report, "set_aside");
		add(report, map, arena_strdup(&report->arena, list[i].path), entry);
		add_reason(report, entry, &list[i].reason);
	}
	set_aside_free(list, count);
}

/* Personas whose newest version cannot be served, with the reason. */
static void report_faults(struct report *report, const struct served *served)
{
	struct node *map = NULL;
	size_t position = 0;
	char name[LIMIT_NAME + 1];

	while (report->err == 0 && served_next(served, &position, name)) {
		cleanup_layers struct store_layers layers = {0};
		struct helios_error fault = {0};
		struct node *entry;

		if (store_layers_in(report->home, served, name, &layers, &fault) < 0) {
			if (!map)
				map = section(report, "last_good_in_service");
			entry = node_map(&report->arena);
			add(report, map, arena_strdup(&report->arena, name), entry);
			add_reason(report, entry, &fault);
		}
	}
}

/* What waits for the person: texts that were refused, and what agents propose. */
static void report_waiting(struct report *report, enum helios_kind kind, const char *key)
{
	struct helios_names names;
	struct node *list;

	if (helios_names(report->home, kind, &names, NULL) < 0 || names.count == 0)
		return;
	list = node_list(&report->arena);
	for (size_t i = 0; i < names.count && report->err == 0; i++)
		report->err = node_append(
			&report->arena, list,
			node_string(&report->arena, names.entries[i], strlen(names.entries[i])));
	add(report, report->root, key, list);
	helios_names_free(&names);
}

void status_note_conflict(struct helios_home *home, const char *name, const char *path)
{
	HOLD(&home->state);
	char *text;

	if (asprintf(&text, "%s: %s", name, path) < 0)
		return; /* it stands in the commit's summary, too */
	free(home->conflicts[CONFLICTS_KEPT - 1]);
	memmove(home->conflicts + 1, home->conflicts,
		(CONFLICTS_KEPT - 1) * sizeof(*home->conflicts));
	home->conflicts[0] = text;
}

/* The save won; the other value stays in history. */
static void report_conflicts(struct report *report)
{
	HOLD(&report->home->state);
	struct node *list = node_list(&report->arena);

	for (size_t i = 0; i < CONFLICTS_KEPT && report->home->conflicts[i]; i++) {
		const char *text = report->home->conflicts[i];

		if (report->err == 0)
			report->err = node_append(&report->arena, list,
						  node_string(&report->arena, text, strlen(text)));
	}
	if (list && list->count)
		add(report, report->root, "conflicts", list);
}

static void report_problem(struct report *report)
{
	HOLD(&report->home->state);
	struct node *map;

	if (!report->home->problem_where)
		return;
	map = node_map(&report->arena);
	add(report, report->root, "last_problem", map);
	add(report, map, "where",
	    node_string(&report->arena, report->home->problem_where,
			strlen(report->home->problem_where)));
	add_reason(report, map, &report->home->problem);
}

static void report_head(struct report *report, const struct served *served)
{
	cleanup_free char *branch = NULL;
	char hex[OBJECT_ID_HEX + 1];
	struct node *head = node_map(&report->arena);

	object_id_format(&served->head, hex);
	add(report, report->root, "history", head);
	if (repo_branch(report->home->repo, &branch, NULL) == 0)
		add_text(report, head, "branch", branch);
	add_text(report, head, "commit", hex);
	add_text(report, head, "busy", repo_busy(report->home->directory));
}

static void report_programs(struct report *report)
{
	struct node *sessions = observe_sessions(report->home, &report->arena);

	if (!sessions || sessions->count)
		add(report, report->root, "sessions", sessions);
	add(report, report->root, "health", observe_health(report->home, &report->arena));
}

static void report_state(struct report *report)
{
	bool attention = node_get(report->root, "set_aside") ||
			 node_get(report->root, "last_good_in_service");
	struct helios_error why;
	enum install_state state = install_state(report->home, &why);
	struct node *map;

	add_text(report, report->root, "state", install_state_name(state));
	if (why.code) {
		map = section(report, "reason");
		add_reason(report, map, &why);
	}
	add(report, report->root, "needs_attention",
	    node_bool(&report->arena, attention || why.code));
}

static void build(struct report *report, const struct served *served)
{
	size_t personas = 0, position = 0;
	char name[LIMIT_NAME + 1];

	while (served_next(served, &position, name))
		personas++;
	add_text(report, report->root, "home", report->home->path);
	add_text(report, report->root, "version", HELIOS_VERSION);
	add(report, report->root, "personas", node_int(&report->arena, (int64_t)personas));
	add_text(report, report->root, "active", served->active ? served->active : "none");
	report_head(report, served);
	report_set_aside(report);
	report_faults(report, served);
	report_waiting(report, HELIOS_REJECTED, "rejected");
	report_waiting(report, HELIOS_PROPOSAL, "proposals");
	report_conflicts(report);
	report_problem(report);
	report_programs(report);
	report_state(report);
}

int status_read(struct helios_home *home, struct helios_text **ret, struct helios_error *error)
{
	cleanup_served struct served_reference now = {.home = home};
	cleanup_buf struct buf out = {0};
	struct report report = {.home = home};
	struct timespec time;
	int err = served_get(home, &now.served, error);

	if (err < 0)
		return err;
	report.root = node_map(&report.arena);
	if (report.root)
		build(&report, now.served);
	err = report.root ? report.err : -ENOMEM;
	if (err == 0)
		err = yaml_emit(report.root, &out);
	arena_done(&report.arena);
	clock_gettime(CLOCK_REALTIME, &time);
	*ret = err == 0 ? text_new(&out, time) : NULL;
	return *ret ? 0
		    : helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "cannot report the status");
}

void helios_note_problem(struct helios_home *home, const char *where,
			 const struct helios_error *problem)
{
	HOLD(&home->state);

	if (!problem && (!home->problem_where || !streq(home->problem_where, where)))
		return; /* another file's problem is not over with this one's */
	free(home->problem_where);
	home->problem_where = problem ? strdup(where) : NULL;
	if (problem)
		home->problem = *problem;
	generation_touch(home->generation_writable ? home->generation : NULL);
}
