/*
 * The view beside what people would use instead, in one interleaved run: warm reads and stats
 * against the same bytes on the disk's own file system and on a pass-through FUSE file system;
 * a save against a careful plain write and against 'git add && git commit'; resolution; and with
 * ten thousand personas listing them, reading them for the first time, and two readers at once.
 * Prints medians and ratios; judges nothing. Usage: view HELIOSFS PASSTHROUGH EXAMPLES
 */
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>

#include <helios/helios.h>

#include "base/base.h"
#include "base/buf.h"
#include "persona/resolve.h"
#include "yaml/yaml.h"

#define ROUNDS 7
#define READS 2000
#define SAVES 60
#define RESOLVES 2000
#define CROWD 10000
#define PARALLEL_READS 5000
#define PERSONA "architect"

extern char **environ;

static char top[128]; /* everything lives below it */
static pid_t children[2];

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values, size_t count)
{
	qsort(values, count, sizeof(*values), compare);
	return values[count / 2];
}

static char *below(const char *name)
{
	char *path;

	return asprintf(&path, "%s/%s", top, name) < 0 ? NULL : path;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void clean_mounts(void)
{
	const char *const mounts[] = {"home/view", "pass/view"};

	for (size_t i = 0; i < ARRAY_SIZE(children); i++) {
		cleanup_free char *mount = below(mounts[i]);

		if (children[i] > 0) {
			kill(children[i], SIGTERM);
			waitpid(children[i], NULL, 0);
		}
		children[i] = 0;
		umount2(mount, MNT_DETACH);
	}
}

static void clean_up(void)
{
	clean_mounts();
	nftw(top, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

static void die(const char *what, const char *why)
{
	fprintf(stderr, "bench: %s: %s\n", what, why);
	exit(1);
}

/* Starts a file system in the foreground and waits until file shows through it. */
static pid_t start(const char *const argv[], const char *file)
{
	const struct timespec pause = {.tv_nsec = 10000000};
	pid_t pid;

	if (posix_spawn(&pid, argv[0], NULL, NULL, (char *const *)argv, environ) != 0)
		die(argv[0], "cannot start");
	for (unsigned i = 0; i < 500; i++) {
		if (access(file, R_OK) == 0)
			return pid;
		nanosleep(&pause, NULL);
	}
	die(argv[0], "did not mount");
	return -1;
}

static double time_read(const char *path)
{
	char bytes[65536];
	double begin = now_us();
	int fd = open(path, O_RDONLY);

	if (fd < 0 || read(fd, bytes, sizeof(bytes)) <= 0)
		die(path, "cannot read");
	close(fd);
	return now_us() - begin;
}

static double time_stat(const char *path)
{
	struct stat st;
	double begin = now_us();

	if (stat(path, &st) < 0)
		die(path, "cannot stat");
	return now_us() - begin;
}

/* How often the kernel has asked the daemon for something that somebody waits for. */
static unsigned long long round_trips(const char *view)
{
	static const char *const kinds[] = {"lookup: ", "getattr: ", "open: ", "read: ", "flush: "};
	unsigned long long sum = 0;
	char text[4096];
	ssize_t got = getxattr(view, "user.helios.requests", text, sizeof(text) - 1);

	if (got < 0)
		die(view, "does not count its requests");
	text[got] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		const char *at = strstr(text, kinds[i]);

		while (at && at != text && at[-1] != '\n')
			at = strstr(at + 1, kinds[i]);
		sum += at ? strtoull(at + strlen(kinds[i]), NULL, 10) : 0;
	}
	return sum;
}

static void count_round_trips(const char *what, double (*once)(const char *), const char *path)
{
	char *view = below("home/view");
	unsigned long long before;

	if (!view)
		die(what, "no memory");
	once(path);
	before = round_trips(view);
	for (size_t i = 0; i < READS; i++)
		once(path);
	printf("%-20s %.3f round trips each\n", what,
	       (double)(round_trips(view) - before) / READS);
	free(view);
}

/* The median over all rounds of each round's median; the three take turns. */
static void measure(const char *what, double (*once)(const char *), char *const paths[3])
{
	static double samples[READS];
	double rounds[3][ROUNDS], result[3];

	for (size_t round = 0; round < ROUNDS; round++) {
		for (size_t which = 0; which < 3; which++) {
			for (size_t i = 0; i < READS; i++)
				samples[i] = once(paths[which]);
			rounds[which][round] = median(samples, READS);
		}
	}
	for (size_t which = 0; which < 3; which++)
		result[which] = median(rounds[which], ROUNDS);
	printf("%-20s view %7.1f us   disk %7.1f us   pass-through %7.1f us   "
	       "view/disk %5.2f   view/pass-through %5.2f\n",
	       what, result[0], result[1], result[2], result[0] / result[1], result[0] / result[2]);
}

static void write_all(int fd, const char *text, const char *what)
{
	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		die(what, "cannot write");
}

static double time_mounted_save(const char *path, const char *text)
{
	double begin = now_us();
	int fd = open(path, O_WRONLY | O_TRUNC);

	write_all(fd, text, path);
	if (close(fd) < 0)
		die(path, "the save was refused");
	return now_us() - begin;
}

static double time_plain_save(int directory, const char *text)
{
	double begin = now_us();
	int fd = openat(directory, "t", O_WRONLY | O_CREAT | O_EXCL, 0600);

	write_all(fd, text, "plain file");
	if (fsync(fd) < 0 || close(fd) < 0 || renameat(directory, "t", directory, "f") < 0 ||
	    fsync(directory) < 0)
		die("plain file", "cannot save");
	return now_us() - begin;
}

/* options "": as git is set up, which syncs no more than packs. */
static double time_git_save(const char *directory, const char *options)
{
	cleanup_free char *command = NULL;
	double begin;

	if (asprintf(&command, "cd '%s' && git %s add f && git %s commit -q -m save", directory,
		     options, options) < 0)
		die("git", "no memory");
	begin = now_us();
	if (system(command) != 0)
		die("git", "cannot commit");
	return now_us() - begin;
}

/* A document like the persona's, different each time. */
static char *vary(const char *text, size_t round)
{
	char *varied;

	return asprintf(&varied, "%s\nbench_round: %zu\n", text, round) < 0 ? NULL : varied;
}

static char *read_file(const char *path)
{
	struct buf text = {0};
	char bytes[65536];
	int fd = open(path, O_RDONLY);
	ssize_t got;

	while (fd >= 0 && (got = read(fd, bytes, sizeof(bytes))) > 0)
		buf_add(&text, bytes, (size_t)got);
	close(fd);
	return buf_take(&text);
}

/*
 * pass: the least that a file system of this kind can do, the same calls and one sync, with nothing
 * that could be gone back to.
 */
static void measure_saves(const char *view, const char *pass)
{
	cleanup_free char *directory = below("plain"), *text = read_file(view);
	cleanup_free char *set_up = NULL;
	double view_us[SAVES], plain_us[SAVES], git_us[SAVES], synced_us[SAVES];
	double pass_us[SAVES], a, b, c, d, e;
	int plain;

	if (asprintf(&set_up,
		     "mkdir '%s' && cd '%s' && git init -q && git config user.name bench && "
		     "git config user.email bench@localhost && git config gc.auto 0",
		     directory, directory) < 0 ||
	    system(set_up) != 0)
		die("git", "cannot make a repository");
	plain = open(directory, O_RDONLY | O_DIRECTORY);
	for (size_t i = 0; i < SAVES; i++) {
		cleanup_free char *varied = vary(text, i);

		plain_us[i] = time_plain_save(plain, varied);
		view_us[i] = time_mounted_save(view, varied);
		pass_us[i] = time_mounted_save(pass, varied);
		git_us[i] = time_git_save(directory, "");
		time_plain_save(plain, view);
		synced_us[i] = time_git_save(directory, "-c core.fsync=all");
	}
	close(plain);
	a = median(view_us, SAVES);
	b = median(plain_us, SAVES);
	c = median(git_us, SAVES);
	d = median(synced_us, SAVES);
	e = median(pass_us, SAVES);
	printf("%-20s view %7.0f us   tmp+fsync+rename+fsync(dir) %7.0f us   git add+commit %7.0f "
	       "us   the same with core.fsync=all %7.0f us   view/plain %5.2f   git/view %5.1f   "
	       "synced git/view %5.1f\n",
	       "save to acknowledged", a, b, c, d, a / b, c / a, d / a);
	printf("%-20s pass-through %7.0f us, synced   view/pass-through %5.2f   git/pass-through "
	       "%5.1f\n",
	       "the same, unchecked", e, a / e, c / e);
}

static void measure_resolution(void)
{
	static double samples[RESOLVES];
	cleanup_buf struct buf base = {0}, persona = {0};

	mallopt(M_TRIM_THRESHOLD, 8 << 20); /* as in heliosfs */
	mallopt(M_TOP_PAD, 1 << 20);
	for (unsigned i = 0; base.length < 2048; i++) {
		buf_addf(&base, "section%u:\n  tone: plain words %u\n  rules: [one, two, %u]\n", i,
			 i, i);
		buf_addf(&persona, "section%u:\n  tone: other words %u\n  rules: [two, x%u]\n", i,
			 i, i);
	}
	buf_addstr(&base, "base_importance: 0.5\n");
	for (size_t i = 0; i < RESOLVES; i++) {
		struct document *documents[2];
		struct arena arena = {0};
		struct resolution result;
		double begin = now_us();

		if (yaml_parse(base.data, base.length, "b", &documents[0], NULL) < 0 ||
		    yaml_parse(persona.data, persona.length, "p", &documents[1], NULL) < 0)
			die("resolution", "refused");
		const struct layer layers[] = {
			{.name = "base", .file = "b", .root = documents[0]->root},
			{.name = "p", .file = "p", .root = documents[1]->root},
		};
		if (resolve(&arena, layers, ARRAY_SIZE(layers), &result, NULL) < 0)
			die("resolution", "refused");
		samples[i] = now_us() - begin;
		document_free(documents[0]);
		document_free(documents[1]);
		arena_done(&arena);
	}
	printf("%-20s %zu + %zu bytes, parse and resolve: %.0f us\n", "resolution", base.length,
	       persona.length, median(samples, RESOLVES));
}

static void copy_to_disk(const char *view, const char *disk)
{
	static const char *const directories[] = {"disk", "disk/view", "disk/view/personas", "pass",
						  "pass/view"};
	cleanup_free char *text = read_file(view);
	int fd;

	for (size_t i = 0; i < ARRAY_SIZE(directories); i++) { /* all three equally deep */
		cleanup_free char *directory = below(directories[i]);

		mkdir(directory, 0700);
	}
	fd = open(disk, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	write_all(fd, text, disk);
	close(fd);
}

/* Files and directories of the three places, which are equally deep. */
struct places {
	char *home, *source, *through, *mount, *personas[3];
};

static void take_places(struct places *places)
{
	static const char *const personas[] = {"home/view/personas", "disk/view/personas",
					       "pass/view/personas"};

	places->home = below("home");
	places->source = below("disk/view");
	places->through = below("pass/view");
	places->mount = below("home/view");
	for (size_t i = 0; i < ARRAY_SIZE(personas); i++)
		places->personas[i] = below(personas[i]);
}

static double time_list(const char *path)
{
	double begin = now_us();
	DIR *directory = opendir(path);
	unsigned count = 0;

	if (!directory)
		die(path, "cannot list");
	while (readdir(directory))
		count++;
	closedir(directory);
	if (count != CROWD + 2)
		die(path, "not all are there");
	return now_us() - begin;
}

/* What 'ls -l' asks for. */
static double time_long_list(const char *path)
{
	double begin = now_us();
	DIR *directory = opendir(path);
	struct dirent *entry;
	struct stat st;

	if (!directory)
		die(path, "cannot list");
	while ((entry = readdir(directory)))
		if (fstatat(dirfd(directory), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			die(entry->d_name, "cannot stat");
	closedir(directory);
	return now_us() - begin;
}

static double time_first_reads(const char *path)
{
	double begin = now_us();

	for (unsigned i = 0; i < CROWD; i++) {
		cleanup_free char *file = NULL;

		if (asprintf(&file, "%s/p%u.yaml", path, i) < 0)
			die(path, "no memory");
		time_read(file);
	}
	return (now_us() - begin) / CROWD;
}

/* The view beside the disk, in the unit that so many microseconds are. */
static void compare_crowds(const char *what, double (*once)(const char *),
			   const struct places *places, size_t rounds, const char *unit, double us)
{
	double view[ROUNDS], disk[ROUNDS], a, b;

	for (size_t round = 0; round < rounds; round++) {
		view[round] = once(places->personas[0]) / us;
		disk[round] = once(places->personas[1]) / us;
	}
	a = median(view, rounds);
	b = median(disk, rounds);
	printf("%-20s view %7.1f %s   disk %7.1f %s   view/disk %5.2f\n", what, a, unit, b, unit,
	       a / b);
}

static void *read_often(void *path)
{
	for (unsigned i = 0; i < PARALLEL_READS; i++)
		time_read(path);
	return NULL;
}

/* How many reads a second so many threads do, each of a file of its own. */
static double readers(const char *personas, unsigned count)
{
	pthread_t threads[2];
	char *files[2];
	double begin = now_us();

	for (unsigned i = 0; i < count; i++) {
		if (asprintf(&files[i], "%s/p%u.yaml", personas, i) < 0 ||
		    pthread_create(&threads[i], NULL, read_often, files[i]) != 0)
			die("readers", "cannot start");
	}
	for (unsigned i = 0; i < count; i++) {
		pthread_join(threads[i], NULL);
		free(files[i]);
	}
	return count * PARALLEL_READS * 1e6 / (now_us() - begin);
}

static void measure_readers(const struct places *places)
{
	static const char *const names[] = {"view", "disk", "pass-through"};

	printf("%-20s", "two readers at once");
	for (size_t which = 0; which < 3; which++) {
		double one[ROUNDS], two[ROUNDS];

		for (size_t round = 0; round < ROUNDS; round++) {
			one[round] = readers(places->personas[which], 1);
			two[round] = readers(places->personas[which], 2);
		}
		printf(" %s %5.2f times one%s", names[which],
		       median(two, ROUNDS) / median(one, ROUNDS), which < 2 ? "  " : "\n");
	}
}

/* A base and CROWD small personas, as 'helios init --from' takes them. */
static char *make_crowd(void)
{
	char *from = below("crowd");

	mkdir(from, 0700);
	for (unsigned i = 0; i <= CROWD; i++) {
		cleanup_free char *path = NULL, *text = NULL;
		int fd;

		if (asprintf(&path, i == CROWD ? "%s/base.yaml" : "%s/p%u.yaml", from, i) < 0 ||
		    asprintf(&text,
			     i == CROWD ? "base_importance: 0.7\ntone: plain\n"
					: "name: P%u\ntone: brisk\nlevel: 1\n",
			     i) < 0)
			die("crowd", "no memory");
		fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
		write_all(fd, text, path);
		close(fd);
	}
	return from;
}

static void copy_crowd(const struct places *places)
{
	cleanup_free char *command = NULL;

	if (asprintf(&command, "mkdir -p '%s' '%s' && cp '%s'/*.yaml '%s'", places->personas[1],
		     places->through, places->personas[0], places->personas[1]) < 0 ||
	    system(command) != 0)
		die("crowd", "cannot copy");
}

static void mount_both(char **argv, const struct places *places, const char *file)
{
	cleanup_free char *view = NULL, *pass = NULL;

	if (asprintf(&view, "%s/%s", places->personas[0], file) < 0 ||
	    asprintf(&pass, "%s/%s", places->personas[2], file) < 0)
		die("mount", "no memory");
	children[0] = start(
		(const char *[]){argv[1], "--dir", places->home, "-f", places->mount, NULL}, view);
	if (access(places->personas[1], F_OK) == 0) /* what passes through is there already */
		children[1] = start(
			(const char *[]){argv[2], places->source, places->through, NULL}, pass);
}

static void measure_one(char **argv, const struct places *places)
{
	char *paths[3];

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		if (asprintf(&paths[i], "%s/" PERSONA ".yaml", places->personas[i]) < 0)
			die("paths", "no memory");
	mount_both(argv, places, PERSONA ".yaml");
	copy_to_disk(paths[0], paths[1]);
	children[1] =
		start((const char *[]){argv[2], places->source, places->through, NULL}, paths[2]);
	measure("warm open+read+close", time_read, paths);
	measure("warm stat", time_stat, paths);
	count_round_trips("warm open+read+close", time_read, paths[0]);
	count_round_trips("warm stat", time_stat, paths[0]);
	measure_saves(paths[0], paths[2]);
	measure_resolution();
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		free(paths[i]);
}

static void measure_crowd(char **argv, const struct places *places)
{
	mount_both(argv, places, "p0.yaml");
	copy_crowd(places);
	clean_mounts();
	mount_both(argv, places, "p0.yaml");
	compare_crowds("first ls -l", time_long_list, places, 1, "ms", 1e3);
	compare_crowds("first read of each", time_first_reads, places, 1, "us", 1);
	compare_crowds("list 10000", time_list, places, ROUNDS, "ms", 1e3);
	compare_crowds("ls -l of 10000", time_long_list, places, ROUNDS, "ms", 1e3);
	measure_readers(places);
}

static void make_home(const struct places *places, const char *from)
{
	const struct helios_client client = {.source = HELIOS_CLI, .name = "bench"};
	struct helios_error error;

	if (helios_init(places->home, from, &client, &error) < 0)
		die("home", error.message);
}

int main(int argc, char **argv)
{
	const char *parent = getenv("HELIOS_BENCH_DIR") ?: "/var/tmp";
	cleanup_free char *crowd = NULL;
	struct places places;

	if (argc != 4) {
		fprintf(stderr, "usage: view HELIOSFS PASSTHROUGH EXAMPLES\n");
		return 2;
	}
	snprintf(top, sizeof(top), "%s/helios-bench-XXXXXX", parent);
	if (!mkdtemp(top))
		die(parent, "cannot make a directory");
	atexit(clean_up);
	umask(077);
	take_places(&places);
	make_home(&places, argv[3]);
	measure_one(argv, &places);
	clean_up();
	if (mkdir(top, 0700) < 0)
		die(top, "cannot make it");
	crowd = make_crowd();
	make_home(&places, crowd);
	measure_crowd(argv, &places);
	return 0;
}
