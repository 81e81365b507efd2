/*
 * yaml_patch(): a document, a line "---" and another one, which is what the first is to become; or
 * bytes that choose edits of the first. A third document is a donor. The edit is made, and its text
 * parses to what was wanted; where nothing is wanted, no byte changes.
 */
#include "fuzz.h"

#include "../unit/changed.h"
#include "base/limits.h"
#include "yaml/yaml.h"

static struct node *edited(struct arena *arena, const struct document *document,
			   const struct part *choices)
{
	struct node *target = node_deep_copy(arena, document->root);

	random_state = 1;
	choice_bytes = (const unsigned char *)choices->text;
	choice_count = choices->length;
	for (unsigned n = 1 + random_below(4); n; n--) {
		target = changed(arena, target, 0);
		if (target->kind != NODE_MAP)
			target = node_map(arena);
		target->override_tag = false;
	}
	target = node_deep_copy(arena, target);
	drop_item_tags(target);
	return target;
}

/* Whether it can be written at all: aliases that an edit expands may be too much. */
static bool fits(const struct node *target)
{
	cleanup_document struct document *document = NULL;
	cleanup_buf struct buf text = {0};

	return yaml_emit(target, &text) == 0 && text.length <= LIMIT_TEXT / 2 &&
	       yaml_parse(buf_text(&text), text.length, "", &document, NULL) == 0;
}

static void patch(const struct document *document, const struct node *target,
		  const struct document *donor)
{
	cleanup_document struct document *again = NULL;
	cleanup_buf struct buf out = {0}, same = {0};
	const struct document *donors[] = {donor};

	assert_int_equal(yaml_patch(document, target, donors, donor != NULL, &out, NULL), 0);
	assert_int_equal(yaml_parse(buf_text(&out), out.length, "", &again, NULL), 0);
	assert_true(node_same(again->root, target));
	assert_int_equal(yaml_patch(again, target, donors, donor != NULL, &same, NULL), 0);
	assert_int_equal(same.length, out.length);
	assert_memory_equal(same.data, out.data, out.length);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_part struct part text = part_next(&data, &size), edit = part_next(&data, &size),
				 more = part_next(&data, &size);
	cleanup_document struct document *document = NULL, *wanted = NULL, *donor = NULL;
	cleanup(arena_done) struct arena arena = {0};
	const struct node *target;

	if (yaml_parse(text.text, text.length, "", &document, NULL) < 0)
		return 0;
	if (yaml_parse(edit.text, edit.length, "", &wanted, NULL) == 0)
		target = wanted->root;
	else
		target = edited(&arena, document, &edit);
	if (yaml_parse(more.text, more.length, "", &donor, NULL) < 0)
		donor = NULL;
	if (fits(target))
		patch(document, target, donor);
	return 0;
}
