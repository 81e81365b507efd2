/* The three-way merge, see merge3.h. */
#include "persona/merge3.h"

#include "persona/tree.h"
#include "yaml/path.h"

struct merge {
	struct maker maker;
	struct buf path;
	struct merge3_result *result;
	size_t capacity;
};

static void note_conflict(struct merge *merge)
{
	struct merge3_result *result = merge->result;
	const char **grown = arena_grow(merge->maker.arena, result->conflicts,
					result->conflict_count, &merge->capacity, sizeof(*grown));

	if (!maker_check(&merge->maker, grown))
		return;
	result->conflicts = grown;
	grown[result->conflict_count++] = maker_check(
		&merge->maker, arena_strdup(merge->maker.arena, buf_text(&merge->path)));
}

static struct node *merge_maps(struct merge *merge, const struct node *ancestor,
			       const struct node *current, struct node *edited);

/* Any of the three may be NULL: absent there. */
static struct node *merge_values(struct merge *merge, const struct node *ancestor,
				 struct node *current, struct node *edited)
{
	if (same_or_absent(ancestor, edited))
		return current;
	if (same_or_absent(ancestor, current) || same_or_absent(current, edited))
		return edited;
	/* a leaf that became a mapping was written whole */
	if (node_is(current, NODE_MAP) && node_is(edited, NODE_MAP) &&
	    (!ancestor || ancestor->kind == NODE_MAP))
		return merge_maps(merge, ancestor, current, edited);
	note_conflict(merge);
	return edited;
}

static void merge_key(struct merge *merge, struct node *map, const struct node_entry *like,
		      struct node *const sides[3])
{
	size_t length = merge->path.length;

	path_add_key(&merge->path, like->key);
	maker_add_entry(&merge->maker, map, like,
			merge_values(merge, sides[0], sides[1], sides[2]));
	buf_splice(&merge->path, length, merge->path.length, "", 0);
}

/* Who changed the tag says whether it stands; only stored texts have any. */
static bool merge_tag(const struct node *ancestor, const struct node *current,
		      const struct node *edited)
{
	bool before = ancestor && ancestor->override_tag;

	return edited->override_tag == before ? current->override_tag : edited->override_tag;
}

static struct node *merge_maps(struct merge *merge, const struct node *ancestor,
			       const struct node *current, struct node *edited)
{
	struct node *map = maker_shell(&merge->maker, edited);
	struct key_index in_ancestor, in_current, in_edited;

	if (map)
		map->override_tag = merge_tag(ancestor, current, edited);
	key_index_init(&in_ancestor, merge->maker.arena, ancestor);
	key_index_init(&in_current, merge->maker.arena, current);
	key_index_init(&in_edited, merge->maker.arena, edited);
	for (size_t i = 0; i < edited->count; i++) {
		const struct node_entry *entry = &edited->entries[i];

		merge_key(merge, map, entry,
			  (struct node *[]){key_index_get(&in_ancestor, entry->key),
					    key_index_get(&in_current, entry->key), entry->value});
	}
	for (size_t i = 0; i < current->count; i++) {
		const struct node_entry *entry = &current->entries[i];

		if (!key_index_find(&in_edited, entry->key))
			merge_key(merge, map, entry,
				  (struct node *[]){key_index_get(&in_ancestor, entry->key),
						    entry->value, NULL});
	}
	return map;
}

int merge3(struct arena *arena, const struct node *ancestor, const struct node *current,
	   const struct node *edited, struct merge3_result *ret)
{
	struct merge3_result result = {.merged = !node_same(ancestor, current)};
	struct merge merge = {.maker = {.arena = arena}, .result = &result};

	result.root = merge_maps(&merge, ancestor, current, (struct node *)edited);
	buf_done(&merge.path);
	if (merge.maker.failed || merge.path.failed)
		return -ENOMEM;
	*ret = result;
	return 0;
}
