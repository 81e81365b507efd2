/*
 * Whose a comment is shows where it stands in the old text: with the innermost key or item that
 * would take it away if it went. Old tree and new are walked side by side, and the home of a
 * comment is where that key or item stands now. Lost is what a splice has taken.
 */
#include "yaml/keep.h"

#include "yaml/comments.h"
#include "yaml/match.h"

struct keeper {
	const struct edit *edit;
	const struct document *result;
	struct comments comments; /* of the old text */
	size_t next;		  /* the first that has not been looked at */
};

/* A collection that is in both texts. */
struct pair {
	const struct node *old, *now;
	size_t bound, limit; /* what belongs to it stands between these in the old text */
	size_t home;	     /* where it stands now */
	struct slots slots, new_slots;
	size_t *became; /* for each slot a child of now, or NOWHERE */
};

/* Gives the comments before end a home, or NOWHERE. */
static void settle(struct keeper *keeper, size_t end, size_t home)
{
	struct comments *comments = &keeper->comments;

	while (keeper->next < comments->count && comments->items[keeper->next].start < end)
		comments->items[keeper->next++].home = home;
}

static bool has_comments_before(const struct keeper *keeper, size_t end)
{
	return keeper->next < keeper->comments.count &&
	       keeper->comments.items[keeper->next].start < end;
}

/* Where a slot begins, with the comments attached above it. */
static size_t beginning_of(const struct keeper *keeper, const struct pair *pair, size_t index)
{
	const struct document *document = keeper->edit->document;
	const struct slot *slot = &pair->slots.items[index];
	size_t bound = index ? slot[-1].end : pair->bound;

	if (!shape_is_own_line(document, slot->start))
		return slot->start;
	return shape_attached(document, slot, shape_column(document, slot->start), bound);
}

/* Where a slot ends, with the comments below it, or behind its comma on the same line. */
static size_t end_of(const struct keeper *keeper, const struct pair *pair, size_t index)
{
	const struct document *document = keeper->edit->document;
	const struct slot *slot = &pair->slots.items[index];
	bool is_last = index + 1 == pair->slots.count;
	size_t end = slot->end;

	if (pair->old->style != STYLE_FLOW)
		return shape_tail(document, slot,
				  shape_column(document, pair->slots.items[0].start),
				  is_last ? pair->limit : slot[1].start);
	end += strspn(document->text + end, " \t,");
	return document->text[end] == '#' ? shape_line_end(document, end) : slot->end;
}

/* Where a child stands now: lines can be put above it, or else above what it stands in. */
static size_t home_of(const struct keeper *keeper, const struct pair *pair, size_t child)
{
	const struct slots *slots = &pair->new_slots;
	size_t start;

	if (!slots->count)
		return pair->home;
	if (pair->now->kind == NODE_MAP)
		child = shape_slot_of(slots, &pair->now->entries[child]);
	start = slots->items[child].start;
	return shape_is_own_line(keeper->result, start) ? start : pair->home;
}

/* Finds what became of each slot: nothing, where the collection is of another kind now. */
static int find_became(const struct keeper *keeper, struct pair *pair)
{
	size_t size = pair->slots.count * sizeof(*pair->became);
	struct match match;
	int r;

	pair->became = arena_alloc(keeper->edit->arena, size);
	if (!pair->became)
		return -ENOMEM;
	memset(pair->became, 0xFF, size);
	if (pair->old->kind != pair->now->kind)
		return 0;
	r = match_children(keeper->edit, pair->old, &pair->slots, pair->now, &match);
	for (size_t i = 0; r == 0 && i < pair->now->count; i++)
		if (match.slot_of[i] < MATCH_MERGED)
			pair->became[match.slot_of[i]] = i;
	return r;
}

/* Finds the slots, old and new. 0, -ENOTSUP for what has none, or -ENOMEM. */
static int find_slots(const struct keeper *keeper, struct pair *pair)
{
	struct arena *arena = keeper->edit->arena;
	int r = shape_slots(keeper->edit->document, pair->old, arena, &pair->slots);

	if (r == 0)
		r = find_became(keeper, pair);
	if (r < 0 || pair->now->style != STYLE_BLOCK || pair->now->alias || !pair->now->count)
		return r;
	r = shape_slots(keeper->result, pair->now, arena, &pair->new_slots);
	if (r == -ENOTSUP)
		pair->new_slots.count = 0;
	return r == -ENOTSUP ? 0 : r;
}

