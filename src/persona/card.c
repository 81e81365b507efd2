/* The cards of persona/card.h. */
#include "persona/card.h"

#include "persona/prompt.h"
#include "yaml/json_node.h"

const struct card_field card_fields[] = {
	{"description", "identity", "description"},
	{"personality", "identity", "personality"},
	{"scenario", "identity", "scenario"},
	{"first_mes", "communication", "greeting"},
	{"mes_example", "communication", "examples"},
	{"post_history_instructions", "behaviors", "final_instructions"},
	{NULL, NULL, NULL},
};

/* Members this file writes itself. */
static const char *const written[] = {"name",
				      "description",
				      "personality",
				      "scenario",
				      "first_mes",
				      "mes_example",
				      "post_history_instructions",
				      "system_prompt",
				      "character_version",
				      "extensions"};

static const char *text_of(const struct node *map, const char *key, const char *otherwise)
{
	const struct node *value = node_get(map, key);

	return node_is(value, NODE_STRING) && value->length ? value->text : otherwise;
}

static void add_text(struct buf *out, const char *key, const char *text)
{
	json_key(out, key);
	json_text(out, text);
}

/* Takes a field's value out of the copy that the system prompt is made from; "" without one. */
static const char *take_field(struct arena *arena, struct node *copy, const char *section,
			      const char *key)
{
	const struct node *map = node_get(copy, section);
	const char *text = text_of(map, key, NULL);
	struct node *less;

	if (!text)
		return "";
	less = node_copy(arena, map);
	if (!less || node_put(arena, copy, section, less) < 0)
		return NULL;
	node_remove(less, key);
	return text;
}

static bool is_written(const char *key)
{
	for (size_t i = 0; i < ARRAY_SIZE(written); i++)
		if (streq(written[i], key))
			return true;
	return false;
}

static void add_member(struct buf *out, const struct node_entry *entry)
{
	json_key(out, entry->key);
	json_node(out, entry->value);
}

/* Other programs' own, and ours: it says that nothing is missing, and what the list shows. */
static void add_extensions(const struct node *data, const char *description, struct buf *out)
{
	const struct node *extensions = node_get(data, "extensions");
	size_t count = node_is(extensions, NODE_MAP) ? extensions->count : 0;

	json_key(out, "extensions");
	json_open(out, '{');
	for (size_t i = 0; i < count; i++)
		if (!streq(extensions->entries[i].key, CARD_EXTENSION))
			add_member(out, &extensions->entries[i]);
	json_key(out, CARD_EXTENSION);
	json_open(out, '{');
	json_member(out, "description", description);
	json_close(out, '}');
	json_close(out, '}');
}

/* What the specification wants to be there, as the card it came from has it. */
static void add_rest(const struct node *root, const struct node *data, struct buf *out)
{
	static const struct {
		const char *key, *empty;
	} wanted[] = {{"creator_notes", "\"\""}, {"alternate_greetings", "[]"}, {"tags", "[]"}};

	if (!node_get(data, "creator"))
		add_text(out, "creator", text_of(root, "author", ""));
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		if (node_get(data, wanted[i].key))
			continue;
		json_key(out, wanted[i].key);
		json_raw(out, wanted[i].empty, strlen(wanted[i].empty));
	}
	for (size_t i = 0; data && i < data->count; i++)
		if (!is_written(data->entries[i].key))
			add_member(out, &data->entries[i]);
}

/* An integer written as a version is one, too. */
static void add_version(const struct node *root, struct buf *out)
{
	const struct node *version = node_get(root, "version");

	json_key(out, "character_version");
	if (version && version->kind != NODE_STRING && version->text)
		json_text_n(out, version->text, version->length);
	else
		json_text(out, text_of(root, "version", ""));
}

static void add_data(struct arena *arena, const struct node *root, const char *name,
		     const struct node *kept, struct buf *out)
{
	const char *description = text_of(root, "description", NULL);
	cleanup_buf struct buf prompt = {0};
	struct node *copy = node_copy(arena, root);

	json_open(out, '{');
	add_text(out, "name", text_of(root, "name", name));
	for (const struct card_field *field = card_fields; copy && field->name; field++) {
		const char *text = take_field(arena, copy, field->section, field->key);

		if (text && !*text && streq(field->name, "description"))
			text = description ?: "";
		out->failed |= !text;
		add_text(out, field->name, text);
	}
	if (copy)
		prompt_render(copy, name, &prompt);
	add_text(out, "system_prompt", buf_text(&prompt));
	out->failed |= prompt.failed || !copy;
	add_version(root, out);
	add_rest(root, kept, out);
	add_extensions(kept, description, out);
	json_close(out, '}');
}

void card_render(const struct node *root, const char *name, struct buf *out)
{
	const struct node *card = node_get(node_get(root, "author"), "card");
	const struct node *data = node_get(card, "data");
	cleanup(arena_done) struct arena arena = {0};

	json_open(out, '{');
	add_text(out, "spec", text_of(card, "spec", "chara_card_v2"));
	add_text(out, "spec_version", text_of(card, "spec_version", "2.0"));
	json_key(out, "data");
	add_data(&arena, root, name, node_is(data, NODE_MAP) ? data : NULL, out);
	for (size_t i = 0; node_is(card, NODE_MAP) && i < card->count; i++)
		if (!streq(card->entries[i].key, "spec") &&
		    !streq(card->entries[i].key, "spec_version") &&
		    !streq(card->entries[i].key, "data"))
			add_member(out, &card->entries[i]);
	json_close(out, '}');
	buf_addch(out, '\n');
}
