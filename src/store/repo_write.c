/*
 * Writing loose objects and building trees. An object is written under a temporary name and
 * then renamed to its id, so a file of that name is whole unless the machine went down.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <zlib.h>

#include "base/file.h"
#include "store/repo_private.h"

/* An object whose id is known and whose file is not written yet. */
struct staged_object {
	struct staged_object *next;
	struct object_id id;
	git_object_t type;
	size_t length;
	char bytes[];
};

/* Header and bytes as git stores them. */
static int deflate_object(const char *type, const char *bytes, size_t length, struct buf *out)
{
	char header[64];
	int size = snprintf(header, sizeof(header), "%s %zu", type, length) + 1;
	unsigned char block[16384];
	z_stream stream = {0};
	int state;

	if (deflateInit(&stream, Z_BEST_SPEED) != Z_OK)
		return -ENOMEM;
	for (unsigned part = 0; part < 2; part++) {
		stream.next_in = (unsigned char *)(part ? (char *)bytes : header);
		stream.avail_in = (unsigned)(part ? length : (size_t)size);
		do {
			stream.next_out = block;
			stream.avail_out = sizeof(block);
			state = deflate(&stream, part ? Z_FINISH : Z_NO_FLUSH);
			buf_add(out, block, sizeof(block) - stream.avail_out);
		} while (part ? state == Z_OK : stream.avail_in > 0);
	}
	deflateEnd(&stream);
	return out->failed ? -ENOMEM : 0;
}

static int write_loose(int directory, const char *path, const struct buf *packed)
{
	char temporary[96], fan_out[32];
	int err;

	snprintf(temporary, sizeof(temporary), ".git/objects/tmp_helios_%s",
		 path + strlen(".git/objects/xx/"));
	err = file_create(directory, temporary, buf_text(packed), packed->length);
	if (err == -EEXIST) { /* of a writer that died */
		file_unlink(directory, temporary, 0);
		err = file_create(directory, temporary, buf_text(packed), packed->length);
	}
	if (err < 0)
		return err;
	if (file_rename(directory, temporary, path, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno == ENOENT) {
		snprintf(fan_out, sizeof(fan_out), "%.15s", path);
		if (file_mkdir(directory, fan_out) < 0 && errno != EEXIST)
			err = -errno;
		else if (file_rename(directory, temporary, path, RENAME_NOREPLACE) == 0)
			return 0;
	}
	if (err == 0)
		err = errno == EEXIST ? 0 : -errno;
	file_unlink(directory, temporary, 0);
	return err;
}

int repo_put_loose(int directory, const struct object_id *id, git_object_t type, const char *bytes,
		   size_t length)
{
	cleanup_buf struct buf packed = {0};
	char path[80];
	int err = deflate_object(git_object_type2string(type), bytes, length, &packed);

	repo_object_path(id, path);
	return err < 0 ? err : write_loose(directory, path, &packed);
}

static int write_staged(struct repo *repo, const struct staged_object *object, bool doubting,
			struct helios_error *error)
{
	bool present = false;
	struct stat st;
	char path[80];
	int err;

	repo_object_path(&object->id, path);
	if (doubting) {
		err = repo_check_object(repo->directory, &object->id, &present, error);
		if (err < 0)
			return err;
	} else {
		present = file_stat(repo->directory, path, &st) == 0;
	}
	if (present)
		return 0;
	err = repo_put_loose(repo->directory, &object->id, object->type, object->bytes,
			     object->length);
	return err < 0 ? helios_fail_errno(error, -err, path, "cannot write to the history") : 0;
}

static void free_staged(struct staged_object *object)
{
	while (object) {
		struct staged_object *next = object->next;

		free(object);
		object = next;
	}
}

static struct staged_object *take_staged(struct repo *repo)
{
	REPO_LOCK(repo);
	return take_ptr(repo->staged);
}

int repo_flush(struct repo *repo, bool doubting, struct helios_error *error)
{
	struct staged_object *staged = take_staged(repo);
	int err = 0;

	for (struct staged_object *at = staged; at && err == 0; at = at->next)
		err = write_staged(repo, at, doubting, error);
	free_staged(staged);
	return err;
}

void repo_discard(struct repo *repo)
{
	free_staged(take_staged(repo));
}

static int write_object(struct repo *repo, git_object_t type, const char *bytes, size_t length,
			struct object_id *ret, struct helios_error *error)
{
	struct staged_object *object = malloc(sizeof(*object) + length + 1);

	if (!object)
		return helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "cannot write an object");
	git_odb_hash((git_oid *)ret, bytes, length, type);
	*object = (struct staged_object){.next = repo->staged, .id = *ret, .type = type,
					 .length = length};
	memcpy(object->bytes, bytes, length);
	repo->staged = object;
	return 0;
}

int repo_write_blob(struct repo *repo, const char *bytes, size_t length, struct object_id *ret,
		    struct helios_error *error)
{
	REPO_LOCK(repo);
	return write_object(repo, GIT_OBJECT_BLOB, bytes, length, ret, error);
}

