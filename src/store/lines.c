/* The files of store/lines.h. */
#include "store/lines.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>
#include <zlib.h>

#include "base/file.h"

void lines_done(struct lines *lines)
{
	buf_done(&lines->text);
}

static uint32_t sum_of(uint32_t before, const char *bytes, size_t length)
{
	return (uint32_t)crc32(before, (const unsigned char *)bytes, (unsigned)length);
}

static void format_sum(char hex[LINES_SUM_LENGTH + 1], uint32_t sum)
{
	snprintf(hex, LINES_SUM_LENGTH + 1, "%08x", sum);
}

static bool is_true(const char *line, size_t length, uint32_t *sum)
{
	char hex[LINES_SUM_LENGTH + 1];

	if (length <= LINES_SUM_LENGTH || line[LINES_SUM_LENGTH] != ' ')
		return false;
	*sum = sum_of(*sum, line + LINES_SUM_LENGTH, length - LINES_SUM_LENGTH);
	format_sum(hex, *sum);
	return memcmp(line, hex, LINES_SUM_LENGTH) == 0;
}

void lines_load(int directory, const char *path, size_t limit, struct lines *ret)
{
	const char *at, *end;
	uint32_t sum = 0;

	*ret = (struct lines){0};
	if (file_read(directory, path, limit, &ret->text, NULL) < 0)
		buf_clear(&ret->text);
	at = buf_text(&ret->text);
	while ((end = memchr(at, '\n', ret->text.length - ret->length)) &&
	       is_true(at, (size_t)(end - at), &sum)) {
		at = end + 1;
		ret->length = (size_t)(at - ret->text.data);
	}
}

size_t lines_before(const struct lines *lines, size_t offset)
{
	const char *newline = offset > 1 ? memrchr(lines->text.data, '\n', offset - 1) : NULL;

	return newline ? (size_t)(newline + 1 - lines->text.data) : 0;
}

uint32_t lines_sum(const struct lines *lines, size_t offset)
{
	return offset ? (uint32_t)strtoul(lines->text.data + lines_before(lines, offset), NULL, 16)
		      : 0;
}

size_t lines_begin(struct buf *out)
{
	size_t begin = out->length;

	buf_addf(out, "%*s ", LINES_SUM_LENGTH, "");
	return begin;
}

void lines_end(struct buf *out, size_t begin, uint32_t *sum)
{
	char hex[LINES_SUM_LENGTH + 1];
	size_t said = begin + LINES_SUM_LENGTH;

	if (out->failed)
		return;
	*sum = sum_of(*sum, out->data + said, out->length - said);
	format_sum(hex, *sum);
	memcpy(out->data + begin, hex, LINES_SUM_LENGTH);
	buf_addch(out, '\n');
}

int lines_open(int directory, const char *path)
{
	int fd = file_open_beneath(directory, path, O_WRONLY | O_APPEND | O_CREAT, 0600);

	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0) {
		close(fd);
		return -EBUSY;
	}
	return fd;
}

int lines_open_anew(int directory, const char *path, const struct lines *lines, size_t known)
{
	int directories = (int)(strrchr(path, '/') ? strrchr(path, '/') + 1 - path : 0), err;
	cleanup_free char *aside = NULL;

	/* hidden: a name beside it could be another cache's */
	if (asprintf(&aside, "%.*s.%s.new", directories, path, path + directories) < 0) {
		aside = NULL;
		return -ENOMEM;
	}
	file_unlink(directory, aside, 0);
	err = file_create(directory, aside, buf_text(&lines->text), known);
	if (err == 0 && file_rename(directory, aside, path, 0) < 0)
		err = -errno;
	return err < 0 ? err : lines_open(directory, path);
}
