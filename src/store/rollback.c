/* Going back to a snapshot or commit; see store/snapshot.h. */
#include "base/limits.h"
#include "base/nearest.h"
#include "persona/schema.h"
#include "store/external.h"
#include "store/policy.h"
#include "store/snapshot.h"

struct going_back {
	struct txn *txn;
	const struct served *target;
	struct rollback *result;
	bool everything; /* the program's own files, too, and no snapshot first */
};

void rollback_done(struct rollback *rollback)
{
	for (size_t i = 0; i < rollback->count; i++)
		free(rollback->files[i].path);
	for (size_t i = 0; i < rollback->skipped_count; i++)
		free(rollback->skipped[i]);
	free(rollback->files);
	free(rollback->skipped);
	free(rollback->before);
	*rollback = (struct rollback){0};
}

static int no_memory(struct helios_error *error)
{
	return helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "cannot go back");
}

static int note_file(struct going_back *back, const char *path, enum rollback_change change,
		     struct helios_error *error)
{
	struct rollback *result = back->result;
	struct rollback_file *grown = realloc(result->files, (result->count + 1) * sizeof(*grown));

	if (!grown)
		return no_memory(error);
	result->files = grown;
	grown[result->count] = (struct rollback_file){.path = strdup(path), .change = change};
	return grown[result->count++].path ? 0 : no_memory(error);
}

static int note_skipped(struct going_back *back, const char *path, struct helios_error *error)
{
	struct rollback *result = back->result;
	char **grown = realloc(result->skipped, (result->skipped_count + 1) * sizeof(*grown));

	if (!grown)
		return no_memory(error);
	result->skipped = grown;
	grown[result->skipped_count] = strdup(path);
	return grown[result->skipped_count++] ? 0 : no_memory(error);
}

/* The program's own files stay; a tool leaves the person's settings alone. */
static bool is_restored(const struct going_back *back, const char *path)
{
	return txn_is_tracked(path) && (*path != '.' || back->everything) &&
	       !(back->txn->client->tool && streq(path, "settings.yaml"));
}

static int read_blob(const struct going_back *back, const struct repo_file *file, struct buf *out,
		     struct helios_error *error)
{
	return file ? repo_read(back->txn->home->repo, &file->id, out, error) : 0;
}

static int parse_blob(const struct going_back *back, const struct repo_file *file,
		      struct document **ret, struct helios_error *error)
{
	cleanup_buf struct buf text = {0};
	int err = read_blob(back, file, &text, error);

	*ret = NULL;
	if (err == 0 && file)
		err = yaml_parse(buf_text(&text), text.length, file->path, ret, error);
	return err;
}

/* Whether a tool may make now what then was; one of the two may be NULL. */
static int check_tool(const struct going_back *back, const char *name, const struct repo_file *now,
		      const struct repo_file *then, struct helios_error *error)
{
	cleanup_document struct document *before = NULL, *after = NULL;
	int err = parse_blob(back, now, &before, error);

	if (err == 0)
		err = parse_blob(back, then, &after, error);
	if (err < 0)
		return err;
	return policy_check_change(name, before ? before->root : NULL, after ? after->root : NULL,
				   error);
}

static int check_document(const char *name, const char *path, const struct buf *text,
			  struct helios_error *error)
{
	cleanup_document struct document *document = NULL;
	int err = streq(name, "base") ? 0 : schema_check_name(name, error);

	if (err == 0)
		err = yaml_parse(buf_text(text), text->length, path, &document, error);
	if (err == 0)
		err = streq(name, "base") ? schema_check_base(document, error)
					  : schema_check_persona(document, error);
	return err;
}

/* Puts what the file was then; a persona that was not valid then stays as it is now. */
static int put_then(struct going_back *back, const struct repo_file *then,
		    enum rollback_change change, struct helios_error *error)
{
	char room[NAME_MAX + 1];
	const char *name = served_name_of(then->path, room);
	cleanup_buf struct buf text = {0};
	bool persona = name && !streq(name, "base");
	int err = read_blob(back, then, &text, error);

	if (err == 0 && name && !back->everything) {
		err = check_document(name, then->path, &text, persona ? NULL : error);
		if (err < 0 && persona)
			return err == -ENOMEM ? no_memory(error)
					      : note_skipped(back, then->path, error);
	}
	if (err == 0)
		err = txn_put(back->txn, then->path, buf_text(&text), text.length, error);
	return err == 0 ? note_file(back, then->path, change, error) : err;
}

static int restore_file(struct going_back *back, const struct repo_file *then,
			struct helios_error *error)
{
	const struct repo_file *now = repo_files_find(&back->txn->served->files, then->path);
	char room[NAME_MAX + 1];
	const char *name = served_name_of(then->path, room);
	bool same = now && object_id_equal(&now->id, &then->id);
	int err = 0;

	if (same && external_check(back->txn->home, then->path, NULL) == 0)
		return 0;
	if (!same && name && back->txn->client->tool)
		err = check_tool(back, name, now, then, error);
	if (err == 0)
		err = put_then(back, then,
			       !now   ? ROLLBACK_ADDED
			       : same ? ROLLBACK_MENDED
				      : ROLLBACK_CHANGED,
			       error);
	return err;
}

static int remove_file(struct going_back *back, const struct repo_file *now,
		       struct helios_error *error)
{
	char room[NAME_MAX + 1];
	const char *name = served_name_of(now->path, room);
	cleanup_free char *view = name ? view_path(name) : NULL;
	int err = name && !view ? no_memory(error) : 0;

