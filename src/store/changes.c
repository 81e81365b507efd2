/*
 * The cache of store/changes.h: a line (lines.h) a commit, oldest first, with the blobs it left
 * behind.
 *
 *   COMMIT{<TAB>BLOB PATH}     BLOB "-": removed
 */
#include "store/changes.h"

#include "base/file.h"
#include "store/lines.h"
#include "store/repo.h"

#define CHANGES_FILE ".git/helios-changes"
#define LIMIT_CHANGES ((size_t)1 << 30) /* bytes */
#define FEW 512				/* commits that may be added between two changes */
#define AT_ONCE 256			/* commits added before others may stop it */
#define SEARCHED_EVERY 64

struct commit_line {
	const char *text; /* from COMMIT on; not terminated */
	size_t length;
};

/* The line that ends before this offset. */
static struct commit_line line_before(const struct lines *cache, size_t offset)
{
	size_t said = lines_before(cache, offset) + LINES_SUM_LENGTH + 1;

	return (struct commit_line){cache->text.data + said, offset - 1 - said};
}

static bool is_line_of(const struct lines *cache, size_t offset, const char *hex)
{
	struct commit_line line = line_before(cache, offset);

	return line.length >= OBJECT_ID_HEX && memcmp(line.text, hex, OBJECT_ID_HEX) == 0;
}

/*
 * The offset behind a commit's line, 0 when there is none. What is looked for is nearly always the
 * last one; only a thorough search finds it before, where history was set back.
 */
static size_t cache_find(const struct lines *cache, const struct object_id *commit, bool thorough)
{
	char hex[OBJECT_ID_HEX + 1];
	size_t offset = cache->length;

	object_id_format(commit, hex);
	if (!offset)
		return 0;
	if (is_line_of(cache, offset, hex))
		return offset;
	for (; thorough && offset; offset = lines_before(cache, offset))
		if (is_line_of(cache, offset, hex))
			return offset;
	return 0;
}

/* A commit on the way from HEAD to what the cache knows. */
struct step {
	struct object_id commit, parent;
};

/* Goes to a commit; *ret_known is the offset behind its line when the cache has it. */
static int step_to(struct helios_home *home, const struct lines *cache,
		   const struct object_id *commit, size_t number, struct step *ret,
		   size_t *ret_known, struct helios_error *error)
{
	cleanup_free char *message = NULL;
	struct repo_commit details;
	int err;

	*ret_known = cache_find(cache, commit, number % SEARCHED_EVERY == SEARCHED_EVERY - 1);
	if (*ret_known)
		return 0;
	err = repo_read_commit(home->repo, commit, &details, &message, error);
	if (err == 0)
		*ret = (struct step){*commit, details.parent};
	return err;
}

/* How much a file is of that name: 2, the base's older spelling 1, another's 0. */
static int rank(const char *name, const char *path, size_t length)
{
	static const char prefix[] = "personas/", suffix[] = ".yaml";
	size_t whole = strlen(name) + strlen(prefix) + strlen(suffix);

	if (streq(name, "base"))
		return length == 18 && strncmp(path, "base/identity.yaml", length) == 0 ? 2
		       : length == 16 && strncmp(path, "base/config.yaml", length) == 0 ? 1
											: 0;
	return length == whole && strncmp(path, prefix, strlen(prefix)) == 0 &&
			       strncmp(path + strlen(prefix), name, strlen(name)) == 0 &&
			       strncmp(path + whole - strlen(suffix), suffix, strlen(suffix)) == 0
		       ? 2
		       : 0;
}

/* Of two blobs for one name the better spelling's; none is no answer. */
static void prefer(struct object_id *blob, const struct object_id *other, int ranked)
{
	if (!object_id_is_zero(other) && (ranked == 2 || object_id_is_zero(blob)))
		*blob = *other;
}

/* Compares a commit with its parent and visits it when the file differs. */
static int visit_compared(struct helios_home *home, const char *name, const struct step *step,
			  change_fn *visit, void *context, struct helios_error *error)
{
	cleanup(repo_deltas_done) struct repo_deltas deltas = {0};
	struct change change = {.commit = step->commit};
	bool found = false;
	int err = repo_compare(home->repo, &step->parent, &step->commit, &deltas, error);

	for (size_t i = 0; err == 0 && i < deltas.count; i++) {
		const struct repo_delta *delta = &deltas.entries[i];
		int ranked = rank(name, delta->path, strlen(delta->path));

		if (!ranked)
			continue;
		found = true;
		prefer(&change.before, &delta->before, ranked);
		prefer(&change.after, &delta->after, ranked);
	}
	return err == 0 && found ? visit(context, &change, error) : err;
}

/* The id that is spelled there; zero for what is none. */
static struct object_id id_at(const char *text)
{
	char hex[OBJECT_ID_HEX + 1];
	struct object_id id = {{0}};

