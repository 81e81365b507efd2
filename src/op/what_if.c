/* what-if: the leaves another level or importance would change. Writes nothing. */
#include "op/ops.h"

#include "persona/explain.h"
#include "persona/what_if.h"
#include "store/layers.h"

static const char *rule_of(const struct leaf_change *change)
{
	const struct node *node = change->then ?: change->now;

	return node->origin ? resolve_rule_name(node->origin->rule) : NULL;
}

static void add_change(const struct helios_call *call, struct buf *text, struct buf *json,
		       const struct leaf_change *change)
{
	const char *rule = rule_of(change);

	paint(text, call->colour, PAINT_BOLD, change->path);
	buf_addstr(text, ": ");
	add_flow(text, change->now, 0);
	buf_addstr(text, " -> ");
	add_flow(text, change->then, 0);
	buf_addf(text, rule ? "  (%s)\n" : "\n", rule);
	json_open(json, '{');
	json_member(json, "path", change->path);
	if (change->now) {
		json_key(json, "now");
		json_node(json, change->now);
	}
	if (change->then) {
		json_key(json, "then");
		json_node(json, change->then);
	}
	json_member(json, "rule", rule);
	json_close(json, '}');
}

static void add_weight(struct buf *json, const char *key, double weight)
{
	json_key(json, key);
	json_open(json, '{');
	json_member_real(json, "weight", weight);
	json_member(json, "band", resolve_band(weight));
	json_close(json, '}');
}

static int give(const struct helios_call *call, const struct what_if *found,
		struct helios_answer *answer, struct helios_error *error)
{
	const char *before = resolve_band(found->weight_now);
	const char *after = resolve_band(found->weight_then);
	cleanup_buf struct buf text = {0}, json = {0};

	buf_addf(&text, "weight %.4g, %s -> %.4g, %s%s\n", found->weight_now, before,
		 found->weight_then, after, streq(before, after) ? "" : ": the band flips");
	json_open(&json, '{');
	json_member(&json, "name", call->values[0]);
	add_weight(&json, "now", found->weight_now);
	add_weight(&json, "then", found->weight_then);
	json_key(&json, "changes");
	json_open(&json, '[');
	for (size_t i = 0; i < found->changes.count; i++)
		add_change(call, &text, &json, &found->changes.items[i]);
	json_close(&json, ']');
	json_close(&json, '}');
	if (!found->changes.count)
		buf_addstr(&text, "no value would change\n");
	return answer_give(answer, &text, &json, error);
}

/* The number an option gives, as YAML reads it; NULL when it is not given. */
static int read_number(const char *written, struct document **typed, struct node **ret,
		       struct helios_error *error)
{
	int err;

	*ret = NULL;
	if (!written)
		return 0;
	err = yaml_parse_value(written, strlen(written), typed, error);
	if (err == 0)
		*ret = (*typed)->root;
	return err;
}

int op_what_if(const struct helios_call *call, struct helios_answer *answer,
	       struct helios_error *error)
{
	cleanup_document struct document *typed_level = NULL, *typed_importance = NULL;
	cleanup(arena_done) struct arena arena = {0};
	cleanup_layers struct store_layers layers = {0};
	struct node *level = NULL, *importance = NULL;
	struct what_if found;
	int err = read_number(call->values[1], &typed_level, &level, error);

	if (err == 0)
		err = read_number(call->values[2], &typed_importance, &importance, error);
	if (err < 0)
		return err;
	if (!level && !importance)
		return helios_fail(error, HELIOS_USAGE, NULL, "give --level, --importance or both",
				   "'what-if' needs a level or an importance");
	if (op_is_base(call->values[0]))
		return helios_fail(error, HELIOS_USAGE, NULL, "name a persona",
				   "the base has no weight of its own");
	err = store_layers(call->home, call->values[0], &layers, NULL, error);
	if (err == 0)
		err = what_if(&arena, layers.layers, layers.count, layers.count - 1, level,
			      importance, &found, error);
	return err ? err : give(call, &found, answer, error);
}