	if (err == 0 && name && back->txn->client->tool)
		err = check_tool(back, name, now, NULL, error);
	if (err == 0)
		err = txn_remove(back->txn, now->path, error);
	if (err == 0 && view)
		err = txn_remove(back->txn, view, error);
	return err == 0 ? note_file(back, now->path, ROLLBACK_REMOVED, error) : err;
}

/* Files that are not what they were then, and those whose working file was set aside. */
static int restore_files(struct going_back *back, struct helios_error *error)
{
	const struct repo_files *then = &back->target->files, *now = &back->txn->served->files;
	int err = 0;

	for (size_t i = 0; err == 0 && i < then->count; i++)
		if (is_restored(back, then->entries[i].path))
			err = restore_file(back, &then->entries[i], error);
	for (size_t i = 0; err == 0 && i < now->count; i++)
		if (is_restored(back, now->entries[i].path) &&
		    !repo_files_find(then, now->entries[i].path))
			err = remove_file(back, &now->entries[i], error);
	return err;
}

static int forget_active(struct going_back *back, struct helios_error *error)
{
	const char *active = back->txn->served->active;

	return active && !served_persona(back->target, active)
		       ? txn_remove(back->txn, ACTIVE_FILE, error)
		       : 0;
}

static int no_snapshot(struct helios_home *home, const char *name, struct helios_error *error)
{
	struct repo_tags tags = {0};
	const char **names = NULL, *near = NULL;
	char hint[160];

	if (repo_list_tags(home->repo, &tags, NULL) == 0 && tags.count)
		names = calloc(tags.count, sizeof(*names));
	for (size_t i = 0; names && i < tags.count; i++)
		names[i] = tags.entries[i].name;
	if (names)
		near = nearest(name, names, tags.count);
	if (near)
		snprintf(hint, sizeof(hint), "did you mean '%s'?", near);
	helios_fail(error, HELIOS_NO_SNAPSHOT, NULL, near ? hint : NULL,
		    "there is no snapshot '%s'", name);
	free(names);
	repo_tags_done(&tags);
	return -ENOENT;
}

/* A snapshot's commit, or the commit itself. */
static int find(struct helios_home *home, const char *name, struct object_id *ret,
		struct helios_error *error)
{
	struct repo_tags tags;
	int err = repo_list_tags(home->repo, &tags, error);

	memset(ret, 0, sizeof(*ret));
	for (size_t i = 0; err == 0 && i < tags.count; i++)
		if (streq(tags.entries[i].name, name))
			*ret = tags.entries[i].commit;
	if (err == 0) {
		repo_tags_done(&tags);
		if (object_id_is_zero(ret))
			err = repo_find_commit(home->repo, name, ret, error);
	}
	if (err == 0 && object_id_is_zero(ret))
		err = no_snapshot(home, name, error);
	return err;
}

/* Whether more is to be done than mending working files. */
static bool changes_state(const struct rollback *result)
{
	for (size_t i = 0; i < result->count; i++)
		if (result->files[i].change != ROLLBACK_MENDED)
			return true;
	return false;
}

/* The snapshot first: what is now can be come back to, too. */
static int commit(struct going_back *back, const char *name, struct helios_error *error)
{
	char reason[LIMIT_SUMMARY], summary[LIMIT_SUMMARY];
	int err = 0;

	snprintf(reason, sizeof(reason), "before going back to %s", name);
	snprintf(summary, sizeof(summary), "go back to %s", name);
	if (changes_state(back->result) && !back->everything)
		err = snapshot_make(back->txn, "before-rollback", reason, &back->result->before,
				    error);
	return err == 0 ? txn_commit(back->txn, summary, error) : err;
}

static int go_back(struct txn *txn, const char *name, bool everything, struct rollback *ret,
		   struct helios_error *error)
{
	struct going_back back = {.txn = txn, .result = ret, .everything = everything};
	struct served *target = NULL;
	struct object_id id;
	int err = find(txn->home, name, &id, error);

	if (err == 0)
		err = served_at(txn->home, &id, &target, error);
	if (err < 0)
		return err;
	back.target = target;
	if (!served_base(target))
		err = helios_fail(error, HELIOS_NO_SNAPSHOT, NULL, NULL,
				  "'%s' holds no base: it is no state of a home", name);
	if (err == 0)
		err = restore_files(&back, error);
	if (err == 0)
		err = forget_active(&back, error);
	if (err == 0)
		err = commit(&back, name, error);
	served_unref(txn->home, target);
	memcpy(ret->commit, txn->commit, sizeof(ret->commit));
	return err;
}

static int roll_back(struct helios_home *home, const struct helios_client *client, const char *name,
		     bool everything, struct rollback *ret, struct helios_error *error)
{
	struct txn txn;
	int err = txn_begin(home, client, "rollback", TXN_MENDS, &txn, error);

	if (err < 0)
		return err;
	err = go_back(&txn, name, everything, ret, error);
	txn_end(&txn);
	return err;
}

int snapshot_roll_back(struct helios_home *home, const struct helios_client *client,
		       const char *name, struct rollback *ret, struct helios_error *error)
{
	return roll_back(home, client, name, false, ret, error);
}

int snapshot_restore(struct helios_home *home, const struct helios_client *client, const char *name,
		     struct rollback *ret, struct helios_error *error)
{
	return roll_back(home, client, name, true, ret, error);
}
