/* What the sweep of oom.c does while memory runs out; the table is in oom_operations.c. */
#pragma once

#include <helios/helios.h>

enum oom_home {
	HOME_NONE,
	HOME_SOUND,	 /* the examples, with some history, a snapshot and a refused text */
	HOME_EDITED,	 /* with an edit of a persona that Helios has not seen yet */
	HOME_UNFINISHED, /* with a change whose program was killed when it had become durable */
	HOME_OLD,	 /* of the Python server */
};

struct oom_operation {
	const char *label;
	const char *name;	  /* of helios_ops or helios_tools; NULL ends a table */
	const char *arguments[6]; /* as their parameters come; NULL: not given */
	enum oom_home home;
	bool reads; /* leaves the home as it is: the next attempt is done in the same one */
	/* Instead of an operation of that name. */
	int (*run)(struct helios_home *home, struct helios_error *error);
};

#define OOM_TEMPORARY                                                                              \
	"persona: tutor\nexpires_at: 2099-01-01T00:00:00Z\noverlay:\n  mark: for now\n"

extern const struct oom_operation oom_preparation[], oom_operations[];

/* Opens the home, runs the operation, closes the home. */
int oom_run(const struct oom_operation *operation, const char *home, struct helios_error *error);

/* Has another program complete what is left to do, and counts the changes in the history. */
int oom_settle(const char *home, uint64_t *ret_changes, struct helios_error *error);

/* Fills an empty directory with a home of the Python server. */
int oom_make_old(const char *home);
