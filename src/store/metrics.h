/*
 * What the programs of a home did, counted, and how long it took. Each process counts in memory,
 * at the price of an addition; what is new is added to .health_metrics.yaml now and then and at its
 * end. Safe from any thread. Counts stay on the machine, and hold nothing of any persona.
 */
#pragma once

#include <helios/error.h>

#include "yaml/node.h"

enum metric {
	METRIC_OPERATIONS,
	METRIC_FAILED,
	METRIC_RECOVERIES,
	METRIC_RECOVERED,
	METRIC_VALIDATIONS,
	METRIC_COMMITS,
	METRICS,
};

enum timing {
	TIMING_TOOLS,	/* calls of an AI client's tools */
	TIMING_CHANGES, /* transactions: from the wait for the lock until all is durable */
	TIMING_GIT,	/* commits: objects, branch and index */
	TIMING_LOADS,	/* personas read, resolved and rendered */
	TIMINGS,
};

/* What they are called in the file and in answers. */
extern const char *const metric_names[METRICS];
extern const char *const timing_names[TIMINGS];

/* A duration falls into the first bucket whose bound is not less; the last one has no bound. */
#define METRIC_BUCKETS 20u
extern const char *const metric_bounds[METRIC_BUCKETS - 1]; /* in seconds */

/* These two consist of uint64_t alone: they are added as one array. */
struct metric_timing {
	uint64_t microseconds; /* all together */
	uint64_t buckets[METRIC_BUCKETS];
};

struct metric_numbers {
	uint64_t counts[METRICS];
	struct metric_timing timings[TIMINGS];
};

struct metric_error {
	int64_t time; /* seconds since 1970; 0: there was none */
	enum helios_code code;
	char program[32];
};

struct metric_values {
	struct metric_numbers numbers;
	struct metric_error last_error;
};

struct metrics;

struct metrics *metrics_new(void); /* NULL when memory is out */
void metrics_free(struct metrics *metrics);

void metrics_count(struct metrics *metrics, enum metric metric, uint64_t times);
void metrics_time(struct metrics *metrics, enum timing timing, int64_t microseconds);

/* Counts an operation that failed so. */
void metrics_fail(struct metrics *metrics, enum helios_code code);

/* What this process has counted of one thing. */
uint64_t metrics_own(const struct metrics *metrics, enum metric metric);

/* Whether something was counted that the file does not have yet. */
bool metrics_are_new(struct metrics *metrics);

/* Adds that to the file in directory, under the lock (store/runtime.h). 0 or a negative errno. */
int metrics_write(struct metrics *metrics, int directory, int64_t uptime);

/* What the file says, with what it does not have yet. */
void metrics_read(struct metrics *metrics, int directory, struct metric_values *ret);

/* The same as a mapping; uptime is in seconds. NULL when memory is out. */
struct node *metrics_node(const struct metric_values *values, int64_t uptime, struct arena *arena);

/* How many durations a timing has. */
uint64_t metric_timing_count(const struct metric_timing *timing);
