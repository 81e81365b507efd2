/*
 * Does the same random things to two files, one on the view and a plain one that is the model, and
 * ends with an error at the first difference: in a result, an errno, a size or a byte.
 *
 *   exercise scratch|source FILE MODEL COUNT SEED
 *
 * Anything may be done to a scratch file. A source is kept a valid document: "level: 1 #" and what
 * the random writes make of the comment behind it, without holes.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST = 1 << 17, PIECE = 1 << 13 };

static const char head[] = "level: 1 #";

struct side {
	const char *path;
	char other[4096]; /* where it is renamed to */
	int fd;
};

static struct side view, model;
static bool whole_files; /* scratch: nothing has to be valid */
static uint64_t state;
static unsigned long done;
static const char *doing = "start";

__attribute__((format(printf, 1, 2))) static void fail(const char *format, ...)
{
	va_list args;

	fprintf(stderr, "exercise: after %lu, %s: ", done, doing);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

/* xorshift64*: the same sequence for a seed everywhere. */
static size_t upto(size_t bound)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (size_t)((state * UINT64_C(2685821657736338717)) >> 33) % (bound + 1);
}

static void same(long a, int a_errno, long b, int b_errno)
{
	if (a != b || (a < 0 && a_errno != b_errno))
		fail("%ld (%s), but the model %ld (%s)", a, a < 0 ? strerror(a_errno) : "ok", b,
		     b < 0 ? strerror(b_errno) : "ok");
}

/* Calls a function of a file descriptor on both sides. */
#define BOTH(call)                                                                                 \
	do {                                                                                       \
		int fd = view.fd;                                                                  \
		long a = (call);                                                                   \
		int a_errno = errno;                                                               \
		fd = model.fd;                                                                     \
		long b = (call);                                                                   \
		same(a, a_errno, b, errno);                                                        \
	} while (0)

static size_t size_of(void)
{
	struct stat a, b;

	if (fstat(view.fd, &a) < 0 || fstat(model.fd, &b) < 0)
		fail("fstat: %s", strerror(errno));
	if (a.st_size != b.st_size)
		fail("size %lld, but the model %lld", (long long)a.st_size, (long long)b.st_size);
	return (size_t)b.st_size;
}

static void reading(void)
{
	static char a[PIECE], b[PIECE];
	size_t length = upto(PIECE);
	off_t offset = (off_t)upto(size_of() + 100);
	ssize_t got = pread(view.fd, a, length, offset),
		expect = pread(model.fd, b, length, offset);

	same(got, errno, expect, errno);
	if (got > 0 && memcmp(a, b, (size_t)got) != 0)
		fail("other bytes at %lld", (long long)offset);
}

static void fill(char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		bytes[i] = whole_files ? (char)upto(255) : (char)('a' + upto(25));
}

static void writing(void)
{
	static char bytes[PIECE];
	size_t length = upto(PIECE), size = size_of();
	size_t least = whole_files ? 0 : strlen(head);
	size_t offset = least + upto((whole_files ? MOST - PIECE : size) - least);

	fill(bytes, length);
	if (offset + length <= MOST)
		BOTH(pwrite(fd, bytes, length, (off_t)offset));
}

static void writing_on(void)
{
	static char bytes[PIECE];
	size_t length = upto(PIECE / 8);

	fill(bytes, length);
	if (size_of() + length > MOST)
		return;
	BOTH(lseek(fd, 0, SEEK_END));
	BOTH(write(fd, bytes, length));
	BOTH(lseek(fd, 0, SEEK_CUR));
}

static void truncating(void)
{
	size_t size = size_of(), least = whole_files ? 0 : strlen(head);
	size_t length = least + upto((whole_files ? MOST : size) - least);

	BOTH(ftruncate(fd, (off_t)length));
}

static void syncing(void)
{
	bool data = upto(1);

	BOTH(data ? fdatasync(fd) : fsync(fd));
}

static void mapping(void)
{
	size_t size = size_of();
	char *a, *b;

	if (!size)
		return;
	a = mmap(NULL, size, PROT_READ, MAP_PRIVATE, view.fd, 0);
	b = mmap(NULL, size, PROT_READ, MAP_PRIVATE, model.fd, 0);
	if (a == MAP_FAILED || b == MAP_FAILED)
		fail("%s", strerror(errno));
	if (memcmp(a, b, size) != 0)
		fail("other bytes");
	munmap(a, size);
	munmap(b, size);
}

