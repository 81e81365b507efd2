/* Finding which commits are to be undone, newest first; what each did to a file is undo_file.c's.
 */
#include "base/limits.h"
#include "store/history.h"
#include "store/settings.h"
#include "store/undo_private.h"

static const char *const learning_tools[] = {
	"update_preference", "learn_behavior", "tune_weight", "evolve_behavior", "record_pattern",
};

#define SEARCHED_COMMITS 100000u
#define TOKEN 80u

/* Files that changed their name, newest first: what older commits call old is now called new. */
struct file_renames {
	struct file_rename {
		char *old, *new;
	} * entries;
	size_t count;
};

struct walk {
	struct undoing *undoing;
	struct file_renames renames;
	struct buf undone; /* what was undone before, a token each, between blanks */
	struct buf now;	   /* what is undone now, for the trailer */
};

static void walk_done(struct walk *walk)
{
	for (size_t i = 0; i < walk->renames.count; i++) {
		free(walk->renames.entries[i].old);
		free(walk->renames.entries[i].new);
	}
	free(walk->renames.entries);
	buf_done(&walk->undone);
	buf_done(&walk->now);
}

static void free_list(char **list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(list[i]);
	free(list);
}

void undo_result_done(struct undo_result *result)
{
	free_list(result->changes, result->change_count);
	free_list(result->reverted, result->reverted_count);
	free_list(result->skipped, result->skipped_count);
	*result = (struct undo_result){0};
}

/* ---- names */

/* What a file of an older commit is called now. Borrowed. */
static const char *name_now(const struct file_renames *renames, const char *path)
{
	for (size_t i = renames->count; i-- > 0;)
		if (streq(renames->entries[i].old, path))
			path = renames->entries[i].new;
	return path;
}

