/* The reader of import/card.h: each of the model's texts to its place, the rest is kept whole. */
#include "import/card.h"

#include "base/limits.h"
#include "base/slice.h"
#include "import/base64.h"
#include "import/key.h"
#include "import/markdown.h"
#include "import/png.h"
#include "persona/card.h"
#include "yaml/json_node.h"

struct card {
	struct import *import;
	struct arena *arena;
	struct node *whole, *data; /* what was not taken out of it yet */
	bool ours;		   /* rendered by Helios */
	bool placeholders;
	struct helios_error *error;
};

static int refuse(struct import *import, struct helios_error *error, const char *why)
{
	return helios_fail(error, HELIOS_IMPORT, &(struct helios_place){.file = import->file}, NULL,
			   "%s", why);
}

static const char *text_of(const struct node *map, const char *key)
{
	const struct node *value = node_get(map, key);

	return node_is(value, NODE_STRING) ? value->text : NULL;
}

/* ---- which version */

static int read_version(struct card *card, const char **ret_title)
{
	const char *spec = text_of(card->whole, "spec");
	struct node *data = node_get(card->whole, "data");

	if (!node_get(card->whole, "spec") && text_of(card->whole, "name") &&
	    (text_of(card->whole, "description") || text_of(card->whole, "first_mes"))) {
		card->data = card->whole;
		card->whole = node_map(card->arena);
		*ret_title = "a character card, version 1";
		return node_put(card->arena, card->whole, "data", card->data);
	}
	if (!spec)
		return refuse(card->import, card->error, "the JSON is no character card");
	if (!streq(spec, "chara_card_v2") && !streq(spec, "chara_card_v3"))
		return helios_fail(
			card->error, HELIOS_IMPORT,
			&(struct helios_place){.file = card->import->file, .key = "spec"},
			"versions 1, chara_card_v2 and chara_card_v3 are read",
			"'%s' is no kind of character card known here", spec);
	if (!node_is(data, NODE_MAP))
		return refuse(card->import, card->error,
			      "the card has no 'data', or it is no object");
	card->data = data;
	*ret_title = spec[strlen(spec) - 1] == '2' ? "a character card, version 2"
						   : "a character card, version 3";
	return 0;
}

/* ---- what the model reads */

/* A text's line ends as they are here. */
static struct node *text_node(struct arena *arena, const char *text)
{
	cleanup_buf struct buf lines = {0};

	for (; *text; text++)
		if (text[0] != '\r' || text[1] != '\n')
			buf_addch(&lines, *text);
	return lines.failed ? NULL : node_string(arena, buf_text(&lines), lines.length);
}

/* A place that the system prompt has filled already keeps what it has. */
static int put_text(struct card *card, const char *section_name, const char *key, const char *text)
{
	struct node *section = key_section(card->arena, card->import->root, section_name);
	struct node *value = text_node(card->arena, text), *there = node_get(section, key);

	card->placeholders |= strstr(text, "{{") != NULL;
	if (there && value && node_equal(there, value))
		return 0;
	return section ? node_put(card->arena, section, key_unused(card->arena, section, key),
				  value)
		       : -ENOMEM;
}

static int take_field(struct card *card, const char *name, const char *section, const char *key)
{
	const char *text = text_of(card->data, name);
	int err = text && *text ? put_text(card, section, key, text) : 0;

	if (text)
		node_remove(card->data, name);
	return err;
}

/* Ours are headings and lists again; another's are taken so where they begin with a heading. */
static int take_system_prompt(struct card *card)
{
	const char *text = text_of(card->data, "system_prompt");
	int err;

	if (!text || *text != '#')
		return take_field(card, "system_prompt", "behaviors", "instructions");
	card->placeholders |= strstr(text, "{{") != NULL;
	err = markdown_read(card->import, text, strlen(text), card->error);
	node_remove(card->data, "system_prompt");
	return err;
}

/* In a card of ours the description may be the list's, which no prompt has. */
static int take_own_extension(struct card *card)
{
	struct node *extensions = node_get(card->data, "extensions"),
		    *own = node_get(extensions, CARD_EXTENSION);
	const char *text = text_of(own, "description"),
		   *description = text_of(card->data, "description");

	if (!node_is(own, NODE_MAP))
		return 0;
	card->ours = true;
	node_remove(extensions, CARD_EXTENSION);
	if (!text)
		return 0;
	if (description && streq(description, text))
		node_remove(card->data, "description");
	return node_put(card->arena, card->import->root, "description",
			node_string(card->arena, text, strlen(text)));
}

/* Their lists have what was inherited already: it shall not be added again. */
static void mark_lists(struct node *map)
{
	for (size_t i = 0; i < map->count; i++) {
		struct node *value = map->entries[i].value;

		value->override_tag = value->kind == NODE_LIST;
		if (value->kind == NODE_MAP)
			mark_lists(value);
	}
}

static int take_version(struct card *card)
{
	const char *version = text_of(card->data, "character_version");
	int err = 0;

	if (version && *version)
		err = node_put(card->arena, card->import->root, "version",
			       node_string(card->arena, version, strlen(version)));
	if (version)
		node_remove(card->data, "character_version");
	return err;
}

