/*
 * Memory runs out: each allocation of an operation fails once, the libraries' as well as our own.
 * Each time the operation gives an error or does all it should, nothing is left allocated, and the
 * home, opened again, is what it was before or what it is after the operation, with a clean
 * history.
 *
 * Each attempt is a process of its own, forked from this one, on a home that is copied anew.
 * HELIOS_SWEEP=full fails every allocation, HELIOS_SWEEP=places the first that is made by the same
 * calls, else some are chosen by a seed that is printed (HELIOS_SEED sets it). OPERATION [NUMBER]
 * as arguments: only this one, told in detail.
 */
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include <helios/helios.h>

#include "base/base.h"
#include "memory.h"
#include "oom.h"

#define PATIENCE 60 /* seconds until an attempt counts as hanging */
#define CHOSEN 40   /* allocations of each operation */
#define PLACES 65536 /* that places are told apart of */

struct state {
	uint64_t files; /* of names and contents, letters of dates and ids left out */
	uint64_t changes;
};

/* What a forked process tells. */
struct outcome {
	int err;
	enum helios_code code;
	long seen, failed, left;
	struct state state;
	char message[512];
};

static struct outcome *outcome;
static bool dies_at_sync;
static uint64_t *places;
static unsigned long faults, attempts, refused;
static char room[64];

/* The journal's sync is a change's point of no return: what is left to do is recovery's. */
int fdatasync(int fd)
{
	int err = (int)syscall(SYS_fdatasync, fd);

	if (dies_at_sync)
		_exit(0);
	return err;
}

static void __attribute__((noreturn)) give_up(const char *what)
{
	fprintf(stderr, "oom: cannot %s: %s\n", what, strerror(errno));
	exit(2);
}

/* ---- homes ----------------------------------------------------------------------------- */

static const char *copy_from, *copy_to;

static int copy_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	char target[512];
	int in, out;

	(void)ftw;
	snprintf(target, sizeof(target), "%s%s", copy_to, path + strlen(copy_from));
	if (type == FTW_D)
		return mkdir(target, st->st_mode & 0777);
	if (type != FTW_F)
		return 0;
	in = open(path, O_RDONLY | O_CLOEXEC);
	out = open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, st->st_mode & 0777);
	if (in < 0 || out < 0 || copy_file_range(in, NULL, out, NULL, (size_t)st->st_size, 0) < 0)
		return -1;
	futimens(out, (const struct timespec[]){st->st_atim, st->st_mtim});
	close(in);
	return close(out);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void remove_tree(const char *path)
{
	nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void __attribute__((noreturn)) bail_out(const char *format, ...) printf_like(1, 2);

static void bail_out(const char *format, ...)
{
	va_list args;

	printf("Bail out! ");
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	remove_tree(room);
	exit(1);
}

static void copy_tree(const char *from, const char *to)
{
	remove_tree(to);
	copy_from = from;
	copy_to = to;
	if (access(from, F_OK) == 0 && nftw(from, copy_one, 16, FTW_PHYS) != 0)
		give_up("copy a home");
}

static uint64_t mix(uint64_t sum, const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		bool varies = strchr("0123456789abcdef", text[i]) && text[i];

		sum = (sum ^ (unsigned char)(varies ? '0' : text[i])) * 0x100000001b3ull;
	}
	return sum;
}

static uint64_t files_sum;

static int sum_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	const char *name = path + strlen(copy_from);
	static char text[1 << 16];
	uint64_t sum = mix(0xcbf29ce484222325ull, name, strlen(name));
	ssize_t length = 0;
	int fd;

	(void)st;
	(void)ftw;
	if (type != FTW_F || strstr(name, "/.recovery/kept-"))
		return 0; /* what could not be looked at is kept for safety's sake */
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		length = read(fd, text, sizeof(text));
		close(fd);
	}
	files_sum += mix(sum, text, length > 0 ? (size_t)length : 0); /* in any order */
	return 0;
}

