/* Reading the journal: torn lines are skipped, never rewritten. Its tail is journal_tail.c's. */
#include <dirent.h>
#include <fcntl.h>
#include <time.h>
#include <zlib.h>

#include "base/file.h"
#include "base/limits.h"
#include "store/journal.h"
#include "store/journal_format.h"

int journal_open_record(const char *line, size_t length, cJSON **ret)
{
	const size_t tail = strlen(JOURNAL_SUM) + 10; /* 8 digits, quote, brace */
	const char *sum;
	char end[32]; /* compared byte for byte: nothing need end the line in memory */

	*ret = NULL;
	if (length <= tail)
		return 0;
	sum = line + length - tail;
	snprintf(end, sizeof(end), JOURNAL_SUM "%08lx\"}",
		 crc32(0, (const unsigned char *)line, (unsigned)(sum - line)));
	if (memcmp(sum, end, tail) != 0)
		return 0;
	*ret = json_parse(line, length);
	return !*ret && errno == ENOMEM ? -ENOMEM : 0;
}

static struct object_id id_of(const cJSON *object, const char *member)
{
	struct object_id id = {{0}};

	if (!object_id_parse(json_string(object, member), &id))
		memset(&id, 0, sizeof(id));
	return id;
}

static int read_files(const cJSON *record, struct journal_change *change)
{
	const cJSON *files = cJSON_GetObjectItemCaseSensitive(record, "files"), *file;
	size_t count = (size_t)cJSON_GetArraySize(files);

	change->files = calloc(count + 1, sizeof(*change->files));
	if (!change->files)
		return -ENOMEM;
	cJSON_ArrayForEach(file, files)
	{
		struct journal_file *to = &change->files[change->count];

		to->path = json_string(file, "path");
		to->before = id_of(file, "before");
		to->after = id_of(file, "after");
		to->content = json_string(file, "content");
		to->length = to->content ? strlen(to->content) : 0;
		if (to->path)
			change->count++;
	}
	return 0;
}

int journal_add_change(struct journal_tail *tail, cJSON *record)
{
	struct journal_change *grown =
		realloc(tail->changes, (tail->count + 1) * sizeof(*tail->changes));
	struct journal_change *change;

	if (!grown) {
		cJSON_Delete(record);
		return -ENOMEM;
	}
	tail->changes = grown;
	change = &grown[tail->count++];
	*change = (struct journal_change){
		.id = json_string(record, "id") ?: "",
		.boot_id = json_string(record, "boot_id") ?: "",
		.source = json_string(record, "source"),
		.client = json_string(record, "client"),
		.session = json_string(record, "session_id"),
		.operation = json_string(record, "operation") ?: "",
		.message = json_string(record, "message"),
		.parent = id_of(record, "parent"),
		.tree = id_of(record, "tree"),
		.commit = id_of(record, "commit"),
		.time = json_int(record, "author_time", 0),
		.record = record,
	};
	return read_files(record, change);
}

static void drop_change(struct journal_change *change)
{
	free(change->files);
	cJSON_Delete(change->record);
}

void journal_tail_done(struct journal_tail *tail)
{
	for (size_t i = 0; i < tail->count; i++)
		drop_change(&tail->changes[i]);
	free(tail->changes);
	*tail = (struct journal_tail){0};
}

/* Takes over record. */
static int apply(struct journal_tail *tail, cJSON *record, cJSON *aborted)
{
	const char *kind = json_string(record, "kind") ?: "", *id = json_string(record, "id");
	int err = 0;

	if (streq(kind, "change"))
		return journal_add_change(tail, record);
	if (streq(kind, "abort") && id && !cJSON_AddTrueToObject(aborted, id))
		err = -ENOMEM;
	cJSON_Delete(record);
	return err;
}

/* What is no plain file is none of ours, and holds nothing. */
static int read_text(int directory, const char *name, struct buf *out)
{
	char path[300];
	int err;

	snprintf(path, sizeof(path), JOURNAL_DIRECTORY "/%s", name);
	err = file_read(directory, path, LIMIT_JOURNAL_FILE, out, NULL);
	return err == -ELOOP || err == -EISDIR || err == -EINVAL || err == -ENXIO ? 0 : err;
}

/* By length: a power cut leaves NULs, and what was appended after them counts. */
static int read_file(int directory, const char *name, struct journal_tail *tail, cJSON *aborted,
		     size_t *damaged)
{
	cleanup_buf struct buf text = {0};
	const char *line, *end, *limit;
	int err = read_text(directory, name, &text);

	limit = buf_text(&text) + text.length;
	for (line = buf_text(&text); err == 0 && line < limit; line = end + 1) {
		cJSON *record;

		end = memchr(line, '\n', (size_t)(limit - line)) ?: limit;
		err = journal_open_record(line, (size_t)(end - line), &record);
		if (record)
			err = apply(tail, record, aborted);
		else if (err == 0 && end > line)
			++*damaged;
	}
	return err;
}

