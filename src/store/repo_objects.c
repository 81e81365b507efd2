/* Object ids, and reading blobs, trees and commits as raw bytes, without filters. */
#include "store/repo_private.h"

bool object_id_equal(const struct object_id *a, const struct object_id *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

bool object_id_is_zero(const struct object_id *id)
{
	return object_id_equal(id, &(struct object_id){{0}});
}

void object_id_format(const struct object_id *id, char hex[OBJECT_ID_HEX + 1])
{
	git_oid_tostr(hex, OBJECT_ID_HEX + 1, as_oid(id));
}

bool object_id_parse(const char *hex, struct object_id *ret)
{
	return hex && strlen(hex) == OBJECT_ID_HEX && git_oid_fromstr((git_oid *)ret, hex) == 0;
}

struct object_id object_id_of_blob(const char *bytes, size_t length)
{
	struct object_id id = {{0}};

	git_odb_hash((git_oid *)&id, bytes, length, GIT_OBJECT_BLOB);
	return id;
}

void repo_files_done(struct repo_files *files)
{
	for (size_t i = 0; i < files->count; i++)
		free(files->entries[i].path);
	free(files->entries);
	*files = (struct repo_files){0};
}

static int compare_path(const void *path, const void *file)
{
	return strcmp(path, ((const struct repo_file *)file)->path);
}

const struct repo_file *repo_files_find(const struct repo_files *files, const char *path)
{
	return files->count ? bsearch(path, files->entries, files->count, sizeof(*files->entries),
				      compare_path)
			    : NULL;
}

static int compare_files(const void *a, const void *b)
{
	return strcmp(((const struct repo_file *)a)->path, ((const struct repo_file *)b)->path);
}

static int add_file(struct repo_files *files, const char *directory, const char *name,
		    const git_oid *oid)
{
	struct repo_file *file;

	if ((files->count & (files->count + 1)) == 0) { /* grow at 0, 1, 3, 7, … */
		void *grown =
			realloc(files->entries, (files->count * 2 + 1) * sizeof(*files->entries));
		if (!grown)
			return repo_no_memory();
		files->entries = grown;
	}
	file = &files->entries[files->count];
	if (asprintf(&file->path, "%s%s%s", directory, *directory ? "/" : "", name) < 0)
		return repo_no_memory();
	memcpy(&file->id, oid, sizeof(file->id));
	files->count++;
	return 0;
}

int repo_check_sound(struct repo *repo, const git_oid *id)
{
	bool there, whole;
	int err = repo_look_at_object(repo->directory, (const struct object_id *)id, &there, &whole,
				      NULL);

	if (err == -ENOMEM)
		return repo_no_memory();
	if (err < 0 || !there || whole)
		return 0;
	git_error_set_str(GIT_ERROR_ODB, "a damaged object; 'helios doctor --fix' sets it aside");
	return GIT_ERROR;
}

int repo_check_name(const char *name, size_t length)
{
	bool leads = length == 0 || memchr(name, '/', length) || (length == 1 && *name == '.') ||
		     (length == 2 && memcmp(name, "..", 2) == 0) ||
		     (length == 4 && strncasecmp(name, ".git", 4) == 0);

	if (!leads)
		return 0;
	git_error_set_str(GIT_ERROR_TREE, "a tree holds a name that leads elsewhere");
	return GIT_ERROR;
}

static int list_tree(struct repo *repo, const git_oid *oid, const char *directory,
		     struct repo_files *files)
{
	git_tree *tree = NULL;
	int err = repo_check_sound(repo, oid);

	if (err == 0)
		err = git_tree_lookup(&tree, repo->git, oid);
	for (size_t i = 0; err == 0 && i < git_tree_entrycount(tree); i++) {
		const git_tree_entry *entry = git_tree_entry_byindex(tree, i);
		git_filemode_t mode = git_tree_entry_filemode(entry);
		const char *name = git_tree_entry_name(entry);

		err = repo_check_name(name, strlen(name));
		if (err < 0)
			break;
		if (mode == GIT_FILEMODE_TREE && !*directory)
			err = list_tree(repo, git_tree_entry_id(entry), name, files);
		else if (mode == GIT_FILEMODE_BLOB || mode == GIT_FILEMODE_BLOB_EXECUTABLE)
			err = add_file(files, directory, name, git_tree_entry_id(entry));
	}
	git_tree_free(tree);
	return err;
}

int repo_tree_of(struct repo *repo, const struct object_id *commit, git_oid *ret)
{
	git_commit *object = NULL;
	int err = repo_check_sound(repo, as_oid(commit));

	if (err == 0)
		err = git_commit_lookup(&object, repo->git, as_oid(commit));
	if (err == 0)
		git_oid_cpy(ret, git_commit_tree_id(object));
	git_commit_free(object);
	return err;
}

int repo_list(struct repo *repo, const struct object_id *commit, struct repo_files *ret,
	      struct helios_error *error)
{
	REPO_LOCK(repo);
	struct repo_files files = {0};
	git_oid tree;
	int err;

	*ret = files;
	if (object_id_is_zero(commit))
		return 0;
	err = repo_tree_of(repo, commit, &tree);
	if (err == 0)
		err = list_tree(repo, &tree, "", &files);
	if (err < 0) {
		repo_files_done(&files);
		return repo_fail(error, err, "list a commit");
	}
	if (files.count)
		qsort(files.entries, files.count, sizeof(*files.entries), compare_files);
	*ret = files;
	return 0;
}

int repo_read(struct repo *repo, const struct object_id *blob, struct buf *out,
	      struct helios_error *error)
{
	REPO_LOCK(repo);
	git_odb_object *object = NULL;
	int err = repo_check_sound(repo, as_oid(blob));

	if (err == 0)
		err = git_odb_read(&object, repo->odb, as_oid(blob));

	if (err < 0)
		return repo_fail(error, err, "read a version");
	buf_add(out, git_odb_object_data(object), git_odb_object_size(object));
	git_odb_object_free(object);
	return out->failed
		       ? helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "cannot read a version")
		       : 0;
}

int repo_read_commit(struct repo *repo, const struct object_id *id, struct repo_commit *ret,
		     char **ret_message, struct helios_error *error)
{
	REPO_LOCK(repo);
	git_commit *commit = NULL;
	int err = repo_check_sound(repo, as_oid(id));

	if (err == 0)
		err = git_commit_lookup(&commit, repo->git, as_oid(id));

	if (err < 0)
		return repo_fail(error, err, "read a commit");
	*ret = (struct repo_commit){.time = git_commit_time(commit)};
	memcpy(&ret->tree, git_commit_tree_id(commit), sizeof(ret->tree));
	if (git_commit_parentcount(commit) > 0)
		memcpy(&ret->parent, git_commit_parent_id(commit, 0), sizeof(ret->parent));
	*ret_message = strdup(git_commit_message(commit));
	ret->message = *ret_message;
	git_commit_free(commit);
	return *ret_message
		       ? 0
		       : helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "cannot read a commit");
}