static int settle_inside(struct keeper *keeper, struct pair *pair);

/* Settles the comments of a slot that lives. */
static int settle_slot(struct keeper *keeper, const struct pair *pair, size_t index, size_t end)
{
	const struct slot *slot = &pair->slots.items[index];
	size_t child = pair->became[index], home = home_of(keeper, pair, child);
	struct pair inside = {
		.old = slot->value,
		.now = pair->now->kind == NODE_MAP ? pair->now->entries[child].value
						   : pair->now->items[child],
		.bound = slot->head,
		.limit = end,
		.home = home,
	};
	int r = settle_inside(keeper, &inside);

	settle(keeper, end, home);
	return r;
}

/* Settles the comments in a value, up to the last that stands with a child. */
static int settle_inside(struct keeper *keeper, struct pair *pair)
{
	int r;

	if (pair->old->alias || !pair->old->count || !has_comments_before(keeper, pair->limit))
		return 0;
	r = find_slots(keeper, pair);
	if (r < 0)
		return r == -ENOTSUP ? 0 : r;
	for (size_t i = 0; r == 0 && i < pair->slots.count; i++) {
		size_t end = end_of(keeper, pair, i);

		settle(keeper, beginning_of(keeper, pair, i), pair->home);
		if (pair->became[i] == NOWHERE)
			settle(keeper, end, NOWHERE);
		else
			r = settle_slot(keeper, pair, i, end);
	}
	return r;
}

/* Leaves those comments that have a home and were taken by a splice. */
static void leave_lost(struct keeper *keeper)
{
	const struct splices *splices = &keeper->edit->splices;
	struct comments *comments = &keeper->comments;
	size_t lost = 0, at = 0, taken = 0; /* up to where splices take bytes */

	for (size_t i = 0; i < comments->count; i++) {
		const struct comment *comment = &comments->items[i];

		for (; at < splices->count && splices->items[at].start <= comment->start; at++)
			if (!splices->items[at].renews && splices->items[at].end > taken)
				taken = splices->items[at].end;
		if (comment->home != NOWHERE && comment->start < taken)
			comments->items[lost++] = *comment;
	}
	comments->count = lost;
}

/* Appends the new text with lines for the comments above their homes. */
static int put_back(const struct keeper *keeper, struct buf *out)
{
	const struct document *result = keeper->result;
	struct splices splices = {0};

	for (size_t i = 0; i < keeper->comments.count; i++) {
		const struct comment *comment = &keeper->comments.items[i];
		size_t line = shape_line_start(result, comment->home);
		const char *text =
			arena_printf(keeper->edit->arena, "%.*s%.*s%s", (int)(comment->home - line),
				     result->text + line, (int)comment->length, comment->text,
				     keeper->edit->style.newline);
		const struct splice splice = {.start = line,
					      .end = line,
					      .bytes = text,
					      .length = text ? strlen(text) : 0};

		if (!text || splices_add(&splices, keeper->edit->arena, &splice) < 0)
			return -ENOMEM;
	}
	splices_sort(&splices);
	splices_apply(&splices, splices.count, result->text, result->length, out);
	return out->failed ? -ENOMEM : 1;
}

/* Whether an edit can have lost a comment: most take none, and none of the rest is done then. */
static bool may_have_lost(const struct edit *edit)
{
	for (size_t i = 0; i < edit->splices.count; i++) {
		const struct splice *splice = &edit->splices.items[i];

		if (!splice->renews &&
		    memchr(edit->document->text + splice->start, '#', splice->end - splice->start))
			return true;
	}
	return false;
}

int keep_comments(const struct edit *edit, const struct document *result, struct buf *out)
{
	struct keeper keeper = {.edit = edit, .result = result};
	struct pair roots = {
		.old = edit->document->root,
		.now = result->root,
		.limit = edit->document->length,
		.home = shape_content(result, result->root),
	};
	int r;

	if (!may_have_lost(edit))
		return 0;
	r = comments_find(edit->document, edit->arena, &keeper.comments);

	if (!shape_is_own_line(result, roots.home)) /* behind "---" */
		roots.home = shape_line_start(result, 0);
	if (r == 0)
		r = settle_inside(&keeper, &roots);
	settle(&keeper, edit->document->length, roots.home);
	if (r < 0)
		return r;
	leave_lost(&keeper);
	return keeper.comments.count ? put_back(&keeper, out) : 0;
}
