/*
 * search: values by their keys and words, as they are and as they once were, and changes by what
 * is said of them; the best fit (words.h) first.
 */
#include "op/words.h"

#include "base/hash.h"
#include "op/ops.h"
#include "store/changes.h"
#include "store/external.h"
#include "store/history.h"
#include "store/served.h"

#define SHOWN_BY_DEFAULT 20u
#define COMMITS_LOOKED_AT 10000u /* the newest ones */
#define FOUND_AT_MOST 50000u
#define VALUE_COLUMNS 72u

/* In the order of what is told first among equals. */
enum kind { VALUE, PAST, CHANGE };

/* Texts belong to the search's arena. */
struct found {
	enum kind kind;
	struct object_id commit;  /* the change, or the one that made a past value */
	const char *file;	  /* of a value */
	unsigned line;		  /* in it, of what is there now */
	const char *path, *value; /* the value in one line */
	size_t place;		  /* among what was found; of the past the last is the newest */
	double rank;
};

struct search {
	const struct helios_call *call;
	struct words words;
	struct arena arena;
	struct found *found;
	struct fits *fits; /* one for each found */
	size_t count, found_capacity, fits_capacity;
	uint64_t *seen; /* hashes of values, each of which is told once; 0: an empty slot */
	size_t seen_count, seen_slots;
	size_t commits, skip; /* how many there are, how many of the oldest are not looked at */
	struct found at;      /* what is looked at: its kind, commit and file */
};

static void search_done(struct search *search)
{
	words_done(&search->words);
	free(search->seen);
	arena_done(&search->arena);
}

/* ---- what was seen */

static void put_seen(uint64_t *slots, size_t count, uint64_t hash)
{
	size_t at = hash % count;

	while (slots[at] && slots[at] != hash)
		at = (at + 1) % count;
	slots[at] = hash;
}

