/* Learning and evolving; see store/learn.h. */
#include "store/learn.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/file.h"
#include "persona/put.h"
#include "persona/schema.h"
#include "store/agents.h"
#include "store/external.h"
#include "store/policy.h"
#include "store/save_kinds.h"
#include "store/versions.h"
#include "yaml/path.h"

void learn_done(struct learn_result *result)
{
	helios_text_unref(result->before);
	helios_text_unref(result->after);
	*result = (struct learn_result){0};
}

/* What only a person may change, whatever the settings say. */
static int check_policy(struct helios_home *home, const char *name, const struct path *path,
			struct helios_error *error)
{
	const char *key = path->count ? path->steps[0].key : NULL;
	int err = agents_check(home, error);

	if (err < 0 || !key)
		return err;
	if (streq(key, "merge") || (streq(name, "base") && schema_is_control(key)))
		return helios_fail(error, HELIOS_AGENTS, &(struct helios_place){.key = key}, NULL,
				   "'%s' of %s is the person's to change, not a tool's", key, name);
	return 0;
}

static int read_now(struct helios_home *home, const char *name, struct helios_text **ret,
		    struct helios_error *error)
{
	return helios_read(home, streq(name, "base") ? HELIOS_STORED : HELIOS_RESOLVED, name, ret,
			   error);
}

/* Stores text as what name reads as; no commit yet where from's entry follows. */
static int store(struct txn *txn, const char *name, const struct buf *text,
		 struct helios_error *error)
{
	const struct save_request request = {
		.name = name, .text = buf_text(text), .length = text->length};

	return streq(name, "base") ? save_stored(txn, &request, NULL, error)
				   : save_resolved(txn, &request, NULL, error);
}

/* The text with one value changed; value NULL removes it. */
static int edit_text(const char *name, const struct helios_text *now, const char *path_text,
		     struct node *value, struct buf *out, struct helios_error *error)
{
	cleanup_document struct document *document = NULL;
	struct arena arena = {0};
	struct node *edited;
	struct path path;
	int err = yaml_parse(now->data, now->length, name, &document, error);

	if (err == 0)
		err = path_parse(&arena, path_text, &path, error);
	if (err == 0)
		err = overlay_edit(&arena, document->root, &path, value, &edited, error);
	if (err == 0)
		err = yaml_patch(document, edited, NULL, 0, out, error);
	arena_done(&arena);
	return err;
}

/* In a persona null means: no such key. One that is not there already is removed enough. */
static bool is_removal(const char *name, const struct node *value)
{
	return value->kind == NODE_NULL && !streq(name, "base");
}

static int has_path(const struct helios_text *text, const struct path *path, bool *ret,
		    struct helios_error *error)
{
	cleanup_document struct document *document = NULL;
	int err = yaml_try(text->data, text->length, "", &document, error);

	*ret = document && path_lookup(document->root, path);
	return err;
}

/* The mapping merge: of what is stored as name; NULL when it has none. */
static int read_merge(struct txn *txn, const char *name, struct document **ret,
		      const struct node **ret_merge, struct helios_error *error)
{
	struct helios_text *stored;
	int err = helios_read(txn->home, HELIOS_STORED, name, &stored, error);

	if (err < 0)
		return err;
	err = yaml_parse(stored->data, stored->length, name, ret, error);
	helios_text_unref(stored);
	*ret_merge = err == 0 ? node_get((*ret)->root, "merge") : NULL;
	return err;
}

/* What a document locks for those that inherit from it no tool changes in the document itself. */
static int check_own_locks(struct txn *txn, const char *name, const struct helios_text *before,
			   const struct buf *after, struct helios_error *error)
{
	cleanup_document struct document *stored = NULL, *old = NULL, *new = NULL;
	const struct node *merge;
	int err = read_merge(txn, name, &stored, &merge, error);

	if (err < 0 || !node_is(merge, NODE_MAP))
		return err;
	err = yaml_parse(before->data, before->length, name, &old, error);
	if (err == 0)
		err = yaml_parse(buf_text(after), after->length, name, &new, error);
	return err == 0 ? policy_check_locks(name, merge, old->root, new->root, error) : err;
}

