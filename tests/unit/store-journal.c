/*
 * store/journal.h: what is read of the journal's end. Random journals over several days - changes,
 * checkpoints that come late, aborts, torn lines, long ones - are read back and compared with what
 * reading all of it from the beginning tells. HELIOS_SEED repeats a run.
 */
#include "test.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "random.h"
#include "store/journal.h"

enum { ROUNDS = 100, EVENTS = 60, LONGEST = 600 << 10 };

/* What a reader that begins at the first line knows. */
struct model {
	char changes[EVENTS][17];
	size_t count;
	char aborted[EVENTS][17];
	size_t aborted_count;
	struct object_id head;
};

static char directory[] = "/var/tmp/helios-journal-XXXXXX";
static int root;

static void begin_anew(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s/.journal", directory);
	assert_int_equal(system(command), 0);
	assert_int_equal(mkdirat(root, ".journal", 0700), 0);
}

/* The days of a round: names that are not before today are gone on with. */
static void day_name(unsigned day, char name[32])
{
	snprintf(name, 32, "209912%02u.jsonl", day);
}

/* Where the room begins: behind the last line there is. */
static off_t find_room(int fd, off_t size)
{
	char last = '\n';

	while (size && pread(fd, &last, 1, size - 1) == 1 && last == '\n')
		size--;
	return size ? size + 1 : 0;
}

/* Half a record where the next one belongs, some way behind it, or behind the room. */
static void tear(const char *name)
{
	static const char nuls[] = "\0\0\0{\"kind\":\"change\"",
			  half[] = "{\"timestamp\":\"2099\",\"kind\":\"checkpoint\"";
	bool with_nuls = random_chance(2);
	char path[64];
	struct stat st;
	off_t at;

	snprintf(path, sizeof(path), ".journal/%s", name);
	if (fstatat(root, path, &st, 0) < 0)
		return;
	int fd = openat(root, path, O_RDWR | O_CLOEXEC);

	assert_true(fd >= 0);
	at = st.st_size;
	if (random_chance(2))
		at = find_room(fd, at) + (random_chance(2) ? (off_t)random_below(9000) : 0);
	assert_true(pwrite(fd, with_nuls ? nuls : half,
			   with_nuls ? sizeof(nuls) - 1 : sizeof(half) - 1, at) > 0);
	close(fd);
}

static void change(struct model *model, unsigned day, unsigned number)
{
	char *content = NULL;
	struct journal_file file = {.path = "personas/x.yaml"};
	struct journal_change made = {
		.boot_id = "boot", .source = "cli", .operation = "set", .files = &file, .count = 1};
	struct journal_end end;
	size_t length = random_chance(12) ? random_below(LONGEST) : random_below(400);

	content = malloc(length + 1);
	assert_non_null(content);
	memset(content, 'c', length);
	content[length] = '\0';
	file.content = content;
	file.length = length;
	snprintf(model->changes[model->count], 17, "%016x", number);
	made.id = model->changes[model->count++];
	day_name(day, end.name);
	assert_int_equal(journal_append(root, &made, &end, NULL), 0);
	free(content);
}

static void checkpoint(struct model *model, unsigned day, const char *upto, unsigned number)
{
	struct object_id head = {{(unsigned char)number, 1}};
	struct journal_end end;

	day_name(day, end.name);
	assert_int_equal(journal_checkpoint(root, upto, &head, &end, NULL), 0);
	model->head = head;
	for (size_t i = 0; i < model->count; i++) {
		if (!streq(model->changes[i], upto))
			continue;
		memmove(model->changes, model->changes + i + 1,
			(model->count - i - 1) * sizeof(model->changes[0]));
		model->count -= i + 1;
		return;
	}
}

static bool is_aborted(const struct model *model, const char *id)
{
	for (size_t i = 0; i < model->aborted_count; i++)
		if (streq(model->aborted[i], id))
			return true;
	return false;
}

static void compare(const struct model *model)
{
	struct journal_tail tail;
	size_t at = 0;

	assert_int_equal(journal_read_tail(root, &tail, NULL), 0);
	assert_memory_equal(&tail.head, &model->head, sizeof(tail.head));
	for (size_t i = 0; i < model->count; i++) {
		if (is_aborted(model, model->changes[i]))
			continue;
		assert_true(at < tail.count);
		assert_string_equal(tail.changes[at].id, model->changes[i]);
		assert_int_equal(strlen(tail.changes[at].files[0].content),
				 tail.changes[at].files[0].length);
		at++;
	}
	assert_int_equal(at, tail.count);
	journal_tail_done(&tail);
}

static void one_round(void)
{
	struct model model = {0};
	char known[17] = "", name[32]; /* what a checkpoint under way will say */
	unsigned day = 1, known_day = 1;

	begin_anew();
	for (unsigned i = 0; i < EVENTS; i++) {
		switch (random_below(10)) {
		case 0:
			day += day < 28;
			break;
		case 1:
			if (*known && day - known_day <= 1) /* a sync takes no days */
				checkpoint(&model, day, known, i);
			*known = '\0';
			break;
		case 2:
			if (!model.count || *known)
				break;
			memcpy(known, model.changes[model.count - 1], sizeof(known));
			known_day = day;
			break;
		case 3:
			if (!model.count)
				break;
			memcpy(model.aborted[model.aborted_count], model.changes[model.count - 1],
			       17);
			assert_int_equal(
				journal_abort(root, model.aborted[model.aborted_count++], NULL), 0);
			break;
		case 4:
			day_name(day, name);
			tear(name);
			break;
		default:
			change(&model, day, i + 1);
		}
		if (random_chance(4))
			compare(&model);
	}
	compare(&model);
}

static off_t size_of(const char *name)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), ".journal/%s", name);
	assert_int_equal(fstatat(root, path, &st, 0), 0);
	return st.st_size;
}

/* Most records are written over empty lines: the file is as long as before. */
static void records_find_room(void **state)
{
	struct model model = {0};
	unsigned grown = 0;
	off_t size;
	char name[32];

	(void)state;
	random_begin();
	begin_anew();
	day_name(1, name);
	for (unsigned i = 1; i < EVENTS; i++) {
		change(&model, 1, i);
		size = size_of(name);
		checkpoint(&model, 1, model.changes[0], i);
		grown += size_of(name) > size;
		compare(&model);
	}
	assert_true(grown < EVENTS / 8);
}

static void the_tail_is_what_reading_all_tells(void **state)
{
	(void)state;
	random_begin();
	for (unsigned round = 0; round < ROUNDS; round++)
		one_round();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_find_room),
		cmocka_unit_test(the_tail_is_what_reading_all_tells),
	};
	char command[64];
	int failed;

	if (!mkdtemp(directory))
		return 1;
	root = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	failed = root < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
	snprintf(command, sizeof(command), "rm -rf %s", directory);
	return system(command) || failed;
}
