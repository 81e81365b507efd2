/*
 * Every persona with what its weight makes of it: what list and tree show. Relies on
 * store/layers.h.
 */
#pragma once

#include "op/ops.h"

struct persona_row {
	const char *name;
	struct helios_error error; /* why the newest version is not in service, when not valid */
	double level, importance, weight;
	const char *band, *parent, *description;
	bool active, valid, served;
};

/* In the order of their names; texts live until rows_done(). */
struct persona_rows {
	struct persona_row *items;
	size_t count;
	char *active; /* which one is; NULL: none */
	struct helios_names names;
	struct arena texts;
};

int rows_read(const struct helios_call *call, struct persona_rows *ret, struct helios_error *error);
void rows_done(struct persona_rows *rows);

/* The members of one. */
void json_row(struct buf *json, const struct persona_row *row);
