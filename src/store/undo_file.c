/*
 * Undoing what one commit did to a file: it becomes what it was when nobody touched it since; else
 * the reverse of the change is merged three ways into what is there now. The commit's text is the
 * ancestor then, so a leaf that somebody changed since wins.
 */
#include "persona/merge3.h"
#include "persona/put.h"
#include "persona/schema.h"
#include "store/policy.h"
#include "store/save.h"
#include "store/undo_private.h"

int undo_note(char ***list, size_t *count, const char *name, const char *what)
{
	char **grown = realloc(*list, (*count + 1) * sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	*list = grown;
	if (asprintf(&grown[*count], "%s%s%s", name, *name && *what ? ": " : "", what) < 0)
		return -ENOMEM;
	(*count)++;
	return 0;
}

static int note_reverted(struct undoing *undoing, const char *name, const char *what)
{
	return undo_note(&undoing->result->reverted, &undoing->result->reverted_count, name, what);
}

static int note_skipped(struct undoing *undoing, const char *name, const char *why)
{
	return undo_note(&undoing->result->skipped, &undoing->result->skipped_count, name, why);
}

/* What the file holds within the transaction so far; -ENOENT when it is not there. */
static int read_now(const struct txn *txn, const char *path, struct buf *out,
		    struct helios_error *error)
{
	const struct repo_file *file = repo_files_find(&txn->served->files, path);

	for (size_t i = 0; i < txn->count; i++) {
		if (!streq(txn->files[i].path, path))
			continue;
		buf_add(out, txn->files[i].content, txn->files[i].length);
		return out->failed ? -ENOMEM : txn->files[i].content ? 0 : -ENOENT;
	}
	return file ? repo_read(txn->home->repo, &file->id, out, error) : -ENOENT;
}

static int read_then(const struct undoing *undoing, const struct object_id *id, struct buf *out,
		     struct helios_error *error)
{
	return repo_read(undoing->txn->home->repo, id, out, error);
}

static int check_valid(const char *name, const char *path, const struct buf *text,
		       struct helios_error *error)
{
	cleanup_document struct document *document = NULL;
	int err = yaml_parse(buf_text(text), text->length, path, &document, error);

	if (err == 0)
		err = streq(name, "base") ? schema_check_base(document, error)
					  : schema_check_persona(document, error);
	return err;
}

/* A tool takes nothing back that is the person's. */
static int check_tool(const struct undoing *undoing, const char *name, const char *path,
		      const struct buf *now, const struct buf *text, struct helios_error *error)
{
	cleanup_document struct document *old = NULL, *new = NULL;
	int err;

	if (!undoing->txn->client->tool)
		return 0;
	err = yaml_parse(buf_text(now), now->length, path, &old, error);
	if (err == 0)
		err = yaml_parse(buf_text(text), text->length, path, &new, error);
	return err == 0 ? policy_check_change(name, old->root, new->root, error) : err;
}

static int put_text(struct undoing *undoing, const char *path, const struct buf *now,
		    const struct buf *text, struct helios_error *error)
{
	char room[NAME_MAX + 1];
	const char *name = served_name_of(path, room);
	int err = 0;

	if (!name) /* a learned pattern, the settings */
		return txn_put(undoing->txn, path, buf_text(text), text->length, error);
	err = check_tool(undoing, name, path, now, text, error);
	if (err == 0 && !undoing->structural)
		return save_put_stored(undoing->txn, name, buf_text(text), text->length, error);
	if (err == 0) /* what it inherits from may be in this transaction only */
		err = check_valid(name, path, text, error);
	return err == 0 ? txn_put(undoing->txn, path, buf_text(text), text->length, error) : err;
}

/* What the persona was before, as far as only one key is asked for. */
static int narrow(struct arena *arena, const struct undoing *undoing, const struct node *before,
		  const struct node *after, const struct node **ret, struct helios_error *error)
{
	struct node *value, *made;
	struct path path;
	int err = path_parse(arena, undoing->request->key, &path, error);

	if (err < 0)
		return err;
	value = path_lookup(before, &path);
	*ret = after;
	if (!value && !path_lookup(after, &path))
		return 0;
	err = overlay_edit(arena, after, &path, value, &made, error);
	*ret = made;
	return err;
}

/* Merges the reverse of the change into what is there now, written as it was written before. */
static int merge(struct undoing *undoing, const char *path, const struct document *before,
		 const struct document *after, const struct buf *now, struct buf *out,
		 struct helios_error *error)
{
	cleanup_document struct document *current = NULL;
	cleanup(arena_done) struct arena arena = {0};
	char room[NAME_MAX + 1];
	const char *name = served_name_of(path, room);
	const struct node *wanted = before->root;
	struct merge3_result merged = {0};
	int err = yaml_parse(buf_text(now), now->length, path, &current, error);

	if (err == 0 && undoing->request->key)
		err = narrow(&arena, undoing, before->root, after->root, &wanted, error);
	if (err == 0)
		err = merge3(&arena, after->root, wanted, current->root, &merged);
	for (size_t i = 0; err == 0 && i < merged.conflict_count; i++)
		err = note_skipped(undoing, name ? name : path, merged.conflicts[i]);
	if (err == 0 && node_same(merged.root, current->root))
		buf_add(out, buf_text(now), now->length);
	else if (err == 0)
		err = yaml_patch(current, merged.root, &before, 1, out, error);
	return err;
}

static int undo_text(struct undoing *undoing, const struct undo_file *file, const struct buf *now,
		     struct buf *out, struct helios_error *error)
{
	cleanup_document struct document *before = NULL, *after = NULL;
	cleanup_buf struct buf old = {0}, new = {0};
	int err = read_then(undoing, &file->before, &old, error);

	if (err == 0)
		err = read_then(undoing, &file->after, &new, error);
	if (err < 0)
		return err;
	if (!undoing->request->key &&
	    now->length == new.length &&memcmp(buf_text(now), buf_text(&new), new.length) == 0) {
		buf_add(out, buf_text(&old), old.length);
		return 0;
	}
	err = yaml_try(buf_text(&old), old.length, file->path, &before, error);
	if (err == 0)
		err = yaml_try(buf_text(&new), new.length, file->path, &after, error);
	if (err < 0)
		return err;
	if (!before || !after) {
		buf_add(out, buf_text(now), now->length);
		return note_skipped(undoing, file->path, "changed since");
	}
	return merge(undoing, file->path, before, after, now, out, error);
}

/* "set communication.tone": what the undoing does. */
static int note_difference(struct undoing *undoing, const char *path, const struct buf *now,
			   const struct buf *text)
{
	cleanup_document struct document *old = NULL, *new = NULL;
	cleanup_free char *summary = NULL;
	char room[NAME_MAX + 1];
	const char *name = served_name_of(path, room);

	if (name && (yaml_try(buf_text(now), now->length, path, &old, NULL) < 0 ||
		     yaml_try(buf_text(text), text->length, path, &new, NULL) < 0))
		return -ENOMEM;
	if (!old || !new)
		return note_reverted(undoing, name ? name : path, "edited");
	summary = save_summary(name, old->root, new->root);
	return summary ? note_reverted(undoing, summary, "") : -ENOMEM;
}

static int undo_edit(struct undoing *undoing, const struct undo_file *file, bool *ret_changed,
		     struct helios_error *error)
{
	cleanup_buf struct buf now = {0}, text = {0};
	int err = read_now(undoing->txn, file->path, &now, error);

	if (err == -ENOENT)
		return note_skipped(undoing, file->path, "it is gone");
	if (err == 0)
		err = undo_text(undoing, file, &now, &text, error);
	if (err < 0 || text.failed)
		return err < 0 ? err : -ENOMEM;
	if (text.length == now.length && memcmp(buf_text(&text), buf_text(&now), now.length) == 0)
		return 0;
	*ret_changed = true;
	err = put_text(undoing, file->path, &now, &text, error);
	return err == 0 ? note_difference(undoing, file->path, &now, &text) : err;
}

/* A file that the commit made goes, when it is as the commit left it. */
static int undo_making(struct undoing *undoing, const struct undo_file *file, bool *ret_changed,
		       struct helios_error *error)
{
	char room[NAME_MAX + 1];
	const char *name = served_name_of(file->path, room);
	cleanup_free char *view = name ? view_path(name) : NULL;
	cleanup_buf struct buf now = {0};
	struct txn *txn = undoing->txn;
	struct object_id id;
	int err = name && !view ? -ENOMEM : read_now(txn, file->path, &now, error);

	if (err == -ENOENT)
		return note_skipped(undoing, file->path, "it is gone");
	if (err < 0)
		return err;
	id = object_id_of_blob(buf_text(&now), now.length);
	if (!object_id_equal(&id, &file->after) || (name && streq(name, "base")))
		return note_skipped(undoing, file->path, "changed since");
	err = txn_remove(txn, file->path, error);
	if (err == 0 && view)
		err = txn_remove(txn, view, error);
	if (err == 0 && name && txn->served->active && streq(txn->served->active, name))
		err = txn_remove(txn, ACTIVE_FILE, error);
	*ret_changed = true;
	return err == 0 ? note_reverted(undoing, name ? name : file->path, "removed") : err;
}

/* A file that the commit removed comes back, when nobody has made another one. */
static int undo_removal(struct undoing *undoing, const struct undo_file *file, bool *ret_changed,
			struct helios_error *error)
{
	char room[NAME_MAX + 1];
	const char *name = served_name_of(file->path, room);
	cleanup_buf struct buf now = {0}, text = {0};
	int err = read_now(undoing->txn, file->path, &now, error);

	if (err == 0)
		return note_skipped(undoing, file->path, "made again since");
	if (err == -ENOENT)
		err = read_then(undoing, &file->before, &text, error);
	if (err == 0 && name)
		err = check_valid(name, file->path, &text, error);
	if (err == 0)
		err = txn_put(undoing->txn, file->path, buf_text(&text), text.length, error);
	*ret_changed = true;
	return err == 0 ? note_reverted(undoing, name ? name : file->path, "brought back") : err;
}

int undo_file(struct undoing *undoing, const struct undo_file *file, bool *ret_changed,
	      struct helios_error *error)
{
	if (object_id_is_zero(&file->before))
		return undo_making(undoing, file, ret_changed, error);
	if (object_id_is_zero(&file->after))
		return undo_removal(undoing, file, ret_changed, error);
	return undo_edit(undoing, file, ret_changed, error);
}

/* Whether there is a persona of that name when the transaction is done. */
static bool stays(const struct txn *txn, const char *name)
{
	char room[NAME_MAX + 1];

	for (size_t i = 0; i < txn->count; i++) {
		const char *made = served_name_of(txn->files[i].path, room);

		if (made && streq(made, name))
			return txn->files[i].content;
	}
	return served_persona(txn->served, name);
}

static int check_parent(struct undoing *undoing, const char *name, struct helios_error *error)
{
	cleanup_document struct document *document = NULL;
	cleanup_free char *path = persona_path(name);
	cleanup_buf struct buf text = {0};
	const char *parent;
	int err = path ? read_now(undoing->txn, path, &text, NULL) : -ENOMEM;

	if (err == 0)
		err = yaml_try(buf_text(&text), text.length, path, &document, NULL);
	if (err == -ENOMEM)
		return helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "cannot undo");
	parent = document ? schema_parent(document->root) : NULL;
	if (!parent || stays(undoing->txn, parent))
		return 0;
	return helios_fail(error, HELIOS_HAS_CHILDREN, NULL, NULL,
			   "'%s' would go, and '%s' inherits from it", parent, name);
}

int undo_check_parents(struct undoing *undoing, struct helios_error *error)
{
	struct txn *txn = undoing->txn;
	size_t position = 0;
	char name[LIMIT_NAME + 1];
	int err = 0;

	while (err == 0 && served_next(txn->served, &position, name))
		err = check_parent(undoing, name, error);
	for (size_t i = 0; err == 0 && i < txn->count; i++) {
		char room[NAME_MAX + 1];
		const char *made = served_name_of(txn->files[i].path, room);

		if (made && !streq(made, "base") && txn->files[i].content)
			err = check_parent(undoing, made, error);
	}
	return err;
}
