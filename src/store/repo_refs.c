/* Refs that are made beside the branch: those of tags, and those proposals are kept by. */
#include <fcntl.h>

#include "base/file.h"
#include "store/repo_private.h"

#define PROPOSALS "refs/proposals"

/* Git's own protocol: the lock file is made, and takes the ref's place when nothing is there. */
static int publish(int directory, const char *place, const char *path, const struct object_id *id)
{
	char lock[320], line[OBJECT_ID_HEX + 2];
	int err;

	snprintf(lock, sizeof(lock), "%s.lock", path);
	object_id_format(id, line);
	line[OBJECT_ID_HEX] = '\n';
	line[OBJECT_ID_HEX + 1] = '\0';
	err = file_make_directory(directory, place); /* git removes it when it packs */
	if (err == 0)
		err = file_create_synced(directory, lock, line, OBJECT_ID_HEX + 1);
	if (err < 0)
		return err == -EEXIST ? -EBUSY : err;
	if (file_rename(directory, lock, path, RENAME_NOREPLACE) < 0) {
		err = -errno;
		file_unlink(directory, lock, 0);
		return err;
	}
	return file_sync_directory(directory, place);
}

bool repo_has_ref(struct repo *repo, const char *directory, const char *name)
{
	REPO_LOCK(repo);
	char ref[300];
	git_oid id;

	snprintf(ref, sizeof(ref), "%s/%s", directory, name);
	return git_reference_name_to_id(&id, repo->git, ref) == 0;
}

int repo_make_ref(struct repo *repo, const char *directory, const char *name,
		  const struct object_id *id, struct helios_error *error)
{
	char place[64], path[300];
	int err = repo_flush(repo, false, error);

	if (err < 0)
		return err;
	snprintf(place, sizeof(place), ".git/%s", directory);
	snprintf(path, sizeof(path), "%s/%s", place, name);
	err = syncfs(repo->directory) < 0 ? -errno : publish(repo->directory, place, path, id);
	if (err == -EBUSY)
		return helios_fail(error, HELIOS_GIT_BUSY, &(struct helios_place){.file = path},
				   NULL, "another git program makes %s", path);
	return err < 0 && err != -EEXIST
		       ? helios_fail_errno(error, -err, path, "cannot make %s", path)
		       : err;
}

int repo_keep_proposal(struct repo *repo, const char *id, const struct object_id *commit,
		       struct helios_error *error)
{
	return repo_has_ref(repo, PROPOSALS, id)
		       ? -EEXIST
		       : repo_make_ref(repo, PROPOSALS, id, commit, error);
}

void repo_proposals_done(struct repo_proposals *proposals)
{
	for (size_t i = 0; i < proposals->count; i++)
		free(proposals->entries[i].id);
	free(proposals->entries);
	*proposals = (struct repo_proposals){0};
}

/* What leads to no commit is nobody's proposal. */
static int add(struct repo *repo, struct repo_proposals *proposals, const char *ref)
{
	struct repo_proposal *grown;
	git_object *commit = NULL;
	git_oid id;

	if (git_reference_name_to_id(&id, repo->git, ref) < 0 ||
	    git_object_lookup(&commit, repo->git, &id, GIT_OBJECT_COMMIT) < 0)
		return 0;
	git_object_free(commit);
	grown = realloc(proposals->entries, (proposals->count + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	proposals->entries = grown;
	grown[proposals->count].id = strdup(ref + strlen(PROPOSALS "/"));
	memcpy(&grown[proposals->count].commit, &id, sizeof(id));
	return grown[proposals->count].id ? (proposals->count++, 0) : -ENOMEM;
}

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct repo_proposal *)a)->id, ((const struct repo_proposal *)b)->id);
}

int repo_list_proposals(struct repo *repo, struct repo_proposals *ret, struct helios_error *error)
{
	REPO_LOCK(repo);
	git_reference_iterator *refs = NULL;
	const char *ref;
	int err = git_reference_iterator_glob_new(&refs, repo->git, PROPOSALS "/*");

	*ret = (struct repo_proposals){0};
	if (err < 0)
		return repo_fail(error, err, "list the proposals");
	while (err == 0 && git_reference_next_name(&ref, refs) == 0)
		err = add(repo, ret, ref);
	git_reference_iterator_free(refs);
	if (err < 0) {
		repo_proposals_done(ret);
		return helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL,
				   "cannot list the proposals");
	}
	if (ret->count)
		qsort(ret->entries, ret->count, sizeof(*ret->entries), compare);
	return 0;
}

int repo_drop_proposal(struct repo *repo, const char *id, struct helios_error *error)
{
	REPO_LOCK(repo);
	char ref[300];
	int err;

	snprintf(ref, sizeof(ref), PROPOSALS "/%s", id);
	err = git_reference_remove(repo->git, ref);
	return err < 0 && err != GIT_ENOTFOUND ? repo_fail(error, err, "drop a proposal") : 0;
}
