/*
 * The cache of store/changes.h: a line a commit, oldest first, with the blobs it left behind.
 *
 *   SUM COMMIT{<TAB>BLOB PATH}     BLOB "-": removed
 *
 * SUM is the CRC-32 of what follows it in the line, begun with the SUM of the line before: each
 * line vouches for its place, too.
 */
#include "store/changes.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>
#include <zlib.h>

#include "base/file.h"
#include "store/repo.h"

#define CHANGES_FILE ".git/helios-changes"
#define CHANGES_ASIDE ".git/helios-changes.new"
#define LIMIT_CHANGES ((size_t)1 << 30) /* bytes */
#define SUM_LENGTH 8
#define HEAD_LENGTH (SUM_LENGTH + 1 + OBJECT_ID_HEX)
#define FEW 512	    /* commits that may be added between two changes */
#define AT_ONCE 256 /* commits added before others may stop it */
#define SEARCHED_EVERY 64

struct cache {
	struct buf text;
	size_t length; /* bytes of text that are whole lines and true */
};

static void cache_done(struct cache *cache)
{
	buf_done(&cache->text);
}

static uint32_t sum_of(uint32_t before, const char *bytes, size_t length)
{
	return (uint32_t)crc32(before, (const unsigned char *)bytes, (unsigned)length);
}

static bool is_true(const char *line, size_t length, uint32_t *sum)
{
	char hex[SUM_LENGTH + 1];

	if (length < HEAD_LENGTH || line[SUM_LENGTH] != ' ')
		return false;
	*sum = sum_of(*sum, line + SUM_LENGTH, length - SUM_LENGTH);
	snprintf(hex, sizeof(hex), "%08x", *sum);
	return memcmp(line, hex, SUM_LENGTH) == 0;
}

/* A line that is not true, and all behind it, count as not there. */
static void cache_load(const struct helios_home *home, struct cache *cache)
{
	const char *at, *end;
	uint32_t sum = 0;

	*cache = (struct cache){0};
	if (file_read(home->directory, CHANGES_FILE, LIMIT_CHANGES, &cache->text, NULL) < 0)
		buf_clear(&cache->text);
	at = buf_text(&cache->text);
	while ((end = memchr(at, '\n', cache->text.length - cache->length)) &&
	       is_true(at, (size_t)(end - at), &sum)) {
		at = end + 1;
		cache->length = (size_t)(at - cache->text.data);
	}
}

/* Where the line that ends before this offset begins. */
static size_t line_before(const struct cache *cache, size_t offset)
{
	const char *newline = offset > 1 ? memrchr(cache->text.data, '\n', offset - 1) : NULL;

	return newline ? (size_t)(newline + 1 - cache->text.data) : 0;
}

static bool is_line_of(const struct cache *cache, size_t offset, const char *hex)
{
	return memcmp(cache->text.data + offset + SUM_LENGTH + 1, hex, OBJECT_ID_HEX) == 0;
}

/*
 * The offset behind a commit's line, 0 when there is none. What is looked for is nearly always the
 * last one; only a thorough search finds it before, where history was set back.
 */
static size_t cache_find(const struct cache *cache, const struct object_id *commit, bool thorough)
{
	char hex[OBJECT_ID_HEX + 1];
	size_t offset = cache->length;

	object_id_format(commit, hex);
	if (!offset)
		return 0;
	if (is_line_of(cache, line_before(cache, offset), hex))
		return offset;
	for (; thorough && offset; offset = line_before(cache, offset))
		if (is_line_of(cache, line_before(cache, offset), hex))
			return offset;
	return 0;
}

/* A commit on the way from HEAD to what the cache knows. */
struct step {
	struct object_id commit, parent;
};

