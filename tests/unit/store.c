/* store/: a home's life through <helios/home.h>: making, saving, renaming, outside edits. */
#include "test.h"

#include <ftw.h>
#include <sys/stat.h>

#include <helios/helios.h>

#include "base/base.h"

static const struct helios_client tester = {.source = HELIOS_CLI, .name = "test"};

struct fixture {
	char directory[64];
	char path[80];
	struct helios_home *home;
};

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	struct helios_error error = {0};

	snprintf(fixture->directory, sizeof(fixture->directory), "/tmp/helios-store-XXXXXX");
	assert_non_null(mkdtemp(fixture->directory));
	snprintf(fixture->path, sizeof(fixture->path), "%s/home", fixture->directory);
	if (helios_open(fixture->path, HELIOS_CREATE, &fixture->home, &error) < 0)
		fail_msg("%s", error.message);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	helios_close(fixture->home);
	nftw(fixture->directory, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(fixture);
	return 0;
}

static char *read_text(struct fixture *fixture, enum helios_kind kind, const char *name)
{
	struct helios_text *text = NULL;
	struct helios_error error = {0};
	char *copy;

	if (helios_read(fixture->home, kind, name, &text, &error) < 0)
		fail_msg("%s: %s", name, error.message);
	copy = strdup(text->data);
	helios_text_unref(text);
	return copy;
}

/* A command in the home, whose output is compared. */
static void expect_output(struct fixture *fixture, const char *command, const char *expected)
{
	char line[512], output[4096];
	size_t length;
	FILE *pipe;

	snprintf(line, sizeof(line), "cd %s && %s 2>&1", fixture->path, command);
	pipe = popen(line, "r");
	assert_non_null(pipe);
	length = fread(output, 1, sizeof(output) - 1, pipe);
	output[length] = '\0';
	pclose(pipe);
	assert_string_equal(output, expected);
}

static void write_file(struct fixture *fixture, const char *name, const char *text)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", fixture->path, name);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void expect_clean(struct fixture *fixture)
{
	expect_output(fixture, "git status --porcelain", "");
	expect_output(fixture, "git fsck --strict --no-dangling", "");
	expect_output(fixture, "ls .recovery", "");
	expect_output(fixture, "find .git -name '*.lock'", "");
}

static void a_new_home_is_clean(void **state)
{
	struct fixture *fixture = *state;
	cleanup_free char *welcome = read_text(fixture, HELIOS_RESOLVED, "welcome");
	cleanup_free char *status = read_text(fixture, HELIOS_STATUS, "");

	assert_non_null(strstr(welcome, "role: A guide to Helios"));
	assert_non_null(strstr(welcome, "specialization_level: 2"));
	assert_non_null(strstr(status, "state: READY"));
	expect_output(fixture, "git log --format=%s", "Make the home\n");
	expect_clean(fixture);
}

static void a_stored_save_is_one_commit(void **state)
{
	struct fixture *fixture = *state;
	static const char text[] = "# mine\nidentity:\n  role: Coder # yes\n";
	struct helios_saved saved = {0};
	struct helios_error error = {0};
	cleanup_free char *now = NULL;

	assert_int_equal(helios_save(fixture->home, &tester, HELIOS_STORED, "coder", text,
				     strlen(text), NULL, &saved, &error), 0);
	assert_true(saved.changed);
	assert_int_equal(strlen(saved.commit), 40);
	now = read_text(fixture, HELIOS_STORED, "coder");
	assert_string_equal(now, text);
	assert_int_equal(helios_save(fixture->home, &tester, HELIOS_STORED, "coder", text,
				     strlen(text), NULL, &saved, &error), 0);
	assert_false(saved.changed);
	expect_output(fixture, "git log --format=%s", "coder: new\nMake the home\n");
	expect_clean(fixture);
}

static void an_invalid_save_changes_nothing(void **state)
{
	struct fixture *fixture = *state;
	struct helios_error error = {0};

	assert_int_equal(helios_save(fixture->home, &tester, HELIOS_STORED, "welcome", "a: [1\n", 6,
				     NULL, NULL, &error), -EINVAL);
	assert_int_equal(error.code, HELIOS_SYNTAX);
	assert_string_equal(error.file, "personas/welcome.yaml");
	expect_output(fixture, "git log --format=%s", "Make the home\n");
	expect_clean(fixture);
}

static void outside_edits_are_taken(void **state)
{
	struct fixture *fixture = *state;
	struct helios_error error = {0};
	cleanup_free char *text = NULL;

	write_file(fixture, "personas/raw.yaml", "specialization_level: 2\nidentity:\n  role: Raw\n");
	assert_int_equal(helios_refresh(fixture->home, NULL, &error), 0);
	text = read_text(fixture, HELIOS_RESOLVED, "raw");
	assert_non_null(strstr(text, "role: Raw"));
	write_file(fixture, "personas/raw.yaml", "identity: [\n");
	usleep(150000);
	assert_int_equal(helios_refresh(fixture->home, NULL, &error), 0);
	assert_int_equal(helios_set(fixture->home, &tester, "raw", "identity.role", "Other", NULL,
				    &error), -EBUSY);
	assert_int_equal(error.code, HELIOS_INVALID_ON_DISK);
	free(text);
	text = read_text(fixture, HELIOS_RESOLVED, "raw");
	assert_non_null(strstr(text, "role: Raw"));
	expect_output(fixture, "git log --format=%s", "raw: edited outside\nMake the home\n");
}

