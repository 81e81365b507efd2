/*
 * The journal. Lines of an input are records, which get their checksum here; those that begin with
 * '!' are bytes as they are, '-' is an id given up in a file of its own, '=' goes on to the next
 * day. What is read has a path for each file; its end, and all of it, are what going through it day
 * by day tells. What is written of a change, with the input as its content, is read as it was.
 */
#include "place.h"

#include <zlib.h>

#include "base/file.h"
#include "base/utf8.h"
#include "store/journal.h"
#include "store/repo_private.h"

#define DAYS_AT_MOST 4
#define CHANGES_AT_MOST 4096

static int directory;

static void file_name(unsigned day, bool aborts, char name[64])
{
	snprintf(name, 64, ".journal/209912%02u%s.jsonl", day + 1, aborts ? "-0" : "");
}

static void clear(void)
{
	char name[64];

	for (unsigned day = 0; day < DAYS_AT_MOST; day++) {
		file_name(day, false, name);
		unlinkat(directory, name, 0);
		file_name(day, true, name);
		unlinkat(directory, name, 0);
	}
}

static void add_record(struct buf *out, const char *line, size_t length)
{
	unsigned long sum = crc32(0, (const unsigned char *)line, (unsigned)length);

	buf_add(out, line, length);
	buf_addf(out, ",\"sum\":\"%08lx\"}", sum);
}

static void add_abort(struct buf *out, const char *id, size_t length)
{
	cleanup_buf struct buf line = {0};

	buf_addstr(&line, "{\"kind\":\"abort\",\"id\":\"");
	buf_add(&line, id, length);
	buf_addch(&line, '"');
	add_record(out, line.data, line.length);
	buf_addch(out, '\n');
}

static void add_line(struct buf *out, const char *line, size_t length, bool last)
{
	if (length && *line == '!')
		buf_add(out, line + 1, length - 1);
	else if (length > 1)
		add_record(out, line, length - 1); /* without the closing brace */
	if (!last)
		buf_addch(out, '\n');
}

static void write_file(struct buf *text, unsigned day, bool aborts)
{
	char name[64];

	file_name(day, aborts, name);
	if (text->length)
		assert_int_equal(file_create_synced(directory, name, text->data, text->length), 0);
	buf_clear(text);
}

static void write_days(const char *text, size_t length)
{
	cleanup_buf struct buf out = {0}, aborts = {0};
	unsigned day = 0;

	for (const char *line = text, *limit = text + length, *end; line < limit; line = end + 1) {
		end = memchr(line, '\n', (size_t)(limit - line)) ?: limit;
		if (*line == '-') {
			add_abort(&aborts, line + 1, (size_t)(end - line) - 1);
		} else if (*line != '=') {
			add_line(&out, line, (size_t)(end - line), end == limit);
		} else {
			write_file(&out, day, false);
			write_file(&aborts, day, true);
			if (++day == DAYS_AT_MOST)
				return;
		}
	}
	write_file(&out, day, false);
	write_file(&aborts, day, true);
}

/* ---- reading */

struct seen {
	char ids[CHANGES_AT_MOST][17];
	bool aborted[CHANGES_AT_MOST];
	size_t count;
};

static bool note(void *context, const struct journal_change *change, bool aborted)
{
	struct seen *seen = context;

	snprintf(seen->ids[seen->count], sizeof(seen->ids[0]), "%s", change->id);
	seen->aborted[seen->count] = aborted;
	return ++seen->count < CHANGES_AT_MOST;
}

static bool is_id(const struct journal_change *change, const char id[17])
{
	return strncmp(change->id, id, 16) == 0;
}

static void check_changes(const struct journal_tail *tail)
{
	for (size_t i = 0; i < tail->count; i++) {
		const struct journal_change *change = &tail->changes[i];

		assert_true(change->id && change->boot_id && change->operation);
		for (size_t j = 0; j < change->count; j++) {
			const struct journal_file *file = &change->files[j];

			assert_non_null(file->path);
			assert_int_equal(file->length, file->content ? strlen(file->content) : 0);
		}
	}
}

/*
 * All: what was not aborted on its day, or later, the other way round. The end: the newest of
 * these, and perhaps what an abort undoes that stands before its change.
 */
static void compare(const struct seen *seen, const struct journal_tail *all,
		    const struct journal_tail *end)
{
	size_t in_all = all->count, in_end = end->count;

	for (size_t i = 0; i < seen->count; i++) {
		if (in_all && is_id(&all->changes[in_all - 1], seen->ids[i]) && !seen->aborted[i])
			in_all--;
		if (in_end && is_id(&end->changes[in_end - 1], seen->ids[i]))
			in_end--;
	}
	assert_int_equal(in_all, 0);
	assert_int_equal(in_end, 0);
}

static void read_it(void)
{
	static struct seen seen;
	struct journal_tail all, end;
	struct journal_end where;
	size_t damaged;

	seen.count = 0;
	assert_int_equal(journal_find_end(directory, &where, NULL), 0);
	assert_int_equal(journal_each(directory, note, &seen, &damaged, NULL), 0);
	assert_int_equal(journal_read_all(directory, &all, NULL), 0);
	assert_int_equal(journal_read_tail(directory, &end, NULL), 0);
	check_changes(&all);
	check_changes(&end);
	compare(&seen, &all, &end);
	journal_tail_done(&all);
	journal_tail_done(&end);
}

/* ---- writing */

static void write_behind(const char *content)
{
	struct journal_file file = {.path = "personas/x.yaml", .content = content};
	struct journal_change change = {.id = "0123456789abcdef",
					.boot_id = "b",
					.operation = content,
					.message = content,
					.files = &file,
					.count = 1};
	struct journal_end end;
	struct journal_tail tail;
	const struct journal_change *last;

	assert_int_equal(journal_find_end(directory, &end, NULL), 0);
	if (!end.name[0]) /* not today's, which no input would find empty */
		snprintf(end.name, sizeof(end.name), "20991201.jsonl");
	assert_int_equal(journal_append(directory, &change, &end, NULL), 0);
	assert_int_equal(journal_read_all(directory, &tail, NULL), 0);
	if (tail.count && streq(tail.changes[tail.count - 1].id, change.id)) {
		last = &tail.changes[tail.count - 1];
		assert_string_equal(last->operation, content);
		assert_string_equal(last->message, content);
		assert_string_equal(last->files[0].content, content);
	} else {
		assert_true(strstr(content, "abort") != NULL);
	}
	journal_tail_done(&tail);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_part struct part text = part_copy(data, size);

	if (!directory) {
		repo_start_library();
		directory = place_make();
		assert_int_equal(mkdirat(directory, ".journal", 0700), 0);
	}
	clear();
	write_days(text.text, text.length);
	read_it();
	if (utf8_valid_prefix(text.text, size) == size && strlen(text.text) == size)
		write_behind(text.text);
	return 0;
}
