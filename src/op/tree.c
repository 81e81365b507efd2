/* tree: the base, what inherits from it and by how much. The picture is in tree_picture.c. */
#include "op/tree.h"

/* Where a persona's name is not among the rows: the base. */
#define BASE SIZE_MAX

struct growing {
	const struct persona_rows *rows;
	const char *name;     /* only what leads to it and grows from it; NULL: everything */
	size_t *first, *next; /* children of a row, the base's behind all others; BASE ends them */
	struct arena *arena;
	struct branches *tree;
};

static int compare_names(const void *name, const void *row)
{
	return strcmp(name, ((const struct persona_row *)row)->name);
}

static size_t find_row(const struct persona_rows *rows, const char *name)
{
	const struct persona_row *row =
		name ? bsearch(name, rows->items, rows->count, sizeof(*row), compare_names) : NULL;

	return row ? (size_t)(row - rows->items) : BASE;
}

/* Whether a persona is name or inherits from it. */
static bool descends(const struct persona_rows *rows, const char *from, const char *name)
{
	for (size_t steps = 0, at = find_row(rows, from); at != BASE && steps <= LIMIT_PARENTS;
	     steps++, at = find_row(rows, rows->items[at].parent))
		if (streq(rows->items[at].name, name))
			return true;
	return false;
}

static bool is_wanted(const struct growing *growing, const struct persona_row *row)
{
	return !growing->name || descends(growing->rows, row->name, growing->name) ||
	       descends(growing->rows, growing->name, row->name);
}

/* Lists the children of each row, in the order of their names. */
static int link_children(struct growing *growing)
{
	size_t count = growing->rows->count;

	growing->first = arena_alloc(growing->arena, (count + 1) * sizeof(*growing->first));
	growing->next = arena_alloc(growing->arena, (count + 1) * sizeof(*growing->next));
	if (!growing->first || !growing->next)
		return -ENOMEM;
	for (size_t i = 0; i <= count; i++)
		growing->first[i] = BASE;
	for (size_t i = count; i-- > 0;) {
		const struct persona_row *row = &growing->rows->items[i];
		size_t parent = find_row(growing->rows, row->parent);
		size_t *first = &growing->first[parent == BASE ? count : parent];

		if (!is_wanted(growing, row))
			continue;
		growing->next[i] = *first;
		*first = i;
	}
	return 0;
}