	snprintf(hex, sizeof(hex), "%.*s", OBJECT_ID_HEX, text);
	return object_id_parse(hex, &id) ? id : (struct object_id){{0}};
}

/* What a line says of name's file; whether it says anything. Ids are read of those that do. */
static bool read_line(const struct commit_line *line, const char *name, struct change *ret)
{
	const char *stop = line->text + line->length;
	const char *at = memchr(line->text, '\t', line->length);
	bool found = false;

	*ret = (struct change){0};
	while (at) {
		const char *next = memchr(at + 1, '\t', (size_t)(stop - at - 1)) ?: stop;
		const char *space = memchr(at, ' ', (size_t)(next - at));
		int ranked = space ? rank(name, space + 1, (size_t)(next - space - 1)) : 0;

		if (ranked) {
			const struct object_id blob = id_at(at + 1);

			prefer(&ret->after, &blob, ranked);
		}
		found = found || ranked;
		at = next == stop ? NULL : next;
	}
	if (found)
		ret->commit = id_at(line->text);
	return found;
}

/* The lines before an offset, newest first. What was there before, an older line tells. */
static int visit_cached(const struct lines *cache, size_t offset, const char *name,
			change_fn *visit, void *context, struct helios_error *error)
{
	struct change waiting = {0}, older;
	bool waits = false;
	int err = 0;

	while (err == 0 && offset) {
		struct commit_line line = line_before(cache, offset);

		if (read_line(&line, name, &older)) {
			waiting.before = older.after;
			if (waits)
				err = visit(context, &waiting, error);
			waiting = older;
			waits = true;
		}
		offset = lines_before(cache, offset);
	}
	return err == 0 && waits ? visit(context, &waiting, error) : err;
}

int changes_walk(struct helios_home *home, const char *name, change_fn *visit, void *context,
		 struct helios_error *error)
{
	cleanup_lines struct lines cache;
	struct object_id at;
	int err = repo_head(home->repo, &at, error);

	lines_load(home->directory, CHANGES_FILE, LIMIT_CHANGES, &cache);
	for (size_t i = 0; err == 0 && !object_id_is_zero(&at); i++) {
		struct step step;
		size_t known;

		err = step_to(home, &cache, &at, i, &step, &known, error);
		if (err == 0 && known)
			return visit_cached(&cache, known, name, visit, context, error);
		if (err == 0)
			err = visit_compared(home, name, &step, visit, context, error);
		at = step.parent;
	}
	return err;
}

struct way {
	struct step *steps; /* newest first */
	size_t count;
	size_t known; /* the cache's offset where it ends; 0: at the first commit */
};

/* From HEAD to what the cache knows; -EOVERFLOW when that is more than at_most (0: any) away. */
static int find_way(struct helios_home *home, const struct lines *cache, size_t at_most,
		    struct way *way, struct helios_error *error)
{
	struct object_id at;
	int err = repo_head(home->repo, &at, error);

	while (err == 0 && !object_id_is_zero(&at)) {
		struct step step, *grown;

		err = step_to(home, cache, &at, way->count, &step, &way->known, error);
		if (err < 0 || way->known)
			return err;
		if (at_most && way->count == at_most)
			return -EOVERFLOW;
		grown = realloc(way->steps, (way->count + 1) * sizeof(*grown));
		if (!grown)
			return helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "no memory");
		way->steps = grown;
		grown[way->count++] = step;
		at = step.parent;
	}
	return err;
}

/* A path that would break the line is no document's. */
static bool is_plain(const char *path)
{
	return !strpbrk(path, "\t\n");
}

/* Appends what a commit's line says. */
static int add_said(struct helios_home *home, const struct step *step, struct buf *out,
		    struct helios_error *error)
{
	cleanup(repo_deltas_done) struct repo_deltas deltas = {0};
	char hex[OBJECT_ID_HEX + 1];
	int err = repo_compare(home->repo, &step->parent, &step->commit, &deltas, error);

	if (err < 0)
		return err;
	object_id_format(&step->commit, hex);
	buf_addstr(out, hex);
	for (size_t i = 0; i < deltas.count; i++) {
		if (!is_plain(deltas.entries[i].path))
			continue;
		object_id_format(&deltas.entries[i].after, hex);
		buf_addf(out, "\t%s %s", object_id_is_zero(&deltas.entries[i].after) ? "-" : hex,
			 deltas.entries[i].path);
	}
	return out->failed ? helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "no memory") : 0;
}

/* Adds a commit's line behind one whose sum is *sum. */
static int add_line(struct helios_home *home, const struct step *step, uint32_t *sum,
		    struct buf *out)
{
	size_t begin = lines_begin(out);
	int err = add_said(home, step, out, NULL);

	if (err == 0)
		lines_end(out, begin, sum);
	return err < 0 || !out->failed ? err : -ENOMEM;
}

