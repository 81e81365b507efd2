/* Saving stored texts: a source as it was typed, and single keys of one. */
#include "store/save_kinds.h"

#include "persona/put.h"
#include "persona/schema.h"
#include "store/status.h"
#include "store/versions.h"

char *save_stored_path(const struct txn *txn, const char *name)
{
	const struct repo_file *base = served_base(txn->served);

	if (!streq(name, "base"))
		return persona_path(name);
	return strdup(base ? base->path : "base/identity.yaml");
}

static int parse(const char *name, const char *path, const char *text, size_t length,
		 struct document **ret, struct helios_error *error)
{
	int err = yaml_parse(text, length, path, ret, error);

	if (err == 0)
		err = streq(name, "base") ? schema_check_base(*ret, error)
					  : schema_check_persona(*ret, error);
	return err;
}

static const struct node *value_at(struct arena *arena, const struct node *root, const char *text)
{
	struct path path;

	return root && path_parse(arena, text, &path, NULL) == 0 ? path_lookup(root, &path) : NULL;
}

/* The document at HEAD, NULL when there is none; what is mended need not have been valid. */
static int read_old(struct txn *txn, const char *name, const char *path, struct document **ret,
		    struct helios_error *error)
{
	const struct repo_file *head = repo_files_find(&txn->served->files, path);
	cleanup_buf struct buf text = {0};
	int err = head ? repo_read(txn->home->repo, &head->id, &text, error) : 0;

	if (err < 0 || !head || parse(name, path, buf_text(&text), text.length, ret, NULL) < 0)
		*ret = NULL;
	return err;
}

/* A value under a lock may stay where it is; none may be written anew. */
static int check_locks(struct txn *txn, struct arena *arena, const struct store_layers *layers,
		       struct helios_error *error)
{
	const struct layer *self = &layers->layers[layers->count];
	cleanup_document struct document *old = NULL;
	struct resolution resolution;
	int err = resolve(arena, layers->layers, layers->count + 1, &resolution, error);

	if (err == 0 && resolution.dead_count)
		err = read_old(txn, self->name, self->file, &old, error);

	for (size_t i = 0; err == 0 && i < resolution.dead_count; i++) {
		const struct dead_value *dead = &resolution.dead[i];
		const struct node *before, *now;

		if (dead->layer != self)
			continue;
		before = value_at(arena, old ? old->root : NULL, dead->path);
		now = value_at(arena, self->root, dead->path);
		if (!before || !now || !node_same(before, now))
			return helios_fail(
				error, HELIOS_LOCKED,
				&(struct helios_place){
					.file = self->file, .line = dead->line, .key = dead->path},
				NULL, "%s is locked by %s", dead->path, dead->locker->name);
	}
	return err;
}

/* That the persona resolves with its new text: parents exist, no circle, no lock broken. */
static int check_between_files(struct txn *txn, const char *name, const struct document *document,
			       struct helios_error *error)
{
	cleanup_layers struct store_layers layers = {0};
	const char *parent = schema_parent(document->root);
	struct arena arena = {0};
	int err;

	err = store_layers_parents(txn->home, txn->served, parent, &layers, error);
	for (size_t i = 1; err == 0 && i < layers.count; i++)
		if (streq(layers.layers[i].name, name))
			err = helios_fail(error, HELIOS_PARENT_CYCLE,
					  &(struct helios_place){.file = document->file,
								 .key = "inherits_from"},
					  NULL, "'%s' would inherit from itself", name);
	if (err < 0)
		return err;
	layers.layers[layers.count] =
		(struct layer){.name = name, .file = document->file, .root = document->root};
	err = check_locks(txn, &arena, &layers, error);
	arena_done(&arena);
	return err;
}

int save_put_stored(struct txn *txn, const char *name, const char *text, size_t length,
		    struct helios_error *error)
{
	cleanup_document struct document *document = NULL;
	cleanup_free char *path = save_stored_path(txn, name);
	int err;

	if (!path)
		return helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "cannot save '%s'", name);
	err = parse(name, path, text, length, &document, error);
	if (err == 0 && !streq(name, "base"))
		err = check_between_files(txn, name, document, error);
	return err == 0 ? txn_put(txn, path, text, length, error) : err;
}

/* The stored text now; an empty buffer for a name that does not exist. */
static int read_stored(struct txn *txn, const char *name, struct buf *out,
		       struct helios_error *error)
{
	cleanup_free char *path = save_stored_path(txn, name);
	const struct repo_file *file = path ? repo_files_find(&txn->served->files, path) : NULL;

	if (!path)
		return helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "cannot read '%s'", name);
	return file ? repo_read(txn->home->repo, &file->id, out, error) : 0;
}

static bool is_text(const struct buf *text, const char *bytes, size_t length)
{
	return text->length == length && memcmp(buf_text(text), bytes, length) == 0;
}

static bool is_same(const struct buf *a, const struct buf *b)
{
	return is_text(a, buf_text(b), b->length);
}

static char *summarise(const struct save_request *request, const struct buf *before,
		       const struct source_merge *merge)
{
	const char *name = request->name,
		   *over = merge->conflict_count ? " (over another change)" : "";
	cleanup_document struct document *old = NULL, *new = NULL;
	cleanup_free char *plain = NULL;
	char *summary;

	if (request->previous && is_same(before, &merge->text))
		return asprintf(&summary, "%s: bring back", name) < 0 ? NULL : summary;
	if (yaml_try(buf_text(&merge->text), merge->text.length, name, &new, NULL) < 0 ||
	    (before->length && yaml_try(buf_text(before), before->length, name, &old, NULL) < 0))
		return NULL;
	if (new &&old)
		plain = save_summary(name, old->root, new->root);
	if (new &&old && !plain)
		return NULL;
	if (plain)
		return asprintf(&summary, "%s%s", plain, over) < 0 ? NULL : summary;
	return asprintf(&summary, "%s: %s", name, before->length ? "mend" : "new") < 0 ? NULL
										       : summary;
}

