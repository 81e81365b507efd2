/*
 * What a program tells of itself in the home: its session and its counts, and when that is
 * written. A program that only reads writes nothing. What cannot be written now waits in memory; no
 * operation ever fails for it, or waits long.
 */
#pragma once

#include "store/home_private.h"
#include "store/metrics.h"

struct txn;

/* After a change: the first one of a session writes it down. */
void observe_change(struct helios_home *home);

/* Counts a commit that was made, and how long git took for it. */
void observe_commit(const struct txn *txn, int64_t git_us);

/* Writes what is new; for now and then. */
void observe_tick(struct helios_home *home);

/* The live sessions and the counts, as nodes: NULL when memory is out. */
struct node *observe_sessions(struct helios_home *home, struct arena *arena);
struct node *observe_health(struct helios_home *home, struct arena *arena);

void observe_values(struct helios_home *home, struct metric_values *ret);

/* Seconds since the oldest session that lives began. */
int64_t observe_uptime(struct helios_home *home);
