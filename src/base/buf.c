/* The buffer of base/buf.h. */
#include "base/buf.h"

static bool reserve(struct buf *buf, size_t extra)
{
	size_t wanted = buf->capacity ? buf->capacity : 128;
	char *grown;

	if (buf->failed)
		return false;
	if (extra < buf->capacity - buf->length && buf->capacity)
		return true;
	if (extra > SIZE_MAX / 4 || buf->length > SIZE_MAX / 4) {
		buf->failed = true;
		return false;
	}
	while (wanted <= buf->length + extra)
		wanted *= 2;
	grown = realloc(buf->data, wanted);
	if (!grown) {
		buf->failed = true;
		return false;
	}
	buf->data = grown;
	buf->capacity = wanted;
	return true;
}

void buf_add(struct buf *buf, const void *bytes, size_t length)
{
	if (!reserve(buf, length))
		return;
	if (length)
		memcpy(buf->data + buf->length, bytes, length);
	buf->length += length;
	buf->data[buf->length] = '\0';
}

void buf_addstr(struct buf *buf, const char *text)
{
	buf_add(buf, text, strlen(text));
}

void buf_addch(struct buf *buf, char c)
{
	buf_add(buf, &c, 1);
}

void buf_addf(struct buf *buf, const char *format, ...)
{
	va_list args;
	cleanup_free char *text = NULL;
	int length;

	va_start(args, format);
	length = vasprintf(&text, format, args);
	va_end(args);
	if (length < 0) {
		text = NULL;
		buf->failed = true;
		return;
	}
	buf_add(buf, text, (size_t)length);
}

void buf_splice(struct buf *buf, size_t start, size_t end, const char *bytes, size_t length)
{
	if (!reserve(buf, length))
		return;
	memmove(buf->data + start + length, buf->data + end, buf->length - end);
	if (length)
		memcpy(buf->data + start, bytes, length);
	buf->length = buf->length - (end - start) + length;
	buf->data[buf->length] = '\0';
}

const char *buf_text(const struct buf *buf)
{
	return buf->data ? buf->data : "";
}

char *buf_take(struct buf *buf)
{
	char *data;

	buf_add(buf, "", 0);
	if (buf->failed) {
		buf_done(buf);
		return NULL;
	}
	data = buf->data;
	*buf = (struct buf){0};
	return data;
}

void buf_clear(struct buf *buf)
{
	buf->length = 0;
	buf->failed = false;
	if (buf->data)
		buf->data[0] = '\0';
}

void buf_done(struct buf *buf)
{
	free(buf->data);
	*buf = (struct buf){0};
}
