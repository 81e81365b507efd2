/* The rule of store/policy.h. */
#include "store/policy.h"

#include "persona/rules.h"
#include "persona/schema.h"
#include "yaml/path.h"

static bool differ(const struct node *a, const struct node *b)
{
	return a != b && (!a || !b || !node_same(a, b));
}

static const struct node *value(const struct node *root, const char *key)
{
	return root ? node_get(root, key) : NULL;
}

static int check_key(const char *name, const char *key, const struct node *before,
		     const struct node *after, struct helios_error *error)
{
	if (!differ(value(before, key), value(after, key)))
		return 0;
	return helios_fail(error, HELIOS_AGENTS, &(struct helios_place){.key = key}, NULL,
			   "'%s' of %s is the person's to change, not a tool's", key, name);
}

int policy_check_locks(const char *name, const struct node *merge, const struct node *before,
		       const struct node *after, struct helios_error *error)
{
	cleanup(arena_done) struct arena arena = {0};

	for (size_t i = 0; node_is(merge, NODE_MAP) && i < merge->count; i++) {
		const struct node_entry *rule = &merge->entries[i];
		struct strategy strategy;
		struct path path;
		int err;

		if (!strategy_read(rule->value, &strategy) || strategy.kind != STRATEGY_LOCK)
			continue;
		err = path_parse(&arena, rule->key, &path, error);
		if (err == -ENOMEM) /* a lock that could not be read is not to be passed */
			return err;
		if (err < 0)
			continue;
		if (differ(path_lookup(before, &path), after ? path_lookup(after, &path) : NULL))
			return helios_fail(error, HELIOS_LOCKED,
					   &(struct helios_place){.key = rule->key}, NULL,
					   "'%s' is locked by %s: it is the person's to change",
					   rule->key, name);
	}
	return 0;
}

int policy_check_change(const char *name, const struct node *before, const struct node *after,
			struct helios_error *error)
{
	static const char *const base_keys[] = {"base_importance", "specialization_level"};
	int err = check_key(name, "merge", before, after, error);

	for (size_t i = 0; err == 0 && streq(name, "base") && i < ARRAY_SIZE(base_keys); i++)
		err = check_key(name, base_keys[i], before, after, error);
	return err == 0 && before
		       ? policy_check_locks(name, value(before, "merge"), before, after, error)
		       : err;
}
