/*
 * Pictures and base64 that character cards stand in: each cut and each changed byte of a picture is
 * refused or reads the same, lengths that lie never leave the bytes there are.
 */
#include "test.h"

#include "import/base64.h"
#include "import/png.h"

/* Copied to memory of just that size: a byte read behind it is found by the sanitizers. */
static int read_copy(const struct buf *picture, size_t length, struct png_cards *cards)
{
	char *copy = malloc(length ?: 1);
	int err;

	assert_non_null(copy);
	memcpy(copy, buf_text(picture), length);
	err = png_is(copy, length) ? png_read(copy, length, "x.png", cards, NULL) : -EINVAL;
	free(copy);
	return err;
}

static void add_number(struct buf *out, uint32_t number)
{
	for (int shift = 24; shift >= 0; shift -= 8)
		buf_addch(out, (char)(number >> shift & 0xff));
}

static uint32_t checksum(const char *bytes, size_t length)
{
	uint32_t sum = ~0u;

	for (size_t i = 0; i < length; i++) {
		sum ^= (unsigned char)bytes[i];
		for (int bit = 0; bit < 8; bit++)
			sum = sum >> 1 ^ (sum & 1 ? 0xedb88320u : 0);
	}
	return ~sum;
}

static void add_chunk(struct buf *out, const char *type, const char *data, size_t length)
{
	size_t start;

	add_number(out, (uint32_t)length);
	start = out->length;
	buf_add(out, type, 4);
	buf_add(out, data, length);
	add_number(out, checksum(out->data + start, length + 4));
}

static void make_picture(struct buf *out)
{
	static const char text[] = "chara\0QUJD", other[] = "ccv3\0REVG", none[] = "charabanc\0no";

	buf_add(out, "\x89PNG\r\n\x1a\n", 8);
	add_chunk(out, "IHDR", "0123456789abc", 13);
	add_chunk(out, "tEXt", none, sizeof(none) - 1);
	add_chunk(out, "tEXt", text, sizeof(text) - 1);
	add_chunk(out, "tEXt", other, sizeof(other) - 1);
	add_chunk(out, "IEND", "", 0);
}

static void the_texts_are_found(void **state)
{
	cleanup_buf struct buf picture = {0};
	struct png_cards cards;

	(void)state;
	make_picture(&picture);
	assert_int_equal(png_read(picture.data, picture.length, "x", &cards, NULL), 0);
	assert_int_equal(cards.chara.length, 4);
	assert_memory_equal(cards.chara.at, "QUJD", 4);
	assert_memory_equal(cards.ccv3.at, "REVG", 4);
	assert_int_equal(cards.behind, 0);
	buf_addstr(&picture, "more");
	assert_int_equal(png_read(picture.data, picture.length, "x", &cards, NULL), 0);
	assert_int_equal(cards.behind, 4);
}

static void every_cut_and_change_is_refused(void **state)
{
	cleanup_buf struct buf picture = {0};
	struct png_cards cards;

	(void)state;
	make_picture(&picture);
	for (size_t length = 0; length < picture.length; length++)
		assert_int_equal(read_copy(&picture, length, &cards), -EINVAL);
	for (size_t at = 0; at < picture.length; at++)
		for (int bit = 0; bit < 8; bit++) {
			picture.data[at] ^= (char)(1 << bit);
			assert_int_equal(read_copy(&picture, picture.length, &cards), -EINVAL);
			picture.data[at] ^= (char)(1 << bit);
		}
	assert_int_equal(read_copy(&picture, picture.length, &cards), 0);
}

static void lengths_that_lie_are_refused(void **state)
{
	static const uint32_t lengths[] = {0xffffffffu, 0xfffffff4u, 0xfffffff3u, 0x80000000u,
					   0x7fffffffu, 1000,	     17};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		cleanup_buf struct buf picture = {0};
		struct png_cards cards;

		buf_add(&picture, "\x89PNG\r\n\x1a\n", 8);
		add_chunk(&picture, "IHDR", "0123456789abc", 13);
		add_number(&picture, lengths[i]);
		buf_add(&picture, "tEXtchara\0QUJDxxxx", 16);
		assert_int_equal(read_copy(&picture, picture.length, &cards), -EINVAL);
	}
}

static void base64_is_read(void **state)
{
	static const struct {
		const char *text, *bytes;
	} good[] = {{"", ""},
		    {"QQ==", "A"},
		    {"QQ", "A"},
		    {"QUI=", "AB"},
		    {"QUJD", "ABC"},
		    {"QU\nJD", "ABC"},
		    {"+/+/", "\xfb\xff\xbf"},
		    {"QUJD\r\nRA==\n", "ABCD"}};
	static const char *const bad[] = {"Q",	   "QQ=",  "QQ===", "=",    "QQ==QQ==", "QU=D",
					  "QUJD=", "QU-_", "QUJDR", "\x80", "====",	"Q==="};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		cleanup_buf struct buf out = {0};

		assert_true(base64_decode(good[i].text, strlen(good[i].text), &out));
		assert_string_equal(buf_text(&out), good[i].bytes);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		cleanup_buf struct buf out = {0};

		if (base64_decode(bad[i], strlen(bad[i]), &out))
			fail_msg("'%s' was read", bad[i]);
	}
	assert_false(base64_decode("QQ\0Q", 4, &(struct buf){0}));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_texts_are_found),
		cmocka_unit_test(every_cut_and_change_is_refused),
		cmocka_unit_test(lengths_that_lie_are_refused),
		cmocka_unit_test(base64_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
