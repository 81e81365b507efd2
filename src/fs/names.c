/* Classification of the view's names; see fs/names.h. */
#include "fs/names.h"

static const char *const dir_names[DIR_LAST + 1] = {
	[DIR_PERSONAS] = "personas",
	[DIR_SOURCES] = "sources",
	[DIR_REJECTED] = "rejected",
};

const char *dir_name(enum fs_dir dir)
{
	return dir_names[dir] ? dir_names[dir] : "";
}

static void parse_root(struct name *name)
{
	name->kind = NAME_LINK;
	if (streq(name->file, "status.yaml"))
		name->kind = NAME_STATUS;
	if (streq(name->file, "active.yaml"))
		name->kind = NAME_ACTIVE;
	for (int dir = DIR_PERSONAS; dir <= DIR_LAST; dir++) {
		if (!streq(name->file, dir_names[dir]))
			continue;
		name->kind = NAME_DIR;
		name->child = (enum fs_dir)dir;
	}
}

static void parse_document(struct name *name)
{
	size_t length = strlen(name->file), stem = length - strlen(".yaml");

	name->kind = NAME_SCRATCH;
	if (name->file[0] == '.' || name->file[0] == '#')
		return;
	if (length < strlen(".yaml") || !streq(name->file + stem, ".yaml"))
		return;
	name->kind = NAME_INVALID;
	if (stem > LIMIT_NAME)
		return;
	memcpy(name->persona, name->file, stem);
	name->persona[stem] = '\0';
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
	else
		parse_document(&name);
	return name;
}

uint64_t name_number(enum fs_dir dir, const char *file)
{
	uint64_t hash = 14695981039346656037u ^ (uint64_t)dir; /* FNV-1a */

	for (; *file; file++)
		hash = (hash ^ (unsigned char)*file) * 1099511628211u;
	return hash | 1u << 16; /* never one of the directories' small numbers */
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