static int add_lines(struct helios_home *home, int fd, const struct lines *cache,
		     const struct way *way, const atomic_bool *stop)
{
	uint32_t sum = lines_sum(cache, way->known);
	cleanup_buf struct buf lines = {0};
	int err = 0;

	for (size_t i = way->count; err == 0 && i-- > 0;) {
		err = add_line(home, &way->steps[i], &sum, &lines);
		if (err == 0 && (i % AT_ONCE == 0 || lines.length > 1u << 20)) {
			err = file_write_all(fd, lines.data, lines.length);
			buf_clear(&lines);
			if (stop && atomic_load(stop))
				break;
		}
	}
	return err;
}

static int extend(struct helios_home *home, int fd, bool everything, const atomic_bool *stop)
{
	cleanup_lines struct lines cache;
	struct way way = {0};
	int err;

	lines_load(home->directory, CHANGES_FILE, LIMIT_CHANGES, &cache);
	err = find_way(home, &cache, everything ? 0 : FEW, &way, NULL);
	if (err == 0 && way.known == cache.text.length) {
		err = add_lines(home, fd, &cache, &way, stop);
	} else if (err == 0) {
		cleanup_fd int anew =
			lines_open_anew(home->directory, CHANGES_FILE, &cache, way.known);

		err = anew < 0 ? anew : add_lines(home, anew, &cache, &way, stop);
	}
	free(way.steps);
	return err;
}

void changes_extend(struct helios_home *home, bool everything, const atomic_bool *stop,
		    bool *ret_behind)
{
	cleanup_fd int fd = lines_open(home->directory, CHANGES_FILE);

	*ret_behind = fd >= 0 && extend(home, fd, everything, stop) == -EOVERFLOW;
}

bool changes_touch(const struct commit_line *line, const char *name)
{
	struct change change;

	return read_line(line, name, &change);
}

int changes_each_file(const struct commit_line *line, const struct object_id *commit,
		      file_fn *visit, void *context)
{
	const char *stop = line->text + line->length;
	const char *at = memchr(line->text, '\t', line->length);
	int err = 0;

	while (at && err == 0) {
		const char *next = memchr(at + 1, '\t', (size_t)(stop - at - 1)) ?: stop;
		const char *space = memchr(at, ' ', (size_t)(next - at));
		struct object_id blob = id_at(at + 1);

		if (space && !object_id_is_zero(&blob)) {
			cleanup_free char *path = strndup(space + 1, (size_t)(next - space - 1));

			err = path ? visit(context, commit, path, &blob) : -ENOMEM;
		}
		at = next == stop ? NULL : next;
	}
	return err;
}

/* The cached lines from one offset to another, oldest first. */
static int pass_cached(const struct lines *cache, size_t from, size_t to, commit_fn *visit,
		       void *context, struct helios_error *error)
{
	int err = 0;

	while (err == 0 && from < to) {
		const char *begin = cache->text.data + from;
		const char *end = memchr(begin, '\n', to - from);
		const char *said = begin + LINES_SUM_LENGTH + 1;
		const struct commit_line line = {said, (size_t)(end - said)};
		struct object_id commit = id_at(said);

		err = visit(context, &commit, &line, error);
		from = (size_t)(end + 1 - cache->text.data);
	}
	return err;
}

/* The commits of a way but for its oldest ones, oldest first. */
static int pass_way(struct helios_home *home, const struct way *way, size_t count, commit_fn *visit,
		    void *context, struct helios_error *error)
{
	int err = 0;

	while (err == 0 && count-- > 0) {
		cleanup_buf struct buf said = {0};

		err = add_said(home, &way->steps[count], &said, error);
		if (err == 0)
			err = visit(context, &way->steps[count].commit,
				    &(struct commit_line){said.data, said.length}, error);
	}
	return err;
}

/* How many of a way's steps come after a commit; -1 when it is not among them. */
static ssize_t steps_after(const struct way *way, const struct object_id *commit)
{
	for (size_t i = 0; i < way->count; i++)
		if (object_id_equal(&way->steps[i].commit, commit))
			return (ssize_t)i;
	return -1;
}

int changes_since(struct helios_home *home, const struct object_id *after, commit_fn *visit,
		  void *context, bool *ret_found, struct helios_error *error)
{
	bool anything = object_id_is_zero(after);
	cleanup_lines struct lines cache;
	struct way way = {0};
	ssize_t steps;
	size_t from;
	int err;

	lines_load(home->directory, CHANGES_FILE, LIMIT_CHANGES, &cache);
	err = find_way(home, &cache, 0, &way, error);
	from = anything || err < 0 ? 0 : cache_find(&cache, after, true);
	steps = from || anything ? (ssize_t)way.count : steps_after(&way, after);
	*ret_found = err == 0 && steps >= 0 && from <= way.known;
	if (*ret_found) {
		if (anything || from)
			err = pass_cached(&cache, from, way.known, visit, context, error);
		if (err == 0)
			err = pass_way(home, &way, (size_t)steps, visit, context, error);
	}
	free(way.steps);
	return err;
}
