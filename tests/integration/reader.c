/*
 * Reads one file over and over, at least COUNT times, says "enough" then, and goes on until its
 * standard input ends. Prints a fingerprint of each different content it saw, in hex, and last
 * how often it read.
 *
 *   reader FILE COUNT [mmap]
 *
 * A read fails the run when the file cannot be opened, when fewer or more bytes come than fstat
 * said, or when two reads through one handle differ: an open handle is one version to its end.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST = 1 << 20, KINDS = 1 << 16 };

static char first[MOST], second[MOST];
static uint64_t seen[KINDS]; /* open addressing; 0 is an empty slot */

static void fail(const char *what)
{
	fprintf(stderr, "reader: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* FNV-1a, 64 bits: the test computes the same of each text it saved. */
static uint64_t fingerprint(const char *data, size_t length)
{
	uint64_t hash = UINT64_C(14695981039346656037);

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ (unsigned char)data[i]) * UINT64_C(1099511628211);
	return hash;
}

static void remember(uint64_t hash)
{
	size_t slot = hash % KINDS;

	while (seen[slot] && seen[slot] != hash)
		slot = (slot + 1) % KINDS;
	if (seen[slot])
		return;
	seen[slot] = hash;
	printf("%016" PRIx64 "\n", hash);
}

static size_t read_all(int fd, char *buffer)
{
	size_t length = 0;
	ssize_t n;

	while ((n = pread(fd, buffer + length, MOST - length, (off_t)length)) > 0)
		length += (size_t)n;
	if (n < 0)
		fail("read");
	return length;
}

static size_t map_all(int fd, char *buffer, size_t length)
{
	void *map;

	if (!length)
		return 0;
	map = mmap(NULL, length, PROT_READ, MAP_PRIVATE, fd, 0);
	if (map == MAP_FAILED)
		fail("mmap");
	memcpy(buffer, map, length);
	munmap(map, length);
	return length;
}

static void read_once(const char *path, bool use_mmap)
{
	struct stat st;
	size_t length;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		fail("open");
	if (fstat(fd, &st) < 0)
		fail("fstat");
	length = use_mmap ? map_all(fd, first, (size_t)st.st_size) : read_all(fd, first);
	if (length != (size_t)st.st_size) {
		errno = 0;
		fail("the size is not what was read");
	}
	if (read_all(fd, second) != length || memcmp(first, second, length) != 0) {
		errno = 0;
		fail("one handle gave two contents");
	}
	close(fd);
	remember(fingerprint(first, length));
}

/* The test closes our standard input when the writers are done. */
static bool told_to_end(void)
{
	struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};

	return poll(&in, 1, 0) > 0;
}

int main(int argc, char **argv)
{
	unsigned long count, done = 0;

	if (argc < 3)
		return 2;
	count = strtoul(argv[2], NULL, 10);
	while (done < count || done % 64 || !told_to_end()) {
		read_once(argv[1], argc > 3);
		if (++done == count) {
			puts("enough");
			fflush(stdout);
		}
	}
	printf("reads %lu\n", done);
	return 0;
}
