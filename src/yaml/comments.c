/* A '#' begins a comment wherever it stands in no key, no value and no alias. */
#include "yaml/comments.h"

struct search {
	const struct document *document;
	struct arena *arena;
	struct comments *found;
	size_t at; /* up to here everything was looked at */
};

static int add(struct search *search, size_t start, size_t end)
{
	struct comments *found = search->found;
	struct comment *grown = arena_grow(search->arena, found->items, found->count,
					   &found->capacity, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	found->items = grown;
	grown[found->count++] = (struct comment){.start = start,
						 .length = end - start,
						 .text = search->document->text + start,
						 .home = NOWHERE};
	return 0;
}

/* Looks at what stands before [start, end), and passes over that. */
static int pass(struct search *search, size_t start, size_t end)
{
	const char *text = search->document->text, *hash;
	int r = 0;

	while (r == 0 && search->at < start &&
	       (hash = memchr(text + search->at, '#', start - search->at))) {
		search->at = shape_line_end(search->document, (size_t)(hash - text));
		r = add(search, (size_t)(hash - text), search->at);
	}
	if (search->at < end)
		search->at = end;
	return r;
}

static int pass_scalar(struct search *search, const struct node *node)
{
	const struct document *document = search->document;
	size_t start = shape_content(document, node);

	/* A comment may stand behind the | of a block. */
	if (node->style == STYLE_LITERAL || node->style == STYLE_FOLDED)
		start = shape_line_end(document, shape_header_end(document, node));
	return pass(search, start, shape_end(document, node));
}

static int pass_node(struct search *search, const struct node *node)
{
	int r = 0;

	if (node->alias)
		return pass(search, node->place.start, node->place.end);
	if (node->kind != NODE_LIST && node->kind != NODE_MAP)
		return pass_scalar(search, node);
	for (size_t i = 0; r == 0 && i < node->count; i++) {
		const struct node_entry *entry = node->kind == NODE_MAP ? &node->entries[i] : NULL;

		if (entry)
			r = pass(search, entry->key_place.start, entry->key_place.end);
		if (r == 0 && !(entry && entry->merged))
			r = pass_node(search, entry ? entry->value : node->items[i]);
	}
	return r;
}

int comments_find(const struct document *document, struct arena *arena, struct comments *ret)
{
	struct search search = {.document = document, .arena = arena, .found = ret};
	int r;

	*ret = (struct comments){0};
	r = pass_node(&search, document->root);
	return r < 0 ? r : pass(&search, document->length, document->length);
}
