/* Reading the journal back: torn lines are skipped, never rewritten. */
#include <dirent.h>
#include <fcntl.h>
#include <time.h>
#include <zlib.h>

#include "base/file.h"
#include "base/limits.h"
#include "store/journal.h"
#include "store/journal_format.h"

/* The record of one line, or NULL when it is torn. The caller deletes it. */
static cJSON *open_record(const char *line, size_t length)
{
	const size_t mark = strlen(JOURNAL_SUM), tail = mark + 10; /* 8 digits, quote, brace */
	const char *sum;

	if (length <= tail)
		return NULL;
	sum = line + length - tail;
	if (memcmp(sum, JOURNAL_SUM, mark) != 0 ||
	    strtoul(sum + mark, NULL, 16) !=
		    crc32(0, (const unsigned char *)line, (unsigned)(sum - line)))
		return NULL;
	return json_parse(line, length);
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

/* Takes over record, also on failure. */
static int add_change(struct journal_tail *tail, cJSON *record)
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

/* Drops the first changes: those a checkpoint covers. */
static void drop_first(struct journal_tail *tail, size_t count)
{
	for (size_t i = 0; i < count; i++)
		drop_change(&tail->changes[i]);
	tail->count -= count;
	if (tail->count)
		memmove(tail->changes, tail->changes + count, tail->count * sizeof(*tail->changes));
}

void journal_tail_done(struct journal_tail *tail)
{
	drop_first(tail, tail->count);
	free(tail->changes);
	*tail = (struct journal_tail){0};
}

static struct journal_change *find(struct journal_tail *tail, const char *id)
{
	for (size_t i = tail->count; id && i-- > 0;)
		if (streq(tail->changes[i].id, id))
			return &tail->changes[i];
	return NULL;
}

/* Takes over record. */
static int apply(struct journal_tail *tail, cJSON *record, cJSON *aborted, bool all)
{
	const char *kind = json_string(record, "kind") ?: "", *id = json_string(record, "id");
	struct journal_change *change;

	if (streq(kind, "change"))
		return add_change(tail, record);
	change = find(tail, id);
	if (streq(kind, "checkpoint")) {
		if (!all)
			drop_first(tail, change ? (size_t)(change - tail->changes) + 1 : 0);
		tail->head = id_of(record, "head");
	} else if (streq(kind, "abort") && id) {
		cJSON_AddTrueToObject(aborted, id);
	}
	cJSON_Delete(record);
	return 0;
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

static int has_checkpoint(int directory, const char *name, bool *ret)
{
	static const char mark[] = "\"kind\":\"checkpoint\"";
	cleanup_buf struct buf text = {0};
	int err = read_text(directory, name, &text);

	*ret = err == 0 && memmem(buf_text(&text), text.length, mark, strlen(mark));
	return err;
}

/* By length: a power cut leaves NULs, and what was appended after them counts. */
static int read_file(int directory, const char *name, struct journal_tail *tail, cJSON *aborted,
		     bool all, size_t *damaged)
{
	cleanup_buf struct buf text = {0};
	const char *line, *end, *limit;
	int err = read_text(directory, name, &text);

	limit = buf_text(&text) + text.length;
	for (line = buf_text(&text); err == 0 && line < limit; line = end + 1) {
		cJSON *record;

		end = memchr(line, '\n', (size_t)(limit - line)) ?: limit;
		record = open_record(line, (size_t)(end - line));
		if (record)
			err = apply(tail, record, aborted, all);
		else if (end > line)
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

static int list(int directory, struct dirent ***ret)
{
	int count = scandirat(directory, JOURNAL_DIRECTORY, ret, is_journal, alphasort);

	return count >= 0 ? count : errno == ENOENT ? 0 : -errno;
}

static void free_list(struct dirent **names, int count)
{
	for (int i = 0; i < count; i++)
		free(names[i]);
	if (count > 0)
		free(names);
}

int journal_find_end(int directory, struct journal_end *ret, struct helios_error *error)
{
	struct dirent **names;
	struct stat st;
	char path[300];
	int count = list(directory, &names), err = 0;

	*ret = (struct journal_end){0};
	for (int i = count; i-- > 0 && !ret->name[0];) {
		if (strchr(names[i]->d_name, '-') || strlen(names[i]->d_name) >= sizeof(ret->name))
			continue; /* an abort's own file */
		memcpy(ret->name, names[i]->d_name, strlen(names[i]->d_name) + 1);
		snprintf(path, sizeof(path), JOURNAL_DIRECTORY "/%s", ret->name);
		if (fstatat(directory, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
			err = -errno;
		else
			ret->size = (uint64_t)st.st_size;
	}
	free_list(names, count);
	if (count < 0)
		err = count;
	return err < 0 ? helios_fail_errno(error, -err, JOURNAL_DIRECTORY,
					   "cannot list the journal")
		       : 0;
}

static void drop_aborted(struct journal_tail *tail, const cJSON *aborted)
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

/* The first file of the same day as names[at]: aborts have files of their own. */
static int day_of(struct dirent **names, int at)
{
	int first = at;

	while (first > 0 && strncmp(names[first - 1]->d_name, names[at]->d_name, 8) == 0)
		first--;
	return first;
}

/*
 * Where reading begins when the newest checkpoint is in names[at]: a day before, for a change may
 * have come to yesterday's file while the checkpoint was on its way to today's.
 */
static int before(struct dirent **names, int at)
{
	int first = day_of(names, at);

	return first > 0 ? day_of(names, first - 1) : first;
}

/* Reads names[first] and those after it. */
static int read_files_from(int directory, struct dirent **names, int first, int count, bool all,
			   struct journal_tail *ret, struct helios_error *error)
{
	cleanup_json cJSON *aborted = cJSON_CreateObject();
	struct journal_tail tail = {0};
	size_t damaged = 0; /* skipped: a torn line was never acknowledged */
	int err = aborted ? 0 : -ENOMEM;

	for (int i = first; err == 0 && i < count; i++)
		err = read_file(directory, names[i]->d_name, &tail, aborted, all, &damaged);
	if (err < 0) {
		journal_tail_done(&tail);
		return helios_fail_errno(error, -err, JOURNAL_DIRECTORY, "cannot read the journal");
	}
	drop_aborted(&tail, aborted);
	*ret = tail;
	return 0;
}

int journal_read_tail(int directory, struct journal_tail *ret, struct helios_error *error)
{
	struct dirent **names;
	int count = list(directory, &names), first = count, err = count < 0 ? count : 0;
	bool checkpoint = false;

	while (err == 0 && first > 0 && !checkpoint)
		err = has_checkpoint(directory, names[--first]->d_name, &checkpoint);
	if (err == 0 && checkpoint)
		first = before(names, first);
	if (err == 0)
		err = read_files_from(directory, names, first, count, false, ret, error);
	else
		helios_fail_errno(error, -err, JOURNAL_DIRECTORY, "cannot read the journal");
	free_list(names, count);
	return err;
}

int journal_read_all(int directory, struct journal_tail *ret, struct helios_error *error)
{
	struct dirent **names;
	int count = list(directory, &names), err;

	if (count < 0)
		return helios_fail_errno(error, -count, JOURNAL_DIRECTORY,
					 "cannot list the journal");
	err = read_files_from(directory, names, 0, count, true, ret, error);
	free_list(names, count);
	return err;
}

/* The changes of the files from first to last, newest first; *ret_more: the visitor wants more. */
static int visit_day(int directory, struct dirent **names, int first, int last,
		     journal_visit *visit, void *context, size_t *damaged, bool *ret_more)
{
	cleanup_json cJSON *aborted = cJSON_CreateObject();
	struct journal_tail day = {0};
	int err = aborted ? 0 : -ENOMEM;

	for (int i = first; err == 0 && i <= last; i++)
		err = read_file(directory, names[i]->d_name, &day, aborted, true, damaged);
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
	int count = list(directory, &names), last = count - 1, err = count < 0 ? count : 0;
	bool more = true;

	*ret_damaged = 0;
	while (err == 0 && more && last >= 0) {
		int first = day_of(names, last);

		err = visit_day(directory, names, first, last, visit, context, ret_damaged, &more);
		last = first - 1;
	}
	free_list(names, count);
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
	int count = list(directory, &names);

	strftime(limit, sizeof(limit), "%Y%m%d", gmtime_r(&oldest, &utc));
	for (int i = 0; i < count && strncmp(names[i]->d_name, limit, 8) < 0; i++) {
		if (strspn(names[i]->d_name, "0123456789") != 8)
			continue; /* none of ours */
		snprintf(path, sizeof(path), JOURNAL_DIRECTORY "/%s", names[i]->d_name);
		unlinkat(directory, path, 0);
	}
	free_list(names, count);
}