/* What shall be stored: the text as it is, or merged with what others made of its ancestor. */
static int merge_in(const struct save_request *request, const struct buf *before,
		    struct source_merge *merge, struct helios_error *error)
{
	const struct helios_text *ancestor = request->ancestor;

	if (ancestor && before->length && !is_text(before, ancestor->data, ancestor->length) &&
	    !is_text(before, request->text, request->length))
		return save_merge(request, before, merge, error);
	buf_add(&merge->text, request->text, request->length);
	return merge->text.failed ? helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "cannot save")
				  : 0;
}

static int store_merged(struct txn *txn, const struct save_request *request, struct buf *before,
			const struct source_merge *merge, struct helios_error *error)
{
	cleanup_free char *summary = NULL;
	int err = save_put_stored(txn, request->name, buf_text(&merge->text), merge->text.length,
				  error);

	if (err < 0)
		return err;
	if (before->length == 0 && request->previous)
		buf_add(before, request->previous->data, request->previous->length);
	summary = before->failed ? NULL : summarise(request, before, merge);
	return summary ? txn_commit(txn, summary, error)
		       : helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "cannot save");
}

static void note_conflicts(struct txn *txn, const char *name, const struct source_merge *merge)
{
	const char *path = buf_text(&merge->conflicts);

	for (size_t i = 0; i < merge->conflict_count; i++, path += strlen(path) + 1)
		status_note_conflict(txn->home, name, path);
}

int save_stored(struct txn *txn, const struct save_request *request, struct helios_saved *saved,
		struct helios_error *error)
{
	cleanup_buf struct buf before = {0};
	struct source_merge merge = {0};
	int err = read_stored(txn, request->name, &before, error);

	if (err == 0)
		err = merge_in(request, &before, &merge, error);
	if (err == 0 && !(before.length && is_same(&before, &merge.text)))
		err = store_merged(txn, request, &before, &merge, error);
	if (err == 0 && saved) {
		saved->merged = !is_text(&merge.text, request->text, request->length);
		saved->conflicts = merge.conflict_count;
	}
	if (err == 0)
		note_conflicts(txn, request->name, &merge);
	source_merge_done(&merge);
	return err;
}

/*
 * [n] counts in the list people see. Where the persona's own list is not that one (woven with the
 * base's, say), its n-th item is another.
 */
static int check_index(struct txn *txn, const char *name, const struct node *own,
		       const struct path *path, struct helios_error *error)
{
	cleanup_document struct document *document = NULL;
	cleanup_buf struct buf written = {0};
	struct path list = {.steps = path->steps};
	struct helios_text *text;
	const struct node *mine, *seen;
	int err;

	while (list.count < path->count && path->steps[list.count].key)
		list.count++;
	if (list.count == path->count || streq(name, "base"))
		return 0;
	err = version_get(txn->home, name, &text, error);
	if (err == 0) {
		err = yaml_parse(text->data, text->length, name, &document, error);
		helios_text_unref(text);
	}
	if (err)
		return err;
	mine = path_lookup(own, &list);
	seen = path_lookup(document->root, &list);
	if (mine && seen && node_same(mine, seen))
		return 0;
	path_format(&written, &list);
	return helios_fail(error, HELIOS_BAD_PATH,
			   &(struct helios_place){.key = buf_text(&written)},
			   "set the whole list, or change the item with 'helios edit'",
			   "the list '%s' is not %s's own alone, so its items cannot be counted",
			   buf_text(&written), name);
}

static int set_path(struct txn *txn, const char *name, const char *path_text, struct node *value,
		    struct helios_error *error)
{
	cleanup_document struct document *document = NULL;
	cleanup_buf struct buf before = {0}, after = {0};
	struct arena arena = {0};
	struct node *edited;
	struct path path;
	int err = read_stored(txn, name, &before, error);

	if (err == 0 && before.length == 0)
		err = served_no_persona(txn->served, name, error);
	if (err == 0)
		err = yaml_parse(buf_text(&before), before.length, name, &document, error);
	if (err == 0)
		err = path_parse(&arena, path_text, &path, error);
	if (err == 0)
		err = check_index(txn, name, document->root, &path, error);
	if (err == 0)
		err = overlay_edit(&arena, document->root, &path, value, &edited, error);
	if (err == 0)
		err = yaml_patch(document, edited, NULL, 0, &after, error);
	if (err == 0)
		err = save_stored(txn,
				  &(struct save_request){.name = name,
							 .text = buf_text(&after),
							 .length = after.length},
				  NULL, error);
	arena_done(&arena);
	return err;
}

int helios_set(struct helios_home *home, const struct helios_client *client, const char *name,
	       const char *path, const char *value, struct helios_saved *saved,
	       struct helios_error *error)
{
	cleanup_document struct document *typed = NULL;
	struct txn txn;
	int err = value ? yaml_parse_value(value, strlen(value), &typed, error) : 0;

	if (err == 0)
		err = txn_begin(home, client, "set", 0, &txn, error);
	if (err)
		return err;
	err = set_path(&txn, name, path, typed ? typed->root : NULL, error);
	if (err == 0)
		save_report(&txn, saved);
	txn_end(&txn);
	return err;
}