/* Of the documents and what goes with them. */
static uint64_t sum_files(const char *home)
{
	static const char *const parts[] = {
		"base",	  "personas",	   "learned", "temporary", "rejected",
		".views", "settings.yaml", ".active", ".recovery", ".helios_version"};
	char path[256];

	files_sum = 0;
	copy_from = home;
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		snprintf(path, sizeof(path), "%s/%s", home, parts[i]);
		nftw(path, sum_one, 16, FTW_PHYS);
	}
	return files_sum;
}

/* ---- processes ------------------------------------------------------------------------- */

typedef void (*work_fn)(const struct oom_operation *operation, const char *home, long fail_at);

/* Does work in a process of its own; NULL, or how it went wrong. */
static const char *in_process(work_fn work, const struct oom_operation *operation, const char *home,
			      long fail_at)
{
	static char story[64];
	pid_t child;
	int status;

	*outcome = (struct outcome){0};
	fflush(NULL);
	child = fork();
	if (child < 0)
		give_up("fork");
	if (child == 0) {
		alarm(PATIENCE);
		work(operation, home, fail_at);
		_exit(0);
	}
	if (waitpid(child, &status, 0) < 0)
		give_up("wait");
	if (!WIFSIGNALED(status))
		return WEXITSTATUS(status) ? outcome->message : NULL;
	snprintf(story, sizeof(story), "it %s (signal %d)",
		 WTERMSIG(status) == SIGALRM ? "hangs" : "crashes", WTERMSIG(status));
	return story;
}

static bool chooses(const char *how)
{
	const char *given = getenv("HELIOS_SWEEP");

	return given && streq(given, how);
}

static void attempt(const struct oom_operation *operation, const char *home, long fail_at)
{
	struct helios_error error = {0};
	long before;

	if (!fail_at && chooses("places"))
		memory_places(places, PLACES);
	before = memory->live;
	memory_mark();
	memory->fail_last = fail_at;
	memory->seen = memory->failed = 0;
	memory->fail_at = fail_at;
	outcome->err = oom_run(operation, home, &error);
	memory->fail_at = 0;
	outcome->seen = memory->seen;
	outcome->failed = memory->failed;
	outcome->left = memory->live - before;
	outcome->code = error.code;
	snprintf(outcome->message, sizeof(outcome->message), "%s", error.message);
	if (outcome->left && getenv("HELIOS_MEMORY_TRACE"))
		memory_tell_live();
}

/*
 * An upgrade that is refused keeps what it began with: the files in git, a snapshot, a copy. Its
 * home is as old as before, and the next upgrade must end it.
 */
static bool is_repeated(const struct oom_operation *operation)
{
	return operation->home == HOME_OLD;
}

/* After an attempt that was refused: the next one, with memory. */
static void repeat(const struct oom_operation *operation, const char *home, long fail_at)
{
	struct helios_error error = {0};

	(void)fail_at;
	if (oom_run(operation, home, &error) == 0)
		return;
	snprintf(outcome->message, sizeof(outcome->message), "again: %.400s", error.message);
	_exit(1);
}

static void die_at_sync(const struct oom_operation *operation, const char *home, long fail_at)
{
	(void)fail_at;
	dies_at_sync = true;
	oom_run(operation, home, &(struct helios_error){0});
	_exit(1);
}

/* What git says against the home, and the locks and unfinished files that lie in its way. */
static void ask_git(const char *home)
{
	char command[512], said[200];
	FILE *git;

	snprintf(command, sizeof(command),
		 "cd %s && { git status --porcelain; "
		 "git fsck --strict --no-dangling --no-progress; "
		 "find .git -name '*.lock' -o -name 'tmp_*'; } 2>&1",
		 home);
	git = popen(command, "r");
	if (!git)
		give_up("ask git");
	if (fgets(said, sizeof(said), git)) {
		said[strcspn(said, "\n")] = '\0';
		snprintf(outcome->message, sizeof(outcome->message), "git finds fault with it: %s",
			 said);
		_exit(1);
	}
	pclose(git);
}

