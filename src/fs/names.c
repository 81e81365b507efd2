/* Classification of the view's names; see fs/names.h. */
#include "fs/names.h"

static const char *const dir_names[DIR_PAST + 1] = {
	[DIR_PERSONAS] = "personas", [DIR_SOURCES] = "sources", [DIR_REJECTED] = "rejected",
	[DIR_PROMPTS] = "prompts",   [DIR_JSON] = "json",	[DIR_EXPLAIN] = "explain",
	[DIR_HISTORY] = "history",   [DIR_PROPOSALS] = "proposals",
};

const char *dir_name(enum fs_dir dir)
{
	return dir_names[dir] ? dir_names[dir] : "";
}

const char *dir_suffix(enum fs_dir dir)
{
	static const char *const suffixes[DIR_PAST + 1] = {
		[DIR_PERSONAS] = ".yaml", [DIR_SOURCES] = ".yaml", [DIR_PROMPTS] = ".md",
		[DIR_JSON] = ".json",	  [DIR_EXPLAIN] = ".yaml", [DIR_PROPOSALS] = ".diff",
	};

	return suffixes[dir] ? suffixes[dir] : "";
}

static void parse_root(struct name *name)
{
	name->kind = NAME_LINK;
	if (streq(name->file, "status.yaml"))
		name->kind = NAME_STATUS;
	if (streq(name->file, "active.yaml"))
		name->kind = NAME_ACTIVE;
	if (streq(name->file, "active.md"))
		name->kind = NAME_ACTIVE_PROMPT;
	for (int dir = DIR_PERSONAS; dir <= DIR_LAST; dir++) {
		if (!streq(name->file, dir_names[dir]))
			continue;
		name->kind = NAME_DIR;
		name->child = (enum fs_dir)dir;
	}
}

/* The name before the directory's suffix becomes the persona's, if it is not too long for one. */
static bool take_persona(struct name *name)
{
	size_t stem = strlen(name->file) - strlen(dir_suffix(name->dir));

	if (stem > LIMIT_NAME)
		return false;
	memcpy(name->persona, name->file, stem);
	name->persona[stem] = '\0';
	return true;
}

static void parse_rendered(struct name *name)
{
	name->kind = NAME_NONE;
	if (ends_with(name->file, dir_suffix(name->dir)) && take_persona(name) &&
	    helios_check_name(name->persona, NULL) == 0)
		name->kind = NAME_RENDERED;
}

static void parse_proposal(struct name *name)
{
	bool fits = ends_with(name->file, dir_suffix(name->dir)) && take_persona(name);

	name->kind = fits && *name->persona ? NAME_PROPOSAL : NAME_NONE;
}

static void parse_past_dir(struct name *name)
{
	name->kind = NAME_NONE;
	if (take_persona(name) && helios_check_name(name->persona, NULL) == 0)
		name->kind = NAME_PAST_DIR;
}

static void parse_document(struct name *name)
{
	name->kind = NAME_SCRATCH;
	if (name->file[0] == '.' || name->file[0] == '#' ||
	    !ends_with(name->file, dir_suffix(name->dir)))
		return;
	name->kind = NAME_INVALID;
	if (!take_persona(name))
		return;
	if ((name->dir == DIR_SOURCES && streq(name->persona, "base")) ||
	    helios_check_name(name->persona, NULL) == 0)
		name->kind = NAME_DOCUMENT;
}

struct name name_parse(enum fs_dir dir, const char *file)
{
	struct name name = {.dir = dir, .kind = NAME_TOO_LONG};
	size_t length = strlen(file);

	if (length >= sizeof(name.file))
		return name;
	memcpy(name.file, file, length + 1);
	if (dir == DIR_ROOT)
		parse_root(&name);
	else if (dir == DIR_REJECTED)
		name.kind = NAME_REJECTED;
	else if (dir == DIR_PROPOSALS)
		parse_proposal(&name);
	else if (dir_is_rendered(dir))
		parse_rendered(&name);
	else if (dir == DIR_HISTORY)
		parse_past_dir(&name);
	else
		parse_document(&name);
	return name;
}

struct name name_past(const char *persona, const char *file)
{
	struct name name = {.dir = DIR_PAST, .kind = NAME_TOO_LONG};

	snprintf(name.persona, sizeof(name.persona), "%s", persona);
	if (strlen(file) < sizeof(name.file)) {
		name.kind = NAME_PAST;
		memcpy(name.file, file, strlen(file) + 1);
	}
	return name;
}

static uint64_t hash_on(uint64_t hash, const char *text)
{
	for (; *text; text++) /* FNV-1a */
		hash = (hash ^ (unsigned char)*text) * 1099511628211u;
	return hash;
}

uint64_t name_number(const struct name *name)
{
	uint64_t hash = 14695981039346656037u ^ (uint64_t)name->dir;

	if (name->dir == DIR_PAST)
		hash = hash_on(hash, name->persona) ^ '/';
	return hash_on(hash, name->file) | 1u << 16; /* never a directory's small number */
}

bool name_equal(const struct name *a, const struct name *b)
{
	return a->dir == b->dir && streq(a->file, b->file) &&
	       (a->dir != DIR_PAST || streq(a->persona, b->persona));
}

int name_refuses_write(const struct name *name)
{
	switch (name->kind) {
	case NAME_DOCUMENT:
	case NAME_SCRATCH:
		return 0;
	case NAME_INVALID:
		return EINVAL;
	case NAME_TOO_LONG:
		return ENAMETOOLONG;
	default:
		return EROFS;
	}
}
