/*
 * Every version the resolved text of a persona has had. To know them all its layers must be
 * resolved at each commit that changed one of them, so what was found is kept: a cache beside the
 * repository, .git/helios-past/NAME, which may be removed at any time. Its lines (lines.h), oldest
 * first:
 *
 *   Helios VERSION NAME               how it renders decides what is a version
 *   COMMIT TIME LENGTH TEXT           a version: TEXT is the blob id of what was rendered
 *   COMMIT                            looked at up to here, no further version
 */
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/limits.h"
#include "persona/schema.h"
#include "store/changes.h"
#include "store/external.h"
#include "store/layers.h"
#include "store/lines.h"
#include "store/text.h"
#include "store/versions.h"

#define PAST_DIRECTORY ".git/helios-past"
#define LIMIT_PAST ((size_t)64 << 20) /* bytes */
#define MARKED_EVERY 64 /* commits looked at without a version before that is written down */
#define HEADING "Helios " HELIOS_VERSION

struct search {
	struct helios_home *home;
	const char *name;
	struct helios_past *past;
	struct object_id text;		 /* of the newest version */
	struct object_id seen;		 /* the newest commit looked at; zero: none */
	size_t passed;			 /* commits since the last line */
	bool unknown;			 /* which layers it has: any change may make it resolve */
	char *layers[LIMIT_PARENTS + 2]; /* names of those that decide, the base among them */
	size_t layer_count;
	struct buf lines; /* to be added to the cache */
	uint32_t sum;
};

static void forget_layers(struct search *search)
{
	while (search->layer_count)
		free(search->layers[--search->layer_count]);
}

static void search_done(struct search *search)
{
	forget_layers(search);
	buf_done(&search->lines);
}

static int add_version(struct helios_past *past, const struct helios_past_version *version)
{
	if ((past->count & (past->count - 1)) == 0) { /* grows at powers of two */
		size_t room = past->count ? 2 * past->count : 1;
		void *grown = realloc(past->entries, room * sizeof(*past->entries));

		if (!grown)
			return -ENOMEM;
		past->entries = grown;
	}
	past->entries[past->count++] = *version;
	return 0;
}

/* Takes one line of the cache; false when it is none that this program wrote. */
static bool take_line(struct search *search, const char *line, size_t length)
{
	struct helios_past_version version = {0};
	char text[OBJECT_ID_HEX + 1] = "", copy[160];
	int fields;

	snprintf(copy, sizeof(copy), "%.*s", (int)length, line);
	fields = sscanf(copy, "%40s %" SCNd64 " %zu %40s", version.commit, &version.time,
			&version.length, text);
	if (!object_id_parse(version.commit, &search->seen))
		return false;
	if (fields == 1)
		return true;
	return fields == 4 && object_id_parse(text, &search->text) &&
	       add_version(search->past, &version) == 0;
}

static void forget_all(struct search *search)
{
	search->past->count = 0;
	search->seen = search->text = (struct object_id){{0}};
}

static bool is_heading(const struct search *search, const char *line, size_t length)
{
	char heading[sizeof(HEADING) + LIMIT_NAME + 1];

	snprintf(heading, sizeof(heading), HEADING " %s", search->name);
	return length == strlen(heading) && memcmp(line, heading, length) == 0;
}

/* Takes over the cache; what is written for another program's rendering counts as nothing. */
static size_t take_cache(struct search *search, const struct lines *cache)
{
	size_t from = 0;
	bool first = true;

	while (from < cache->length) {
		const char *said = cache->text.data + from + LINES_SUM_LENGTH + 1;
		const char *end = memchr(said, '\n', cache->length - from);
		size_t length = (size_t)(end - said);
		bool taken =
			first ? is_heading(search, said, length) : take_line(search, said, length);

		if (!taken) {
			forget_all(search);
			return 0;
		}
		first = false;
		from = (size_t)(end + 1 - cache->text.data);
	}
	return from;
}

static int add_layer(struct search *search, const char *name)
{
	char *copy = strdup(name);

	if (!copy)
		return -ENOMEM;
	search->layers[search->layer_count++] = copy;
	return 0;
}