/* What the next program finds: it is opened, what is left to do is done, and git looks at it. */
static void look(const struct oom_operation *operation, const char *home, long fail_at)
{
	struct helios_error error = {0};
	char command[512];

	(void)fail_at;
	snprintf(command, sizeof(command), "%s/.git/HEAD", home);
	if (operation->home == HOME_NONE && access(command, F_OK) < 0)
		return; /* nothing was made */
	if (oom_settle(home, &outcome->state.changes, &error) < 0) {
		snprintf(outcome->message, sizeof(outcome->message), "afterwards: %.400s",
			 error.message);
		_exit(1);
	}
	outcome->state.files = sum_files(home);
	if (outcome->state.changes > 0)
		ask_git(home);
}

/* ---- the sweep ------------------------------------------------------------------------- */

static char before_path[96], home_path[96];

static bool same(const struct state *a, const struct state *b)
{
	return a->files == b->files && a->changes == b->changes;
}

/* NULL, or what is wrong with an attempt's outcome. */
static const char *judge(const struct outcome *got, const struct state *before,
			 const struct state *after, const struct state *now)
{
	static char story[600];

	if (got->left > 0)
		snprintf(story, sizeof(story), "%ld blocks are not freed", got->left);
	else if (got->err == 0 && !same(now, after))
		snprintf(story, sizeof(story), "it says it did it, and did not");
	else if (got->err < 0 && !same(now, before) && !same(now, after))
		snprintf(story, sizeof(story), "it is half done: %s", got->message);
	else if (got->err < 0 && got->code != HELIOS_NO_MEMORY)
		snprintf(story, sizeof(story), "it says %s: %s", helios_code_name(got->code),
			 got->message);
	else
		return NULL;
	return story;
}

static void tell(const struct oom_operation *operation, long number, const char *story)
{
	faults++;
	printf("# %s, allocation %ld: %s\n", operation->label, number, story);
}

static void try_one(const struct oom_operation *operation, long number, const struct state *before,
		    const struct state *after)
{
	struct outcome got;
	const char *story;

	if (!operation->reads)
		copy_tree(before_path, home_path);
	story = in_process(attempt, operation, home_path, number);
	got = *outcome;
	attempts++;
	refused += got.err < 0;
	if (story) {
		tell(operation, number, story);
		if (operation->reads)
			copy_tree(before_path, home_path);
		return;
	}
	if (got.err < 0 && is_repeated(operation))
		story = in_process(repeat, operation, home_path, 0);
	if (!story && !operation->reads)
		story = in_process(look, operation, home_path, 0);
	if (!story && got.err < 0 && is_repeated(operation)) /* how often it was begun is history */
		outcome->state.changes = after->changes;
	if (!story)
		story = judge(&got, before, after, operation->reads ? after : &outcome->state);
	if (story)
		tell(operation, number, story);
}

/* A number in [1, end], chosen by the state that it moves on. */
static long choose(uint64_t *random, long end)
{
	*random = *random * 6364136223846793005ull + 1442695040888963407ull;
	return (long)((*random >> 33) % (uint64_t)end) + 1;
}

static struct state state_now(const struct oom_operation *operation, const char *what)
{
	const char *story = in_process(look, operation, home_path, 0);

	if (story)
		bail_out("%s, %s: %s", operation->label, what, story);
	return outcome->state;
}

/* Whether an earlier allocation was made by the same calls. */
static bool is_passed(long number)
{
	for (long i = 0; i < number - 1 && number <= PLACES; i++)
		if (places[i] == places[number - 1])
			return true;
	return false;
}

