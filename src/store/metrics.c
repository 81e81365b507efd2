/* The counts of store/metrics.h. */
#include "store/metrics.h"

#include <stdatomic.h>
#include <time.h>

#include "base/clock.h"
#include "store/home_private.h"
#include "store/runtime.h"
#include "yaml/make.h"

#define METRICS_FILE ".health_metrics.yaml"
#define NUMBERS (sizeof(struct metric_numbers) / sizeof(uint64_t))

struct metrics {
	_Atomic uint64_t now[NUMBERS]; /* as in struct metric_numbers */
	pthread_mutex_t mutex;	       /* guards what follows, and what the file has of it */
	uint64_t written[NUMBERS];
	struct metric_error last;
};

static const char heading[] =
	"# What the programs of this home did, counted. Helios writes it; it may be removed.\n";

const char *const metric_names[METRICS] = {
	[METRIC_OPERATIONS] = "operations_total",
	[METRIC_FAILED] = "operations_failed",
	[METRIC_RECOVERIES] = "recovery_attempts",
	[METRIC_RECOVERED] = "recovery_successful",
	[METRIC_VALIDATIONS] = "config_validations_passed",
	[METRIC_COMMITS] = "git_commits_total",
};

const char *const timing_names[TIMINGS] = {
	[TIMING_TOOLS] = "tools",
	[TIMING_CHANGES] = "changes",
	[TIMING_GIT] = "git",
	[TIMING_LOADS] = "loads",
};

const char *const metric_bounds[METRIC_BUCKETS - 1] = {
	"1e-05", "2e-05", "5e-05", "0.0001", "0.0002", "0.0005", "0.001", "0.002", "0.005", "0.01",
	"0.02",	 "0.05",  "0.1",   "0.2",    "0.5",    "1.0",	 "2.0",	  "5.0",   "10.0",
};

static const int64_t bounds_us[METRIC_BUCKETS - 1] = {
	10,    20,    50,     100,    200,    500,     1000,	2000,	 5000,	   10000,
	20000, 50000, 100000, 200000, 500000, 1000000, 2000000, 5000000, 10000000,
};

/* ---- counting */

struct metrics *metrics_new(void)
{
	struct metrics *metrics = calloc(1, sizeof(*metrics));

	if (metrics)
		pthread_mutex_init(&metrics->mutex, NULL);
	return metrics;
}

void metrics_free(struct metrics *metrics)
{
	if (!metrics)
		return;
	pthread_mutex_destroy(&metrics->mutex);
	free(metrics);
}

static void add(struct metrics *metrics, size_t offset, uint64_t value)
{
	atomic_fetch_add_explicit(&metrics->now[offset / sizeof(uint64_t)], value,
				  memory_order_relaxed);
}

void metrics_count(struct metrics *metrics, enum metric metric, uint64_t times)
{
	add(metrics, offsetof(struct metric_numbers, counts[metric]), times);
}

void metrics_time(struct metrics *metrics, enum timing timing, int64_t microseconds)
{
	size_t bucket = 0;

	while (bucket < METRIC_BUCKETS - 1 && microseconds > bounds_us[bucket])
		bucket++;
	add(metrics, offsetof(struct metric_numbers, timings[timing].microseconds),
	    (uint64_t)microseconds);
	add(metrics, offsetof(struct metric_numbers, timings[timing].buckets[bucket]), 1);
}

void metrics_fail(struct metrics *metrics, enum helios_code code)
{
	HOLD(&metrics->mutex);

	metrics_count(metrics, METRIC_FAILED, 1);
	metrics->last.time = (int64_t)time(NULL);
	metrics->last.code = code;
	snprintf(metrics->last.program, sizeof(metrics->last.program), "%s",
		 program_invocation_short_name);
}

uint64_t metrics_own(const struct metrics *metrics, enum metric metric)
{
	return atomic_load_explicit(
		&metrics->now[offsetof(struct metric_numbers, counts[metric]) / sizeof(uint64_t)],
		memory_order_relaxed);
}