/* Remembers what decides from now on. */
static int take_layers(struct search *search, const struct store_layers *layers)
{
	int err = 0;

	forget_layers(search);
	for (size_t i = 0; err == 0 && i < layers->count; i++)
		err = add_layer(search, layers->layers[i].name);
	return err;
}

/*
 * The layers at a commit; *ret_absent when there were none to be served. While the persona does not
 * exist only its own file decides; where its layers are invalid or missing, any may.
 */
static int layers_at(struct search *search, const struct object_id *commit,
		     struct store_layers *ret, bool *ret_absent, struct helios_error *error)
{
	cleanup_served struct served_reference then = {.home = search->home};
	struct helios_error why = {0};
	int err = served_at(search->home, commit, &then.served, error);

	*ret_absent = false;
	if (err < 0)
		return err;
	err = store_layers_in(search->home, then.served, search->name, ret, &why);
	if (err == -ENOMEM)
		return helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "%s", why.message);
	search->unknown = err < 0 && why.code != HELIOS_NO_PERSONA;
	if (err == 0)
		return take_layers(search, ret);
	*ret_absent = true;
	forget_layers(search);
	return add_layer(search, search->name);
}

static void write_version(struct search *search, const struct helios_past_version *version)
{
	char text[OBJECT_ID_HEX + 1];
	size_t begin = lines_begin(&search->lines);

	object_id_format(&search->text, text);
	buf_addf(&search->lines, "%s %" PRId64 " %zu %s", version->commit, version->time,
		 version->length, text);
	lines_end(&search->lines, begin, &search->sum);
	search->passed = 0;
}

/* The rendering of layers at a commit is a version, if it differs from the one before. */
static int take_text(struct search *search, const struct object_id *commit,
		     const struct store_layers *layers, struct helios_error *error)
{
	cleanup_buf struct buf text = {0};
	cleanup_free char *message = NULL;
	struct helios_past_version version = {0};
	struct repo_commit details;
	struct object_id id;
	int err = version_render(layers, NULL, 0, &text, error);

	if (err < 0)
		return err;
	id = object_id_of_blob(buf_text(&text), text.length);
	if (object_id_equal(&id, &search->text))
		return 0;
	err = repo_read_commit(search->home->repo, commit, &details, &message, error);
	if (err < 0)
		return err;
	object_id_format(commit, version.commit);
	version.time = details.time;
	version.length = text.length;
	search->text = id;
	write_version(search, &version);
	return add_version(search->past, &version) == 0
		       ? 0
		       : helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "no memory");
}

static bool may_differ(const struct search *search, const struct commit_line *line)
{
	for (size_t i = 0; i < search->layer_count; i++)
		if (changes_touch(line, search->layers[i]))
			return true;
	return search->unknown;
}

static int look_at(void *context, const struct object_id *commit, const struct commit_line *line,
		   struct helios_error *error)
{
	struct search *search = context;
	cleanup_layers struct store_layers layers = {.home = search->home};
	bool absent;
	int err;

	search->seen = *commit;
	search->passed++;
	if (!may_differ(search, line))
		return 0;
	err = layers_at(search, commit, &layers, &absent, error);
	return err < 0 || absent ? err : take_text(search, commit, &layers, error);
}

/* What decided at the commit looked at last. */
static int resume(struct search *search, struct helios_error *error)
{
	cleanup_layers struct store_layers layers = {.home = search->home};
	bool absent;

	if (object_id_is_zero(&search->seen))
		return add_layer(search, search->name);
	return layers_at(search, &search->seen, &layers, &absent, error);
}

static void write_heading(struct search *search)
{
	size_t begin = lines_begin(&search->lines);

	buf_addf(&search->lines, HEADING " %s", search->name);
	lines_end(&search->lines, begin, &search->sum);
}

static void write_mark(struct search *search)
{
	char commit[OBJECT_ID_HEX + 1];
	size_t begin = lines_begin(&search->lines);

	object_id_format(&search->seen, commit);
	buf_addstr(&search->lines, commit);
	lines_end(&search->lines, begin, &search->sum);
}