static int add_branch(struct growing *growing, const struct branch *branch)
{
	struct branches *tree = growing->tree;
	struct branch *grown = arena_grow(growing->arena, tree->items, tree->count, &tree->capacity,
					  sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	tree->items = grown;
	grown[tree->count++] = *branch;
	return 0;
}

/* Adds what grows from the newest branch, which is that row's. */
static int grow(struct growing *growing, size_t row)
{
	size_t parent = growing->tree->count - 1, depth = growing->tree->items[parent].depth + 1;
	int err = 0;

	for (size_t i = growing->first[row]; i != BASE && err == 0; i = growing->next[i]) {
		err = add_branch(growing, &(struct branch){.row = &growing->rows->items[i],
							   .parent = parent,
							   .depth = depth,
							   .last = growing->next[i] == BASE});
		if (err == 0)
			err = grow(growing, i);
	}
	return err;
}

static int grow_all(struct growing *growing)
{
	int err = link_children(growing);

	if (err == 0)
		err = add_branch(growing, &(struct branch){.last = true});
	return err < 0 ? err : grow(growing, growing->rows->count);
}

const char *branch_name(const struct branch *branch)
{
	return branch->row ? branch->row->name : "base";
}

void add_branch_words(struct buf *out, const struct branches *tree, const struct branch *branch)
{
	const struct persona_row *row = branch->row;

	if (!row)
		buf_addf(out, "importance %.4g", tree->importance);
	else if (row->served)
		buf_addf(out, "level %.4g  weight %.3g  %s", row->level, row->weight, row->band);
	if (row && !row->valid)
		buf_addf(out, "%sINVALID: %s", row->served ? "  " : "", row->error.message);
}

/* The lines that lead to a branch: "│  └─ ". */
static void add_lines(struct buf *text, const struct branches *tree, size_t at, bool own)
{
	const struct branch *branch = &tree->items[at];

	if (!at)
		return;
	add_lines(text, tree, branch->parent, false);
	if (own)
		buf_addstr(text, branch->last ? "└─ " : "├─ ");
	else
		buf_addstr(text, branch->last ? "   " : "│  ");
}

static size_t width_of(const struct branch *branch)
{
	return 3 * branch->depth + text_width(branch_name(branch));
}

static void add_text(const struct helios_call *call, struct buf *text, const struct branches *tree)
{
	size_t widest = 0;

	for (size_t i = 0; i < tree->count; i++)
		if (width_of(&tree->items[i]) > widest)
			widest = width_of(&tree->items[i]);
	for (size_t i = 0; i < tree->count; i++) {
		const struct branch *branch = &tree->items[i];
		bool valid = !branch->row || branch->row->valid;

		add_lines(text, tree, i, true);
		paint(text, call->colour, valid ? PAINT_BOLD : PAINT_RED, branch_name(branch));
		buf_addf(text, "%*s", (int)(widest - width_of(branch)), "");
		buf_addstr(text, branch->row && branch->row->active ? " *  " : "    ");
		add_branch_words(text, tree, branch);
		buf_addch(text, '\n');
	}
}

static void add_json(struct buf *json, const struct branches *tree)
{
	json_key(json, "base");
	json_open(json, '{');
	json_member_real(json, "importance", tree->importance);
	json_close(json, '}');
	json_key(json, "personas");
	json_open(json, '[');
	for (size_t i = 1; i < tree->count; i++) {
		json_open(json, '{');
		json_member_whole(json, "depth", (int64_t)tree->items[i].depth);
		json_row(json, tree->items[i].row);
		json_close(json, '}');
	}
	json_close(json, ']');
}

static int read_importance(const struct helios_call *call, double *ret, struct helios_error *error)
{
	cleanup_document struct document *document = NULL;
	int err = op_document(call, HELIOS_STORED, "base", &document, error);

	if (err == 0)
		*ret = node_number(node_get(document->root, "base_importance"));
	return err;
}

static int check_name(const struct helios_call *call, const char *name, struct helios_error *error)
{
	struct helios_text *text;
	int err = name ? helios_read(call->home, HELIOS_RESOLVED, name, &text, error) : 0;

	if (name && err == 0)
		helios_text_unref(text);
	return err;
}

static int give(const struct helios_call *call, const struct branches *tree,
		struct helios_answer *answer, struct helios_error *error)
{
	cleanup_buf struct buf text = {0}, json = {0};

	json_open(&json, '{');
	add_json(&json, tree);
	if (call->values[1]) {
		add_tree_picture(&text, tree);
		json_member(&json, "svg", buf_text(&text));
	} else {
		add_text(call, &text, tree);
	}
	json_close(&json, '}');
	return answer_give(answer, &text, &json, error);
}

int op_tree(const struct helios_call *call, struct helios_answer *answer,
	    struct helios_error *error)
{
	cleanup(rows_done) struct persona_rows rows = {0};
	cleanup(arena_done) struct arena arena = {0};
	struct branches tree = {0};
	struct growing growing = {
		.rows = &rows, .name = call->values[0], .arena = &arena, .tree = &tree};
	int err;

	if (growing.name && op_is_base(growing.name))
		growing.name = NULL; /* everything grows from it */
	err = check_name(call, growing.name, error);

	if (err == 0)
		err = read_importance(call, &tree.importance, error);
	if (err == 0)
		err = rows_read(call, &rows, error);
	if (err == 0 && grow_all(&growing) < 0)
		err = op_no_memory(error);
	return err < 0 ? err : give(call, &tree, answer, error);
}