static int grow_seen(struct search *search)
{
	size_t slots = search->seen_slots ? 2 * search->seen_slots : 1024;
	uint64_t *grown = calloc(slots, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	for (size_t i = 0; i < search->seen_slots; i++)
		if (search->seen[i])
			put_seen(grown, slots, search->seen[i]);
	free(search->seen);
	search->seen = grown;
	search->seen_slots = slots;
	return 0;
}

/* 1 when that value of that file was seen before; else it is now. */
static int see(struct search *search, const char *path, const char *value)
{
	uint64_t hash = hash_pair(hash_text(search->at.file),
				  hash_pair(hash_text(path), hash_text(value))) |
			1;
	size_t at;

	if (2 * search->seen_count >= search->seen_slots && grow_seen(search) < 0)
		return -ENOMEM;
	for (at = hash % search->seen_slots; search->seen[at]; at = (at + 1) % search->seen_slots)
		if (search->seen[at] == hash)
			return 1;
	search->seen[at] = hash;
	search->seen_count++;
	return 0;
}

/* ---- what fits */

/* Room for one more; NULL when memory is out. */
static struct fits *next_fits(struct search *search)
{
	struct fits *fits = arena_grow(&search->arena, search->fits, search->count,
				       &search->fits_capacity, sizeof(*fits));
	struct found *found = arena_grow(&search->arena, search->found, search->count,
					 &search->found_capacity, sizeof(*found));

	if (!fits || !found)
		return NULL;
	search->fits = fits;
	search->found = found;
	fits[search->count] = (struct fits){.rank = 0};
	return &fits[search->count];
}

/* Keeps what is looked at when a word fits. */
static int keep(struct search *search, const struct fits *fits, const char *path, const char *value,
		unsigned line)
{
	struct found *found = &search->found[search->count];

	if (!fits_any(fits) || search->count == FOUND_AT_MOST)
		return 0;
	*found = search->at;
	found->place = search->count++;
	found->line = line;
	found->path = path ? arena_strdup(&search->arena, path) : NULL;
	found->value = value ? arena_strdup(&search->arena, value) : NULL;
	return (!path || found->path) && (!value || found->value) ? 0 : -ENOMEM;
}

static int look_at_leaf(void *context, const char *path, const struct node *leaf)
{
	struct search *search = context;
	struct fits *fits = next_fits(search);
	cleanup_buf struct buf value = {0};
	int err = fits ? words_fit(&search->words, path, IN_HEART, fits) : -ENOMEM;

	add_flow(&value, leaf, 0);
	if (err == 0)
		err = value.failed ? -ENOMEM
				   : words_fit(&search->words, buf_text(&value), IN_REST, fits);
	if (err < 0 || !fits_any(fits))
		return err;
	err = see(search, path, buf_text(&value));
	return err ? (err < 0 ? err : 0)
		   : keep(search, fits, path, buf_text(&value), leaf->place.line);
}

static bool is_searched(const char *path)
{
	return strncmp(path, "personas/", 9) == 0 || strncmp(path, "base/", 5) == 0 ||
	       strncmp(path, "learned/", 8) == 0;
}

/* The leaves of one file; what cannot be read is passed over. */
static int look_at_file(struct search *search, const char *path, const struct object_id *blob)
{
	cleanup_document struct document *document = NULL;
	cleanup_buf struct buf text = {0}, leaf = {0};
	int err;

	if (!is_searched(path))
		return 0;
	err = repo_read(search->call->home->repo, blob, &text, NULL);
	if (err == 0)
		err = yaml_try(buf_text(&text), text.length, path, &document, NULL);
	if (!document)
		return err == -ENOMEM ? err : 0;
	search->at.file = arena_strdup(&search->arena, path);
	return search->at.file ? path_each_leaf(document->root, &leaf, look_at_leaf, search)
			       : -ENOMEM;
}

/* ---- where it is looked for */

static int look_at_now(struct search *search, struct helios_error *error)
{
	cleanup_served struct served_reference now = {.home = search->call->home};
	int err = served_get(search->call->home, &now.served, error);

	search->at = (struct found){.kind = VALUE};
	for (size_t i = 0; err == 0 && i < now.served->files.count; i++) {
		const struct repo_file *file = &now.served->files.entries[i];

		if (look_at_file(search, file->path, &file->id) < 0)
			err = op_no_memory(error);
	}
	return err;
}

static int count_commit(void *context, const struct object_id *commit,
			const struct commit_line *line, struct helios_error *error)
{
	struct search *search = context;

	(void)commit;
	(void)line;
	(void)error;
	search->commits++;
	return 0;
}

static int look_at_past_file(void *context, const struct object_id *commit, const char *path,
			     const struct object_id *blob)
{
	struct search *search = context;

	search->at = (struct found){.kind = PAST, .commit = *commit};
	return look_at_file(search, path, blob);
}

/* What a person would look for in a message: its first line, and why. */
static int look_at_message(struct search *search, const struct object_id *commit,
			   struct helios_error *error)
{
	cleanup(history_done) struct history history = {0};
	struct fits *fits = next_fits(search);
	int err = fits ? history_one(search->call->home, commit, &history, error) : -ENOMEM;

	if (err < 0)
		return err;
	search->at = (struct found){.kind = CHANGE, .commit = *commit};
	err = words_fit(&search->words, history.entries[0].summary, IN_REST, fits);
	if (err == 0 && history.entries[0].reason)
		err = words_fit(&search->words, history.entries[0].reason, IN_REST, fits);
	return err < 0 ? err : keep(search, fits, NULL, NULL, 0);
}

static int look_at_commit(void *context, const struct object_id *commit,
			  const struct commit_line *line, struct helios_error *error)
{
	struct search *search = context;
	int err;

	if (search->skip) {
		search->skip--;
		return 0;
	}
	err = changes_each_file(line, commit, look_at_past_file, search);
	return err < 0 ? err : look_at_message(search, commit, error);
}

static int look_at_past(struct search *search, struct helios_error *error)
{
	const struct object_id beginning = {{0}};
	bool found;
	int err =
		changes_since(search->call->home, &beginning, count_commit, search, &found, error);

	if (search->commits > COMMITS_LOOKED_AT)
		search->skip = search->commits - COMMITS_LOOKED_AT;
	return err < 0 ? err
		       : changes_since(search->call->home, &beginning, look_at_commit, search,
				       &found, error);
}

/* ---- the best first */

static int compare_found(const void *a, const void *b)
{
	const struct found *one = a, *other = b;

	if (one->rank != other->rank)
		return one->rank > other->rank ? -1 : 1;
	if (one->kind != other->kind)
		return one->kind < other->kind ? -1 : 1;
	return (one->place < other->place) == (one->kind == VALUE) ? -1 : 1;
}

static void sort(struct search *search)
{
	words_rank(&search->words, search->fits, search->count);
	for (size_t i = 0; i < search->count; i++)
		search->found[i].rank = search->fits[i].rank;
	if (search->count)
		qsort(search->found, search->count, sizeof(*search->found), compare_found);
}

/* "personas/writer.yaml:15: communication.tone: warm", or a change as 'helios log' has it. */
static void add_text(const struct search *search, struct buf *text, const struct found *found,
		     const struct history_entry *change)
{
	const struct helios_call *call = search->call;

	if (found->kind != VALUE)
		add_stamp(call, text, change->time, &change->commit, NULL);
	if (found->kind == CHANGE) {
		add_one_line(text, change->summary, strlen(change->summary));
	} else {
		buf_addstr(text, found->file);
		if (found->kind == VALUE)
			buf_addf(text, ":%u", found->line);
		buf_addstr(text, ": ");
		paint(text, call->colour, PAINT_BOLD, found->path);
		buf_addstr(text, found->kind == VALUE ? ": " : " was: ");
		add_columns(text, found->value, VALUE_COLUMNS);
	}
	if (found->kind == CHANGE)
		add_who(text, change, NULL);
	buf_addch(text, '\n');
}

static void add_json(struct buf *json, const struct found *found,
		     const struct history_entry *change)
{
	static const char *const kinds[] = {"value", "past", "change"};

	json_open(json, '{');
	json_member(json, "kind", kinds[found->kind]);
	json_member_real(json, "rank", found->rank);
	json_member(json, "file", found->file);
	if (found->kind == VALUE)
		json_member_whole(json, "line", found->line);
	json_member(json, "path", found->path);
	json_member(json, "value", found->value);
	json_change_of(json, change);
	json_close(json, '}');
}

static int add_one(const struct search *search, struct buf *text, struct buf *json,
		   const struct found *found, struct helios_error *error)
{
	cleanup(history_done) struct history history = {0};
	int err = found->kind == VALUE
			  ? 0
			  : history_one(search->call->home, &found->commit, &history, error);

	if (err < 0)
		return err;
	add_text(search, text, found, history.entries);
	add_json(json, found, history.entries);
	return 0;
}

static int give(const struct search *search, size_t limit, struct helios_answer *answer,
		struct helios_error *error)
{
	size_t shown = limit && limit < search->count ? limit : search->count;
	size_t skipped =
		search->commits > COMMITS_LOOKED_AT ? search->commits - COMMITS_LOOKED_AT : 0;
	cleanup_buf struct buf text = {0}, json = {0};
	int err = 0;

	json_open(&json, '{');
	json_key(&json, "found");
	json_open(&json, '[');
	for (size_t i = 0; i < shown && err == 0; i++)
		err = add_one(search, &text, &json, &search->found[i], error);
	json_close(&json, ']');
	json_member_whole(&json, "more", (int64_t)(search->count - shown));
	json_member_whole(&json, "not_looked_at", (int64_t)skipped);
	json_close(&json, '}');
	if (!search->count)
		buf_addstr(&text, "nothing was found\n");
	if (shown < search->count)
		buf_addf(&text, "%zu more; 'helios search -n 0' lists all\n",
			 search->count - shown);
	if (skipped)
		buf_addf(&text, "the %zu oldest changes were not looked at\n", skipped);
	return err < 0 ? err : answer_give(answer, &text, &json, error);
}

/* The words of the command line as one query. */
static int read_query(struct search *search, struct helios_error *error)
{
	const struct helios_call *call = search->call;
	cleanup_buf struct buf query = {0};

	buf_addstr(&query, call->values[1]);
	for (const char *const *word = call->rest; word && *word; word++)
		buf_addf(&query, " %s", *word);
	if (query.failed || words_read(&search->words, buf_text(&query)) < 0)
		return op_no_memory(error);
	return search->words.count ? 0
				   : helios_fail(error, HELIOS_USAGE, NULL,
						 "name a key, or a word of a value or of a change",
						 "there is nothing to search for");
}

int op_search(const struct helios_call *call, struct helios_answer *answer,
	      struct helios_error *error)
{
	cleanup(search_done) struct search search = {.call = call};
	size_t limit;
	int err = op_count(call->values[0], SHOWN_BY_DEFAULT, &limit, error);

	if (err == 0)
		err = read_query(&search, error);
	if (err < 0)
		return err;
	external_notice(call->home, NULL);
	err = look_at_now(&search, error);
	if (err == 0)
		err = look_at_past(&search, error);
	if (err == -ENOMEM)
		return op_no_memory(error);
	if (err < 0)
		return err;
	sort(&search);
	return give(&search, limit, answer, error);
}
