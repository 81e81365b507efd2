/*
 * Which files differ between two commits. Trees are walked as the bytes git stores: parsing ten
 * thousand entries to find the one that differs would take most of the time.
 */
#include "store/repo_private.h"

#define LIMIT_TREE_DEPTH 64u

void repo_deltas_done(struct repo_deltas *deltas)
{
	for (size_t i = 0; i < deltas->count; i++)
		free(deltas->entries[i].path);
	free(deltas->entries);
	*deltas = (struct repo_deltas){0};
}

/* "MODE NAME\0" and the raw id of what it names; git's own spelling of a tree's entry. */
struct entry {
	const char *bytes, *name;
	size_t length, name_length;
	const struct object_id *id;
	bool directory;
};

struct tree {
	git_odb_object *object; /* NULL: an empty one */
	const char *at, *end;
	struct entry entry; /* bytes NULL: there is no more */
};

/* Reads the entry at the tree's place and moves the place behind it. */
static int step(struct tree *tree)
{
	struct entry *entry = &tree->entry;
	const char *space, *nul;

	*entry = (struct entry){0};
	if (tree->at == tree->end)
		return 0;
	space = memchr(tree->at, ' ', (size_t)(tree->end - tree->at));
	nul = space ? memchr(space, '\0', (size_t)(tree->end - space)) : NULL;
	if (!nul || (size_t)(tree->end - nul) <= sizeof(*entry->id)) {
		git_error_set_str(GIT_ERROR_TREE, "a damaged tree");
		return GIT_ERROR;
	}
	entry->bytes = tree->at;
	entry->name = space + 1;
	entry->name_length = (size_t)(nul - entry->name);
	entry->id = (const struct object_id *)(nul + 1);
	entry->directory = *tree->at == '4'; /* 40000 */
	tree->at = nul + 1 + sizeof(*entry->id);
	entry->length = (size_t)(tree->at - entry->bytes);
	return repo_check_name(entry->name, entry->name_length);
}

static int open_tree(struct repo *repo, const git_oid *id, struct tree *tree)
{
	int err;

	*tree = (struct tree){0};
	if (git_oid_is_zero(id))
		return 0;
	err = repo_check_sound(repo, id);
	if (err == 0)
		err = git_odb_read(&tree->object, repo->odb, id);
	if (err)
		return err;
	tree->at = git_odb_object_data(tree->object);
	tree->end = tree->at + git_odb_object_size(tree->object);
	return step(tree);
}

/* git's order: as if a directory's name ended with a slash. */
static int order(const struct entry *a, const struct entry *b)
{
	size_t shorter = a->name_length < b->name_length ? a->name_length : b->name_length;
	int order;

	order = memcmp(a->name, b->name, shorter);
	if (order == 0) {
		int end_a = a->name_length > shorter ? a->name[shorter] : a->directory ? '/' : 0;
		int end_b = b->name_length > shorter ? b->name[shorter] : b->directory ? '/' : 0;

		order = (unsigned char)end_a - (unsigned char)end_b;
	}
	return order;
}

struct comparison {
	struct repo *repo;
	struct buf path; /* of the directory looked at, "" or with a slash at its end */
	struct repo_deltas found;
};

static int compare_trees(struct comparison *comparison, const git_oid *old, const git_oid *new,
			 unsigned depth);

static int add_file(struct comparison *comparison, const struct entry *entry,
		    const struct object_id *before, const struct object_id *after)
{
	struct repo_deltas *found = &comparison->found;
	struct repo_delta *grown = realloc(found->entries, (found->count + 1) * sizeof(*grown));

	if (!grown)
		return repo_no_memory();
	found->entries = grown;
	grown[found->count] = (struct repo_delta){.before = *before, .after = *after};
	if (asprintf(&grown[found->count].path, "%s%.*s", buf_text(&comparison->path),
		     (int)entry->name_length, entry->name) < 0)
		return repo_no_memory();
	found->count++;
	return 0;
}

/* An entry that one of the sides has alone, or that differs; ids are zero where it is not. */
static int differs(struct comparison *comparison, const struct entry *entry,
		   const struct object_id *before, const struct object_id *after, unsigned depth)
{
	size_t length = comparison->path.length;
	int err;

	if (!entry->directory)
		return add_file(comparison, entry, before, after);
	buf_add(&comparison->path, entry->name, entry->name_length);
	buf_addch(&comparison->path, '/');
	err = comparison->path.failed
		      ? repo_no_memory()
		      : compare_trees(comparison, as_oid(before), as_oid(after), depth + 1);
	buf_splice(&comparison->path, length, comparison->path.length, "", 0);
	return err;
}

static int compare_entries(struct comparison *comparison, struct tree *old, struct tree *new,
			   unsigned depth)
{
	static const struct object_id none;
	const struct entry *a = &old->entry, *b = &new->entry;
	int err = 0;

	while (err == 0 && (a->bytes || b->bytes)) {
		int side = !a->bytes   ? 1
			   : !b->bytes ? -1
				       : order(a, b); /* what has ended is last */

		if (side < 0)
			err = differs(comparison, a, a->id, &none, depth);
		else if (side > 0)
			err = differs(comparison, b, &none, b->id, depth);
		else if (a->length != b->length || memcmp(a->bytes, b->bytes, a->length) != 0)
			err = differs(comparison, b, a->id, b->id, depth);
		if (err == 0 && side <= 0)
			err = step(old);
		if (err == 0 && side >= 0)
			err = step(new);
	}
	return err;
}

static int compare_trees(struct comparison *comparison, const git_oid *old, const git_oid *new,
			 unsigned depth)
{
	struct tree a = {0}, b = {0};
	int err;

	if (git_oid_equal(old, new))
		return 0;
	if (depth > LIMIT_TREE_DEPTH) {
		git_error_set_str(GIT_ERROR_TREE, "directories are too deep");
		return GIT_ERROR;
	}
	err = open_tree(comparison->repo, old, &a);
	if (err == 0)
		err = open_tree(comparison->repo, new, &b);
	if (err == 0)
		err = compare_entries(comparison, &a, &b, depth);
	git_odb_object_free(a.object);
	git_odb_object_free(b.object);
	return err;
}

static int tree_of(struct repo *repo, const struct object_id *commit, git_oid *ret)
{
	*ret = (git_oid){{0}};
	return object_id_is_zero(commit) ? 0 : repo_tree_of(repo, commit, ret);
}

int repo_compare(struct repo *repo, const struct object_id *old, const struct object_id *new,
		 struct repo_deltas *ret, struct helios_error *error)
{
	REPO_LOCK(repo);
	struct comparison comparison = {.repo = repo};
	git_oid old_tree, new_tree;
	int err = tree_of(repo, old, &old_tree);

	if (err == 0)
		err = tree_of(repo, new, &new_tree);
	if (err == 0)
		err = compare_trees(&comparison, &old_tree, &new_tree, 0);
	buf_done(&comparison.path);
	*ret = comparison.found;
	if (err < 0)
		repo_deltas_done(ret);
	return err < 0 ? repo_fail(error, err, "compare two commits") : 0;
}