/* Goes to a commit; *ret_known is the offset behind its line when the cache has it. */
static int step_to(struct helios_home *home, const struct cache *cache,
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

/* What the line at begin, which ends at end, says of name's file; whether it says anything. */
static bool read_line(const struct cache *cache, size_t begin, size_t end, const char *name,
		      struct change *ret)
{
	const char *line = cache->text.data + begin, *stop = cache->text.data + end;
	const char *at = memchr(line, '\t', end - begin);
	bool found = false;

	*ret = (struct change){.commit = id_at(line + SUM_LENGTH + 1)};
	while (at) {
		const char *next = memchr(at + 1, '\t', (size_t)(stop - at - 1)) ?: stop;
		const char *space = memchr(at, ' ', (size_t)(next - at));
		int ranked = space ? rank(name, space + 1, (size_t)(next - space - 1)) : 0;
		struct object_id blob = id_at(at + 1);

		if (ranked)
			prefer(&ret->after, &blob, ranked);
		found = found || ranked;
		at = next == stop ? NULL : next;
	}
	return found;
}

/* The lines before an offset, newest first. What was there before, an older line tells. */
static int visit_cached(const struct cache *cache, size_t offset, const char *name,
			change_fn *visit, void *context, struct helios_error *error)
{
	struct change waiting = {0}, older;
	bool waits = false;
	int err = 0;

	while (err == 0 && offset) {
		size_t begin = line_before(cache, offset);

		if (read_line(cache, begin, offset - 1, name, &older)) {
			waiting.before = older.after;
			if (waits)
				err = visit(context, &waiting, error);
			waiting = older;
			waits = true;
		}
		offset = begin;
	}
	return err == 0 && waits ? visit(context, &waiting, error) : err;
}

int changes_walk(struct helios_home *home, const char *name, change_fn *visit, void *context,
		 struct helios_error *error)
{
	cleanup(cache_done) struct cache cache;
	struct object_id at;
	int err = repo_head(home->repo, &at, error);

	cache_load(home, &cache);
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
static int find_way(struct helios_home *home, const struct cache *cache, size_t at_most,
		    struct way *way)
{
	struct object_id at;
	int err = repo_head(home->repo, &at, NULL);

	while (err == 0 && !object_id_is_zero(&at)) {
		struct step step, *grown;

		err = step_to(home, cache, &at, way->count, &step, &way->known, NULL);
		if (err < 0 || way->known)
			return err;
		if (at_most && way->count == at_most)
			return -EOVERFLOW;
		grown = realloc(way->steps, (way->count + 1) * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
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

/* Adds a commit's line behind one whose sum is *sum. */
static int add_line(struct helios_home *home, const struct step *step, uint32_t *sum,
		    struct buf *out)
{
	cleanup(repo_deltas_done) struct repo_deltas deltas = {0};
	char hex[OBJECT_ID_HEX + 1];
	size_t begin = out->length;
	int err = repo_compare(home->repo, &step->parent, &step->commit, &deltas, NULL);

	if (err < 0)
		return err;
	object_id_format(&step->commit, hex);
	buf_addf(out, "%*s %s", SUM_LENGTH, "", hex);
	for (size_t i = 0; i < deltas.count; i++) {
		if (!is_plain(deltas.entries[i].path))
			continue;
		object_id_format(&deltas.entries[i].after, hex);
		buf_addf(out, "\t%s %s", object_id_is_zero(&deltas.entries[i].after) ? "-" : hex,
			 deltas.entries[i].path);
	}
	if (out->failed)
		return -ENOMEM;
	*sum = sum_of(*sum, out->data + begin + SUM_LENGTH, out->length - begin - SUM_LENGTH);
	snprintf(hex, sizeof(hex), "%08x", *sum);
	memcpy(out->data + begin, hex, SUM_LENGTH);
	buf_addch(out, '\n');
	return out->failed ? -ENOMEM : 0;
}

/* The sum of the line that ends before this offset. */
static uint32_t sum_before(const struct cache *cache, size_t offset)
{
	return offset ? (uint32_t)strtoul(cache->text.data + line_before(cache, offset), NULL, 16)
		      : 0;
}

static int add_lines(struct helios_home *home, int fd, const struct cache *cache,
		     const struct way *way, const atomic_bool *stop)
{
	uint32_t sum = sum_before(cache, way->known);
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

/* What is true of the cache, in a file of its own: the descriptor, or a negative errno. */
static int begin_anew(const struct helios_home *home, const struct cache *cache, size_t known)
{
	int fd, err;

	unlinkat(home->directory, CHANGES_ASIDE, 0);
	err = file_create(home->directory, CHANGES_ASIDE, buf_text(&cache->text), known);
	if (err < 0)
		return err;
	if (renameat(home->directory, CHANGES_ASIDE, home->directory, CHANGES_FILE) < 0)
		return -errno;
	fd = file_open_beneath(home->directory, CHANGES_FILE, O_WRONLY | O_APPEND, 0);
	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0) {
		close(fd);
		return -EBUSY;
	}
	return fd;
}

static int extend(struct helios_home *home, int fd, bool everything, const atomic_bool *stop)
{
	cleanup(cache_done) struct cache cache;
	struct way way = {0};
	int err;

	cache_load(home, &cache);
	err = find_way(home, &cache, everything ? 0 : FEW, &way);
	if (err == 0 && way.known == cache.text.length) {
		err = add_lines(home, fd, &cache, &way, stop);
	} else if (err == 0) {
		cleanup_fd int anew = begin_anew(home, &cache, way.known);

		err = anew < 0 ? anew : add_lines(home, anew, &cache, &way, stop);
	}
	free(way.steps);
	return err;
}

void changes_extend(struct helios_home *home, bool everything, const atomic_bool *stop,
		    bool *ret_behind)
{
	cleanup_fd int fd = file_open_beneath(home->directory, CHANGES_FILE,
					      O_WRONLY | O_APPEND | O_CREAT, 0600);

	*ret_behind = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0 &&
		      extend(home, fd, everything, stop) == -EOVERFLOW;
}