static int set_in(struct txn *txn, const struct learn_request *request, const struct path *path,
		  struct node *value, struct learn_result *ret, struct helios_error *error)
{
	cleanup_buf struct buf text = {0};
	bool remove = is_removal(request->name, value), there = true;
	int err = read_now(txn->home, request->name, &ret->before, error);

	if (err < 0)
		return err;
	if (request->expect && !streq(request->expect, ret->before->revision)) {
		ret->conflict = true;
		return 0;
	}
	if (remove)
		err = has_path(ret->before, path, &there, error);
	if (err == 0 && there) {
		err = edit_text(request->name, ret->before, request->path, remove ? NULL : value,
				&text, error);
		if (err == 0)
			err = check_own_locks(txn, request->name, ret->before, &text, error);
		if (err == 0)
			err = store(txn, request->name, &text, error);
	}
	return err == 0 ? read_now(txn->home, request->name, &ret->after, error) : err;
}

static void report(const struct txn *txn, struct learn_result *ret)
{
	ret->changed = txn->changed;
	memcpy(ret->commit, txn->commit, sizeof(ret->commit));
}

/* JSON quotes every text; how one is written in YAML is for the emitter to choose. */
static void forget_quotes(struct node *node)
{
	if (node->kind == NODE_STRING)
		node->style = STYLE_ANY;
	for (size_t i = 0; i < node->count; i++) {
		if (node->kind == NODE_MAP)
			node->entries[i].key_style = STYLE_ANY;
		forget_quotes(node->kind == NODE_MAP ? node->entries[i].value : node->items[i]);
	}
}

int learn_set(struct helios_home *home, const struct helios_client *client,
	      const struct learn_request *request, struct learn_result *ret,
	      struct helios_error *error)
{
	cleanup_document struct document *value = NULL;
	cleanup(arena_done) struct arena arena = {0};
	struct path path;
	struct txn txn;
	int err = path_parse(&arena, request->path, &path, error);

	if (err == 0)
		err = yaml_parse_value(request->value, strlen(request->value), &value, error);
	if (err == 0)
		err = check_policy(home, request->name, &path, error);
	if (err == 0)
		err = txn_begin(home, client, "learn", 0, &txn, error);
	if (err)
		return err;
	forget_quotes(value->root);
	txn.proposes = request->proposes;
	txn.reason = request->reason;
	err = set_in(&txn, request, &path, value->root, ret, error);
	report(&txn, ret);
	txn_end(&txn);
	return err;
}

/* Whether name is among what persona is made of. */
static int inherits(struct txn *txn, const char *persona, const char *name, bool *ret,
		    struct helios_error *error)
{
	cleanup_layers struct store_layers layers = {0};
	int err = store_layers_in(txn->home, txn->served, persona, &layers, error);

	*ret = false;
	for (size_t i = 0; err == 0 && i + 1 < layers.count; i++)
		*ret = *ret || streq(layers.layers[i].name, name);
	return err;
}

/* Puts from's source without its entry at path, when it has one. */
static int drop_own(struct txn *txn, const char *from, const struct path *path,
		    struct helios_error *error)
{
	cleanup_layers struct store_layers layers = {0};
	cleanup_buf struct buf text = {0};
	struct arena arena = {0};
	const struct document *own;
	struct node *edited;
	int err = store_layers_in(txn->home, txn->served, from, &layers, error);

	if (err < 0)
		return err;
	own = store_layer_document(&layers, layers.count - 1);
	if (path_lookup(own->root, path)) {
		err = overlay_edit(&arena, own->root, path, NULL, &edited, error);
		if (err == 0)
			err = yaml_patch(own, edited, NULL, 0, &text, error);
		if (err == 0)
			err = save_put_stored(txn, from, buf_text(&text), text.length, error);
	}
	arena_done(&arena);
	return err;
}

