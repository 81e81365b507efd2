/*
 * Resolving and saving. A base, a line "---", perhaps a parent likewise, and a persona; what
 * follows are choices: which law of tests/unit/put-laws.h, and its edits. Where the texts are no
 * such documents, the choices make them, too.
 */
#include "fuzz.h"

#include "../unit/put-laws.h"

enum { LAYERS_AT_MOST = 3 };

struct texts {
	struct document *documents[LAYERS_AT_MOST];
	size_t count;
};

static void texts_done(struct texts *texts)
{
	for (size_t i = 0; i < texts->count; i++)
		document_free(texts->documents[i]);
}

static int check(const struct document *document, size_t i)
{
	return i ? schema_check_persona(document, NULL) : schema_check_base(document, NULL);
}

/* Takes documents from the input as long as there are some that can be layers. */
static void read_texts(const uint8_t **data, size_t *size, struct texts *texts)
{
	while (texts->count < LAYERS_AT_MOST) {
		const uint8_t *at = *data;
		size_t left = *size;
		cleanup_part struct part part = part_next(&at, &left);
		struct document **to = &texts->documents[texts->count];

		if (yaml_parse(part.text, part.length, "", to, NULL) < 0)
			return;
		if (check(*to, texts->count) < 0) {
			document_free(*to);
			return;
		}
		texts->count++;
		*data = at;
		*size = left;
	}
}

static void begin_with(struct world *w, const struct texts *texts)
{
	static const char *const names[] = {"base", "parent", "persona"};

	*w = (struct world){.random = 1, .count = texts->count};
	for (size_t i = 0; i < w->count; i++) {
		w->layers[i].name = w->layers[i].file = names[i + 1 == w->count ? 2 : i];
		w->layers[i].root = must(node_deep_copy(&w->arena, texts->documents[i]->root));
	}
	w->now = get(w, w->layers, w->count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const laws[])(struct world * w) = {
		nothing_changes,       one_edit_is_one_edit,
		anything_can_be_saved, control_keys_resolve_the_rest_anew,
		both_edits_stay,       new_names_keep_what_they_say,
		parents_come_and_go,
	};
	cleanup(texts_done) struct texts texts = {0};
	struct world w;
	size_t law;

	read_texts(&data, &size, &texts);
	choice_bytes = data;
	choice_count = size;
	law = pick(&(uint64_t){1}, ARRAY_SIZE(laws));
	if (texts.count >= 2)
		begin_with(&w, &texts);
	else
		begin(&w, 1);
	laws[law](&w);
	arena_done(&w.arena);
	return 0;
}
