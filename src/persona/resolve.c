/*
 * Resolution of all layers: the base as it stands, then one step a layer. Control keys are the
 * one thing that is not decided key by key: they give each step its weight.
 */
#include "persona/resolve.h"

#include "persona/schema.h"
#include "persona/step.h"

#define DEFAULT_IMPORTANCE 0.7

static const char *const rule_names[] = {
	[RULE_BASE_ONLY] = "inherited", [RULE_PERSONA_ONLY] = "own",
	[RULE_NULL] = "removed",	[RULE_OVERRIDE] = "override",
	[RULE_EQUAL] = "equal",		[RULE_BLEND] = "blended",
	[RULE_WEIGHT] = "by weight",	[RULE_LIST] = "lists joined",
	[RULE_KINDS] = "kinds differ",	[RULE_METADATA] = "metadata",
	[RULE_CONTROL] = "control key", [RULE_STRATEGY] = "strategy",
	[RULE_LOCK] = "locked",
};

const char *resolve_rule_name(enum rule rule)
{
	return rule_names[rule];
}

/* The base as a resolved document: without merge:, every leaf with its origin. */
static struct node *import_base(struct step *step, const struct node *base)
{
	struct node *root = step_shell(step, base, true, RULE_BASE_ONLY);

	for (size_t i = 0; root && i < base->count; i++) {
		const struct node_entry *entry = &base->entries[i];

		if (!streq(entry->key, "merge"))
			maker_add_entry(step->maker, root, entry,
					step_adopt(step, entry->value, RULE_BASE_ONLY, true));
	}
	return root;
}

/* The number a control key has in effect; NULL: the default. Level is never inherited. */
static const struct node *control_value(const struct step *step, const struct node *base,
					const char *key, bool inherited)
{
	struct scope scope = scope_enter(step->rules, scope_root(step->rules), key, step->index);
	const struct node *own = node_get(step->layer->root, key);
	const struct node *below = node_get(base, key);
	bool locked = scope.locks & step_lockers(step);

	if (node_is_number(own) && !locked)
		return own;
	return (inherited || locked) && node_is_number(below) ? below : NULL;
}

void step_weigh(struct step *step, const struct node *base)
{
	const struct node *importance = control_value(step, base, "base_importance", true);
	const struct node *level = control_value(step, base, "specialization_level", false);

	step->weight = step->layer->on_top ? 0.0
					   : resolve_weight(importance ? node_number(importance)
								       : DEFAULT_IMPORTANCE,
							    level ? node_number(level) : 1.0);
}

/* Control keys always appear: what nobody set gets its default, which stands on no line. */
static void add_defaults(struct step *step, const struct node *base, struct node *root)
{
	struct node *level;

	if (control_value(step, base, "specialization_level", false) || step->layer->on_top)
		return;
	level = maker_check(step->maker, node_int(step->maker->arena, 1));
	if (level)
		level = step_shell(step, level, true, RULE_CONTROL);
	maker_set(step->maker, root, "specialization_level", level);
}

struct node *step_root(struct step *step, struct node *base)
{
	struct node *root;

	step->depth = 0;
	step_weigh(step, base);
	root = step_maps(step, scope_root(step->rules), base, step->layer->root);
	add_defaults(step, base, root);
	return root;
}

int resolve(struct arena *arena, const struct layer *layers, size_t count, struct resolution *ret,
	    struct helios_error *error)
{
	struct maker maker = {.arena = arena};
	struct dead_list dead = {0};
	struct rules rules;
	struct step step = {.maker = &maker, .rules = &rules, .layers = layers, .dead = &dead};
	struct node *root;
	double weight = 1.0;

	if (count == 0 || count > RULES_LAYERS)
		return helios_fail(error, HELIOS_LIMIT, NULL, NULL, "%zu layers cannot be resolved",
				   count);
	rules_init(&rules, &maker, layers, count);
	step.layer = layers;
	step.weight = weight;
	root = import_base(&step, layers[0].root);
	for (size_t i = 1; i < count && root; i++) {
		step.layer = &layers[i];
		step.index = (unsigned)i;
		root = step_root(&step, root);
		if (!layers[i].on_top)
			weight = step.weight;
	}
	if (maker.failed || !root)
		return helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "memory ran out");
	*ret = (struct resolution){
		.root = root,
		.weight = weight,
		.dead = dead.values,
		.dead_count = dead.count,
	};
	return 0;
}

int resolve_blend(struct arena *arena, const struct node *base, const struct node *persona,
		  double weight, struct node **ret)
{
	static const struct layer sides[] = {{.name = "base", .file = "base"},
					     {.name = "persona", .file = "persona"}};
	struct maker maker = {.arena = arena};
	struct rules rules = {0};
	struct step step = {
		.maker = &maker,
		.rules = &rules,
		.layers = sides,
		.layer = &sides[0],
		.weight = weight,
	};
	struct node *root = import_base(&step, base);

	step.layer = &sides[1];
	step.index = 1;
	if (root)
		root = step_maps(&step, (struct scope){0}, root, persona);
	if (maker.failed || !root)
		return -ENOMEM;
	*ret = root;
	return 0;
}
