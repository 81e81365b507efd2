/* The strategies of merge:, see rules.h. */
#include "persona/rules.h"

#include "base/hash.h"

static const struct strategy words[] = {
	{STRATEGY_WEIGHTED, "weighted", NULL}, {STRATEGY_BASE, "base", NULL},
	{STRATEGY_PERSONA, "persona", NULL},   {STRATEGY_APPEND, "append", NULL},
	{STRATEGY_PREPEND, "prepend", NULL},   {STRATEGY_REPLACE, "replace", NULL},
	{STRATEGY_LOCK, "lock", NULL},
};

bool strategy_read(const struct node *value, struct strategy *ret)
{
	const struct node *field = node_get(value, "by");

	if (node_is(field, NODE_STRING) && field->length && value->count == 1) {
		*ret = (struct strategy){STRATEGY_BY, "by", field->text};
		return true;
	}
	for (size_t i = 0; node_is(value, NODE_STRING) && i < ARRAY_SIZE(words); i++) {
		if (streq(value->text, words[i].name)) {
			*ret = words[i];
			return true;
		}
	}
	return false;
}

static size_t slot_of(const struct rules *rules, const struct rule_node *parent, const char *key)
{
	size_t at = hash_pair((uintptr_t)parent, hash_text(key));

	for (at &= rules->mask; rules->slots[at]; at = (at + 1) & rules->mask)
		if (rules->slots[at]->parent == parent && streq(rules->slots[at]->key, key))
			break;
	return at;
}

/* Keeps the table at most half full. */
static void make_room(struct rules *rules, struct maker *maker)
{
	struct rules grown = *rules;

	if (rules->slots && rules->count * 2 <= rules->mask)
		return;
	grown.mask = rules->slots ? rules->mask * 2 + 1 : 31;
	grown.slots = maker_check(
		maker, arena_alloc(maker->arena, (grown.mask + 1) * sizeof(*grown.slots)));
	if (!grown.slots)
		return;
	for (size_t i = 0; rules->slots && i <= rules->mask; i++) {
		struct rule_node *node = rules->slots[i];

		if (node)
			grown.slots[slot_of(&grown, node->parent, node->key)] = node;
	}
	*rules = grown;
}

static struct rule_node *find_or_make(struct rules *rules, struct maker *maker,
				      struct rule_node *parent, const char *key)
{
	struct rule_node *node;
	size_t at;

	make_room(rules, maker);
	if (maker->failed)
		return NULL;
	at = slot_of(rules, parent, key);
	if (rules->slots[at])
		return rules->slots[at];
	node = maker_check(maker, arena_alloc(maker->arena, sizeof(*node)));
	if (!node)
		return NULL;
	node->key = key;
	node->parent = parent;
	node->next = parent->children;
	parent->children = node;
	rules->slots[at] = node;
	rules->count++;
	return node;
}

static void add_entry(struct maker *maker, struct rule_node *node, unsigned layer,
		      const struct strategy *strategy)
{
	struct rule_entry *entry = maker_check(maker, arena_alloc(maker->arena, sizeof(*entry)));
	struct rule_entry **end = &node->entries;

	if (!entry)
		return;
	entry->layer = layer;
	entry->strategy = *strategy;
	while (*end)
		end = &(*end)->next;
	*end = entry;
	for (node = node->parent; strategy->kind == STRATEGY_LOCK && node; node = node->parent)
		node->locks_below |= UINT64_C(1) << layer;
}

static void add_rule(struct rules *rules, struct maker *maker, unsigned layer,
		     const struct node_entry *rule)
{
	struct rule_node *node = rules->root;
	struct strategy strategy;
	struct path path;

	int err;

	if (!strategy_read(rule->value, &strategy))
		return;
	err = path_parse(maker->arena, rule->key, &path, NULL);
	maker->failed |= err == -ENOMEM; /* a lock must not be passed over */
	if (err < 0)
		return;
	for (size_t i = 0; i < path.count && node; i++) {
		if (!path.steps[i].key)
			return;
		node = find_or_make(rules, maker, node, path.steps[i].key);
	}
	if (node && node != rules->root)
		add_entry(maker, node, layer, &strategy);
}

void rules_init(struct rules *rules, struct maker *maker, const struct layer *layers, size_t count)
{
	*rules = (struct rules){0};
	for (size_t i = 0; i < count && i < RULES_LAYERS; i++) {
		const struct node *merge = node_get(layers[i].root, "merge");

		if (!node_is(merge, NODE_MAP))
			continue;
		if (!rules->root)
			rules->root =
				maker_check(maker, arena_alloc(maker->arena, sizeof(*rules->root)));
		for (size_t j = 0; rules->root && j < merge->count; j++)
			add_rule(rules, maker, (unsigned)i, &merge->entries[j]);
	}
}

struct scope scope_root(const struct rules *rules)
{
	return (struct scope){.at = rules->root};
}

struct scope scope_enter(const struct rules *rules, struct scope scope, const char *key,
			 unsigned layer)
{
	const struct rule_entry *entry;

	if (!scope.at || !rules->slots)
		return scope_item(scope);
	scope.at = rules->slots[slot_of(rules, scope.at, key)];
	entry = scope.at ? scope.at->entries : NULL;
	for (; entry && entry->layer <= layer; entry = entry->next) {
		uint64_t bit = UINT64_C(1) << entry->layer;

		if (entry->strategy.kind == STRATEGY_LOCK)
			scope.locks |= bit;
		else
			scope.locks &= ~bit;
		/* the nearest layer that says anything; within one the longest path */
		if (!scope.strategy || entry->layer >= scope.layer) {
			scope.strategy = &entry->strategy;
			scope.layer = entry->layer;
		}
	}
	return scope;
}

struct scope scope_item(struct scope scope)
{
	scope.at = NULL;
	return scope;
}

/* The longest entry of one layer's merge: that is on path or above it says whether it locks. */
static bool layer_locks(struct arena *arena, const struct layer *layer, const struct path *path)
{
	const struct node *merge = node_get(layer->root, "merge");
	size_t longest = 0;
	bool locks = false;

	for (size_t i = 0; node_is(merge, NODE_MAP) && i < merge->count; i++) {
		struct strategy strategy;
		struct path rule;
		size_t same = 0;

		if (!strategy_read(merge->entries[i].value, &strategy) ||
		    path_parse(arena, merge->entries[i].key, &rule, NULL) < 0)
			continue;
		while (same < rule.count && same < path->count && rule.steps[same].key &&
		       path->steps[same].key && streq(rule.steps[same].key, path->steps[same].key))
			same++;
		if (same == rule.count && same >= longest && same > 0) {
			longest = same;
			locks = strategy.kind == STRATEGY_LOCK;
		}
	}
	return locks;
}

const struct layer *resolve_locker(const struct layer *layers, size_t count,
				   const struct path *path)
{
	cleanup(arena_done) struct arena arena = {0};

	for (size_t i = 0; i < count; i++)
		if (layer_locks(&arena, &layers[i], path))
			return &layers[i];
	return NULL;
}
