/* list: every persona on one line, with what its weight makes of it. */
#include "op/ops.h"

#include "persona/resolve.h"
#include "store/layers.h"

/* One persona; its texts live in the list's arena. */
struct row {
	const char *name;
	struct helios_error error; /* why the newest version is not in service, when not valid */
	double level, importance, weight;
	const char *band, *parent, *description;
	bool active, valid, served;
};

static double number_or(const struct node *root, const char *key, double fallback)
{
	const struct node *node = node_get(root, key);

	return node_is_number(node) ? node_number(node) : fallback;
}

static void fill_row(const struct helios_call *call, struct arena *texts, const char *name,
		     struct row *row)
{
	cleanup_layers struct store_layers layers = {0};
	const struct node *description;
	struct resolution resolution;
	struct arena arena = {0};

	row->name = name;
	if (store_layers(call->home, name, &layers, &row->error, &row->error) == 0 &&
	    resolve(&arena, layers.layers, layers.count, &resolution, &row->error) == 0) {
		row->served = true;
		row->valid = row->error.code == HELIOS_OK &&
			     op_check_on_disk(call, name, &row->error) == 0;
		row->level = number_or(resolution.root, "specialization_level", 1);
		row->importance = number_or(resolution.root, "base_importance", 0);
		row->weight = resolution.weight;
		row->band = resolve_band(row->weight);
		row->parent = arena_strdup(
			texts, layers.layers[layers.count - (layers.count > 1 ? 2 : 1)].name);
		description = node_get(resolution.root, "description");
		if (node_is(description, NODE_STRING))
			row->description = arena_strdup(texts, description->text);
	}
	arena_done(&arena);
}

static void add_row_json(struct buf *json, const struct row *row)
{
	json_open(json, '{');
	json_member(json, "name", row->name);
	json_member_bool(json, "active", row->active);
	json_member_bool(json, "valid", row->valid);
	if (row->served) {
		json_member_real(json, "level", row->level);
		json_member_real(json, "importance", row->importance);
		json_member_real(json, "weight", row->weight);
		json_member(json, "band", row->band);
		json_member(json, "parent", row->parent);
		json_member(json, "description", row->description);
	}
	if (!row->valid) {
		json_key(json, "error");
		json_error(json, &row->error);
	}
	json_close(json, '}');
}

static void pad(struct buf *text, size_t used, size_t width)
{
	for (; used < width; used++)
		buf_addch(text, ' ');
}

struct widths {
	size_t name, parent;
};

/* The name is the first word, for scripts; the star of the active one is the second. */
static void add_row_text(const struct helios_call *call, struct buf *text, const struct row *row,
			 const struct widths *widths)
{
	const char *parent = row->parent ? row->parent : "-";

	paint(text, call->colour, row->valid ? PAINT_BOLD : PAINT_RED, row->name);
	pad(text, text_width(row->name), widths->name);
	buf_addstr(text, row->active ? " *  " : "    ");
	if (row->served)
		buf_addf(text, "level %-4.4g  weight %-6.3g  %-11s  from ", row->level, row->weight,
			 row->band);
	buf_addstr(text, row->served ? parent : "");
	pad(text, row->served ? text_width(parent) : 0, row->served ? widths->parent : 0);
	buf_addstr(text, "  ");
	if (!row->valid) {
		paint(text, call->colour, PAINT_RED, "INVALID: ");
		buf_addf(text, "%s", row->error.message);
	} else if (row->description) {
		add_one_line(text, row->description, strlen(row->description));
	}
	while (text->length && text->data[text->length - 1] == ' ')
		text->data[--text->length] = '\0';
	buf_addch(text, '\n');
}

static void add_table(const struct helios_call *call, struct buf *text, const struct row *rows,
		      size_t count)
{
	struct widths widths = {0};

	for (size_t i = 0; i < count; i++) {
		size_t name = text_width(rows[i].name);
		size_t parent = rows[i].parent ? text_width(rows[i].parent) : 1;

		widths.name = name > widths.name ? name : widths.name;
		widths.parent = parent > widths.parent ? parent : widths.parent;
	}
	if (!count)
		buf_addstr(text, "there are no personas; 'helios new NAME' makes one\n");
	for (size_t i = 0; i < count; i++)
		add_row_text(call, text, &rows[i], &widths);
}

static void add_list_json(struct buf *json, const char *active, const struct row *rows,
			  size_t count)
{
	json_open(json, '{');
	json_key(json, "active");
	json_text(json, active);
	json_key(json, "personas");
	json_open(json, '[');
	for (size_t i = 0; i < count; i++)
		add_row_json(json, &rows[i]);
	json_close(json, ']');
	json_close(json, '}');
}

int op_list(const struct helios_call *call, struct helios_answer *answer,
	    struct helios_error *error)
{
	cleanup(helios_names_free) struct helios_names names = {0};
	cleanup_buf struct buf text = {0}, json = {0};
	cleanup_free char *active = NULL;
	cleanup_free struct row *rows = NULL;
	struct arena texts = {0};
	int err = helios_names(call->home, HELIOS_RESOLVED, &names, error);

	if (err == 0)
		err = helios_active(call->home, &active, error);
	if (err < 0)
		return err;
	rows = calloc(names.count + 1, sizeof(*rows));
	if (!rows)
		return op_no_memory(error);
	for (size_t i = 0; i < names.count; i++) {
		fill_row(call, &texts, names.entries[i], &rows[i]);
		rows[i].active = active && streq(active, names.entries[i]);
	}
	add_table(call, &text, rows, names.count);
	add_list_json(&json, active, rows, names.count);
	arena_done(&texts);
	return answer_give(answer, &text, &json, error);
}
