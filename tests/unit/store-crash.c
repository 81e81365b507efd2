/*
 * store/: kill -9 of writers at random moments. Every acknowledged save is in history exactly
 * once, an unacknowledged one wholly or not at all, and nothing needs a hand afterwards.
 */
#include "test.h"

#include <ftw.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include <helios/helios.h>

#include "base/base.h"

#define KILLS 200
#define WRITERS 2

static const struct helios_client tester = {.source = HELIOS_CLI, .name = "test"};

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

/* Saves again and again, a token a save, and says each acknowledged one on the pipe. */
static void write_until_killed(const char *path, int pipe, unsigned writer, unsigned round)
{
	struct helios_home *home = NULL;
	struct helios_error error = {0};
	char name[16], text[128];

	snprintf(name, sizeof(name), "w%u", writer);
	if (helios_open(path, 0, &home, &error) < 0)
		_exit(3);
	for (unsigned i = 0;; i++) {
		struct helios_saved saved = {0};
		int token[3] = {(int)writer, (int)round, (int)i};

		snprintf(text, sizeof(text), "name: %u-%u-%u\n", writer, round, i);
		if (helios_save(home, &tester, HELIOS_STORED, name, text, strlen(text), NULL,
				&saved, &error) < 0) {
			fprintf(stderr, "writer: %s\n", error.message);
			_exit(4);
		}
		if (write(pipe, token, sizeof(token)) != sizeof(token))
			_exit(5);
	}
}

/* Lines of a command's output in the home, newline-terminated; the caller frees. */
static char *output_of(const char *path, const char *command)
{
	cleanup_free char *line = NULL;
	char *output = NULL;
	size_t capacity = 0;
	FILE *pipe;

	assert_true(asprintf(&line, "cd %s && %s 2>&1", path, command) > 0);
	pipe = popen(line, "r");
	assert_non_null(pipe);
	if (getdelim(&output, &capacity, '\0', pipe) < 0) {
		free(output);
		output = strdup("");
	}
	pclose(pipe);
	return output;
}

static size_t count(const char *text, const char *part)
{
	size_t found = 0;

	for (const char *at = text; (at = strstr(at, part)); at += strlen(part))
		found++;
	return found;
}

static void expect_empty(const char *path, const char *command)
{
	cleanup_free char *output = output_of(path, command);

	if (*output)
		fail_msg("%s: %s", command, output);
}

static void one_round(const char *path, unsigned round, FILE *acknowledged)
{
	pid_t writers[WRITERS];
	int pipes[2], token[3];
	struct timespec pause = {.tv_nsec = (long)(rand() % 40) * 1000000 + rand() % 1000000};

	assert_int_equal(pipe(pipes), 0);
	for (unsigned i = 0; i < WRITERS; i++) {
		writers[i] = fork();
		assert_true(writers[i] >= 0);
		if (writers[i] == 0) {
			close(pipes[0]);
			write_until_killed(path, pipes[1], i, round);
		}
	}
	close(pipes[1]);
	nanosleep(&pause, NULL);
	for (unsigned i = 0; i < WRITERS; i++) {
		int status;

		kill(writers[i], SIGKILL);
		waitpid(writers[i], &status, 0);
		assert_true(WIFSIGNALED(status));
	}
	while (read(pipes[0], token, sizeof(token)) == sizeof(token))
		fprintf(acknowledged, "+name: %d-%d-%d\n", token[0], token[1], token[2]);
	close(pipes[0]);
}

static void check_home(const char *path)
{
	struct helios_home *home = NULL;
	struct helios_error error = {0};

	if (helios_open(path, 0, &home, &error) < 0 || helios_refresh(home, NULL, &error) < 0)
		fail_msg("%s", error.message);
	helios_close(home);
	expect_empty(path, "git status --porcelain");
	expect_empty(path, "git fsck --strict --no-dangling --no-progress");
	expect_empty(path, "find .git -name '*.lock' -o -name 'tmp_*'");
	expect_empty(path, "ls .recovery");
}

static void killed_writers_lose_nothing(void **state)
{
	char directory[] = "/tmp/helios-crash-XXXXXX", path[64], list[64];
	const char *given = getenv("HELIOS_SEED");
	unsigned seed = given ? (unsigned)strtoul(given, NULL, 10) : (unsigned)time(NULL);
	struct helios_error error;
	cleanup_free char *history = NULL;
	char *line = NULL;
	size_t capacity = 0, tokens = 0;
	FILE *acknowledged;

	(void)state;
	print_message("# seed %u\n", seed);
	srand(seed);
	assert_non_null(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/home", directory);
	snprintf(list, sizeof(list), "%s/acknowledged", directory);
	acknowledged = fopen(list, "w+");
	assert_int_equal(helios_init(path, NULL, &tester, &error), 0);
	for (unsigned round = 0; round < KILLS / WRITERS; round++) {
		one_round(path, round, acknowledged);
		check_home(path);
	}
	history = output_of(path, "git log -p --format=oneline");
	rewind(acknowledged);
	for (; getline(&line, &capacity, acknowledged) > 0; tokens++)
		if (count(history, line) != 1)
			fail_msg("%zu times in history: %s", count(history, line), line);
	print_message("# %zu acknowledged saves, %u kills\n", tokens, KILLS);
	free(line);
	fclose(acknowledged);
	nftw(directory, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(killed_writers_lose_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
