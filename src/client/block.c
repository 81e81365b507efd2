/* Finding, putting and removing the block of client/block.h. */
#include "client/block.h"

#define BEGIN "<!-- helios:begin"
#define END "<!-- helios:end -->"

static const char begin_line[] =
	BEGIN " written by 'helios link'; 'helios unlink' removes it -->\n";

/* The next line that begins with mark, at or after from; length when there is none. */
static size_t find_line(const char *text, size_t length, size_t from, const char *mark)
{
	size_t size = strlen(mark);

	for (size_t at = from; at + size <= length; at++)
		if ((at == 0 || text[at - 1] == '\n') && memcmp(text + at, mark, size) == 0)
			return at;
	return length;
}

static size_t after_line(const char *text, size_t length, size_t at)
{
	const char *newline = memchr(text + at, '\n', length - at);

	return newline ? (size_t)(newline - text) + 1 : length;
}

int block_find(const char *text, size_t length, struct block *ret)
{
	size_t start = find_line(text, length, 0, BEGIN), end = find_line(text, length, 0, END);

	if (start == length && end == length)
		return -ENOENT;
	if (start == length || end == length || end < start)
		return -EINVAL;
	*ret = (struct block){start, after_line(text, length, end), after_line(text, length, start),
			      end};
	if (find_line(text, length, ret->body, BEGIN) != length ||
	    find_line(text, length, ret->end, END) != length)
		return -EINVAL;
	return 0;
}

int block_put(const char *text, size_t length, const struct buf *body, struct buf *out,
	      size_t *ret_glue)
{
	struct block block;
	int err = block_find(text, length, &block);

	if (err == 0) {
		buf_add(out, text, block.body);
		buf_add(out, buf_text(body), body->length);
		buf_add(out, text + block.body_end, length - block.body_end);
	} else if (err == -ENOENT) {
		*ret_glue = !length ? 0 : text[length - 1] == '\n' ? 1 : 2;
		buf_add(out, text, length);
		buf_add(out, "\n\n", *ret_glue);
		buf_addstr(out, begin_line);
		buf_add(out, buf_text(body), body->length);
		buf_addstr(out, END "\n");
	} else {
		return err;
	}
	return out->failed ? -ENOMEM : 0;
}

int block_remove(const char *text, size_t length, size_t glue, struct buf *out)
{
	struct block block;
	int err = block_find(text, length, &block);

	if (err < 0)
		return err;
	while (glue > 0 && block.start > 0 && text[block.start - 1] == '\n') {
		block.start--;
		glue--;
	}
	buf_add(out, text, block.start);
	buf_add(out, text + block.end, length - block.end);
	return out->failed ? -ENOMEM : 0;
}