/* Writes down what was found behind the known part of the cache; a failure only costs time. */
static void write_cache(struct search *search, const char *path, const struct lines *cache,
			size_t known)
{
	int directory = search->home->directory;
	cleanup_fd int fd = -1;

	if (search->passed >= MARKED_EVERY)
		write_mark(search);
	if (!search->past->count || !search->lines.length || search->lines.failed ||
	    file_make_directory(directory, PAST_DIRECTORY) < 0)
		return;
	fd = known && known == cache->text.length ? lines_open(directory, path)
						  : lines_open_anew(directory, path, cache, known);
	if (fd >= 0 && file_write_all(fd, search->lines.data, search->lines.length) < 0)
		file_unlink(directory, path, 0);
}

/* *ret_lost: what the cache knows is not HEAD's past, which was set back. */
static int find(struct search *search, const char *path, bool cached, bool *ret_lost,
		struct helios_error *error)
{
	cleanup_lines struct lines cache = {0};
	struct object_id after;
	size_t known;
	bool found = false;
	int err;

	if (cached)
		lines_load(search->home->directory, path, LIMIT_PAST, &cache);
	known = take_cache(search, &cache);
	search->sum = lines_sum(&cache, known);
	if (!known)
		write_heading(search);
	after = search->seen;
	err = resume(search, error);
	if (err == 0)
		err = changes_since(search->home, &after, look_at, search, &found, error);
	if (err < 0 && err != -ENOMEM && known) { /* what it knows may be gone: without it, then */
		*ret_lost = true;
		return 0;
	}
	*ret_lost = err == 0 && !found;
	if (err == 0 && found)
		write_cache(search, path, &cache, known);
	return err;
}

static int search_past(struct helios_home *home, const char *name, bool cached,
		       struct helios_past *ret, bool *ret_lost, struct helios_error *error)
{
	cleanup(search_done) struct search search = {.home = home, .name = name, .past = ret};
	cleanup_free char *path = NULL;

	if (asprintf(&path, PAST_DIRECTORY "/%s", name) < 0) {
		path = NULL;
		return helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "no memory");
	}
	*ret = (struct helios_past){0};
	return find(&search, path, cached, ret_lost, error);
}

/* No version is fine for a persona that is there, but never was valid. */
static int check_there(struct helios_home *home, const char *name, struct helios_error *error)
{
	cleanup_served struct served_reference now = {.home = home};
	int err = served_get(home, &now.served, error);

	if (err < 0 || served_persona(now.served, name))
		return err;
	return served_no_persona(now.served, name, error);
}

int helios_past(struct helios_home *home, const char *name, struct helios_past *ret,
		struct helios_error *error)
{
	bool lost = false;
	int err = schema_check_name(name, error);

	*ret = (struct helios_past){0};
	if (err < 0)
		return err;
	external_notice(home, name);
	err = search_past(home, name, true, ret, &lost, error);
	if (err == 0 && lost) {
		helios_past_free(ret);
		err = search_past(home, name, false, ret, &lost, error);
	}
	if (err == 0 && !ret->count)
		err = check_there(home, name, error);
	if (err == -ENOMEM)
		helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "no memory");
	if (err < 0)
		helios_past_free(ret);
	return err;
}

void helios_past_free(struct helios_past *past)
{
	free(past->entries);
	*past = (struct helios_past){0};
}

int helios_past_text(struct helios_home *home, const char *name,
		     const struct helios_past_version *version, struct helios_text **ret,
		     struct helios_error *error)
{
	cleanup_served struct served_reference then = {.home = home};
	cleanup_layers struct store_layers layers = {.home = home};
	cleanup_buf struct buf text = {0};
	struct object_id commit;
	int err = object_id_parse(version->commit, &commit)
			  ? served_at(home, &commit, &then.served, error)
			  : helios_fail(error, HELIOS_USAGE, NULL, NULL, "no commit is named");

	if (err == 0)
		err = store_layers_in(home, then.served, name, &layers, error);
	if (err == 0)
		err = version_render(&layers, NULL, 0, &text, error);
	if (err < 0)
		return err;
	*ret = text_new(&text, (struct timespec){.tv_sec = version->time});
	return *ret ? 0
		    : helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "cannot read '%s'", name);
}