/* A tree being built: entries as git stores them. */
struct tree_entry {
	const char *mode; /* "100644", "40000" */
	const char *name;
	git_oid id;
	bool removed;
};

struct tree {
	git_odb_object *source; /* owns names and modes that were read */
	struct tree_entry *entries;
	size_t count;
};

static void tree_done(struct tree *tree)
{
	git_odb_object_free(tree->source);
	free(tree->entries);
}

static struct tree_entry *tree_slot(struct tree *tree, const char *name)
{
	struct tree_entry *grown;

	for (size_t i = 0; i < tree->count; i++)
		if (streq(tree->entries[i].name, name))
			return &tree->entries[i];
	if ((tree->count & (tree->count + 1)) == 0) { /* grow at 0, 1, 3, 7, … */
		grown = realloc(tree->entries, (tree->count * 2 + 1) * sizeof(*grown));
		if (!grown)
			return NULL;
		tree->entries = grown;
	}
	tree->entries[tree->count] = (struct tree_entry){.name = name, .removed = true};
	return &tree->entries[tree->count++];
}

/* id NULL: removed. name lives as long as the tree. */
static int tree_set(struct tree *tree, const char *name, const char *mode, const git_oid *id)
{
	struct tree_entry *entry = tree_slot(tree, name);

	if (!entry)
		return repo_no_memory();
	entry->removed = !id;
	entry->mode = mode;
	if (id)
		entry->id = *id;
	return 0;
}

static int tree_append(struct tree *tree, const char *mode, const char *name, const char *id)
{
	struct tree_entry *grown;

	if ((tree->count & (tree->count + 1)) == 0) {
		grown = realloc(tree->entries, (tree->count * 2 + 1) * sizeof(*grown));
		if (!grown)
			return repo_no_memory();
		tree->entries = grown;
	}
	tree->entries[tree->count] = (struct tree_entry){.mode = mode, .name = name};
	memcpy(&tree->entries[tree->count++].id, id, sizeof(git_oid));
	return 0;
}

/* "MODE NAME\0ID" again and again; libgit2 has checked the hash. MODE's space becomes a NUL. */
static int tree_read(struct repo *repo, const git_oid *id, struct tree *tree)
{
	char *at, *end;
	int err = git_odb_read(&tree->source, repo->odb, id);

	if (err < 0)
		return err;
	at = (char *)git_odb_object_data(tree->source);
	end = at + git_odb_object_size(tree->source);
	while (at < end && err == 0) {
		char *space = memchr(at, ' ', (size_t)(end - at)), *nul;

		nul = space ? memchr(space, '\0', (size_t)(end - space)) : NULL;
		if (!nul || (size_t)(end - nul) <= sizeof(git_oid))
			return -1;
		err = tree_append(tree, at, space + 1, nul + 1);
		at = nul + 1 + sizeof(git_oid);
	}
	return err;
}

static size_t mode_length(const char *mode)
{
	return strcspn(mode, " ");
}

static bool is_directory(const struct tree_entry *entry)
{
	return mode_length(entry->mode) == 5;
}

/* git's order: bytewise, a directory as if its name ended in '/'. */
static int compare_entries(const void *a, const void *b)
{
	const struct tree_entry *x = a, *y = b;
	size_t length_x = strlen(x->name), length_y = strlen(y->name);
	size_t common = length_x < length_y ? length_x : length_y;
	int order = memcmp(x->name, y->name, common);
	unsigned char next_x, next_y;

	if (order)
		return order;
	next_x = (unsigned char)(length_x > common ? x->name[common]
				 : !x->removed && is_directory(x) ? '/' : 0);
	next_y = (unsigned char)(length_y > common ? y->name[common]
				 : !y->removed && is_directory(y) ? '/' : 0);
	return next_x - next_y;
}

/* Writes the tree; *ret_empty says that nothing is in it, and nothing was written. */
static int tree_write(struct repo *repo, struct tree *tree, bool *ret_empty,
		      struct object_id *ret, struct helios_error *error)
{
	cleanup_buf struct buf bytes = {0};

	if (tree->count)
		qsort(tree->entries, tree->count, sizeof(*tree->entries), compare_entries);
	for (size_t i = 0; i < tree->count; i++) {
		const struct tree_entry *entry = &tree->entries[i];

		if (entry->removed)
			continue;
		buf_add(&bytes, entry->mode, mode_length(entry->mode));
		buf_addch(&bytes, ' ');
		buf_add(&bytes, entry->name, strlen(entry->name) + 1);
		buf_add(&bytes, &entry->id, sizeof(entry->id));
	}
	*ret_empty = bytes.length == 0;
	if (bytes.failed)
		return helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "cannot write a tree");
	return *ret_empty ? 0
			  : write_object(repo, GIT_OBJECT_TREE, bytes.data, bytes.length, ret, error);
}

/* Applies the changes directly in one directory ("": the root's own files). */
static int tree_apply(struct tree *tree, const char *directory, size_t length,
		      const struct repo_change *changes, size_t count)
{
	int err = 0;

	for (size_t i = 0; i < count && err == 0; i++) {
		const char *path = changes[i].path, *slash = strchr(path, '/');

		if (slash ? (size_t)(slash - path) != length || memcmp(path, directory, length) != 0
			  : length > 0)
			continue;
		err = tree_set(tree, slash ? slash + 1 : path, "100644",
			       changes[i].id ? as_oid(changes[i].id) : NULL);
	}
	return err;
}

