/* blame: for each value of a persona the layer it comes from, and the change that made it so. */
#include "op/ops.h"

#include "store/external.h"
#include "store/history.h"
#include "store/layers.h"

#define VALUE_COLUMNS 60u

/* A leaf of the resolved document. */
struct leaf {
	const char *path;
	const struct node *node;
	size_t place; /* its entry in the history of its layer */
};

struct blame {
	const struct helios_call *call;
	struct arena arena; /* of the paths and of what was resolved */
	struct store_layers layers;
	struct history histories[LIMIT_PARENTS + 2]; /* one a layer */
	struct leaf *leaves;
	size_t count, capacity;
};

static void blame_done(struct blame *blame)
{
	for (size_t i = 0; i < blame->layers.count; i++)
		history_done(&blame->histories[i]);
	store_layers_done(&blame->layers);
	arena_done(&blame->arena);
}

static const struct layer *layer_of(const struct leaf *leaf)
{
	return leaf->node->origin ? leaf->node->origin->layer : NULL;
}

/* The change that made a leaf what it is; NULL when there is none, as for a default. */
static const struct history_entry *change_of(const struct blame *blame, const struct leaf *leaf)
{
	const struct layer *layer = layer_of(leaf);
	const struct history_entry *change =
		layer ? &blame->histories[layer - blame->layers.layers].entries[leaf->place] : NULL;

	return change && change->summary ? change : NULL;
}

static int add_leaf(void *context, const char *path, const struct node *node)
{
	struct blame *blame = context;
	struct leaf *grown = arena_grow(&blame->arena, blame->leaves, blame->count,
					&blame->capacity, sizeof(*grown));
	const char *kept = arena_strdup(&blame->arena, path);

	if (!grown || !kept)
		return -ENOMEM;
	blame->leaves = grown;
	grown[blame->count++] = (struct leaf){.path = kept, .node = node};
	return 0;
}

/* The leaves at and below the path that was asked for, or all. */
static int find_leaves(struct blame *blame, const struct node *root, struct helios_error *error)
{
	const char *written = blame->call->values[1];
	cleanup_buf struct buf path = {0};
	struct path steps = {0};
	const struct node *at;
	int err = written ? path_parse(&blame->arena, written, &steps, error) : 0;

	if (err < 0)
		return err;
	at = path_lookup(root, &steps);
	if (!at)
		return path_missing(root, &steps, error);
	path_format(&path, &steps);
	return path_each_leaf(at, &path, add_leaf, blame) < 0 ? op_no_memory(error) : 0;
}

/* Looks through the past of one layer for all the leaves it supplies. */
static int look_through(struct blame *blame, size_t layer, struct helios_error *error)
{
	cleanup_free struct path *paths = calloc(blame->count + 1, sizeof(*paths));
	size_t count = 0;

	if (!paths)
		return op_no_memory(error);
	for (size_t i = 0; i < blame->count; i++) {
		struct leaf *leaf = &blame->leaves[i];

		if (layer_of(leaf) != &blame->layers.layers[layer])
			continue;
		leaf->place = count;
		if (path_parse(&blame->arena, leaf->path, &paths[count++], error) < 0)
			return -EINVAL;
	}
	return history_blame(blame->call->home, blame->layers.layers[layer].name, paths, count,
			     &blame->histories[layer], error);
}

/* "2026-11-23 19:45  abcdef1  communication.tone: warm  (coder: view, vim)" */
static void add_text(const struct blame *blame, struct buf *text, const struct leaf *leaf)
{
	const struct history_entry *change = change_of(blame, leaf);
	const struct layer *layer = layer_of(leaf);

	if (change)
		add_stamp(blame->call, text, change->time, &change->commit, NULL);
	else
		buf_addf(text, "%-25s  ", "(no change)");
	paint(text, blame->call->colour, PAINT_BOLD, leaf->path);
	buf_addstr(text, ": ");
	add_flow(text, leaf->node, VALUE_COLUMNS);
	if (change)
		add_who(text, change, layer->name);
	buf_addch(text, '\n');
}

static void add_json(const struct blame *blame, struct buf *json, const struct leaf *leaf)
{
	const struct history_entry *change = change_of(blame, leaf);
	const struct layer *layer = layer_of(leaf);

	json_open(json, '{');
	json_member(json, "path", leaf->path);
	json_key(json, "value");
	json_node(json, leaf->node);
	if (layer) {
		json_member(json, "layer", layer->name);
		json_member(json, "file", layer->file);
	}
	if (leaf->node->origin && leaf->node->origin->line)
		json_member_whole(json, "line", leaf->node->origin->line);
	json_change_of(json, change);
	json_close(json, '}');
}

int op_blame(const struct helios_call *call, struct helios_answer *answer,
	     struct helios_error *error)
{
	cleanup(blame_done) struct blame blame = {.call = call};
	cleanup_buf struct buf text = {0}, json = {0};
	struct resolution resolution;
	int err;

	external_notice(call->home, call->values[0]); /* an edit outside is the newest change */
	err = store_layers(call->home, call->values[0], &blame.layers, NULL, error);
	if (err == 0)
		err = resolve(&blame.arena, blame.layers.layers, blame.layers.count, &resolution,
			      error);
	if (err == 0)
		err = find_leaves(&blame, resolution.root, error);
	for (size_t i = 0; i < blame.layers.count && err == 0; i++)
		err = look_through(&blame, i, error);
	if (err < 0)
		return err;
	json_open(&json, '{');
	json_member(&json, "name", call->values[0]);
	json_key(&json, "values");
	json_open(&json, '[');
	for (size_t i = 0; i < blame.count; i++) {
		add_text(&blame, &text, &blame.leaves[i]);
		add_json(&blame, &json, &blame.leaves[i]);
	}
	json_close(&json, ']');
	json_close(&json, '}');
	return answer_give(answer, &text, &json, error);
}
