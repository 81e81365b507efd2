/* list: every persona on one line. */
#include "op/rows.h"

static void pad(struct buf *text, size_t used, size_t width)
{
	for (; used < width; used++)
		buf_addch(text, ' ');
}

struct widths {
	size_t name, parent;
};

/* The name is the first word, for scripts; the star of the active one is the second. */
static void add_row_text(const struct helios_call *call, struct buf *text,
			 const struct persona_row *row, const struct widths *widths)
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

static void add_table(const struct helios_call *call, struct buf *text,
		      const struct persona_row *rows, size_t count)
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

static void add_list_json(struct buf *json, const struct persona_rows *rows)
{
	json_open(json, '{');
	json_key(json, "active");
	json_text(json, rows->active);
	json_key(json, "personas");
	json_open(json, '[');
	for (size_t i = 0; i < rows->count; i++) {
		json_open(json, '{');
		json_row(json, &rows->items[i]);
		json_close(json, '}');
	}
	json_close(json, ']');
	json_close(json, '}');
}

int op_list(const struct helios_call *call, struct helios_answer *answer,
	    struct helios_error *error)
{
	cleanup(rows_done) struct persona_rows rows = {0};
	cleanup_buf struct buf text = {0}, json = {0};
	int err = rows_read(call, &rows, error);

	if (err < 0)
		return err;
	add_table(call, &text, rows.items, rows.count);
	add_list_json(&json, &rows);
	return answer_give(answer, &text, &json, error);
}
