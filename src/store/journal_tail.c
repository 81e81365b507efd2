/*
 * The end of the journal, read backwards: a day may hold thousands of changes, and what no
 * checkpoint covers yet are the last few. Torn lines are skipped.
 */
#include <fcntl.h>

#include "base/file.h"
#include "base/limits.h"
#include "store/journal_format.h"

#define WINDOW ((size_t)256 << 10) /* bytes that are looked at first */

struct reading {
	int directory;
	struct journal_tail tail; /* newest first */
	cJSON *aborted, *covered; /* ids; covered: what the checkpoints seen say is synced */
	bool checkpoint;	  /* one was seen */
	bool over;		  /* what it covers was seen: all before is covered, too */
};

/* Takes over record. */
static int take(struct reading *reading, cJSON *record)
{
	const char *kind = json_string(record, "kind") ?: "", *id = json_string(record, "id");
	int err = 0;

	if (streq(kind, "change")) {
		reading->over = id && cJSON_HasObjectItem(reading->covered, id);
		if (!reading->over)
			return journal_add_change(&reading->tail, record);
	} else if (streq(kind, "checkpoint")) {
		if (!reading->checkpoint &&
		    !object_id_parse(json_string(record, "head"), &reading->tail.head))
			reading->tail.head = (struct object_id){{0}};
		reading->checkpoint = true;
		if (id && !cJSON_AddTrueToObject(reading->covered, id))
			err = -ENOMEM;
	} else if (streq(kind, "abort") && id && !cJSON_AddTrueToObject(reading->aborted, id)) {
		err = -ENOMEM;
	}
	cJSON_Delete(record);
	return err;
}

/* The lines of a text, the last one first. By length: a power cut leaves NULs. */
static int take_lines(struct reading *reading, const char *text, size_t length)
{
	int err = 0;

	while (err == 0 && length && !reading->over) {
		const char *newline = memrchr(text, '\n', length - 1);
		const char *line = newline ? newline + 1 : text;
		size_t whole = (size_t)(text + length - line);
		cJSON *record;

		err = journal_open_record(line, line[whole - 1] == '\n' ? whole - 1 : whole,
					  &record);
		if (record)
			err = take(reading, record);
		length = (size_t)(line - text);
	}
	return err;
}

/* Takes the lines before *end, at most so many bytes of them, and sets *end to where they begin. */
static int take_before(struct reading *reading, int fd, size_t window, size_t *end)
{
	size_t from = *end > window ? *end - window : 0, length = *end - from;
	cleanup_free char *bytes = malloc(length);
	const char *begin = bytes;
	int err = bytes ? file_read_at(fd, bytes, length, (off_t)from) : -ENOMEM;

	if (err < 0)
		return err;
	if (from) { /* in the middle of a line */
		begin = memchr(bytes, '\n', length - 1);
		if (!begin)
			return 0;
		begin++;
	}
	*end = from + (size_t)(begin - bytes);
	return take_lines(reading, begin, length - (size_t)(begin - bytes));
}

static int take_file(struct reading *reading, const char *name)
{
	cleanup_fd int fd = -1;
	struct stat st;
	char path[300];
	size_t window = WINDOW, end;
	int err = 0;

	snprintf(path, sizeof(path), JOURNAL_DIRECTORY "/%s", name);
	fd = file_open_beneath(reading->directory, path, O_RDONLY, 0);
	if (fd == -ELOOP || fd == -EISDIR || fd == -EINVAL || fd == -ENXIO)
		return 0; /* what is no plain file is none of ours, and holds nothing */
	if (fd < 0 || fstat(fd, &st) < 0)
		return fd < 0 ? fd : -errno;
	if (st.st_size > (off_t)LIMIT_JOURNAL_FILE)
		return -EFBIG;
	for (end = (size_t)st.st_size; err == 0 && end && !reading->over;) {
		size_t before = end;

		err = take_before(reading, fd, window, &end);
		if (end == before)
			window *= 8; /* a line longer than that */
	}
	return err;
}

/* The aborts of a day have files of their own; they count wherever reading ends. */
static int take_day(struct reading *reading, struct dirent **names, int first, int last)
{
	int err = 0;

	for (int i = last; err == 0 && i >= first; i--)
		if (strchr(names[i]->d_name, '-'))
			err = take_file(reading, names[i]->d_name);
	for (int i = last; err == 0 && i >= first; i--)
		if (!strchr(names[i]->d_name, '-'))
			err = take_file(reading, names[i]->d_name);
	return err;
}

/*
 * Day by day, until what a checkpoint covers is seen. Where that is lost, the day before the
 * checkpoint's is the last: a change may have come to its file while the checkpoint was on its way.
 */
static int take_days(struct reading *reading, struct dirent **names, int count)
{
	int last = count - 1, err = 0;
	bool enough = false;

	while (err == 0 && last >= 0 && !reading->over && !enough) {
		int first = journal_day_of(names, last);

		enough = reading->checkpoint;
		err = take_day(reading, names, first, last);
		last = first - 1;
	}
	return err;
}

static void reverse(struct journal_tail *tail)
{
	for (size_t i = 0; i < tail->count / 2; i++) {
		struct journal_change swap = tail->changes[i];

		tail->changes[i] = tail->changes[tail->count - 1 - i];
		tail->changes[tail->count - 1 - i] = swap;
	}
}

int journal_read_tail(int directory, struct journal_tail *ret, struct helios_error *error)
{
	cleanup_json cJSON *aborted = cJSON_CreateObject(), *covered = cJSON_CreateObject();
	struct reading reading = {.directory = directory, .aborted = aborted, .covered = covered};
	struct dirent **names;
	int count = journal_list(directory, &names), err = count;

	if (err >= 0)
		err = aborted && covered ? take_days(&reading, names, count) : -ENOMEM;
	journal_free_list(names, count);
	if (err < 0) {
		journal_tail_done(&reading.tail);
		return helios_fail_errno(error, -err, JOURNAL_DIRECTORY, "cannot read the journal");
	}
	journal_drop_aborted(&reading.tail, aborted);
	reverse(&reading.tail);
	*ret = reading.tail;
	return 0;
}
