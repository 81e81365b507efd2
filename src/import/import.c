/* Which reader a file is for, and what all imports have in common; see import/import.h. */
#include "import/import.h"

#include <strings.h>

#include "base/buf.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "import/card.h"
#include "import/front.h"
#include "import/markdown.h"
#include "import/png.h"
#include "yaml/text.h"

bool import_note(struct import *import, const char *what, const char *why, bool kept)
{
	struct import_note *notes = arena_grow(&import->arena, import->notes, import->note_count,
					       &import->note_capacity, sizeof(*notes));
	const char *copy = arena_strdup(&import->arena, what),
		   *reason = arena_strdup(&import->arena, why);

	if (!notes || !copy || !reason)
		return false;
	import->notes = notes;
	notes[import->note_count++] = (struct import_note){copy, reason, kept};
	return true;
}

void import_done(struct import *import)
{
	arena_done(&import->arena);
	*import = (struct import){0};
}

/* ---- which kind */

enum kind { KIND_NONE, KIND_MARKDOWN, KIND_CURSOR, KIND_CARD, KIND_PICTURE };

static const char *last_part(const char *file)
{
	const char *slash = strrchr(file, '/');

	return slash ? slash + 1 : file;
}

static bool ends_so(const char *name, const char *end)
{
	size_t length = strlen(name), tail = strlen(end);

	return length >= tail && strcasecmp(name + length - tail, end) == 0;
}

static size_t skip_mark(const char *bytes, size_t length)
{
	size_t mark = strlen(TEXT_BOM);

	return length >= mark && memcmp(bytes, TEXT_BOM, mark) == 0 ? mark : 0;
}

static bool begins_as_json(const char *bytes, size_t length)
{
	size_t at = skip_mark(bytes, length);

	while (at < length && strchr(" \t\r\n", bytes[at]) && bytes[at])
		at++;
	return at < length && bytes[at] == '{';
}

static enum kind kind_of(const char *file, const char *bytes, size_t length)
{
	static const char *const markdown[] = {".md", ".markdown", ".windsurfrules", ".clinerules",
					       ".rules"};
	const char *name = last_part(file);

	if (png_is(bytes, length))
		return KIND_PICTURE;
	if (ends_so(name, ".mdc") || ends_so(name, ".cursorrules"))
		return KIND_CURSOR;
	for (size_t i = 0; i < ARRAY_SIZE(markdown); i++)
		if (ends_so(name, markdown[i]))
			return KIND_MARKDOWN;
	return begins_as_json(bytes, length) ? KIND_CARD : KIND_NONE;
}

size_t import_limit(const char *file, const char *bytes, size_t length)
{
	static const size_t limits[] = {[KIND_NONE] = 0,
					[KIND_MARKDOWN] = LIMIT_TEXT,
					[KIND_CURSOR] = LIMIT_TEXT,
					[KIND_CARD] = LIMIT_CARD,
					[KIND_PICTURE] = LIMIT_PICTURE};

	return limits[kind_of(file, bytes, length)];
}

/* ---- the persona's name */

/* "CLAUDE.md" as claude, ".cursorrules" as cursorrules, "x.instructions.md" as x. */
static const char *name_of_file(struct arena *arena, const char *file)
{
	const char *name = last_part(file);

	name += *name == '.';
	return arena_strndup(arena, name, strcspn(name, "."));
}

