/* The journal's spelling, its files and its lines, shared by its writer and its readers. */
#pragma once

#include <dirent.h>

#include "store/journal.h"

#define JOURNAL_DIRECTORY ".journal"
#define JOURNAL_SUFFIX ".jsonl"
#define JOURNAL_SUM ",\"sum\":\""
#define JOURNAL_ROOM ((size_t)64 << 10) /* bytes of empty lines that are made at once */

/*
 * The record of a line, NULL for one that is torn, which was never acknowledged. 0, or -ENOMEM: it
 * cannot be told. The caller deletes it.
 */
int journal_open_record(const char *line, size_t length, cJSON **ret);

/* Adds the change of a record, which it takes over, also on failure. */
int journal_add_change(struct journal_tail *tail, cJSON *record);

/* Takes out those whose ids are members of aborted. */
void journal_drop_aborted(struct journal_tail *tail, const cJSON *aborted);

/* The journal's files by their names, and so by their days; the count or a negative errno. */
int journal_list(int directory, struct dirent ***ret);
void journal_free_list(struct dirent **names, int count);

/* The first file of the same day as names[at]: aborts have files of their own. */
int journal_day_of(struct dirent **names, int at);