static int take_texts(struct card *card)
{
	int err = take_own_extension(card);

	if (err == 0)
		err = take_version(card);
	if (err == 0)
		err = take_system_prompt(card);
	for (const struct card_field *field = card_fields; err == 0 && field->name; field++)
		err = take_field(card, field->name, field->section, field->key);
	if (err == 0 && card->ours)
		mark_lists(card->import->root);
	return err;
}

/* ---- what it does not */

static bool is_empty(const struct node *value)
{
	return value->kind == NODE_NULL || (value->kind == NODE_STRING && !value->length) ||
	       ((value->kind == NODE_LIST || value->kind == NODE_MAP) && !value->count);
}

/* What a card must have though it be empty: persona/card.h writes it again. */
static void drop_empty(struct node *data)
{
	static const char *const keys[] = {"creator", "creator_notes", "alternate_greetings",
					   "tags", "extensions"};

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		const struct node *value = node_get(data, keys[i]);

		if (value && is_empty(value))
			node_remove(data, keys[i]);
	}
}

static const char *reason(const char *key)
{
	static const struct {
		const char *key, *why;
	} reasons[] = {
		{"creator_notes", "notes for people: never in a prompt"},
		{"extensions", "other programs' own: never in a prompt"},
		{"character_book", "entries for keywords, which a prompt has none of"},
		{"alternate_greetings", "other beginnings of a talk"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++)
		if (streq(reasons[i].key, key))
			return reasons[i].why;
	return "not for a prompt";
}

static bool note_kept(struct card *card, const struct node *map)
{
	for (size_t i = 0; i < map->count; i++) {
		const char *key = map->entries[i].key;

		if (map == card->whole &&
		    (streq(key, "data") || streq(key, "spec") || streq(key, "spec_version")))
			continue;
		if (!import_note(card->import, key, reason(key), true))
			return false;
	}
	return true;
}

static int keep_rest(struct card *card)
{
	struct node *author;

	node_remove(card->data, "name");
	drop_empty(card->data);
	if (!note_kept(card, card->data) || !note_kept(card, card->whole))
		return -ENOMEM;
	if (card->placeholders &&
	    !import_note(card->import, "{{char}}, {{user}} and the like",
			 "they stay as they are written; nothing is put in their place", false))
		return -ENOMEM;
	if (!card->data->count)
		node_remove(card->whole, "data");
	if (card->whole->count <= 2 && !node_get(card->whole, "data") &&
	    streq(text_of(card->whole, "spec") ?: "", "chara_card_v2"))
		return 0; /* that any card of ours says */
	author = node_map(card->arena);
	if (!author || node_put(card->arena, author, "card", card->whole) < 0)
		return -ENOMEM;
	return card->whole->count ? node_put(card->arena, card->import->root, "author", author) : 0;
}

/* ---- a card */

static int read_card(struct card *card)
{
	struct import *import = card->import;
	const char *name;
	int err = read_version(card, &import->title);

	if (err < 0)
		return err;
	name = text_of(card->data, "name");
	if (!name || !*name)
		return refuse(import, card->error, "the card has no name");
	import->kind = "card";
	import->name = name;
	err = node_put(card->arena, import->root, "name",
		       node_string(card->arena, name, strlen(name)));
	if (err == 0)
		err = take_texts(card);
	return err == 0 ? keep_rest(card) : err;
}

int card_read(struct import *import, const char *json, size_t length, struct helios_error *error)
{
	struct card card = {.import = import, .arena = &import->arena, .error = error};
	struct slice value;
	int err;

	err = slice_parse(json, length, &value);
	if (err != -ENOMEM && (err < 0 || slice_kind(value) != SLICE_MAP))
		return refuse(import, error,
			      "this is no JSON object in UTF-8, has a key twice, or is nested too "
			      "deeply");
	if (err == 0)
		card.whole = node_of_json(card.arena, value);
	err = card.whole ? read_card(&card) : -ENOMEM;
	return err == -ENOMEM ? helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "memory ran out")
			      : err;
}

static int read_base64(struct import *import, struct slice text, struct helios_error *error)
{
	cleanup_buf struct buf json = {0};

	if (text.length / 4 * 3 > LIMIT_CARD)
		return refuse(import, error, "the card is larger than 2 MiB");
	if (!base64_decode(text.at, text.length, &json))
		return refuse(import, error, "the picture's card is no base64");
	if (json.failed)
		return helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "memory ran out");
	return card_read(import, buf_text(&json), json.length, error);
}

int card_read_picture(struct import *import, const char *bytes, size_t length,
		      struct helios_error *error)
{
	struct png_cards cards;
	bool noted;
	int err = png_read(bytes, length, import->file, &cards, error);

	if (err < 0)
		return err;
	if (!cards.ccv3.at && !cards.chara.at)
		return refuse(import, error,
			      cards.compressed
				      ? "the picture's card stands in a chunk that is not read (zTXt or iTXt)"
				      : "the picture holds no character card");
	err = read_base64(import, cards.ccv3.at ? cards.ccv3 : cards.chara, error);
	if (err < 0)
		return err;
	noted = import_note(import, "the picture", "a persona is text", false);
	if (noted && cards.ccv3.at && cards.chara.at)
		noted = import_note(import, "chara", "the card of version 3 beside it was read",
				    false);
	if (noted && cards.behind)
		noted = import_note(import, "what stands behind the picture's end",
				    "it is no part of it", false);
	return noted ? 0 : helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "memory ran out");
}