static int is_journal(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name), suffix = strlen(JOURNAL_SUFFIX);

	return length > suffix && length < 80 &&
	       streq(entry->d_name + length - suffix, JOURNAL_SUFFIX);
}

int journal_list(int directory, struct dirent ***ret)
{
	int count = file_scan(directory, JOURNAL_DIRECTORY, ret, is_journal, alphasort);

	return count >= 0 ? count : errno == ENOENT ? 0 : -errno;
}

void journal_free_list(struct dirent **names, int count)
{
	for (int i = 0; i < count; i++)
		free(names[i]);
	if (count > 0)
		free(names);
}

int journal_find_end(int directory, struct journal_end *ret, struct helios_error *error)
{
	struct dirent **names;
	int count = journal_list(directory, &names);

	*ret = (struct journal_end){0};
	for (int i = count; i-- > 0 && !ret->name[0];) {
		if (strchr(names[i]->d_name, '-') || strlen(names[i]->d_name) >= sizeof(ret->name))
			continue; /* an abort's own file */
		memcpy(ret->name, names[i]->d_name, strlen(names[i]->d_name) + 1);
	}
	journal_free_list(names, count);
	return count < 0 ? helios_fail_errno(error, -count, JOURNAL_DIRECTORY,
					     "cannot list the journal")
			 : 0;
}

void journal_drop_aborted(struct journal_tail *tail, const cJSON *aborted)
{
	size_t kept = 0;

	for (size_t i = 0; i < tail->count; i++) {
		if (cJSON_HasObjectItem(aborted, tail->changes[i].id))
			drop_change(&tail->changes[i]);
		else
			tail->changes[kept++] = tail->changes[i];
	}
	tail->count = kept;
}

int journal_day_of(struct dirent **names, int at)
{
	int first = at;

	while (first > 0 && strncmp(names[first - 1]->d_name, names[at]->d_name, 8) == 0)
		first--;
	return first;
}

int journal_read_all(int directory, struct journal_tail *ret, struct helios_error *error)
{
	cleanup_json cJSON *aborted = cJSON_CreateObject();
	struct journal_tail tail = {0};
	struct dirent **names;
	size_t damaged = 0; /* skipped: a torn line was never acknowledged */
	int count = journal_list(directory, &names), err = count < 0 ? count
							   : aborted ? 0
								     : -ENOMEM;

	for (int i = 0; err == 0 && i < count; i++)
		err = read_file(directory, names[i]->d_name, &tail, aborted, &damaged);
	journal_free_list(names, count);
	if (err < 0) {
		journal_tail_done(&tail);
		return helios_fail_errno(error, -err, JOURNAL_DIRECTORY, "cannot read the journal");
	}
	journal_drop_aborted(&tail, aborted);
	*ret = tail;
	return 0;
}

/* The changes of the files from first to last, newest first; *ret_more: the visitor wants more. */
static int visit_day(int directory, struct dirent **names, int first, int last,
		     journal_visit *visit, void *context, size_t *damaged, bool *ret_more)
{
	cleanup_json cJSON *aborted = cJSON_CreateObject();
	struct journal_tail day = {0};
	int err = aborted ? 0 : -ENOMEM;

	for (int i = first; err == 0 && i <= last; i++)
		err = read_file(directory, names[i]->d_name, &day, aborted, damaged);
	for (size_t i = day.count; err == 0 && *ret_more && i-- > 0;)
		*ret_more = visit(context, &day.changes[i],
				  cJSON_HasObjectItem(aborted, day.changes[i].id));
	journal_tail_done(&day);
	return err;
}

int journal_each(int directory, journal_visit *visit, void *context, size_t *ret_damaged,
		 struct helios_error *error)
{
	struct dirent **names;
	int count = journal_list(directory, &names), last = count - 1, err = count < 0 ? count : 0;
	bool more = true;

	*ret_damaged = 0;
	while (err == 0 && more && last >= 0) {
		int first = journal_day_of(names, last);

		err = visit_day(directory, names, first, last, visit, context, ret_damaged, &more);
		last = first - 1;
	}
	journal_free_list(names, count);
	return err < 0 ? helios_fail_errno(error, -err, JOURNAL_DIRECTORY,
					   "cannot read the journal")
		       : 0;
}

void journal_prune(int directory, size_t days)
{
	time_t oldest = time(NULL) - (time_t)(days < 2 ? 2 : days) * 24 * 3600;
	struct dirent **names;
	struct tm utc;
	char limit[16], path[300];
	int count = journal_list(directory, &names);

	strftime(limit, sizeof(limit), "%Y%m%d", gmtime_r(&oldest, &utc));
	for (int i = 0; i < count && strncmp(names[i]->d_name, limit, 8) < 0; i++) {
		if (strspn(names[i]->d_name, "0123456789") != 8)
			continue; /* none of ours */
		snprintf(path, sizeof(path), JOURNAL_DIRECTORY "/%s", names[i]->d_name);
		file_unlink(directory, path, 0);
	}
	journal_free_list(names, count);
}
