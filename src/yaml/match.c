/* What both block and flow collections ask before they are edited. */
#include "yaml/match.h"

struct matching {
	const struct edit *edit;
	const struct node *node, *target;
	struct key_index keys; /* of target */
	struct match *match;
};

static const struct node_entry *entries_end(const struct matching *m)
{
	return m->node->entries + m->node->count;
}

/* Whether a << can stay: all that comes in through it is wanted, if not with that value. */
static bool merge_can_stay(struct matching *m, const struct slot *slot)
{
	const struct node_entry *entry;

	if (edit_is_forced(m->edit, slot->entry))
		return false;
	for (entry = slot->entry; entry < entries_end(m) && entry->merged; entry++)
		if (!key_index_find(&m->keys, entry->key))
			return false;
	return true;
}

/* Notes the merged entries that give what is wanted. */
static void note_merged(struct matching *m, const struct slot *slot)
{
	const struct node_entry *entry;

	for (entry = slot->entry; entry < entries_end(m) && entry->merged; entry++) {
		const struct node_entry *want = key_index_find(&m->keys, entry->key);

		if (node_same(entry->value, want->value) &&
		    !edit_is_forced(m->edit, &entry->key_style))
			m->match->slot_of[want - m->target->entries] = MATCH_MERGED;
	}
}

static int match_entries(struct matching *m, const struct slots *slots)
{
	size_t count = m->target->count;

	m->match->slot_of = arena_alloc(m->edit->arena, (count + 1) * sizeof(*m->match->slot_of));
	if (!m->match->slot_of)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		m->match->slot_of[i] = MATCH_MISSING;
	key_index_init(&m->keys, m->edit->arena, m->target);
	for (size_t i = 0; i < slots->count; i++) {
		const struct slot *slot = &slots->items[i];
		const struct node_entry *want;

		if (!slot->value) {
			m->match->kept[i] = merge_can_stay(m, slot);
			if (m->match->kept[i])
				note_merged(m, slot);
			continue;
		}
		want = key_index_find(&m->keys, slot->entry->key);
		m->match->kept[i] = want != NULL;
		if (want)
			m->match->slot_of[want - m->target->entries] = i;
	}
	return 0;
}

static int match_items(struct matching *m)
{
	size_t *partners = align_lists(m->edit->arena, m->node, m->target);

	if (!partners)
		return -ENOMEM;
	m->match->slot_of = partners;
	for (size_t i = 0; i < m->target->count; i++)
		if (partners[i] != MATCH_MISSING)
			m->match->kept[partners[i]] = true;
	return 0;
}

int match_children(const struct edit *edit, const struct node *node, const struct slots *slots,
		   const struct node *target, struct match *ret)
{
	struct matching m = {.edit = edit, .node = node, .target = target, .match = ret};
	int r;

	*ret = (struct match){.first = NOWHERE, .last = NOWHERE};
	ret->kept = arena_alloc(edit->arena, slots->count * sizeof(*ret->kept));
	if (!ret->kept)
		return -ENOMEM;
	r = node->kind == NODE_MAP ? match_entries(&m, slots) : match_items(&m);
	for (size_t i = 0; r == 0 && i < slots->count; i++) {
		if (!ret->kept[i])
			continue;
		ret->last = i;
		if (ret->first == NOWHERE)
			ret->first = i;
	}
	return r;
}