/* Replaces the first occurrence; the caller frees. */
static char *replaced(const char *text, const char *old, const char *new)
{
	const char *at = strstr(text, old);
	char *result;

	assert_non_null(at);
	assert_true(asprintf(&result, "%.*s%s%s", (int)(at - text), text, new,
			     at + strlen(old)) > 0);
	return result;
}

static void save_view(struct fixture *fixture, const char *name, const char *text,
		      const struct helios_text *ancestor, struct helios_saved *saved)
{
	struct helios_error error = {0};

	if (helios_save(fixture->home, &tester, HELIOS_RESOLVED, name, text, strlen(text),
			ancestor, saved, &error) < 0)
		fail_msg("%s: %s", name, error.message);
}

static void a_view_saved_unchanged_changes_nothing(void **state)
{
	struct fixture *fixture = *state;
	cleanup_free char *text = read_text(fixture, HELIOS_RESOLVED, "welcome");
	struct helios_saved saved;

	save_view(fixture, "welcome", text, NULL, &saved);
	assert_false(saved.changed);
	expect_output(fixture, "git log --format=%s", "Make the home\n");
	expect_output(fixture, "ls .views", "");
}

static void a_view_edit_is_one_line_and_reads_back(void **state)
{
	struct fixture *fixture = *state;
	cleanup_free char *text = read_text(fixture, HELIOS_RESOLVED, "welcome");
	cleanup_free char *edited = replaced(text, "patient and encouraging", "brisk # my note");
	cleanup_free char *now = NULL;
	struct helios_saved saved;

	save_view(fixture, "welcome", edited, NULL, &saved);
	assert_true(saved.changed);
	now = read_text(fixture, HELIOS_RESOLVED, "welcome");
	assert_string_equal(now, edited);
	expect_output(fixture, "git log -1 --format=%s", "welcome: set communication.tone\n");
	expect_output(fixture, "git show --format= --numstat", "1\t1\tpersonas/welcome.yaml\n");
	expect_clean(fixture);
}

static void two_edits_of_different_keys_both_stay(void **state)
{
	struct fixture *fixture = *state;
	struct helios_error error = {0};
	struct helios_text *ancestor;
	struct helios_saved saved;
	cleanup_free char *edited = NULL, *now = NULL;

	assert_int_equal(helios_read(fixture->home, HELIOS_RESOLVED, "welcome", &ancestor, &error),
			 0);
	edited = replaced(ancestor->data, "patient and encouraging", "brisk");
	assert_int_equal(helios_set(fixture->home, &tester, "welcome", "identity.role", "A host",
				    NULL, &error), 0);
	save_view(fixture, "welcome", edited, ancestor, &saved);
	assert_true(saved.merged);
	assert_int_equal(saved.conflicts, 0);
	helios_text_unref(ancestor);
	now = read_text(fixture, HELIOS_RESOLVED, "welcome");
	assert_non_null(strstr(now, "tone: brisk"));
	assert_non_null(strstr(now, "role: A host"));
	expect_clean(fixture);
}

static void renaming_takes_references_along(void **state)
{
	struct fixture *fixture = *state;
	struct helios_error error = {0};
	static const char child[] = "inherits_from: welcome\nspecialization_level: 2\n";
	cleanup_free char *active = NULL;

	assert_int_equal(helios_save(fixture->home, &tester, HELIOS_STORED, "child", child,
				     strlen(child), NULL, NULL, &error), 0);
	assert_int_equal(helios_use(fixture->home, &tester, "welcome", &error), 0);
	assert_int_equal(helios_remove(fixture->home, &tester, "welcome", &error), -EBUSY);
	assert_int_equal(error.code, HELIOS_HAS_CHILDREN);
	assert_int_equal(helios_rename(fixture->home, &tester, "welcome", "host", &error), 0);
	expect_output(fixture, "cat personas/child.yaml",
		      "inherits_from: host\nspecialization_level: 2\n");
	assert_int_equal(helios_active(fixture->home, &active, &error), 0);
	assert_string_equal(active, "host");
	expect_output(fixture, "git log -1 --format=%s", "welcome: rename to host\n");
	expect_clean(fixture);
}

static void rejected_texts_are_kept_and_retried(void **state)
{
	struct fixture *fixture = *state;
	const struct helios_error reason = {.code = HELIOS_SYNTAX, .line = 1, .column = 2};
	struct helios_error error = {0};
	char *id = NULL, *again = NULL;

	assert_int_equal(helios_reject(fixture->home, &tester, HELIOS_STORED, "welcome",
				       "name: W\n", 8, &reason, &id, &error), 0);
	assert_int_equal(helios_reject(fixture->home, &tester, HELIOS_STORED, "welcome",
				       "name: W\n", 8, &reason, &again, &error), 0);
	assert_string_equal(id, again);
	assert_int_equal(helios_reject_retry(fixture->home, &tester, id, NULL, &error), 0);
	assert_int_equal(helios_reject_drop(fixture->home, id, &error), -ENOENT);
	expect_output(fixture, "cat personas/welcome.yaml", "name: W\n");
	free(id);
	free(again);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_new_home_is_clean, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_stored_save_is_one_commit, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_invalid_save_changes_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(outside_edits_are_taken, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_view_saved_unchanged_changes_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_view_edit_is_one_line_and_reads_back, set_up, tear_down),
		cmocka_unit_test_setup_teardown(two_edits_of_different_keys_both_stay, set_up, tear_down),
		cmocka_unit_test_setup_teardown(renaming_takes_references_along, set_up, tear_down),
		cmocka_unit_test_setup_teardown(rejected_texts_are_kept_and_retried, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
