/* The health of a home in the text format of OpenMetrics 1.0, for 'helios status --metrics'. */
#include "op/ops.h"

#include "store/metrics.h"
#include "store/observe.h"

#define PREFIX "helios_"

static const struct {
	const char *family, *help; /* a counter's family: its sample adds _total */
} counters[METRICS] = {
	[METRIC_OPERATIONS] = {"operations", "Saves, commands and tool calls asked for."},
	[METRIC_FAILED] = {"operations_failed", "Those of them that were refused or failed."},
	[METRIC_RECOVERIES] = {"recovery_attempts", "Times something cut off was found."},
	[METRIC_RECOVERED] = {"recovery_successful", "Times it was completed or undone."},
	[METRIC_VALIDATIONS] = {"config_validations_passed", "Documents found valid and stored."},
	[METRIC_COMMITS] = {"git_commits", "Commits made."},
};

static const struct {
	const char *family, *help;
} timings[TIMINGS] = {
	[TIMING_TOOLS] = {"tool_duration_seconds", "How long calls of AI clients' tools took."},
	[TIMING_CHANGES] = {"change_duration_seconds",
			    "How long changes took, with the wait for the home's lock."},
	[TIMING_GIT] = {"git_duration_seconds", "How long git took in a commit."},
	[TIMING_LOADS] = {"load_duration_seconds",
			  "How long reading, resolving and rendering a persona took."},
};

static void add_family(struct buf *out, const char *family, const char *type, const char *unit,
		       const char *help)
{
	buf_addf(out, "# TYPE " PREFIX "%s %s\n", family, type);
	if (unit)
		buf_addf(out, "# UNIT " PREFIX "%s %s\n", family, unit);
	buf_addf(out, "# HELP " PREFIX "%s %s\n", family, help);
}

/* A label's value, in quotes. */
static void add_label(struct buf *out, const char *text)
{
	buf_addch(out, '"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\' || *text == '\n')
			buf_addch(out, '\\');
		buf_addch(out, *text == '\n' ? 'n' : *text);
	}
	buf_addch(out, '"');
}

static void add_counters(struct buf *out, const struct metric_values *values)
{
	for (size_t i = 0; i < METRICS; i++) {
		add_family(out, counters[i].family, "counter", NULL, counters[i].help);
		buf_addf(out, PREFIX "%s_total %llu\n", counters[i].family,
			 (unsigned long long)values->numbers.counts[i]);
	}
}

static void add_bucket(struct buf *out, const char *family, const char *bound, uint64_t below)
{
	buf_addf(out, PREFIX "%s_bucket{le=\"%s\"} %llu\n", family, bound,
		 (unsigned long long)below);
}

/* Buckets count what is in the ones before them, too. */
static void add_timing(struct buf *out, const char *family, const char *help,
		       const struct metric_timing *timing)
{
	uint64_t below = 0;

	add_family(out, family, "histogram", "seconds", help);
	for (size_t i = 0; i < METRIC_BUCKETS - 1; i++)
		add_bucket(out, family, metric_bounds[i], below += timing->buckets[i]);
	add_bucket(out, family, "+Inf", below += timing->buckets[METRIC_BUCKETS - 1]);
	buf_addf(out, PREFIX "%s_count %llu\n", family, (unsigned long long)below);
	buf_addf(out, PREFIX "%s_sum %llu.%06llu\n", family,
		 (unsigned long long)(timing->microseconds / 1000000),
		 (unsigned long long)(timing->microseconds % 1000000));
}

static const char *program_of(const struct node *session)
{
	const struct node *program = node_get(session, "program");

	return node_is(program, NODE_STRING) ? program->text : "";
}

static size_t count_program(const struct node *sessions, size_t from, const char *program)
{
	size_t count = 0;

	for (size_t i = from; i < sessions->count; i++)
		count += streq(program_of(sessions->items[i]), program);
	return count;
}

static void add_sessions(struct buf *out, const struct node *sessions)
{
	add_family(out, "sessions", "gauge", NULL, "Programs at work on the home.");
	for (size_t i = 0; i < sessions->count; i++) {
		const char *program = program_of(sessions->items[i]);
		size_t all = count_program(sessions, 0, program);

		if (all != count_program(sessions, i, program)) /* told of already */
			continue;
		buf_addstr(out, PREFIX "sessions{program=");
		add_label(out, program);
		buf_addf(out, "} %zu\n", all);
	}
}

static void add_last_error(struct buf *out, const struct metric_error *error)
{
	if (error->time <= 0)
		return;
	add_family(out, "last_error_timestamp_seconds", "gauge", "seconds",
		   "When an operation failed last, in seconds since 1970.");
	buf_addf(out, PREFIX "last_error_timestamp_seconds{code=\"%s\",program=",
		 helios_code_name(error->code));
	add_label(out, error->program);
	buf_addf(out, "} %lld\n", (long long)error->time);
}

int op_open_metrics(struct helios_home *home, struct buf *out, struct helios_error *error)
{
	cleanup(arena_done) struct arena arena = {0};
	const struct node *sessions = observe_sessions(home, &arena);
	struct metric_values values;

	if (!sessions)
		return op_no_memory(error);
	observe_values(home, &values);
	add_family(out, "build", "info", NULL, "The program that tells this.");
	buf_addstr(out, PREFIX "build_info{version=\"" HELIOS_VERSION "\"} 1\n");
	add_family(out, "uptime_seconds", "gauge", "seconds",
		   "How long the oldest session has been at work.");
	buf_addf(out, PREFIX "uptime_seconds %lld\n", (long long)observe_uptime(home));
	add_sessions(out, sessions);
	add_counters(out, &values);
	for (size_t i = 0; i < TIMINGS; i++)
		add_timing(out, timings[i].family, timings[i].help, &values.numbers.timings[i]);
	add_last_error(out, &values.last_error);
	buf_addstr(out, "# EOF\n");
	return 0;
}