static int evolve_in(struct txn *txn, const char *from, const struct learn_request *request,
		     const struct path *path, struct learn_result *ret, struct helios_error *error)
{
	cleanup_document struct document *source = NULL;
	struct helios_text *text;
	struct node *value;
	bool inherited = false;
	int err = read_now(txn->home, from, &text, error);

	if (err < 0)
		return err;
	err = yaml_parse(text->data, text->length, from, &source, error);
	helios_text_unref(text);
	if (err < 0)
		return err;
	value = path_lookup(source->root, path);
	if (!value)
		return path_missing(source->root, path, error);
	if (!streq(from, "base"))
		err = inherits(txn, from, request->name, &inherited, error);
	if (err == 0 && inherited)
		err = drop_own(txn, from, path, error);
	return err == 0 ? set_in(txn, request, path, value, ret, error) : err;
}

int learn_evolve(struct helios_home *home, const struct helios_client *client, const char *from,
		 const struct learn_request *request, struct learn_result *ret,
		 struct helios_error *error)
{
	cleanup(arena_done) struct arena arena = {0};
	struct path path;
	struct txn txn;
	int err = path_parse(&arena, request->path, &path, error);

	if (err == 0 && streq(from, request->name))
		err = helios_fail(error, HELIOS_USAGE, NULL, NULL, "from and to are both '%s'",
				  from);
	if (err == 0)
		err = check_policy(home, request->name, &path, error);
	if (err == 0)
		err = txn_begin(home, client, "evolve", 0, &txn, error);
	if (err)
		return err;
	err = evolve_in(&txn, from, request, &path, ret, error);
	report(&txn, ret);
	txn_end(&txn);
	return err;
}

/* Each must be a file that is kept in the history: one that stands there, or stood at HEAD. */
static int check_files(const struct txn *txn, const struct helios_names *paths,
		       struct helios_error *error)
{
	struct stat st;

	for (size_t i = 0; paths && i < paths->count; i++) {
		const char *path = paths->entries[i];
		bool ours = txn_is_tracked(path);

		if (ours && (file_stat(txn->home->directory, path, &st) == 0 ||
			     repo_files_find(&txn->served->files, path)))
			continue;
		return helios_fail(error, HELIOS_BAD_PATH, &(struct helios_place){.key = "files"},
				   "name files such as personas/NAME.yaml, or none for all",
				   "'%s' is no file of the home that is kept in its history", path);
	}
	return 0;
}

int learn_commit(struct helios_home *home, const struct helios_client *client, const char *message,
		 const struct helios_names *paths, char ret_commit[41], struct helios_error *error)
{
	const struct external_choice choice = {
		.client = client, .summary = message, .paths = paths};
	struct txn txn;
	int err = agents_check(home, error);

	if (err == 0)
		err = txn_begin(home, client, "commit", TXN_NO_EXTERNAL, &txn, error);
	if (err)
		return err;
	err = check_files(&txn, paths, error);
	if (err == 0)
		err = external_take(&txn, &choice, error);
	memcpy(ret_commit, txn.commit, sizeof(txn.commit));
	txn_end(&txn);
	return err;
}

static int put_pattern(struct txn *txn, const struct node *pattern, char **ret_path,
		       struct helios_error *error)
{
	cleanup_buf struct buf text = {0};

	if (yaml_emit(pattern, &text) < 0 || asprintf(ret_path, "learned/%s.yaml", txn->id) < 0) {
		*ret_path = NULL;
		return helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "memory ran out");
	}
	return txn_put(txn, *ret_path, buf_text(&text), text.length, error);
}

int learn_record(struct helios_home *home, const struct helios_client *client,
		 const struct node *pattern, char **ret_path, char ret_commit[41],
		 struct helios_error *error)
{
	struct txn txn;
	int err = agents_check(home, error);

	*ret_path = NULL;
	if (err == 0)
		err = txn_begin(home, client, "record", 0, &txn, error);
	if (err < 0)
		return err;
	err = put_pattern(&txn, pattern, ret_path, error);
	if (err == 0)
		err = txn_commit(&txn, "record a pattern", error);
	memcpy(ret_commit, txn.commit, sizeof(txn.commit));
	txn_end(&txn);
	return err;
}
