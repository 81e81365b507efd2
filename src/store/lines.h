/*
 * A cache kept as lines of text, each vouching for itself and for its place:
 *
 *   SUM WHAT IT SAYS
 *
 * SUM is the CRC-32 of what follows it in the line, begun with the SUM of the line before. A line
 * that is not true, and all behind it, count as not there, so a torn or damaged file only costs
 * the time to make it again. One program at a time adds (flock); any number read.
 */
#pragma once

#include "base/buf.h"

#define LINES_SUM_LENGTH 8 /* and a space */

struct lines {
	struct buf text;
	size_t length; /* bytes of text that are whole lines and true */
};

/* Reads the lines of a file of at most limit bytes; none when it cannot be read. */
void lines_load(int directory, const char *path, size_t limit, struct lines *ret);
void lines_done(struct lines *lines);

/* Where the line that ends before this offset begins. */
size_t lines_before(const struct lines *lines, size_t offset);

/* The sum of the line that ends before this offset: what the next begins with. */
uint32_t lines_sum(const struct lines *lines, size_t offset);

/*
 * A line is what was added to out since lines_begin(), which gives its place; lines_end() makes it
 * true behind one whose sum is *sum, which becomes its own.
 */
size_t lines_begin(struct buf *out);
void lines_end(struct buf *out, size_t begin, uint32_t *sum);

/*
 * A descriptor to append with, made when missing; -EBUSY while another program adds, or another
 * negative errno.
 */
int lines_open(int directory, const char *path);

/* The same for a file that begins anew, with the first known bytes of lines alone. */
int lines_open_anew(int directory, const char *path, const struct lines *lines, size_t known);

#define cleanup_lines cleanup(lines_done)
