/*
 * The run functions behind the table of operations, and what they share. Each follows
 * helios_op.run in <helios/op.h>: values in the order of its row in table.c, -errno and an
 * explained error, or an answer.
 */
#pragma once

#include <helios/op.h>

#include "base/limits.h"
#include "yaml/json_node.h"
#include "yaml/path.h"
#include "yaml/yaml.h"

struct history_entry;
struct object_id;

#define OP(name)                                                                                   \
	int op_##name(const struct helios_call *call, struct helios_answer *answer,                \
		      struct helios_error *error)

OP(init);
OP(list);
OP(show);
OP(get);
OP(set);
OP(unset);
OP(new);
OP(remove);
OP(rename);
OP(copy);
OP(use);
OP(validate);
OP(explain);
OP(blame);
OP(tree);
OP(search);
OP(what_if);
OP(log);
OP(diff);
OP(rejected);
OP(temp);
OP(doctor);
OP(gc);
OP(journal);
OP(undo);
OP(upgrade);
OP(snapshot);
OP(snapshots);
OP(rollback);
OP(scan);
OP(review);
OP(trust);
OP(status);
OP(setup);
OP(render);
OP(link);
OP(check);
OP(unlink);
OP(import);

OP(tool_base);
OP(tool_persona);
OP(tool_merge);
OP(tool_preference);
OP(tool_patterns);
OP(tool_commit);
OP(tool_learn);
OP(tool_weight);
OP(tool_revert);
OP(tool_evolve);
OP(tool_create);
OP(tool_delete);
OP(tool_activate);
OP(tool_record);
OP(tool_inject);
OP(tool_propose);

#undef OP

/*
 * Hands the text and the JSON that were built to the answer, emptying both. 0, or -ENOMEM when an
 * append had failed. An empty json buffer means there is none.
 */
int answer_give(struct helios_answer *answer, struct buf *text, struct buf *json,
		struct helios_error *error);

/* What a command does whose first value is a word that chooses. */
struct op_action {
	const char *name;
	int (*run)(const struct helios_call *call, struct helios_answer *answer,
		   struct helios_error *error);
	bool needs_id; /* the second value */
};

/*
 * Runs the one the first value names, without one the first; actions end with a NULL name, and are
 * eight at most. HELIOS_USAGE when it names none, or lacks its id.
 */
int op_act(const char *command, const struct op_action *actions, const struct helios_call *call,
	   struct helios_answer *answer, struct helios_error *error);

/* The object helios_error_json() describes. */
void json_error(struct buf *out, const struct helios_error *error);

/* -ENOMEM, explained. */
int op_no_memory(struct helios_error *error);

/* A value of type HELIOS_COUNT: its number, or fallback when value is NULL. HELIOS_USAGE. */
int op_count(const char *value, size_t fallback, size_t *ret, struct helios_error *error);

enum paint { PAINT_BOLD, PAINT_DIM, PAINT_RED, PAINT_GREEN, PAINT_YELLOW, PAINT_CYAN };

/* Appends text, in colour when that is wanted. */
void paint(struct buf *out, bool wanted, enum paint colour, const char *text);

/* What helios_error_text() describes. */
void add_error(struct buf *out, const struct helios_error *error, const char *source, bool colour);

/* Appends text on one line: what a terminal could obey, and line breaks, become blanks. */
void add_one_line(struct buf *out, const char *text, size_t length);

/* Seconds since 1970 as "2026-11-23T19:45:00Z", or in local time as "2026-11-23 19:45". */
void op_format_time(char *out, size_t size, int64_t seconds, bool utc);

/* Appends "2026-11-23 19:45  abcdef1  ": when, and a commit's short id or, when NULL, a word. */
void add_stamp(const struct helios_call *call, struct buf *text, int64_t seconds,
	       const struct object_id *commit, const char *word);

/* The members that tell of a change in the history: commit, time, summary, who and why. */
void json_change(struct buf *json, const struct history_entry *entry);

/* The same as the member "change" of something that came by it; nothing when it is not known. */
void json_change_of(struct buf *json, const struct history_entry *entry);

/*
 * Appends "  (view, vim, session 12345678): why": whose change it was, as far as it is known.
 * layer: what it was made in, "  (coder: view, vim)"; or NULL.
 */
void add_who(struct buf *text, const struct history_entry *entry, const char *layer);

/* Appends text in one line; beyond so many columns it ends in "…" (0: none). */
void add_columns(struct buf *out, const char *text, size_t columns);

/* The same of a value; NULL is "(absent)". */
void add_flow(struct buf *text, const struct node *node, size_t columns);

/* How many characters text has, for columns. */
size_t text_width(const char *text);

/* A unified diff with its lines in colour. */
void add_diff(const struct helios_call *call, struct buf *text, const char *diff);

/* The members changed, merged, conflicts, commit: what a save did. */
void json_saved(struct buf *json, const struct helios_saved *saved);

/* What was saved from the thing of an id, as a notice: text, and the members id and those of saved. */
int answer_give_saved(struct helios_answer *answer, struct buf *text, const char *id,
		      const struct helios_saved *saved, struct helios_error *error);

/* What was done to the thing of an id, as a notice: "dropped ID", and the member id. */
int answer_give_id(struct helios_answer *answer, const char *done, const char *id,
		   struct helios_error *error);

/* The JSON alone: what a tool answers. */
int answer_give_json(struct helios_answer *answer, struct buf *json, struct helios_error *error);

/* Whether a persona's working file, which need not be in service, is valid by itself. */
int op_check_on_disk(const struct helios_call *call, const char *name, struct helios_error *error);

/* Appends the home's counts in the text format of OpenMetrics. */
int op_open_metrics(struct helios_home *home, struct buf *out, struct helios_error *error);

bool op_is_base(const char *name);

/* What messages call the file a name's text is stored in, with something before it. */
void op_file_name(char *out, size_t size, const char *before, const char *name);

/*
 * Reads and parses what name resolves to, or what is stored for it; the base is what is stored.
 * The caller frees *ret with document_free().
 */
int op_document(const struct helios_call *call, enum helios_kind kind, const char *name,
		struct document **ret, struct helios_error *error);
