/*
 * Entries in YAML: an item of the list KEY whose name is helios. Edited by the same patcher as
 * personas. Relies on yaml/yaml.h.
 */
#include "client/client.h"
#include "client/entry.h"
#include "yaml/make.h"
#include "yaml/yaml.h"

/* What a file of ours begins with. */
#define HEAD                                                                                       \
	"name: Helios\n"                                                                           \
	"version: 0.0.1\n"                                                                         \
	"schema: v1\n"

struct parsed {
	struct document *document; /* NULL: the text is blank */
	const struct node *servers, *entry;
	size_t index; /* of the entry in the list */
};

static void parsed_done(struct parsed *parsed)
{
	document_free(parsed->document);
}

static bool is_text(const struct node *node, const char *text)
{
	return node_is(node, NODE_STRING) && streq(node->text, text);
}

static int parse(const struct client *client, const struct config_text *text, struct parsed *ret,
		 struct helios_error *error)
{
	int err;

	if (config_is_blank(text))
		return 0;
	err = yaml_parse(text->bytes, text->length, text->file, &ret->document, error);
	if (err < 0)
		return err;
	ret->servers = node_get(ret->document->root, client->key);
	if (!ret->servers || ret->servers->kind == NODE_NULL)
		return 0;
	if (ret->servers->kind != NODE_LIST)
		return config_refuse(text, ret->servers->place.start, error,
				     "the servers are not a list");
	for (size_t i = 0; i < ret->servers->count; i++) {
		if (!is_text(node_get(ret->servers->items[i], "name"), ENTRY_NAME))
			continue;
		ret->entry = ret->servers->items[i];
		ret->index = i;
	}
	return 0;
}

static int look(const struct client *client, const struct config_text *text,
		const struct entry *entry, struct entry_found *ret, struct helios_error *error)
{
	cleanup(parsed_done) struct parsed parsed = {0};
	const struct node *command, *args;
	int err = parse(client, text, &parsed, error);

	*ret = (struct entry_found){0};
	if (err < 0 || !parsed.entry)
		return err;
	command = node_get(parsed.entry, "command");
	args = node_get(parsed.entry, "args");
	ret->at = parsed.entry->place.start;
	ret->state = entry_compare(entry, node_is(command, NODE_STRING) ? command->text : NULL,
				   node_is(args, NODE_LIST) && args->count == 2 &&
					   is_text(args->items[0], ENTRY_OPTION) &&
					   is_text(args->items[1], entry->home));
	return 0;
}

static struct node *text_node(struct arena *arena, const char *text)
{
	return node_string(arena, text, strlen(text));
}

/* The entry; what old has beside command and arguments stays. */
static struct node *make_node(struct maker *maker, const struct entry *entry,
			      const struct node *old)
{
	struct node *args = node_list(maker->arena);
	struct node *node = old ? node_copy(maker->arena, old) : node_map(maker->arena);

	if (args)
		args->style = STYLE_FLOW;
	make_item(maker, args, text_node(maker->arena, ENTRY_OPTION));
	make_item(maker, args, text_node(maker->arena, entry->home));
	make_text(maker, node, "name", ENTRY_NAME);
	make_text(maker, node, "command", entry->command);
	make_entry(maker, node, "args", args);
	return node;
}

/* The list with the entry's node, or with NULL without it. */
static struct node *make_list(struct maker *maker, const struct parsed *parsed, struct node *node)
{
	struct node *list = node_list(maker->arena);

	for (size_t i = 0; parsed->servers && i < parsed->servers->count; i++) {
		bool here = parsed->entry && i == parsed->index;

		if (!here)
			make_item(maker, list, parsed->servers->items[i]);
		else if (node)
			make_item(maker, list, node);
	}
	if (node && !parsed->entry)
		make_item(maker, list, node);
	return list;
}

static int no_memory(struct helios_error *error)
{
	return helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "memory ran out");
}

/* Blanks that were there go: a text cannot begin behind any of them. */
static int put_new_text(const struct client *client, const struct entry *entry, struct buf *out,
			struct helios_error *error)
{
	cleanup(arena_done) struct arena arena = {0};
	struct maker maker = {.arena = &arena};
	struct parsed nothing = {0};
	struct node *root = node_map(&arena);
	struct node *list = make_list(&maker, &nothing, make_node(&maker, entry, NULL));

	make_entry(&maker, root, client->key, list);
	buf_addstr(out, HEAD);
	if (maker.err < 0 || yaml_emit(root, out) < 0)
		return no_memory(error);
	return 0;
}

static int put(const struct client *client, const struct config_text *text,
	       const struct entry *entry, struct buf *out, struct helios_error *error)
{
	cleanup(arena_done) struct arena arena = {0};
	cleanup(parsed_done) struct parsed parsed = {0};
	struct maker maker = {.arena = &arena};
	struct node *root;
	int err = parse(client, text, &parsed, error);

	if (err < 0)
		return err;
	if (!parsed.document)
		return put_new_text(client, entry, out, error);
	root = node_copy(&arena, parsed.document->root);
	make_entry(&maker, root, client->key,
		   make_list(&maker, &parsed, make_node(&maker, entry, parsed.entry)));
	if (maker.err < 0)
		return no_memory(error);
	return yaml_patch(parsed.document, root, NULL, 0, out, error);
}

/* The other servers; without any, what stood there before. */
static void put_rest(struct maker *maker, const struct client *client, const struct parsed *now,
		     const struct parsed *then, struct node *root)
{
	struct node *old = then->document ? node_get(then->document->root, client->key) : NULL;

	if (now->servers->count > 1)
		make_entry(maker, root, client->key, make_list(maker, now, NULL));
	else if (old)
		make_entry(maker, root, client->key, old);
	else if (root)
		node_remove(root, client->key);
}

/* Where nothing is left but what a file of ours begins with, the blanks come back. */
static void drop_head(const struct config_text *before, struct buf *out)
{
	size_t head = strlen(HEAD);

	if (!config_is_blank(before) || out->length < head || memcmp(out->data, HEAD, head) != 0 ||
	    head + strspn(out->data + head, "\r\n") != out->length)
		return;
	buf_clear(out);
	if (before->bytes)
		buf_add(out, before->bytes, before->length);
}

static int drop(const struct client *client, const struct config_text *text,
		const struct config_text *before, struct buf *out, struct helios_error *error)
{
	static const struct config_text nothing = {.file = ""};
	cleanup(arena_done) struct arena arena = {0};
	cleanup(parsed_done) struct parsed now = {0}, then = {0};
	struct maker maker = {.arena = &arena};
	struct node *root;
	int err = parse(client, text, &now, error);

	if (err == 0)
		err = parse(client, before ? before : &nothing, &then, error);
	if (err < 0)
		return err;
	if (!now.entry) {
		buf_add(out, text->bytes, text->length);
		return 0;
	}
	root = node_copy(&arena, now.document->root);
	put_rest(&maker, client, &now, &then, root);
	if (maker.err < 0 || !root)
		return no_memory(error);
	err = yaml_patch(now.document, root, NULL, 0, out, error);
	if (err == 0 && before)
		drop_head(before, out);
	return err;
}

const struct entry_format entry_yaml = {look, put, drop};
