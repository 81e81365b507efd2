/*
 * Taking learned changes back. Each is the reverse of its commit merged three ways into what is
 * there now: the commit's text is the ancestor, so a leaf that somebody changed since wins.
 */
#include "persona/merge3.h"
#include "store/learn.h"
#include "store/save.h"
#include "store/settings.h"

static const char *const learning_tools[] = {
	"update_preference", "learn_behavior", "tune_weight", "evolve_behavior", "record_pattern",
};

#define SEARCHED_COMMITS 100000u

struct unlearning {
	struct txn *txn;
	struct buf undone; /* operation ids, one a line: undone before, or now */
	struct buf now;	   /* those undone now, for the trailer */
	struct unlearn_result *result;
};

void unlearn_done(struct unlearn_result *result)
{
	for (size_t i = 0; i < result->reverted_count; i++)
		free(result->reverted[i]);
	for (size_t i = 0; i < result->skipped_count; i++)
		free(result->skipped[i]);
	free(result->reverted);
	free(result->skipped);
	*result = (struct unlearn_result){0};
}

static int note(char ***list, size_t *count, const char *name, const char *path)
{
	char **grown = realloc(*list, (*count + 1) * sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	*list = grown;
	if (asprintf(&grown[*count], "%s: %s", name, path) < 0)
		return -ENOMEM;
	(*count)++;
	return 0;
}

/* The value of a trailer within a message, "" when it is not there; *ret_length its length. */
static const char *trailer(const char *message, const char *key, size_t *ret_length)
{
	const char *at = strstr(message, key);

	*ret_length = at ? strcspn(at + strlen(key), "\n") : 0;
	return at ? at + strlen(key) : "";
}

static bool is_learning(const char *message)
{
	size_t length;
	const char *tool = trailer(message, "\nHelios-Tool: ", &length);

	for (size_t i = 0; i < ARRAY_SIZE(learning_tools); i++)
		if (strlen(learning_tools[i]) == length &&
		    memcmp(tool, learning_tools[i], length) == 0)
			return true;
	return false;
}

/* "base" or the persona whose file path is; NULL for any other file. The caller frees it. */
static char *name_of(const char *path)
{
	size_t length = strlen(path);

	if (strncmp(path, "base/", 5) == 0)
		return strdup("base");
	if (strncmp(path, "personas/", 9) == 0 && length > 14)
		return strndup(path + 9, length - 14);
	return NULL;
}

/* What the file holds within the transaction so far; -ENOENT when it is gone. */
static int read_current(const struct txn *txn, const char *path, struct buf *out,
			struct helios_error *error)
{
	const struct repo_file *file = repo_files_find(&txn->served->files, path);

	for (size_t i = 0; i < txn->count; i++) {
		if (!streq(txn->files[i].path, path))
			continue;
		buf_add(out, txn->files[i].content, txn->files[i].length);
		return txn->files[i].content ? 0 : -ENOENT;
	}
	return file ? repo_read(txn->home->repo, &file->id, out, error) : -ENOENT;
}

static int parse_blob(struct unlearning *unlearning, const struct repo_file *file,
		      struct document **ret, struct helios_error *error)
{
	cleanup_buf struct buf text = {0};
	int err = repo_read(unlearning->txn->home->repo, &file->id, &text, error);

	return err < 0 ? err : yaml_parse(buf_text(&text), text.length, file->path, ret, error);
}

/*
 * Puts the file with what the commit did to it undone, written as it was written before;
 * *ret_changed: something was left to undo.
 */
static int undo_documents(struct unlearning *unlearning, const char *name, const char *path,
			  const struct document *before, const struct node *after,
			  bool *ret_changed, struct helios_error *error)
{
	struct unlearn_result *result = unlearning->result;
	cleanup_document struct document *now = NULL;
	cleanup_buf struct buf text = {0}, patched = {0};
	cleanup(arena_done) struct arena arena = {0};
	cleanup_free char *summary = NULL;
	struct merge3_result merged;
	int err = read_current(unlearning->txn, path, &text, error);

	if (err == -ENOENT)
		return note(&result->skipped, &result->skipped_count, name, "it is gone");
	if (err == 0)
		err = yaml_parse(buf_text(&text), text.length, path, &now, error);
	if (err == 0)
		err = merge3(&arena, after, before->root, now->root, &merged);
	if (err < 0)
		return err;
	for (size_t i = 0; i < merged.conflict_count && err == 0; i++)
		err = note(&result->skipped, &result->skipped_count, name, merged.conflicts[i]);
	if (err < 0 || node_same(merged.root, now->root))
		return err;
	*ret_changed = true;
	err = yaml_patch(now, merged.root, &before, 1, &patched, error);
	if (err == 0)
		err = save_put_stored(unlearning->txn, name, buf_text(&patched), patched.length,
				      error);
	summary = save_summary(name, now->root, merged.root);
	if (err == 0)
		err = summary ? note(&result->reverted, &result->reverted_count, name,
				     summary + strlen(name) + 2)
			      : -ENOMEM;
	return err;
}

static int undo_file(struct unlearning *unlearning, const struct repo_file *before,
		     const struct repo_file *after, bool *ret_changed, struct helios_error *error)
{
	cleanup_document struct document *old = NULL, *new = NULL;
	cleanup_free char *name = name_of(after->path);
	int err;

	if (!name) /* a recorded pattern: it goes as a whole */
		return 0;
	err = parse_blob(unlearning, before, &old, error);
	if (err == 0)
		err = parse_blob(unlearning, after, &new, error);
	return err < 0 ? err
		       : undo_documents(unlearning, name, after->path, old, new->root, ret_changed,
					error);
}

/* A pattern's file that the commit made goes, when it is as the commit left it. */
static int undo_new_file(struct unlearning *unlearning, const struct repo_file *after,
			 bool *ret_changed, struct helios_error *error)
{
	const struct repo_file *now = repo_files_find(&unlearning->txn->served->files, after->path);
	struct unlearn_result *result = unlearning->result;
	int err;

	if (strncmp(after->path, "learned/", 8) != 0)
		return 0; /* what bootstrap or a person made stays */
	if (!now || !object_id_equal(&now->id, &after->id))
		return note(&result->skipped, &result->skipped_count, after->path, "changed since");
	err = txn_remove(unlearning->txn, after->path, error);
	if (err == 0)
		err = note(&result->reverted, &result->reverted_count, after->path, "removed");
	*ret_changed = true;
	return err;
}

static int undo_files(struct unlearning *unlearning, const struct served *before,
		      const struct served *after, bool *ret_changed, struct helios_error *error)
{
	int err = 0;

	for (size_t i = 0; i < after->files.count && err == 0; i++) {
		const struct repo_file *file = &after->files.entries[i];
		const struct repo_file *old = repo_files_find(&before->files, file->path);

		if (!old)
			err = undo_new_file(unlearning, file, ret_changed, error);
		else if (!object_id_equal(&old->id, &file->id))
			err = undo_file(unlearning, old, file, ret_changed, error);
	}
	return err;
}

static int undo_commit(struct unlearning *unlearning, const struct object_id *id,
		       const struct repo_commit *commit, const char *operation, size_t length,
		       struct helios_error *error)
{
	struct helios_home *home = unlearning->txn->home;
	struct served *before = NULL, *after = NULL;
	bool changed = false;
	int err = served_at(home, &commit->parent, &before, error);

	if (err == 0)
		err = served_at(home, id, &after, error);
	if (err == 0)
		err = undo_files(unlearning, before, after, &changed, error);
	served_unref(home, before);
	served_unref(home, after);
	if (err < 0 || !changed)
		return err;
	unlearning->result->changes++;
	buf_addf(&unlearning->now, "%s%.*s", unlearning->now.length ? " " : "", (int)length,
		 operation);
	return 0;
}

static bool is_undone(const struct unlearning *unlearning, const char *operation, size_t length)
{
	return length == 0 ||
	       memmem(buf_text(&unlearning->undone), unlearning->undone.length, operation, length);
}

/* Newest first: a commit that undid others is met before them. */
static int walk(struct unlearning *unlearning, size_t count, struct helios_error *error)
{
	struct object_id at = unlearning->txn->served->head;
	int err = 0;

	for (unsigned i = 0; i < SEARCHED_COMMITS && err == 0 && !object_id_is_zero(&at) &&
			     unlearning->result->changes < count;
	     i++) {
		cleanup_free char *message = NULL;
		struct repo_commit commit;
		const char *text;
		size_t length;

		err = repo_read_commit(unlearning->txn->home->repo, &at, &commit, &message, error);
		if (err < 0)
			break;
		text = trailer(message, "\nHelios-Reverts: ", &length);
		buf_add(&unlearning->undone, text, length);
		buf_addch(&unlearning->undone, '\n');
		text = trailer(message, "\nHelios-Op: ", &length);
		if (is_learning(message) && !object_id_is_zero(&commit.parent) &&
		    !is_undone(unlearning, text, length))
			err = undo_commit(unlearning, &at, &commit, text, length, error);
		at = commit.parent;
	}
	return err;
}

static int commit_undone(struct unlearning *unlearning, struct helios_error *error)
{
	const struct unlearn_result *result = unlearning->result;
	char summary[LIMIT_SUMMARY];

	if (!result->changes)
		return 0;
	snprintf(summary, sizeof(summary), "take back %zu learned change%s: %s%s", result->changes,
		 result->changes == 1 ? "" : "s", result->reverted[0],
		 result->reverted_count > 1 ? ", …" : "");
	unlearning->txn->reverts = buf_text(&unlearning->now);
	return txn_commit(unlearning->txn, summary, error);
}

int unlearn(struct helios_home *home, const struct helios_client *client, size_t count,
	    struct unlearn_result *ret, struct helios_error *error)
{
	struct txn txn;
	struct unlearning unlearning = {.txn = &txn, .result = ret};
	int err = settings_check_agents(home, error);

	if (err == 0)
		err = txn_begin(home, client, "revert", 0, &txn, error);
	if (err < 0)
		return err;
	err = walk(&unlearning, count, error);
	if (err == 0)
		err = commit_undone(&unlearning, error);
	if (err == -ENOMEM)
		helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "memory ran out");
	memcpy(ret->commit, txn.commit, sizeof(ret->commit));
	txn_end(&txn);
	buf_done(&unlearning.undone);
	buf_done(&unlearning.now);
	return err;
}
