/* The reader of import/png.h: chunk after chunk of length, type, data and checksum. */
#include "import/png.h"

#include <strings.h>
#include <zlib.h>

#define SIGNATURE "\x89PNG\r\n\x1a\n"
#define AROUND_DATA 12u	      /* bytes of length, type and checksum */
#define MOST_DATA 0x7fffffffu /* the specification's limit */

struct chunk {
	const char *type; /* four letters */
	const char *data;
	size_t length;
};

struct reader {
	const char *bytes, *file;
	size_t at, length;
	struct helios_error *error;
};

bool png_is(const char *bytes, size_t length)
{
	return length >= strlen(SIGNATURE) && memcmp(bytes, SIGNATURE, strlen(SIGNATURE)) == 0;
}

static uint32_t checksum(const char *bytes, size_t length)
{
	return (uint32_t)crc32(0, (const unsigned char *)bytes, (unsigned)length);
}

static uint32_t number(const char *bytes)
{
	const unsigned char *b = (const unsigned char *)bytes;

	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static int refuse(const struct reader *reader, const char *why)
{
	return helios_fail(reader->error, HELIOS_IMPORT,
			   &(struct helios_place){.file = reader->file},
			   "get the picture again from where it came from",
			   "the picture is damaged: %s, at byte %zu", why, reader->at);
}

static int next_chunk(struct reader *reader, struct chunk *ret)
{
	const char *at = reader->bytes + reader->at;
	size_t left = reader->length - reader->at;

	if (left < AROUND_DATA)
		return refuse(reader, "it ends too early");
	ret->length = number(at);
	ret->type = at + 4;
	ret->data = at + 8;
	if (ret->length > MOST_DATA || ret->length > left - AROUND_DATA)
		return refuse(reader, "a chunk is longer than what is left of the file");
	if (checksum(ret->type, ret->length + 4) != number(ret->data + ret->length))
		return refuse(reader, "a checksum is wrong");
	reader->at += AROUND_DATA + ret->length;
	return 0;
}

static bool is_type(const struct chunk *chunk, const char *type)
{
	return memcmp(chunk->type, type, 4) == 0;
}

/* Whether the chunk's text has that keyword; ret is what stands behind the keyword's NUL. */
static bool has_keyword(const struct chunk *chunk, const char *keyword, struct slice *ret)
{
	size_t length = strlen(keyword) + 1;

	if (chunk->length < length || chunk->data[length - 1] ||
	    strncasecmp(chunk->data, keyword, length) != 0)
		return false;
	*ret = (struct slice){chunk->data + length, chunk->length - length};
	return true;
}

/* The first of each keyword counts, as for the programs that write them. */
static void take_text(const struct chunk *chunk, struct png_cards *ret)
{
	struct slice chara = {NULL, 0}, ccv3 = {NULL, 0};

	if (!has_keyword(chunk, "chara", &chara) && !has_keyword(chunk, "ccv3", &ccv3))
		return;
	if (!is_type(chunk, "tEXt")) {
		ret->compressed = true;
		return;
	}
	if (!ret->chara.at)
		ret->chara = chara;
	if (!ret->ccv3.at)
		ret->ccv3 = ccv3;
}

int png_read(const char *bytes, size_t length, const char *file, struct png_cards *ret,
	     struct helios_error *error)
{
	struct reader reader = {.bytes = bytes,
				.file = file,
				.at = strlen(SIGNATURE),
				.length = length,
				.error = error};
	struct chunk chunk = {0};
	int err;

	*ret = (struct png_cards){0};
	do {
		bool first = reader.at == strlen(SIGNATURE);

		err = next_chunk(&reader, &chunk);
		if (err < 0)
			return err;
		if (first && !is_type(&chunk, "IHDR"))
			return refuse(&reader, "it does not begin as a PNG does");
		if (is_type(&chunk, "tEXt") || is_type(&chunk, "zTXt") || is_type(&chunk, "iTXt"))
			take_text(&chunk, ret);
	} while (!is_type(&chunk, "IEND"));
	ret->behind = length - reader.at;
	return 0;
}
