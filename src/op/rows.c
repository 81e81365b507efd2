/* Each persona with what its weight makes of it. */
#include "op/rows.h"

#include "base/utf8.h"
#include "persona/resolve.h"
#include "store/layers.h"

static double number_or(const struct node *root, const char *key, double fallback)
{
	const struct node *node = node_get(root, key);

	return node_is_number(node) ? node_number(node) : fallback;
}

/* Enough of a description to choose by: lists are read by models, too. */
static const char *shortened(struct arena *texts, const struct node *description)
{
	size_t length;
	char *copy;

	if (description->length <= LIMIT_LISTED)
		return arena_strdup(texts, description->text);
	length = utf8_valid_prefix(description->text, LIMIT_LISTED);
	copy = arena_alloc(texts, length + sizeof("…"));
	if (copy)
		memcpy(mempcpy(copy, description->text, length), "…", sizeof("…"));
	return copy;
}

static void fill_row(const struct helios_call *call, struct arena *texts, const char *name,
		     struct persona_row *row)
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
			row->description = shortened(texts, description);
	}
	arena_done(&arena);
}

void json_row(struct buf *json, const struct persona_row *row)
{
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
}

int rows_read(const struct helios_call *call, struct persona_rows *ret, struct helios_error *error)
{
	int err;

	*ret = (struct persona_rows){0};
	err = helios_names(call->home, HELIOS_RESOLVED, &ret->names, error);
	if (err == 0)
		err = helios_active(call->home, &ret->active, error);
	if (err == 0)
		ret->items = calloc(ret->names.count + 1, sizeof(*ret->items));
	if (err == 0 && !ret->items)
		err = op_no_memory(error);
	for (size_t i = 0; ret->items && i < ret->names.count; i++) {
		fill_row(call, &ret->texts, ret->names.entries[i], &ret->items[i]);
		ret->items[i].active = ret->active && streq(ret->active, ret->items[i].name);
		ret->count++;
	}
	if (err < 0)
		rows_done(ret);
	return err;
}

void rows_done(struct persona_rows *rows)
{
	free(rows->items);
	free(rows->active);
	helios_names_free(&rows->names);
	arena_done(&rows->texts);
	*rows = (struct persona_rows){0};
}