static bool is_in_names(uint32_t c)
{
	return c >= 0x80 ? !utf8_is_invisible(c) && c != 0x3000
			 : (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

/* Small letters and digits, with '-' for all else: what is easily typed after 'helios show'. */
static const char *plain_name(struct arena *arena, const char *words)
{
	cleanup_free char *folded = utf8_fold(words);
	cleanup_buf struct buf name = {0};
	bool gap = false;

	for (size_t at = 0, length = folded ? strlen(folded) : 0; at < length;) {
		uint32_t c;
		size_t size = utf8_decode(folded + at, length - at, &c);

		if (name.length + size + 1 > LIMIT_NAME)
			break;
		if (is_in_names(c)) {
			buf_addstr(&name, gap && name.length ? "-" : "");
			buf_add(&name, folded + at, size);
		}
		gap = !is_in_names(c);
		at += size;
	}
	return folded && !name.failed ? arena_strdup(arena, buf_text(&name)) : NULL;
}

/* ---- reading */

static int refuse(const struct import *import, struct helios_error *error, const char *hint,
		  const char *why)
{
	return helios_fail(error, HELIOS_IMPORT, &(struct helios_place){.file = import->file}, hint,
			   "%s", why);
}

static int check_text(const struct import *import, const char *text, size_t length,
		      struct helios_error *error)
{
	if (utf8_valid_prefix(text, length) != length || memchr(text, '\0', length))
		return refuse(import, error, "save it as UTF-8", "the file is no text in UTF-8");
	return 0;
}

static int read_markdown(struct import *import, enum kind kind, const char *text, size_t length,
			 struct helios_error *error)
{
	const char *name = NULL;
	size_t front = 0, before;
	int err = check_text(import, text, length, error);

	import->kind = kind == KIND_CURSOR ? "cursor-rules" : "markdown";
	import->title = kind == KIND_CURSOR ? "rules of Cursor" : "rules in Markdown";
	if (err == 0)
		err = front_read(import, text, length, &front, &name, error);
	if (err < 0)
		return err;
	before = import->root->count;
	err = markdown_read(import, text + front, length - front, error);
	if (err == 0 && import->root->count == before)
		return refuse(import, error, NULL, "the file says nothing");
	import->name = name ?: name_of_file(&import->arena, import->file);
	if (err == 0 && !import->name)
		err = -ENOMEM;
	if (err == 0 && !node_get(import->root, "name"))
		err = node_put(&import->arena, import->root, "name",
			       node_string(&import->arena, import->name, strlen(import->name)));
	return err;
}

/*
 * What says who it is comes first, and what no prompt has last. Without a description it has none,
 * for the base's would be wrong.
 */
static int put_in_order(struct import *import)
{
	static const char *const first[] = {"name", "description", "version"};
	struct arena *arena = &import->arena;
	struct node *root = import->root, *made = node_map(arena), *author;
	int err = made ? 0 : -ENOMEM;

	for (size_t i = 0; err == 0 && i < ARRAY_SIZE(first); i++) {
		struct node *value = node_get(root, first[i]);

		if (!value && streq(first[i], "description"))
			value = node_null(arena);
		err = value ? node_put(arena, made, first[i], value) : 0;
	}
	/* at level 2 every text and list is the persona's, however much the base weighs */
	if (err == 0)
		err = node_put(arena, made, "specialization_level", node_int(arena, 2));
	author = node_get(root, "author");
	for (size_t i = 0; err == 0 && i < root->count; i++)
		if (root->entries[i].value != author)
			err = node_put(arena, made, root->entries[i].key, root->entries[i].value);
	if (err == 0 && author)
		err = node_put(arena, made, "author", author);
	import->root = made;
	return err;
}

static int read_kind(struct import *import, enum kind kind, const char *bytes, size_t length,
		     struct helios_error *error)
{
	size_t mark = skip_mark(bytes, length);

	switch (kind) {
	case KIND_PICTURE:
		return card_read_picture(import, bytes, length, error);
	case KIND_CARD:
		return card_read(import, bytes + mark, length - mark, error);
	case KIND_NONE:
		return refuse(import, error, NULL,
			      "the file is none of the kinds that can be read");
	default:
		return read_markdown(import, kind, bytes + mark, length - mark, error);
	}
}

int import_read(const char *file, const char *bytes, size_t length, struct import *ret,
		struct helios_error *error)
{
	int err;

	*ret = (struct import){.file = file};
	ret->root = node_map(&ret->arena);
	err = ret->root ? read_kind(ret, kind_of(file, bytes, length), bytes, length, error)
			: -ENOMEM;
	if (err == 0)
		err = put_in_order(ret);
	if (err == 0) {
		ret->name = ret->name ? plain_name(&ret->arena, ret->name) : NULL;
		err = ret->name ? 0 : -ENOMEM;
	}
	return err == -ENOMEM ? helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "memory ran out")
			      : err;
}
