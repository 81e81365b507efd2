/* Reading commits from HEAD on, or those store/changes.h names. */
#include "store/history.h"

#include "store/changes.h"
#include "store/served.h"
#include "yaml/path.h"
#include "yaml/yaml.h"

char *history_trailer(const char *message, const char *key)
{
	char start[64];
	const char *at;

	snprintf(start, sizeof(start), "\n%s: ", key);
	at = strstr(message, start);
	return at ? strndup(at + strlen(start), strcspn(at + strlen(start), "\n")) : NULL;
}

static int add(struct history *history, const struct object_id *id,
	       const struct repo_commit *commit)
{
	struct history_entry *grown =
		realloc(history->entries, (history->count + 1) * sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	history->entries = grown;
	grown[history->count] = (struct history_entry){
		.commit = *id,
		.parent = commit->parent,
		.time = commit->time,
		.summary = strndup(commit->message, strcspn(commit->message, "\n")),
		.source = history_trailer(commit->message, "Helios-Source"),
		.client = history_trailer(commit->message, "Helios-Client"),
		.session = history_trailer(commit->message, "Helios-Session"),
		.operation = history_trailer(commit->message, "Helios-Op"),
	};
	return grown[history->count++].summary ? 0 : -ENOMEM;
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

/* Whether the value at path differs between two stored texts (zero: no text). */
static bool value_differs(struct helios_home *home, const struct object_id *a,
			  const struct object_id *b, const struct path *path)
{
	const struct object_id *ids[] = {a, b};
	struct document *documents[2] = {NULL, NULL};
	const struct node *values[2] = {NULL, NULL};
	bool differs;

	for (size_t i = 0; i < 2; i++) {
		cleanup_buf struct buf text = {0};

		if (object_id_is_zero(ids[i]) || repo_read(home->repo, ids[i], &text, NULL) < 0 ||
		    yaml_parse(buf_text(&text), text.length, "", &documents[i], NULL) < 0)
			continue;
		values[i] = path_lookup(documents[i]->root, path);
	}
	differs =
		values[0] && values[1] ? !node_same(values[0], values[1]) : values[0] != values[1];
	document_free(documents[0]);
	document_free(documents[1]);
	return differs;
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
	int err;

	if (search->path &&
	    !value_differs(search->home, &change->before, &change->after, search->path))
		return 0;
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