static int add_rename(struct file_renames *renames, const char *old, const char *new)
{
	struct file_rename *grown =
		realloc(renames->entries, (renames->count + 1) * sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	renames->entries = grown;
	grown[renames->count] = (struct file_rename){.old = strdup(old), .new = strdup(new)};
	renames->count++;
	return grown[renames->count - 1].old && grown[renames->count - 1].new ? 0 : -ENOMEM;
}

/* A persona that went while one with the same bytes came was renamed. */
static int note_renames(struct file_renames *renames, const struct repo_deltas *deltas)
{
	int err = 0;

	for (size_t i = 0; err == 0 && i < deltas->count; i++) {
		const struct repo_delta *gone = &deltas->entries[i];

		if (!object_id_is_zero(&gone->after) || strncmp(gone->path, "personas/", 9) != 0)
			continue;
		for (size_t j = 0; err == 0 && j < deltas->count; j++)
			if (object_id_is_zero(&deltas->entries[j].before) &&
			    object_id_equal(&deltas->entries[j].after, &gone->before))
				err = add_rename(renames, gone->path, deltas->entries[j].path);
	}
	return err;
}

/* ---- which commits */

/*
 * What Helios-Reverts calls a change: its operation, or the commit that a person's git made. With
 * a key it is a part of the change only, and has a name of its own.
 */
static void make_token(const struct undo_request *request, const char *message,
		       const struct object_id *id, char out[TOKEN])
{
	size_t length;
	const char *operation = history_find_trailer(message, "Helios-Op", &length);
	char hex[OBJECT_ID_HEX + 1], part[OBJECT_ID_HEX + 1];
	struct object_id key;

	object_id_format(id, hex);
	if (!operation) {
		operation = hex;
		length = OBJECT_ID_HEX;
	}
	snprintf(out, TOKEN, "%.*s", length < 60 ? (int)length : 60, operation);
	if (!request->key)
		return;
	key = object_id_of_blob(request->key, strlen(request->key));
	object_id_format(&key, part);
	snprintf(out, TOKEN, "%.*s/%.12s", length < 60 ? (int)length : 60, operation, part);
}

static bool has_token(const struct buf *list, const char *token)
{
	const char *at = buf_text(list);
	size_t length = strlen(token);

	while ((at = strstr(at, token))) {
		if ((at == buf_text(list) || at[-1] == ' ') && (at[length] == ' ' || !at[length]))
			return true;
		at += length;
	}
	return false;
}

static bool says(const char *message, const char *key, const char *value)
{
	size_t length;
	const char *said = history_find_trailer(message, key, &length);

	return said && length == strlen(value) && memcmp(said, value, length) == 0;
}

static bool is_learning(const char *message)
{
	for (size_t i = 0; i < ARRAY_SIZE(learning_tools); i++)
		if (says(message, "Helios-Tool", learning_tools[i]))
			return true;
	return false;
}

/* Notes what a commit undid; such a commit is not undone itself. */
static bool is_undoing(struct walk *walk, const char *message)
{
	size_t length;
	const char *reverts = history_find_trailer(message, "Helios-Reverts", &length);

	if (!reverts)
		return false;
	buf_add(&walk->undone, reverts, length);
	buf_addch(&walk->undone, ' ');
	return true;
}

static bool is_eligible(struct walk *walk, const char *message, const char *token)
{
	if (is_undoing(walk, message) || has_token(&walk->undone, token))
		return false;
	if (walk->undoing->request->learning)
		return is_learning(message);
	return !says(message, "Helios-Source", source_name(HELIOS_RECOVERY));
}

/* ---- undoing one */

/* Whether the request is about the file, by what it is called now. */
static bool is_meant(const struct undo_request *request, const char *path)
{
	char room[NAME_MAX + 1];
	const char *name = served_name_of(path, room);

	return !request->persona || (name && streq(name, request->persona));
}

static bool touches(const struct walk *walk, const struct repo_deltas *deltas)
{
	for (size_t i = 0; i < deltas->count; i++)
		if (is_meant(walk->undoing->request,
			     name_now(&walk->renames, deltas->entries[i].path)))
			return true;
	return false;
}

static bool is_structural(const struct repo_deltas *deltas)
{
	for (size_t i = 0; i < deltas->count; i++)
		if (object_id_is_zero(&deltas->entries[i].before) ||
		    object_id_is_zero(&deltas->entries[i].after))
			return true;
	return false;
}

static int undo_deltas(struct walk *walk, const struct repo_deltas *deltas, bool *ret_changed,
		       struct helios_error *error)
{
	struct undoing *undoing = walk->undoing;
	int err = 0;

	undoing->structural = undoing->structural || is_structural(deltas);
	for (size_t i = 0; err == 0 && i < deltas->count; i++) {
		const struct repo_delta *delta = &deltas->entries[i];
		const struct undo_file file = {.path = name_now(&walk->renames, delta->path),
					       .before = delta->before,
					       .after = delta->after};

		if (*delta->path == '.' || !txn_is_tracked(file.path))
			continue; /* the program's own files */
		if (undoing->request->key && !is_meant(undoing->request, file.path))
			continue; /* the rest of the change stays */
		err = undo_file(undoing, &file, ret_changed, error);
	}
	return err;
}

static int undo_commit(struct walk *walk, const struct repo_deltas *deltas, const char *message,
		       const char *token, struct helios_error *error)
{
	struct undo_result *result = walk->undoing->result;
	cleanup_free char *summary = strndup(message, strcspn(message, "\n"));
	bool changed = false;
	int err = summary ? undo_deltas(walk, deltas, &changed, error) : -ENOMEM;

	if (err < 0 || !changed)
		return err;
	buf_addf(&walk->now, "%s%s", walk->now.length ? " " : "", token);
	return undo_note(&result->changes, &result->change_count, summary, "");
}

static int look_at(struct walk *walk, const struct object_id *id, const struct repo_commit *commit,
		   struct helios_error *error)
{
	cleanup(repo_deltas_done) struct repo_deltas deltas = {0};
	char token[TOKEN];
	size_t undone = walk->undoing->result->change_count;
	bool eligible;
	int err;

	make_token(walk->undoing->request, commit->message, id, token);
	eligible = is_eligible(walk, commit->message, token);
	if (walk->undone.failed)
		return -ENOMEM; /* it is not known what was undone before */
	err = repo_compare(walk->undoing->txn->home->repo, &commit->parent, id, &deltas, error);
	if (err == 0 && eligible && touches(walk, &deltas))
		err = undo_commit(walk, &deltas, commit->message, token, error);
	if (err < 0 || walk->undoing->result->change_count > undone)
		return err; /* a renaming that is undone leaves the older name */
	return note_renames(&walk->renames, &deltas);
}

static int walk_history(struct walk *walk, struct helios_error *error)
{
	const struct undoing *undoing = walk->undoing;
	struct object_id at = undoing->txn->served->head;
	int err = 0;

	for (unsigned i = 0; i < SEARCHED_COMMITS && err == 0 && !object_id_is_zero(&at) &&
			     undoing->result->change_count < undoing->request->count;
	     i++) {
		cleanup_free char *message = NULL;
		struct repo_commit commit;

		err = repo_read_commit(undoing->txn->home->repo, &at, &commit, &message, error);
		if (err == 0 && object_id_is_zero(&commit.parent))
			break; /* what made the home stays */
		if (err == 0)
			err = look_at(walk, &at, &commit, error);
		if (err == 0)
			at = commit.parent;
	}
	return err;
}

/* ---- the whole */

static int commit(struct walk *walk, struct helios_error *error)
{
	struct undoing *undoing = walk->undoing;
	const struct undo_result *result = undoing->result;
	char summary[LIMIT_SUMMARY];
	int err = 0;

	if (!result->change_count)
		return 0;
	if (walk->now.failed)
		return -ENOMEM;
	if (undoing->structural)
		err = undo_check_parents(undoing, error);
	if (err < 0)
		return err;
	if (undoing->request->learning)
		snprintf(summary, sizeof(summary), "take back %zu learned change%s: %s%s",
			 result->change_count, result->change_count == 1 ? "" : "s",
			 result->reverted[0], result->reverted_count > 1 ? ", …" : "");
	else
		snprintf(summary, sizeof(summary), "undo %s%s", result->changes[0],
			 result->change_count > 1 ? ", …" : "");
	undoing->txn->reverts = buf_text(&walk->now);
	return txn_commit(undoing->txn, summary, error);
}

static int check_request(const struct undo_request *request, struct helios_error *error)
{
	if (request->key && !request->persona)
		return helios_fail(error, HELIOS_USAGE, NULL, "say whose value with --persona",
				   "a key needs a persona");
	if (!request->count)
		return helios_fail(error, HELIOS_USAGE, NULL, "write a whole number, like 2",
				   "there is nothing to undo in 0 changes");
	return 0;
}

int undo(struct helios_home *home, const struct helios_client *client,
	 const struct undo_request *request, struct undo_result *ret, struct helios_error *error)
{
	struct txn txn;
	struct undoing undoing = {.txn = &txn, .request = request, .result = ret};
	struct walk walk = {.undoing = &undoing};
	int err = check_request(request, error);

	if (err == 0)
		err = txn_begin(home, client, "undo", 0, &txn, error);
	if (err < 0)
		return err;
	object_id_format(&txn.served->head, ret->before);
	err = walk_history(&walk, error);
	if (err == 0)
		err = commit(&walk, error);
	if (err == -ENOMEM)
		helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "cannot undo");
	memcpy(ret->commit, txn.commit, sizeof(ret->commit));
	txn_end(&txn);
	walk_done(&walk);
	return err;
}
