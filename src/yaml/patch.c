/*
 * The driver: edit, parse, compare, and where the result is not the target, edit once more with
 * the smallest part that went wrong written anew. In the end there is always the whole document.
 */
#include "yaml/keep.h"

#define ATTEMPTS 24u
#define TRUSTING_ATTEMPTS 8u

struct attempt {
	struct edit edit;
	struct document *result; /* of the last attempt, or NULL when it did not parse */
	struct helios_error error;
	struct buf text;
};

/* 1 when it was not forced before. */
static int force(struct edit *edit, const void *what)
{
	const void **grown;

	if (edit_is_forced(edit, what))
		return 0;
	grown = arena_grow(edit->arena, edit->forced, edit->forced_count, &edit->forced_capacity,
			   sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	edit->forced = grown;
	edit->forced[edit->forced_count++] = what;
	return 1;
}

/* Forces a child of node, or node itself when that was tried before. */
static int force_or(struct edit *edit, const void *what, const struct node *node)
{
	int r = force(edit, what);

	return r ? r : force(edit, node);
}

/* The first merged entry of the << that an entry came in through. */
static const struct node_entry *merge_of(const struct node *map, const struct node_entry *entry)
{
	while (entry > map->entries && entry[-1].merged)
		entry--;
	return entry;
}

static int force_difference(struct edit *edit, const struct node *old, const struct node *result,
			    const struct node *target);

/* What the result has and the target has not. */
static int force_surplus(struct edit *edit, const struct node *old, const struct node *result,
			 const struct node *target)
{
	struct key_index in_target;

	key_index_init(&in_target, edit->arena, target);
	for (size_t i = 0; i < result->count; i++) {
		const struct node_entry *entry;

		if (key_index_find(&in_target, result->entries[i].key))
			continue;
		entry = node_find(old, result->entries[i].key);
		return entry && entry->merged ? force_or(edit, merge_of(old, entry), old)
					      : force(edit, old);
	}
	return 0;
}

/* old and result belong together; both are collections of target's kind. */
static int force_in_map(struct edit *edit, const struct node *old, const struct node *result,
			const struct node *target)
{
	struct key_index in_result;
	int r = force_surplus(edit, old, result, target);

	key_index_init(&in_result, edit->arena, result);
	for (size_t i = 0; r == 0 && i < target->count; i++) {
		const struct node_entry *want = &target->entries[i];
		const struct node *got = key_index_get(&in_result, want->key);
		const struct node_entry *entry;

		if (got && node_same(got, want->value))
			continue;
		entry = node_find(old, want->key);
		if (!entry || !got)
			return force(edit, old);
		if (entry->merged) {
			r = force(edit, &entry->key_style);
			return r ? r : force_or(edit, merge_of(old, entry), old);
		}
		r = force_difference(edit, entry->value, got, want->value);
		return r ? r : force(edit, old);
	}
	return r;
}

static int force_in_list(struct edit *edit, const struct node *old, const struct node *result,
			 const struct node *target)
{
	/* Which item became which is only known when none came or went. */
	if (old->count != target->count || result->count != target->count)
		return force(edit, old);
	for (size_t i = 0; i < target->count; i++) {
		int r;

		if (node_same(result->items[i], target->items[i]))
			continue;
		r = force_difference(edit, old->items[i], result->items[i], target->items[i]);
		return r ? r : force(edit, old);
	}
	return 0;
}

/* Forces the smallest node around the first difference; 0 when all of them were tried. */
static int force_difference(struct edit *edit, const struct node *old, const struct node *result,
			    const struct node *target)
{
	int r = 0;

	if (edit_is_forced(edit, old))
		return 0;
	if (!old->alias && old->kind == target->kind && result->kind == target->kind) {
		if (old->kind == NODE_MAP)
			r = force_in_map(edit, old, result, target);
		else if (old->kind == NODE_LIST)
			r = force_in_list(edit, old, result, target);
	}
	return r ? r : force(edit, old);
}

/* The name behind '*' where the result could not be parsed, or NULL. */
static const char *unknown_alias(const struct attempt *attempt)
{
	const char *at = buf_text(&attempt->text);

	for (unsigned line = 1; at && line < attempt->error.line; line++) {
		at = strchr(at, '\n');
		at = at ? at + 1 : NULL;
	}
	for (unsigned column = 1; at && *at && column < attempt->error.column; at++)
		column += (at[1] & 0xC0) != 0x80;
	return at && *at == '*' ? at + 1 : NULL;
}

static bool names_alias(const struct document *document, size_t start, size_t end, const char *name)
{
	size_t length = strcspn(name, " \t\r\n,[]{}:");

	for (; start + length < end; start++)
		if (document->text[start] == '*' &&
		    strncmp(document->text + start + 1, name, length) == 0)
			return true;
	return false;
}

/* Expands every alias and << of that name. */
static int force_aliases(struct edit *edit, const struct node *node, const char *name)
{
	int forced = 0;

	if (node->alias)
		return names_alias(edit->document, node->place.start, node->place.end, name)
			       ? force(edit, node)
			       : 0;
	for (size_t i = 0; i < node->count && forced >= 0; i++) {
		const struct node_entry *entry = node->kind == NODE_MAP ? &node->entries[i] : NULL;
		int r = 0;

		if (!entry)
			r = force_aliases(edit, node->items[i], name);
		else if (!entry->merged)
			r = force_aliases(edit, entry->value, name);
		else if (names_alias(edit->document, entry->key_place.start, entry->key_place.end,
				     name))
			r = force(edit, merge_of(node, entry));
		forced = r < 0 ? r : forced | r;
	}
	return forced;
}

static const struct node *parent_of(const struct node *root, const struct node *node)
{
	for (size_t i = 0; !root->alias && i < root->count; i++) {
		const struct node *child =
			root->kind == NODE_LIST ? root->items[i] : root->entries[i].value;
		const struct node *found;

		if (child == node)
			return root;
		if (root->kind == NODE_MAP && root->entries[i].merged)
			continue;
		found = parent_of(child, node);
		if (found)
			return found;
	}
	return NULL;
}

static int parses_with(struct attempt *attempt, size_t count, const char *text, size_t length,
		       bool *ret)
{
	cleanup_document struct document *result = NULL;
	cleanup_buf struct buf out = {0};
	int err;

	splices_apply(&attempt->edit.splices, count, text, length, &out);
	err = out.failed ? -ENOMEM : yaml_try(buf_text(&out), out.length, "", &result, NULL);
	*ret = result != NULL;
	return err;
}

/* Forces the collection whose edit broke the syntax. */
static int force_culprit(struct attempt *attempt, const char *text, size_t length)
{
	struct edit *edit = &attempt->edit;
	size_t good = 0, bad = edit->splices.count;
	const struct node *owner;
	int r = 0;

	if (!bad)
		return 0;
	while (bad - good > 1) {
		size_t middle = good + (bad - good) / 2;
		bool parses;

		r = parses_with(attempt, middle, text, length, &parses);
		if (r < 0)
			return r;
		if (parses)
			good = middle;
		else
			bad = middle;
	}
	for (owner = edit->splices.items[bad - 1].owner; owner && r == 0;
	     owner = parent_of(edit->document->root, owner))
		r = force(edit, owner);
	return r;
}

/* Prepares another attempt: 1, or 0 when there is nothing left to try. */
static int force_more(struct attempt *attempt, const char *text, size_t length,
		      const struct node *target)
{
	struct edit *edit = &attempt->edit;
	const char *alias;
	int r = 0;

	if (attempt->result)
		return force_difference(edit, edit->document->root, attempt->result->root, target);
	alias = attempt->error.code == HELIOS_ALIAS ? unknown_alias(attempt) : NULL;
	if (alias)
		r = force_aliases(edit, edit->document->root, alias);
	return r ? r : force_culprit(attempt, text, length);
}

static void begin(struct attempt *attempt)
{
	attempt->edit.splices = (struct splices){0};
	buf_clear(&attempt->text);
	document_free(take_ptr(attempt->result));
}

/* Makes the text and parses it: 0 or a negative errno. */
static int apply(struct attempt *attempt)
{
	struct edit *edit = &attempt->edit;

	splices_sort(&edit->splices);
	splices_apply(&edit->splices, edit->splices.count, edit->document->text,
		      edit->document->length, &attempt->text);
	if (attempt->text.failed)
		return -ENOMEM;
	return yaml_parse(buf_text(&attempt->text), attempt->text.length, "", &attempt->result,
			  &attempt->error);
}

/* 1 when the text of this attempt is the target, 0 when not. */
static int try_once(struct attempt *attempt, const struct node *target, const struct donors *donors)
{
	int r;

	begin(attempt);
	r = edit_root(&attempt->edit, target, donors);
	if (r < 0)
		return r;
	r = apply(attempt);
	if (r == -ENOMEM)
		return r;
	return r == 0 && node_same(attempt->result->root, target);
}

static int try_edits(struct attempt *attempt, const struct node *target,
		     const struct donors *donors)
{
	const struct document *document = attempt->edit.document;
	int r = 0;

	for (unsigned i = 0; i < ATTEMPTS; i++) {
		attempt->edit.trust_aliases = i < TRUSTING_ATTEMPTS;
		r = try_once(attempt, target, donors);
		if (r)
			break;
		r = force_more(attempt, document->text, document->length, target);
		if (r <= 0)
			break;
		r = 0;
	}
	return r;
}

/* The last resort. */
static int write_anew(struct attempt *attempt, const struct node *target)
{
	cleanup_buf struct buf text = {0};
	int r = yaml_emit(target, &text);

	begin(attempt);
	if (r == 0)
		r = edit_splice(&attempt->edit, 0, attempt->edit.document->length, text.data,
				text.length);
	return r < 0 ? r : apply(attempt);
}

/* Appends the text that is the target, with the comments put back that it has lost. */
static int finish(const struct attempt *attempt, const struct node *target, struct buf *out)
{
	cleanup_document struct document *document = NULL;
	cleanup_buf struct buf whole = {0};
	const struct buf *best = &attempt->text;
	int r = keep_comments(&attempt->edit, attempt->result, &whole);

	if (r == 1) {
		r = yaml_parse(buf_text(&whole), whole.length, "", &document, NULL);
		if (r == 0 && node_same(document->root, target))
			best = &whole;
	}
	if (r == -ENOMEM)
		return r;
	buf_add(out, best->data, best->length);
	return 0;
}

int patch_document(const struct document *document, const struct node *target,
		   const struct donors *donors, struct buf *out, struct helios_error *error)
{
	struct attempt attempt = {0};
	struct arena arena = {0};
	int r;

	if (node_same(document->root, target)) {
		buf_add(out, document->text, document->length);
		return out->failed
			       ? helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "memory ran out")
			       : 0;
	}
	attempt.edit.document = document;
	attempt.edit.arena = &arena;
	edit_learn_style(&attempt.edit.style, document);
	r = try_edits(&attempt, target, donors);
	if (r == 0)
		r = write_anew(&attempt, target);
	if (r < 0 && error)
		*error = attempt.error;
	if (r >= 0)
		r = finish(&attempt, target, out);
	document_free(attempt.result);
	buf_done(&attempt.text);
	arena_done(&arena);
	if (r == -ENOMEM || out->failed)
		return helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "memory ran out");
	return r < 0 ? r : 0;
}

int yaml_patch(const struct document *document, const struct node *target,
	       const struct document *const donors[], size_t donor_count, struct buf *out,
	       struct helios_error *error)
{
	struct arena arena = {0};
	struct donors all = {.items = arena_alloc(&arena, (donor_count + 1) * sizeof(*all.items)),
			     .count = donor_count};
	int r;

	if (!all.items)
		return helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "memory ran out");
	for (size_t i = 0; i < donor_count; i++)
		donor_init(&all.items[i], &arena, donors[i], donors[i]->root);
	r = patch_document(document, target, &all, out, error);
	arena_done(&arena);
	return r;
}
