/* The summary of a change: which keys it touched, never their values. */
#include "store/save.h"

#define NAMED_AT_MOST 3

struct touched {
	struct buf paths;
	size_t count;
	bool all_removed, all_added;
};

static void touch(struct touched *touched, const struct buf *path, bool removed, bool added)
{
	if (touched->count < NAMED_AT_MOST) {
		if (touched->count)
			buf_addstr(&touched->paths, ", ");
		buf_addstr(&touched->paths, buf_text(path));
	}
	touched->all_removed = touched->all_removed && removed;
	touched->all_added = touched->all_added && added;
	touched->count++;
}

/* old or new may be NULL: the other side has it alone. */
static void compare(struct touched *touched, struct buf *path, const struct node *old,
		    const struct node *new)
{
	const struct node *sides[] = {old, new};
	size_t length = path->length;

	if (old && new && node_same(old, new))
		return;
	if (!node_is(old, NODE_MAP) || !node_is(new, NODE_MAP)) {
		touch(touched, path, !new, !old);
		return;
	}
	for (size_t side = 0; side < ARRAY_SIZE(sides); side++) {
		size_t at_old = 0, at_new = 0;

		for (size_t i = 0; i < sides[side]->count; i++) {
			const char *key = sides[side]->entries[i].key;
			const struct node *before = node_get_next(old, key, &at_old);

			if (side == 1 && before)
				continue;
			path_add_key(path, key);
			compare(touched, path, before, node_get_next(new, key, &at_new));
			buf_splice(path, length, path->length, "", 0);
		}
	}
	if (old->override_tag != new->override_tag)
		touch(touched, path, false, false);
}

char *save_summary(const char *name, const struct node *old, const struct node *new)
{
	struct touched touched = {.all_removed = true, .all_added = true};
	cleanup_buf struct buf path = {0};
	struct buf summary = {0};

	buf_addf(&summary, "%s: ", name);
	compare(&touched, &path, old, new);
	if (touched.count == 0)
		buf_addstr(&summary, "edit text");
	else
		buf_addf(&summary, "%s %s", touched.all_removed ? "unset" : "set",
			 buf_text(&touched.paths));
	if (touched.count > NAMED_AT_MOST)
		buf_addf(&summary, " and %zu more", touched.count - NAMED_AT_MOST);
	buf_done(&touched.paths);
	return buf_take(&summary);
}