static void duplicating(void)
{
	int a = dup(view.fd), b = dup(model.fd);

	close(view.fd);
	close(model.fd);
	view.fd = a;
	model.fd = b;
	size_of();
}

static void copying(void)
{
	off_t from = (off_t)upto(size_of()), to = (off_t)upto(MOST / 2);
	size_t length = upto(PIECE);
	off_t a_from = from, a_to = to + MOST / 2, b_from = from, b_to = a_to;
	long a, b;
	int a_errno;

	if ((size_t)from + length > (size_t)a_to)
		return; /* overlapping is EINVAL here and there */
	if ((size_t)a_to + length > MOST)
		return;
	a = copy_file_range(view.fd, &a_from, view.fd, &a_to, length, 0);
	a_errno = errno;
	b = copy_file_range(model.fd, &b_from, model.fd, &b_to, length, 0);
	same(a, a_errno, b, errno);
	if (a_from != b_from || a_to != b_to)
		fail("other offsets");
}

static void opening(struct side *side, int flags)
{
	side->fd = open(side->path, flags, 0600);
	if (side->fd < 0)
		fail("open %s: %s", side->path, strerror(errno));
}

static void open_both(int flags)
{
	opening(&view, flags);
	opening(&model, flags);
}

static void close_both(void)
{
	BOTH(close(fd));
}

/* Closes, looks with fresh eyes, and opens in another way. */
static void reopening(void)
{
	bool empties = upto(7) == 0;

	close_both();
	open_both(O_RDONLY);
	mapping();
	reading();
	close_both();
	open_both((upto(3) ? O_RDWR : O_RDWR | O_APPEND) | (empties ? O_TRUNC : 0));
	if (empties && !whole_files)
		BOTH(write(fd, head, strlen(head)));
}

static void renaming(void)
{
	BOTH(rename(fd == view.fd ? view.path : model.path,
		    fd == view.fd ? view.other : model.other));
	size_of();
	BOTH(rename(fd == view.fd ? view.other : model.other,
		    fd == view.fd ? view.path : model.path));
}

/* An open file lives on when its name goes, and a new one is another. */
static void removing(void)
{
	BOTH(unlink(fd == view.fd ? view.path : model.path));
	BOTH(access(fd == view.fd ? view.path : model.path, F_OK));
	writing_on();
	reading();
	close_both();
	open_both(O_RDWR | O_CREAT | O_EXCL);
}

static void truncating_by_name(void)
{
	off_t length = (off_t)upto(MOST);

	BOTH(truncate(fd == view.fd ? view.path : model.path, length));
	size_of();
}

struct deed {
	const char *name;
	void (*run)(void);
	unsigned weight;
	bool scratch_only;
};

static const struct deed deeds[] = {
	{"reading", reading, 30, false},	{"writing", writing, 30, false},
	{"writing on", writing_on, 15, false},	{"truncating", truncating, 8, false},
	{"syncing", syncing, 1, false},		{"mapping", mapping, 4, false},
	{"duplicating", duplicating, 3, false}, {"reopening", reopening, 2, false},
	{"copying", copying, 5, true},		{"renaming", renaming, 3, true},
	{"removing", removing, 1, true},	{"truncating by name", truncating_by_name, 3, true},
};

enum { DEEDS = sizeof(deeds) / sizeof(deeds[0]) };

static const struct deed *choose(void)
{
	for (;;) {
		const struct deed *deed = &deeds[upto(DEEDS - 1)];

		if ((whole_files || !deed->scratch_only) && upto(29) < deed->weight)
			return deed;
	}
}

int main(int argc, char *argv[])
{
	unsigned long count;

	if (argc != 6)
		return 2;
	whole_files = strcmp(argv[1], "scratch") == 0;
	view.path = argv[2];
	model.path = argv[3];
	count = strtoul(argv[4], NULL, 10);
	state = strtoull(argv[5], NULL, 10) | 1;
	snprintf(view.other, sizeof(view.other), "%s~", view.path);
	snprintf(model.other, sizeof(model.other), "%s~", model.path);
	open_both(O_RDWR | O_CREAT | O_TRUNC);
	BOTH(write(fd, head, strlen(head)));
	for (; done < count; done++) {
		const struct deed *deed = choose();

		doing = deed->name;
		deed->run();
	}
	close_both();
	open_both(O_RDONLY);
	mapping();
	close_both();
	printf("%lu\n", done);
	return 0;
}
