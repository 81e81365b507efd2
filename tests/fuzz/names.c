/*
 * Names, paths and URIs. A name that is taken obeys the rules of DESIGN.md section 1, stands in
 * paths, URIs and the view's directories, and comes back out of them as it was; a path that is read
 * reads the same when it is written again; nothing else is taken for a persona's file.
 */
#include "fuzz.h"

#include "base/limits.h"
#include "base/utf8.h"
#include "fs/names.h"
#include "mcp/uri.h"
#include "persona/schema.h"
#include "yaml/path.h"

#define URI "helios://persona/"

static void obeys_the_rules(const char *name)
{
	size_t length = strlen(name);

	assert_true(length >= 1 && length <= LIMIT_NAME);
	assert_int_equal(utf8_valid_prefix(name, length), length);
	assert_null(strpbrk(name, "/\\\n\r\t\x1b\x7f"));
	assert_null(strchr(".-# ", name[0]));
	assert_int_not_equal(name[length - 1], ' ');
	assert_string_not_equal(name, "base");
}

static void comes_back_from_a_uri(const char *name)
{
	cleanup_buf struct buf uri = {0};
	cleanup_free char *back = NULL;

	buf_addstr(&uri, URI);
	uri_add(&uri, name);
	buf_addstr(&uri, "/source");
	back = uri_between(buf_text(&uri), URI, "/source");
	assert_non_null(back);
	assert_string_equal(back, name);
}

static void comes_back_from_a_file(const char *name)
{
	for (int dir = DIR_PERSONAS; dir <= DIR_EXPLAIN; dir++) {
		cleanup_buf struct buf file = {0};
		struct name place;

		if (dir == DIR_REJECTED)
			continue;
		buf_addf(&file, "%s%s", name, dir_suffix((enum fs_dir)dir));
		place = name_parse((enum fs_dir)dir, buf_text(&file));
		assert_int_equal(place.kind, dir <= DIR_SOURCES ? NAME_DOCUMENT : NAME_RENDERED);
		assert_string_equal(place.persona, name);
	}
}

static void comes_back_from_a_path(const char *key)
{
	cleanup(arena_done) struct arena arena = {0};
	cleanup_buf struct buf text = {0};
	struct path path;

	path_add_key(&text, "a");
	path_add_key(&text, key);
	path_add_index(&text, 7);
	assert_int_equal(path_parse(&arena, buf_text(&text), &path, NULL), 0);
	assert_int_equal(path.count, 3);
	assert_string_equal(path.steps[1].key, key);
	assert_int_equal(path.steps[2].index, 7);
}

static void path_reads_back(const char *text)
{
	cleanup(arena_done) struct arena arena = {0};
	cleanup_buf struct buf written = {0};
	struct path path, again;

	if (path_parse(&arena, text, &path, NULL) < 0)
		return;
	path_format(&written, &path);
	assert_int_equal(path_parse(&arena, buf_text(&written), &again, NULL), 0);
	assert_int_equal(path.count, again.count);
	for (size_t i = 0; i < path.count; i++) {
		assert_int_equal(path.steps[i].index, again.steps[i].index);
		assert_int_equal(!path.steps[i].key, !again.steps[i].key);
		if (path.steps[i].key)
			assert_string_equal(path.steps[i].key, again.steps[i].key);
	}
}

/* What stands for a persona, wherever it stands, has a name that is one. */
static void file_is_taken_apart(const char *file)
{
	for (int dir = DIR_ROOT; dir <= DIR_LAST; dir++) {
		struct name name = name_parse((enum fs_dir)dir, file);
		bool persona = name.kind == NAME_DOCUMENT || name.kind == NAME_RENDERED ||
			       name.kind == NAME_PAST_DIR;

		assert_true(name_equal(&name, &name));
		assert_true(name_number(&name) > DIR_LAST);
		if (persona && !(dir == DIR_SOURCES && streq(name.persona, "base")))
			obeys_the_rules(name.persona);
		if (persona)
			assert_int_equal(strncmp(file, name.persona, strlen(name.persona)), 0);
	}
}

static void uri_is_read(const char *uri)
{
	cleanup_free char *part = uri_between(uri, "", "");

	free(utf8_fold(uri));
	if (part)
		assert_true(*part && !strchr(part, '/'));
	if (!strchr(uri, '/') && *uri && strlen(uri) < 1000)
		comes_back_from_a_uri(uri);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_part struct part part = part_copy(data, size);
	const char *text = part.text;

	path_reads_back(text);
	comes_back_from_a_path(text);
	file_is_taken_apart(text);
	uri_is_read(text);
	if (schema_check_name(text, NULL) == 0) {
		obeys_the_rules(text);
		comes_back_from_a_file(text);
	}
	return 0;
}