static void look(const struct metrics *metrics, uint64_t numbers[NUMBERS])
{
	for (size_t i = 0; i < NUMBERS; i++)
		numbers[i] = atomic_load_explicit(&metrics->now[i], memory_order_relaxed);
}

bool metrics_are_new(struct metrics *metrics)
{
	HOLD(&metrics->mutex);
	uint64_t now[NUMBERS];

	look(metrics, now);
	return memcmp(now, metrics->written, sizeof(now)) != 0;
}

uint64_t metric_timing_count(const struct metric_timing *timing)
{
	uint64_t count = 0;

	for (size_t i = 0; i < METRIC_BUCKETS; i++)
		count += timing->buckets[i];
	return count;
}

/* ---- the file */

static const char *bucket_name(size_t bucket)
{
	return bucket < METRIC_BUCKETS - 1 ? metric_bounds[bucket] : "more";
}

static bool is_count(const struct node *node)
{
	return !node || (node->kind == NODE_INT && node->integer >= 0);
}

static uint64_t count_of(const struct node *map, const char *key)
{
	const struct node *node = node_get(map, key);

	return node && is_count(node) ? (uint64_t)node->integer : 0;
}

static bool is_timing(const struct node *node)
{
	const struct node *seconds = node_get(node, "seconds"),
			  *buckets = node_get(node, "buckets");

	if (!node)
		return true;
	if (node->kind != NODE_MAP || !node_is_number(seconds) || !(node_number(seconds) >= 0) ||
	    node_number(seconds) > 1e12 || !node_is(buckets, NODE_MAP))
		return false;
	for (size_t i = 0; i < buckets->count; i++)
		if (!is_count(buckets->entries[i].value))
			return false;
	return true;
}

static bool is_valid(const struct node *root)
{
	const struct node *latency = node_get(root, "latency");

	if (!node_get(root, metric_names[METRIC_OPERATIONS]))
		return false;
	for (size_t i = 0; i < METRICS; i++)
		if (!is_count(node_get(root, metric_names[i])))
			return false;
	for (size_t i = 0; i < TIMINGS; i++)
		if (!is_timing(node_get(latency, timing_names[i])))
			return false;
	return !latency || latency->kind == NODE_MAP;
}

static const char *text_of(const struct node *map, const char *key)
{
	const struct node *node = node_get(map, key);

	return node_is(node, NODE_STRING) ? node->text : "";
}

static void read_error(const struct node *map, struct metric_error *ret)
{
	const char *name = text_of(map, "code");
	enum helios_code code;

	for (size_t i = 0; (code = helios_code_at(i)) != HELIOS_OK; i++)
		if (streq(helios_code_name(code), name))
			break;
	if (code == HELIOS_OK)
		return;
	ret->code = code;
	ret->time = time_parse(text_of(map, "time"));
	snprintf(ret->program, sizeof(ret->program), "%s", text_of(map, "program"));
}

static void read_document(const struct document *document, struct metric_values *ret)
{
	const struct node *root = document ? document->root : NULL;

	*ret = (struct metric_values){0};
	for (size_t i = 0; i < METRICS; i++)
		ret->numbers.counts[i] = count_of(root, metric_names[i]);
	for (size_t i = 0; i < TIMINGS; i++) {
		const struct node *timing = node_get(node_get(root, "latency"), timing_names[i]);
		struct metric_timing *into = &ret->numbers.timings[i];

		if (!timing)
			continue;
		into->microseconds =
			(uint64_t)(node_number(node_get(timing, "seconds")) * 1e6 + 0.5);
		for (size_t j = 0; j < METRIC_BUCKETS; j++)
			into->buckets[j] = count_of(node_get(timing, "buckets"), bucket_name(j));
	}
	read_error(node_get(root, "last_error"), &ret->last_error);
}

