/*
 * .generation: a small mapped file all processes share. A counter raised before (odd) and after
 * (even) each replacement tells readers that something changed at the cost of one memory read;
 * beside it stands what lets the next transaction begin without reading the journal: an odd
 * counter or another boot's id is an unclean stop. It is a hint: when it is lost, recovery looks
 * for itself.
 */
#pragma once

#include <helios/error.h>

#include "base/base.h"

struct generation;

/* What the last transaction left behind; written under the home's lock only. */
struct generation_mark {
	char boot_id[40];
	char journal[32];	/* newest journal file, "20261123.jsonl" */
	uint64_t uncheckpointed; /* operations since the last checkpoint */
};

/* Maps the file; writable makes it when it is missing. Read-only use never writes. */
int generation_open(int directory, bool writable, struct generation **ret,
		    struct helios_error *error);
void generation_close(struct generation *generation);

/*
 * Maps it anew when the file was cut, removed or replaced since. Not from two threads at once;
 * the others may be using it. 0 or a negative errno: then reading gives 0, and nothing is shared.
 */
int generation_check(struct generation *generation, int directory);

/* 0 on NULL, and while there is no such file: nobody knows. */
uint64_t generation_read(const struct generation *generation);

/* Under the home's lock: odd while files are being replaced, even (as returned) after. */
void generation_begin(struct generation *generation);
uint64_t generation_end(struct generation *generation);

/* Raises the counter by two, staying even: something outside a transaction changed. */
void generation_touch(struct generation *generation);

/* Under the home's lock, or while nobody else has the home. */
struct generation_mark generation_mark(const struct generation *generation);
void generation_set_mark(struct generation *generation, const struct generation_mark *mark);

/* That member of the mark, at any time. */
uint64_t generation_uncheckpointed(const struct generation *generation);
