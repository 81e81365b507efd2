/* The lines of mcp/input.h. */
#include "mcp/input.h"

#include "base/limits.h"

static void end_line(struct input *input, input_fn *fn, void *data)
{
	struct buf *line = &input->line;
	size_t length = line->length;

	if (length && line->data[length - 1] == '\r')
		length--;
	if (input->discarding || line->failed)
		fn(data, NULL, 0);
	else if (length)
		fn(data, line->data, length);
	buf_done(line);
	input->discarding = false;
}

void input_feed(struct input *input, const char *bytes, size_t length, input_fn *fn, void *data)
{
	while (length) {
		const char *end = memchr(bytes, '\n', length);
		size_t part = end ? (size_t)(end - bytes) : length;

		if (!input->discarding && input->line.length + part <= LIMIT_MESSAGE) {
			buf_add(&input->line, bytes, part);
		} else if (!input->discarding) {
			input->discarding = true;
			buf_done(&input->line);
		}
		if (end)
			end_line(input, fn, data);
		bytes += part + (end != NULL);
		length -= part + (end != NULL);
	}
}
