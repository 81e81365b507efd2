/* explain: where each resolved value came from, as YAML with comments and as JSON. */
#include "op/ops.h"

#include "persona/explain.h"
#include "store/effective.h"

static void add_origin_json(struct buf *json, const struct node *node)
{
	const struct origin *origin = node->origin;

	if (!origin)
		return;
	if (origin->layer) {
		json_member(json, "layer", origin->layer->name);
		json_member(json, "file", origin->layer->file);
	}
	if (origin->line)
		json_member_whole(json, "line", origin->line);
	json_member(json, "rule", resolve_rule_name(origin->rule));
	json_member(json, "strategy", origin->strategy);
	json_member_real(json, "weight", origin->weight);
}

static int add_leaf_json(void *context, const char *path, const struct node *leaf)
{
	struct buf *json = context;

	if (json->length > LIMIT_EXPLAINED) /* long keys count again at each leaf below them */
		return -EFBIG;
	json_open(json, '{');
	json_member(json, "path", path);
	json_key(json, "value");
	json_node(json, leaf);
	add_origin_json(json, leaf);
	json_close(json, '}');
	return 0;
}

static void add_layers_json(struct buf *json, const struct effective *layers)
{
	json_key(json, "layers");
	json_open(json, '[');
	for (size_t i = 0; i < layers->count; i++) {
		json_open(json, '{');
		json_member(json, "name", layers->layers[i].name);
		json_member(json, "file", layers->layers[i].file);
		json_close(json, '}');
	}
	json_close(json, ']');
}

/* A project that does not count, and why. */
static void add_ignored(const struct project *project, struct buf *text, struct buf *json)
{
	const char *why =
		project->fault.code ? project->fault.message : "not trusted ('helios trust')";

	if (!project->path || project->trusted)
		return;
	buf_addstr(text, "# ignored: ");
	add_one_line(text, project->path, strlen(project->path));
	buf_addf(text, ": %s\n", why);
	json_key(json, "ignored");
	json_open(json, '{');
	json_member(json, "file", project->path);
	json_member(json, "reason", why);
	json_close(json, '}');
}

static void add_dead_json(struct buf *json, const struct resolution *resolution)
{
	json_key(json, "dead");
	json_open(json, '[');
	for (size_t i = 0; i < resolution->dead_count; i++) {
		const struct dead_value *dead = &resolution->dead[i];

		json_open(json, '{');
		json_member(json, "path", dead->path);
		json_member(json, "file", dead->layer->file);
		json_member_whole(json, "line", dead->line);
		json_member(json, "locked_by", dead->locker->name);
		json_close(json, '}');
	}
	json_close(json, ']');
}

/* 0, or -EFBIG: there is too much to tell. */
static int add_json(struct buf *json, const char *name, const struct effective *layers,
		    const struct resolution *resolution, const struct path *path, struct buf *notes)
{
	const struct node *node = path ? path_lookup(resolution->root, path) : resolution->root;
	cleanup_buf struct buf text = {0};
	int r = 0;

	json_open(json, '{');
	json_member(json, "name", name);
	json_member_real(json, "weight", resolution->weight);
	json_member(json, "band", resolve_band(resolution->weight));
	add_layers_json(json, layers);
	json_key(json, "values");
	json_open(json, '[');
	if (path)
		path_format(&text, path);
	if (node)
		r = path_each_leaf(node, &text, add_leaf_json, json);
	json_close(json, ']');
	add_dead_json(json, resolution);
	add_ignored(&layers->project, notes, json);
	json_close(json, '}');
	json->failed |= text.failed || r == -ENOMEM;
	return r == -EFBIG ? r : 0;
}

int op_explain(const struct helios_call *call, struct helios_answer *answer,
	       struct helios_error *error)
{
	const char *name = call->values[0], *written = call->values[1];
	cleanup_buf struct buf text = {0}, json = {0};
	cleanup(arena_done) struct arena arena = {0};
	cleanup_effective struct effective layers = {0};
	struct resolution resolution;
	struct path path;
	int err = effective_get(call->home, name, &layers, error);

	if (err == 0 && written)
		err = path_parse(&arena, written, &path, error);
	if (err == 0)
		err = resolve(&arena, layers.layers, layers.count, &resolution, error);
	if (err == 0)
		err = explain(layers.layers, layers.count, &resolution, written ? &path : NULL,
			      &text, error);
	if (err)
		return err;
	if (add_json(&json, name, &layers, &resolution, written ? &path : NULL, &text) < 0)
		return helios_fail(error, HELIOS_LIMIT, NULL, "ask for one PATH",
				   "what explains '%s' has more than %u bytes", name,
				   LIMIT_EXPLAINED);
	return answer_give(answer, &text, &json, error);
}
