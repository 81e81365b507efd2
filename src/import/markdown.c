/* The trees of import/markdown.h. Building fails for want of memory only: NULL says so. */
#include "import/markdown.h"

#include "base/utf8.h"
#include "import/blocks.h"
#include "import/items.h"
#include "import/key.h"

struct tree {
	struct import *import;
	struct arena *arena;
	struct blocks blocks;
};

/* ---- sections */

static bool is_item(const struct tree *tree, size_t index)
{
	return tree->blocks.pieces[index].indent != NO_ITEM;
}

/* Paragraphs and items in their order. */
static struct node *mixed(struct tree *tree, size_t from, size_t end)
{
	struct node *list = node_list(tree->arena);

	for (size_t i = from, next; list && i < end; i = next) {
		struct node *items;

		for (next = i + 1; next < end && is_item(tree, i) && is_item(tree, next);)
			next++;
		items = is_item(tree, i)
				? items_list(tree->arena, &tree->blocks, i, next)
				: items_single(tree->arena,
					       items_text(tree->arena, &tree->blocks.pieces[i]));
		for (size_t j = 0; items && j < items->count; j++)
			if (node_append(tree->arena, list, items->items[j]) < 0)
				return NULL;
		list = items ? list : NULL;
	}
	return list;
}

/* What stands right below a heading. */
static struct node *content_of(struct tree *tree, const struct section *section)
{
	size_t from = section->first, end = from + section->count, items = 0;

	for (size_t i = from; i < end; i++)
		items += is_item(tree, i);
	if (section->count == 1 && !items)
		return items_text(tree->arena, &tree->blocks.pieces[from]);
	return items == section->count ? items_read(tree->arena, &tree->blocks, from, end)
				       : mixed(tree, from, end);
}

static size_t section_end(const struct tree *tree, size_t index)
{
	const struct section *sections = tree->blocks.sections;
	size_t end = index + 1;

	while (end < tree->blocks.section_count && sections[end].level > sections[index].level)
		end++;
	return end;
}

static int put_sections(struct tree *tree, struct node *map, size_t from, size_t end, bool top);

/* A heading the key cannot say stands below it; so does what is not below a heading of its own. */
static struct node *section_map(struct tree *tree, size_t index, size_t end, bool whole)
{
	const struct section *section = &tree->blocks.sections[index];
	struct node *map = node_map(tree->arena), *content;
	int err = map ? 0 : -ENOMEM;

	if (err == 0 && !whole && *section->heading)
		err = node_put(
			tree->arena, map, "heading",
			node_string(tree->arena, section->heading, strlen(section->heading)));
	content = err == 0 && section->count ? content_of(tree, section) : NULL;
	if (err == 0 && section->count && !content)
		err = -ENOMEM;
	if (err == 0 && node_is(content, NODE_MAP) && !map->count)
		map = content;
	else if (err == 0 && content)
		err = node_put(tree->arena, map, "general", content);
	if (err == 0)
		err = put_sections(tree, map, index + 1, end, false);
	return err == 0 ? map : NULL;
}

/* A key may hold nothing that is not seen, so that it passes for no other. */
static bool note_unseen(struct tree *tree, const char *heading)
{
	uint32_t c;

	for (size_t at = 0, length = strlen(heading); at < length;) {
		at += utf8_decode(heading + at, length - at, &c);
		if (utf8_is_invisible(c))
			return import_note(tree->import, heading,
					   "its key has none of the characters that are not seen",
					   false);
	}
	return true;
}

static int put_section(struct tree *tree, struct node *map, size_t index, size_t end, bool top)
{
	const struct section *section = &tree->blocks.sections[index];
	struct node *value;
	bool whole;
	const char *key =
		key_of_words(tree->arena, section->heading, strlen(section->heading), &whole);

	if (!section->count && end == index + 1)
		return import_note(tree->import, section->heading, "nothing stands below it", false)
			       ? 0
			       : -ENOMEM;
	if (!note_unseen(tree, section->heading))
		return -ENOMEM;
	value = whole && end == index + 1 ? content_of(tree, section)
					  : section_map(tree, index, end, whole);
	if (top && value && value->kind == NODE_STRING) /* the prompt has headings for lists only */
		value = items_single(tree->arena, value);
	if (top)
		return key_put_top(tree->arena, map, key, value);
	return node_put(tree->arena, map, key_unused(tree->arena, map, key), value);
}

static int put_sections(struct tree *tree, struct node *map, size_t from, size_t end, bool top)
{
	int err = 0;

	for (size_t i = from, next; err == 0 && i < end; i = next) {
		next = section_end(tree, i);
		err = put_section(tree, map, i, next, top);
	}
	return err;
}

/* What stands before all headings but the title. */
static int put_introduction(struct tree *tree, const struct section *section)
{
	struct node *root = tree->import->root, *content;
	int err = 0;

	if (!section->count)
		return 0;
	content = content_of(tree, section);
	if (!node_is(content, NODE_MAP))
		return key_put_top(tree->arena, root, "introduction", content);
	for (size_t i = 0; err == 0 && i < content->count; i++)
		err = key_put_top(tree->arena, root, content->entries[i].key,
				  content->entries[i].value);
	return err;
}

/* The only heading of level 1, when it is the first one: its index, else 0. */
static size_t find_title(const struct blocks *blocks)
{
	if (blocks->section_count < 2 || blocks->sections[1].level != 1)
		return 0;
	for (size_t i = 2; i < blocks->section_count; i++)
		if (blocks->sections[i].level == 1)
			return 0;
	return 1;
}

static int put_title(struct tree *tree, const char *title)
{
	struct node *root = tree->import->root, *name = node_get(root, "name");

	if (node_is(name, NODE_STRING) && streq(name->text, title))
		return 0;
	if (name)
		return key_put_top(tree->arena, root, "title",
				   node_string(tree->arena, title, strlen(title)));
	return node_put(tree->arena, root, "name", node_string(tree->arena, title, strlen(title)));
}

int markdown_read(struct import *import, const char *text, size_t length,
		  struct helios_error *error)
{
	struct tree tree = {.import = import, .arena = &import->arena};
	int err = blocks_read(import, text, length, &tree.blocks, error);
	struct section top;
	size_t title;

	if (err < 0)
		return err;
	top = tree.blocks.sections[0];
	title = find_title(&tree.blocks);
	if (title)
		top.count += tree.blocks.sections[title].count; /* they stand side by side */
	if (title && *tree.blocks.sections[title].heading)
		err = put_title(&tree, tree.blocks.sections[title].heading);
	if (err == 0)
		err = put_introduction(&tree, &top);
	if (err == 0)
		err = put_sections(&tree, import->root, title + 1, tree.blocks.section_count, true);
	return err < 0 ? helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "memory ran out") : 0;
}