static void sweep(const struct oom_operation *operation, uint64_t random, long only)
{
	struct state before, after;
	const char *story;
	long count, step, number;

	snprintf(before_path, sizeof(before_path), "%s/%d", room, (int)operation->home);
	copy_tree(before_path, home_path);
	before = state_now(operation, "before");
	copy_tree(before_path, home_path);
	story = in_process(attempt, operation, home_path, 0);
	count = outcome->seen;
	if (story || outcome->err < 0 || outcome->left > 0)
		bail_out("%s without a fault: %s, %d, %ld blocks left", operation->label,
			 story ? story : outcome->message, outcome->err, outcome->left);
	after = state_now(operation, "after");
	step = chooses("full") || chooses("places") || count < CHOSEN ? 1 : count / CHOSEN;
	copy_tree(before_path, home_path);
	if (only)
		try_one(operation, only, &before, &after);
	for (number = choose(&random, step); !only && number <= count; number += step)
		if (!chooses("places") || !is_passed(number))
			try_one(operation, number, &before, &after);
	printf("# %s: %ld allocations, every %ld%s\n", operation->label, count, step,
	       step == 1 ? "" : "th or so");
}

/* ---- the homes they are done in ---------------------------------------------------------- */

static void must(const struct oom_operation *operation, const char *home)
{
	struct helios_error error = {0};

	if (oom_run(operation, home, &error) < 0)
		bail_out("%s: %s", operation->name, error.message);
}

static void add_text(const char *home, const char *name, const char *text)
{
	const struct timespec earlier[] = {{.tv_sec = time(NULL) - 60},
					   {.tv_sec = time(NULL) - 60}};
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", home, name);
	file = fopen(path, "a");
	if (!file || fputs(text, file) < 0 || futimens(fileno(file), earlier) < 0 || fclose(file))
		give_up("write to a home");
}

static void make_homes(void)
{
	static const struct oom_operation unfinished = {
		.name = "set", .arguments = {"tutor", "mark", "unfinished"}};
	char sound[96], other[96];

	snprintf(sound, sizeof(sound), "%s/%d", room, HOME_SOUND);
	for (const struct oom_operation *step = oom_preparation; step->name; step++)
		must(step, sound);
	add_text(sound, "temporary/mine.yaml", OOM_TEMPORARY);
	snprintf(other, sizeof(other), "%s/%d", room, HOME_EDITED);
	copy_tree(sound, other);
	add_text(other, "personas/tutor.yaml", "outside: edited\n");
	snprintf(other, sizeof(other), "%s/%d", room, HOME_UNFINISHED);
	copy_tree(sound, other);
	if (in_process(die_at_sync, &unfinished, other, 0))
		give_up("leave a change unfinished");
	snprintf(other, sizeof(other), "%s/%d", room, HOME_OLD);
	if (mkdir(other, 0700) < 0 || oom_make_old(other) < 0)
		give_up("make an old home");
}

static int run_all(const char *only, long number)
{
	const char *given = getenv("HELIOS_SEED");
	uint64_t seed = given ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);
	bool found = false;
	int count = 0;

	make_homes();
	for (const struct oom_operation *at = oom_operations; at->name; at++) {
		unsigned long faults_before = faults;

		if (only && !streq(at->label, only))
			continue;
		found = true;
		sweep(at, seed, number);
		printf("%sok %d - %s\n", faults == faults_before ? "" : "not ", ++count, at->label);
	}
	printf("1..%d\n# %lu allocations failed, seed %llu: %lu faults; %lu times it was refused\n",
	       count, attempts, (unsigned long long)seed, faults, refused);
	return faults || !found;
}

int main(int argc, char **argv)
{
	const char *place = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
	int status;

	setvbuf(stdout, NULL, _IOLBF, 0);
	snprintf(room, sizeof(room), "%s/helios-memory-XXXXXX", place);
	outcome = mmap(NULL, sizeof(*outcome), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		       -1, 0);
	places = mmap(NULL, PLACES * sizeof(*places), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (outcome == MAP_FAILED || places == MAP_FAILED || !mkdtemp(room))
		give_up("begin");
	snprintf(home_path, sizeof(home_path), "%s/home", room);
	status = run_all(argc > 1 ? argv[1] : NULL, argc > 2 ? atol(argv[2]) : 0);
	remove_tree(room);
	return status;
}
