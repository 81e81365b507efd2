/* Which files differ between two commits; equal directories are not looked into. */
#include "store/repo_private.h"

void repo_deltas_done(struct repo_deltas *deltas)
{
	for (size_t i = 0; i < deltas->count; i++)
		free(deltas->entries[i].path);
	free(deltas->entries);
	*deltas = (struct repo_deltas){0};
}

static int tree_of(struct repo *repo, const struct object_id *id, git_tree **ret)
{
	git_commit *commit = NULL;
	int err;

	*ret = NULL;
	if (object_id_is_zero(id))
		return 0;
	err = git_commit_lookup(&commit, repo->git, as_oid(id));
	if (err == 0)
		err = git_commit_tree(ret, commit);
	git_commit_free(commit);
	return err;
}

static struct object_id side(const git_diff_file *file, bool present)
{
	struct object_id id = {{0}};

	if (present)
		memcpy(&id, &file->id, sizeof(id));
	return id;
}

static int collect(const git_diff *diff, struct repo_deltas *deltas)
{
	size_t count = git_diff_num_deltas(diff);

	deltas->entries = calloc(count + 1, sizeof(*deltas->entries));
	for (size_t i = 0; deltas->entries && i < count; i++) {
		const git_diff_delta *delta = git_diff_get_delta(diff, i);
		struct repo_delta *entry = &deltas->entries[deltas->count];

		*entry = (struct repo_delta){
			.path = strdup(delta->new_file.path),
			.before = side(&delta->old_file, delta->status != GIT_DELTA_ADDED),
			.after = side(&delta->new_file, delta->status != GIT_DELTA_DELETED),
		};
		if (!entry->path)
			return -ENOMEM;
		deltas->count++;
	}
	return deltas->entries ? 0 : -ENOMEM;
}

int repo_compare(struct repo *repo, const struct object_id *old, const struct object_id *new,
		 struct repo_deltas *ret, struct helios_error *error)
{
	REPO_LOCK(repo);
	git_tree *old_tree = NULL, *new_tree = NULL;
	struct repo_deltas deltas = {0};
	git_diff *diff = NULL;
	int err = tree_of(repo, old, &old_tree);

	if (err == 0)
		err = tree_of(repo, new, &new_tree);
	if (err == 0)
		err = git_diff_tree_to_tree(&diff, repo->git, old_tree, new_tree, NULL);
	if (err < 0)
		err = repo_fail(error, err, "compare two commits");
	else if (collect(diff, &deltas) < 0)
		err = helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL,
				  "cannot compare two commits");
	git_diff_free(diff);
	git_tree_free(old_tree);
	git_tree_free(new_tree);
	if (err < 0)
		repo_deltas_done(&deltas);
	*ret = deltas;
	return err;
}
