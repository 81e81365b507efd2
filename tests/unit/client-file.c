/*
 * Another program's configuration file: replaced as a whole and only as it was read. What somebody
 * wrote in between stays.
 */
#include "test.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/base.h"
#include "client/config_file.h"

static char room[64];

static int make_room(void **unused)
{
	(void)unused;
	snprintf(room, sizeof(room), "/tmp/helios-client-XXXXXX");
	return mkdtemp(room) ? 0 : -1;
}

static int remove_room(void **unused)
{
	(void)unused;
	return rmdir(room);
}

static const char *in_room(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", room, name);
	return path;
}

static void write_file(const char *name, const char *text)
{
	int fd = open(in_room(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static void check_file(const char *name, const char *text)
{
	cleanup(config_file_done) struct config_file file = {.directory = -1};
	struct helios_error error = {0};

	assert_int_equal(config_file_read(in_room(name), &file, &error), 0);
	assert_true(file.exists);
	assert_string_equal(buf_text(&file.text), text);
}

/* Reads the file, lets somebody do something, and replaces or removes it. */
static int change(void (*meanwhile)(void), bool remove, struct helios_error *error)
{
	cleanup(config_file_done) struct config_file file = {.directory = -1};
	cleanup_buf struct buf text = {0};

	assert_int_equal(config_file_read(in_room("f"), &file, error), 0);
	meanwhile();
	buf_addstr(&text, "new");
	return remove ? config_file_remove(&file, error) : config_file_replace(&file, &text, error);
}

static void nothing(void)
{
}

static void write_other(void)
{
	write_file("f", "theirs");
}

static void rename_over(void)
{
	char from[128];

	write_file("g", "theirs");
	snprintf(from, sizeof(from), "%s", in_room("g"));
	assert_int_equal(rename(from, in_room("f")), 0);
}

static void test_what_somebody_wrote_meanwhile_stays(void **unused)
{
	void (*const others[])(void) = {write_other, rename_over};

	(void)unused;
	for (size_t i = 0; i < 2 * ARRAY_SIZE(others); i++) {
		struct helios_error error = {0};

		write_file("f", "old");
		assert_int_equal(change(others[i / 2], i % 2, &error), -EBUSY);
		assert_int_equal(error.code, HELIOS_CONFLICT);
		check_file("f", "theirs");
		unlink(in_room("f"));
		assert_int_equal(change(others[i / 2], false, &error), -EBUSY);
		check_file("f", "theirs");
		unlink(in_room("f"));
	}
}

static void test_what_a_kill_left_beside_it_is_no_hindrance(void **unused)
{
	struct helios_error error = {0};

	(void)unused;
	write_file("f", "old");
	write_file(".f.helios-new", "half of wh");
	assert_int_equal(change(nothing, false, &error), 0);
	check_file("f", "new");
	assert_int_equal(access(in_room(".f.helios-new"), F_OK), -1);
	assert_int_equal(change(nothing, true, &error), 0);
	assert_int_equal(access(in_room("f"), F_OK), -1);
}

static void test_missing_directories_are_made(void **unused)
{
	cleanup(config_file_done) struct config_file file = {.directory = -1};
	cleanup_buf struct buf text = {0};
	struct helios_error error = {0};

	(void)unused;
	assert_int_equal(config_file_read(in_room("a/b/f"), &file, &error), 0);
	assert_false(file.exists);
	buf_addstr(&text, "new");
	assert_int_equal(config_file_replace(&file, &text, &error), 0);
	check_file("a/b/f", "new");
	assert_int_equal(unlink(in_room("a/b/f")), 0);
	assert_int_equal(rmdir(in_room("a/b")), 0);
	assert_int_equal(rmdir(in_room("a")), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_somebody_wrote_meanwhile_stays),
		cmocka_unit_test(test_what_a_kill_left_beside_it_is_no_hindrance),
		cmocka_unit_test(test_missing_directories_are_made),
	};

	return cmocka_run_group_tests(tests, make_room, remove_room);
}