/* With what is counted here and not written yet; numbers is what is counted here in all. */
static void add_own(const struct metrics *metrics, const uint64_t numbers[NUMBERS],
		    struct metric_values *values)
{
	uint64_t *sums = (uint64_t *)&values->numbers;

	for (size_t i = 0; i < NUMBERS; i++)
		sums[i] += numbers[i] - metrics->written[i];
	if (metrics->last.time >= values->last_error.time)
		values->last_error = metrics->last;
}

void metrics_read(struct metrics *metrics, int directory, struct metric_values *ret)
{
	HOLD(&metrics->mutex);
	cleanup_document struct document *document =
		runtime_read(directory, METRICS_FILE, is_valid);
	uint64_t now[NUMBERS];

	read_document(document, ret);
	look(metrics, now);
	add_own(metrics, now, ret);
}

int metrics_write(struct metrics *metrics, int directory, int64_t uptime)
{
	HOLD(&metrics->mutex);
	cleanup_document struct document *document = NULL;
	cleanup(arena_done) struct arena arena = {0};
	struct metric_values values;
	struct node *root;
	uint64_t now[NUMBERS];
	int err = runtime_take(directory, METRICS_FILE, is_valid, &document);

	if (err < 0)
		return err;
	read_document(document, &values);
	look(metrics, now);
	add_own(metrics, now, &values);
	root = metrics_node(&values, uptime, &arena);
	err = root ? runtime_replace(directory, METRICS_FILE, heading, root) : -ENOMEM;
	if (err == 0)
		memcpy(metrics->written, now, sizeof(now));
	return err;
}

/* ---- as a mapping */

static void put_count(struct maker *maker, struct node *map, const char *key, uint64_t count)
{
	make_int(maker, map, key, count < INT64_MAX ? (int64_t)count : INT64_MAX);
}

/* The code and what it means: what was said of the very case may quote a persona. */
static struct node *error_node(struct maker *maker, const struct metric_error *error)
{
	struct node *map = node_map(maker->arena);
	char when[32];

	time_format(when, error->time);
	make_text(maker, map, "time", when);
	make_text(maker, map, "code", helios_code_name(error->code));
	make_text(maker, map, "message", helios_code_meaning(error->code));
	make_text(maker, map, "program", error->program);
	return map;
}

static struct node *timing_node(struct maker *maker, const struct metric_timing *timing)
{
	struct node *map = node_map(maker->arena), *buckets = node_map(maker->arena);

	for (size_t i = 0; i < METRIC_BUCKETS; i++)
		if (timing->buckets[i])
			put_count(maker, buckets, bucket_name(i), timing->buckets[i]);
	if (map && buckets) /* one line, where it fits */
		map->style = buckets->style = STYLE_FLOW;
	put_count(maker, map, "count", metric_timing_count(timing));
	make_entry(maker, map, "seconds",
		   node_float(maker->arena, (double)timing->microseconds / 1e6));
	make_entry(maker, map, "buckets", buckets);
	return map;
}

struct node *metrics_node(const struct metric_values *values, int64_t uptime, struct arena *arena)
{
	struct maker maker = {.arena = arena};
	struct node *root = node_map(arena), *latency = node_map(arena);

	put_count(&maker, root, "uptime_seconds", (uint64_t)uptime);
	for (size_t i = 0; i < METRICS; i++)
		put_count(&maker, root, metric_names[i], values->numbers.counts[i]);
	make_entry(&maker, root, "last_error",
		   values->last_error.time > 0 ? error_node(&maker, &values->last_error)
					       : node_null(arena));
	make_entry(&maker, root, "latency", latency);
	for (size_t i = 0; i < TIMINGS; i++)
		if (metric_timing_count(&values->numbers.timings[i]))
			make_entry(&maker, latency, timing_names[i],
				   timing_node(&maker, &values->numbers.timings[i]));
	return maker.err == 0 ? root : NULL;
}
