/* Reading commits from HEAD on, or those store/changes.h names. */
#include "store/history.h"

#include "store/changes.h"
#include "store/served.h"
#include "yaml/yaml.h"

const char *history_find_trailer(const char *message, const char *key, size_t *ret_length)
{
	char start[64];
	const char *at;

	snprintf(start, sizeof(start), "\n%s: ", key);
	at = strstr(message, start);
	if (!at)
		return NULL;
	at += strlen(start);
	*ret_length = strcspn(at, "\n");
	return at;
}

bool history_copy_trailer(const char *message, const char *key, char **ret)
{
	size_t length;
	const char *value = history_find_trailer(message, key, &length);

	*ret = value ? strndup(value, length) : NULL;
	return !value || *ret;
}

static int fill(struct history_entry *entry, const struct object_id *id,
		const struct repo_commit *commit)
{
	const char *message = commit->message;

	*entry = (struct history_entry){
		.commit = *id,
		.parent = commit->parent,
		.time = commit->time,
		.summary = strndup(message, strcspn(message, "\n")),
	};
	return entry->summary && history_copy_trailer(message, "Helios-Source", &entry->source) &&
			       history_copy_trailer(message, "Helios-Client", &entry->client) &&
			       history_copy_trailer(message, "Helios-Session", &entry->session) &&
			       history_copy_trailer(message, "Helios-Op", &entry->operation) &&
			       history_copy_trailer(message, "Helios-Reason", &entry->reason) &&
			       history_copy_trailer(message, "Helios-Proposed-By",
						    &entry->proposed_by)
		       ? 0
		       : -ENOMEM;
}

static int add(struct history *history, const struct object_id *id,
	       const struct repo_commit *commit)
{
	struct history_entry *grown =
		realloc(history->entries, (history->count + 1) * sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	history->entries = grown;
	return fill(&grown[history->count++], id, commit);
}

void history_done(struct history *history)
{
	for (size_t i = 0; i < history->count; i++) {
		struct history_entry *entry = &history->entries[i];

		free(entry->summary);
		free(entry->source);
		free(entry->client);
		free(entry->session);
		free(entry->operation);
		free(entry->reason);
		free(entry->proposed_by);
	}
	free(history->entries);
	*history = (struct history){0};
}

/* The blob of name at a commit; zero when it is not there. */
static int blob_at(struct helios_home *home, const struct object_id *commit, const char *name,
		   struct object_id *ret, struct helios_error *error)
{
	struct served *served;
	const struct repo_file *file;
	int err;

	memset(ret, 0, sizeof(*ret));
	if (object_id_is_zero(commit))
		return 0;
	err = served_at(home, commit, &served, error);
	if (err < 0)
		return err;
	file = streq(name, "base") ? served_base(served) : served_persona(served, name);
	if (file)
		*ret = file->id;
	served_unref(home, served);
	return 0;
}

/* A stored text as it was; NULL for none, and for one that cannot be read. */
static int read_document(struct helios_home *home, const struct object_id *blob,
			 struct document **ret, struct helios_error *error)
{
	cleanup_buf struct buf text = {0};
	int err;

	*ret = NULL;
	if (object_id_is_zero(blob))
		return 0;
	err = repo_read(home->repo, blob, &text, error);
	if (err < 0)
		return err == -ENOMEM ? err : 0;
	return yaml_try(buf_text(&text), text.length, "", ret, error);
}

/* Whether the value at path differs between two documents, either of which may be NULL. */
static bool value_differs(const struct document *before, const struct document *after,
			  const struct path *path)
{
	const struct node *old = before ? path_lookup(before->root, path) : NULL;
	const struct node *new = after ? path_lookup(after->root, path) : NULL;

	return old && new ? !node_same(old, new) : old != new;
}

static int changes_value(struct helios_home *home, const struct change *change,
			 const struct path *path, bool *ret, struct helios_error *error)
{
	cleanup_document struct document *before = NULL, *after = NULL;
	int err = read_document(home, &change->before, &before, error);

	if (err == 0)
		err = read_document(home, &change->after, &after, error);
	*ret = err == 0 && value_differs(before, after, path);
	return err;
}

/* What is asked for, and what was found of it. */
struct search {
	struct helios_home *home;
	const struct path *path; /* NULL: any change of the document */
	size_t limit;		 /* 0: none */
	struct history *history;
};

/* 1 when there are as many as were asked for. */
static int take(struct search *search, const struct object_id *id, const struct repo_commit *commit,
		struct helios_error *error)
{
	if (add(search->history, id, commit) < 0)
		return helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "no memory");
	return search->limit && search->history->count == search->limit;
}