static bool first_in_directory(const struct repo_change *changes, size_t at, size_t length)
{
	for (size_t i = 0; i < at; i++)
		if (strncmp(changes[i].path, changes[at].path, length + 1) == 0)
			return false;
	return true;
}

/* Rebuilds one directory and hangs it into the root; name holds its NUL-terminated name. */
static int write_directory(struct repo *repo, struct tree *root, const char *name,
			   const struct repo_change *changes, size_t count,
			   struct helios_error *error)
{
	struct tree_entry *entry = tree_slot(root, name);
	struct tree tree = {0};
	struct object_id id;
	bool empty = false;
	int err = entry ? 0 : repo_no_memory();

	if (err == 0 && !entry->removed && is_directory(entry))
		err = tree_read(repo, &entry->id, &tree);
	if (err == 0)
		err = tree_apply(&tree, name, strlen(name), changes, count);
	err = err < 0 ? repo_fail(error, err, "read a tree")
		      : tree_write(repo, &tree, &empty, &id, error);
	if (err == 0)
		err = tree_set(root, name, "40000", empty ? NULL : as_oid(&id));
	tree_done(&tree);
	return err;
}

/* The directories' names must outlive the root tree: they are kept in names. */
static int write_directories(struct repo *repo, struct tree *root,
			     const struct repo_change *changes, size_t count, char **names,
			     struct helios_error *error)
{
	int err = 0;

	for (size_t i = 0; i < count && err == 0; i++) {
		const char *slash = strchr(changes[i].path, '/');
		size_t length = slash ? (size_t)(slash - changes[i].path) : 0;

		if (!slash || !first_in_directory(changes, i, length))
			continue;
		names[i] = strndup(changes[i].path, length);
		err = names[i] ? write_directory(repo, root, names[i], changes, count, error)
			       : helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL,
					     "cannot write a tree");
	}
	return err;
}

static int read_root(struct repo *repo, const struct object_id *base, struct tree *root)
{
	git_commit *commit = NULL;
	int err;

	if (object_id_is_zero(base))
		return 0;
	err = git_commit_lookup(&commit, repo->git, as_oid(base));
	if (err == 0)
		err = tree_read(repo, git_commit_tree_id(commit), root);
	git_commit_free(commit);
	return err;
}

int repo_write_tree(struct repo *repo, const struct object_id *base,
		    const struct repo_change *changes, size_t count, struct object_id *ret,
		    struct helios_error *error)
{
	REPO_LOCK(repo);
	cleanup_free char **names = calloc(count + 1, sizeof(*names));
	struct tree root = {0};
	bool empty;
	int err = names ? read_root(repo, base, &root) : repo_no_memory();

	if (err == 0)
		err = tree_apply(&root, "", 0, changes, count);
	err = err < 0 ? repo_fail(error, err, "read a tree")
		      : write_directories(repo, &root, changes, count, names, error);
	if (err == 0)
		err = tree_write(repo, &root, &empty, ret, error);
	if (err == 0 && empty) /* git's empty tree */
		err = write_object(repo, GIT_OBJECT_TREE, "", 0, ret, error);
	tree_done(&root);
	for (size_t i = 0; names && i < count; i++)
		free(names[i]);
	return err;
}

#define AUTHOR "Helios <helios@localhost>"

int repo_write_tag(struct repo *repo, const struct repo_tag *tag, struct object_id *ret,
		   struct helios_error *error)
{
	REPO_LOCK(repo);
	cleanup_buf struct buf text = {0};
	char hex[OBJECT_ID_HEX + 1];

	object_id_format(&tag->commit, hex);
	buf_addf(&text, "object %s\ntype commit\ntag %s\ntagger " AUTHOR " %lld +0000\n\n%s", hex,
		 tag->name, (long long)tag->time, tag->message);
	if (text.failed)
		return helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "cannot write a tag");
	return write_object(repo, GIT_OBJECT_TAG, text.data, text.length, ret, error);
}

int repo_write_commit(struct repo *repo, const struct repo_commit *commit,
		      struct object_id *ret, struct helios_error *error)
{
	REPO_LOCK(repo);
	cleanup_buf struct buf text = {0};
	char hex[OBJECT_ID_HEX + 1];

	object_id_format(&commit->tree, hex);
	buf_addf(&text, "tree %s\n", hex);
	if (!object_id_is_zero(&commit->parent)) {
		object_id_format(&commit->parent, hex);
		buf_addf(&text, "parent %s\n", hex);
	}
	buf_addf(&text, "author " AUTHOR " %lld +0000\ncommitter " AUTHOR " %lld +0000\n\n%s",
		 (long long)commit->time, (long long)commit->time, commit->message);
	if (text.failed)
		return helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "cannot write a commit");
	return write_object(repo, GIT_OBJECT_COMMIT, text.data, text.length, ret, error);
}