static int look_at(void *context, const struct change *change, struct helios_error *error)
{
	struct search *search = context;
	cleanup_free char *message = NULL;
	struct repo_commit commit;
	bool wanted = true;
	int err = search->path ? changes_value(search->home, change, search->path, &wanted, error)
			       : 0;

	if (err < 0 || !wanted)
		return err;
	err = repo_read_commit(search->home->repo, &change->commit, &commit, &message, error);
	return err < 0 ? err : take(search, &change->commit, &commit, error);
}

/* Every commit. */
static int walk(struct search *search, struct helios_error *error)
{
	struct object_id at;
	int err = repo_head(search->home->repo, &at, error);

	while (err == 0 && !object_id_is_zero(&at)) {
		cleanup_free char *message = NULL;
		struct repo_commit commit;

		err = repo_read_commit(search->home->repo, &at, &commit, &message, error);
		if (err == 0)
			err = take(search, &at, &commit, error);
		if (err == 0)
			at = commit.parent;
	}
	return err;
}

int history_read(struct helios_home *home, const char *name, const char *path, size_t limit,
		 struct history *ret, struct helios_error *error)
{
	struct history history = {0};
	struct arena arena = {0};
	struct path steps;
	struct search search = {
		.home = home, .path = path ? &steps : NULL, .limit = limit, .history = &history};
	int err = path ? path_parse(&arena, path, &steps, error) : 0;

	if (err == 0)
		err = name ? changes_walk(home, name, look_at, &search, error)
			   : walk(&search, error);
	arena_done(&arena);
	if (err < 0)
		history_done(&history);
	*ret = history;
	return err < 0 ? err : 0;
}

int history_one(struct helios_home *home, const struct object_id *id, struct history *ret,
		struct helios_error *error)
{
	cleanup_free char *message = NULL;
	struct repo_commit commit;
	int err = repo_read_commit(home->repo, id, &commit, &message, error);

	*ret = (struct history){0};
	if (err == 0 && add(ret, id, &commit) < 0)
		err = helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "no memory");
	if (err < 0)
		history_done(ret);
	return err;
}

/* Whose newest change is looked for. */
struct blaming {
	struct helios_home *home;
	const struct path *paths;
	struct history *history; /* an entry a path; without summary: not found yet */
	size_t left;
	struct document *after; /* at the change that is looked at next, when it was parsed */
};

/* Takes the change for every path whose value it made; 1 when there is nothing left to find. */
static int blame_change(void *context, const struct change *change, struct helios_error *error)
{
	struct blaming *blaming = context;
	cleanup_document struct document *after = take_ptr(blaming->after);
	cleanup_document struct document *before = NULL;
	cleanup_free char *message = NULL;
	struct repo_commit commit;
	int err = after ? 0 : read_document(blaming->home, &change->after, &after, error);

	if (err == 0)
		err = read_document(blaming->home, &change->before, &before, error);
	for (size_t i = 0; i < blaming->history->count && err == 0; i++) {
		struct history_entry *entry = &blaming->history->entries[i];

		if (entry->summary || !value_differs(before, after, &blaming->paths[i]))
			continue;
		if (!message)
			err = repo_read_commit(blaming->home->repo, &change->commit, &commit,
					       &message, error);
		if (err == 0 && fill(entry, &change->commit, &commit) < 0)
			err = helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "no memory");
		blaming->left--;
	}
	blaming->after = take_ptr(before);
	return err < 0 ? err : !blaming->left;
}

int history_blame(struct helios_home *home, const char *name, const struct path *paths,
		  size_t count, struct history *ret, struct helios_error *error)
{
	struct blaming blaming = {.home = home, .paths = paths, .history = ret, .left = count};
	int err;

	*ret = (struct history){.entries = calloc(count + 1, sizeof(*ret->entries)),
				.count = count};
	if (!ret->entries) {
		*ret = (struct history){0};
		return helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "no memory");
	}
	err = changes_walk(home, name, blame_change, &blaming, error);
	document_free(blaming.after);
	if (err < 0)
		history_done(ret);
	return err < 0 ? err : 0;
}

int history_text(struct helios_home *home, const struct object_id *commit, const char *name,
		 struct buf *out, struct helios_error *error)
{
	struct object_id blob;
	int err = blob_at(home, commit, name, &blob, error);

	if (err == 0 && object_id_is_zero(&blob))
		err = helios_fail(error, HELIOS_NO_PERSONA, NULL, NULL,
				  "there was no persona '%s' then", name);
	return err == 0 ? repo_read(home->repo, &blob, out, error) : err;
}
