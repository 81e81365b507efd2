/* Tags, which snapshots are kept as; see store/repo.h. */
#include <dirent.h>
#include <fcntl.h>

#include "base/file.h"
#include "store/quarantine.h"
#include "store/repo_private.h"

#define TAGS "refs/tags"

void repo_tags_done(struct repo_tags *tags)
{
	for (size_t i = 0; i < tags->count; i++) {
		free(tags->entries[i].name);
		free(tags->entries[i].message);
	}
	free(tags->entries);
	*tags = (struct repo_tags){0};
}

static int add(struct repo_tags *tags, const struct repo_tag *tag)
{
	struct repo_tag *grown = realloc(tags->entries, (tags->count + 1) * sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	tags->entries = grown;
	grown[tags->count] = (struct repo_tag){.name = strdup(tag->name),
					       .commit = tag->commit,
					       .time = tag->time,
					       .message = strdup(tag->message)};
	tags->count++;
	return grown[tags->count - 1].name && grown[tags->count - 1].message ? 0 : -ENOMEM;
}

static void set_commit(struct repo_tag *tag, const git_oid *id)
{
	memcpy(&tag->commit, id, sizeof(tag->commit));
}

/* The tag's own words, when it has any. */
static int describe(struct repo *repo, struct repo_tags *tags, struct repo_tag *tag,
		    const git_oid *id)
{
	git_tag *object = NULL;
	int err;

	if (git_tag_lookup(&object, repo->git, id) < 0) /* a light one */
		return add(tags, tag);
	if (git_tag_message(object))
		tag->message = (char *)git_tag_message(object);
	if (git_tag_tagger(object))
		tag->time = git_tag_tagger(object)->when.time;
	err = add(tags, tag);
	git_tag_free(object);
	return err;
}

struct listing {
	struct repo *repo;
	struct repo_tags *tags;
};

static int list_one(const char *ref, git_oid *id, void *context)
{
	struct listing *listing = context;
	struct repo_tag tag = {.name = (char *)ref + strlen(TAGS "/"), .message = (char *)""};
	git_object *object = NULL, *commit = NULL;
	int err = git_object_lookup(&object, listing->repo->git, id, GIT_OBJECT_ANY);

	if (err == 0)
		err = git_object_peel(&commit, object, GIT_OBJECT_COMMIT);
	if (err == 0) {
		set_commit(&tag, git_object_id(commit));
		err = describe(listing->repo, listing->tags, &tag, id);
	} else {
		err = 0;
	}
	git_object_free(commit);
	git_object_free(object);
	return err;
}

static int compare_tags(const void *a, const void *b)
{
	return strcmp(((const struct repo_tag *)a)->name, ((const struct repo_tag *)b)->name);
}

int repo_list_tags(struct repo *repo, struct repo_tags *ret, struct helios_error *error)
{
	REPO_LOCK(repo);
	struct repo_tags tags = {0};
	struct listing listing = {.repo = repo, .tags = &tags};
	int err = git_tag_foreach(repo->git, list_one, &listing);

	*ret = (struct repo_tags){0};
	if (err < 0) {
		repo_tags_done(&tags);
		return err == -ENOMEM ? helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL,
						    "cannot list the snapshots")
				      : repo_fail(error, err, "list the snapshots");
	}
	if (tags.count)
		qsort(tags.entries, tags.count, sizeof(*tags.entries), compare_tags);
	*ret = tags;
	return 0;
}

/* Whether a tag leads nowhere; not while an object on the way cannot be looked at. */
static bool is_lost(struct repo *repo, const char *path)
{
	cleanup_buf struct buf text = {0};
	git_object *object = NULL, *commit = NULL;
	git_oid id;
	bool lost, there, whole;

	if (file_read(repo->directory, path, 300, &text, NULL) < 0 || text.length < OBJECT_ID_HEX ||
	    git_oid_fromstrn(&id, buf_text(&text), OBJECT_ID_HEX) < 0)
		return false;
	lost = git_object_lookup(&object, repo->git, &id, GIT_OBJECT_ANY) < 0;
	if (!lost && git_object_type(object) == GIT_OBJECT_TAG) {
		lost = git_object_peel(&commit, object, GIT_OBJECT_ANY) < 0;
		git_oid_cpy(&id, git_tag_target_id((git_tag *)object));
	}
	if (lost)
		lost = repo_look_at_object(repo->directory, (struct object_id *)&id, &there, &whole,
					   NULL) == 0 &&
		       repo_packs_can_be_read(repo->directory);
	git_object_free(commit);
	git_object_free(object);
	return lost;
}

void repo_mend_tags(struct repo *repo, bool fix, repo_tell *tell, void *context)
{
	REPO_LOCK(repo);
	int fd = file_open_beneath(repo->directory, ".git/" TAGS, O_RDONLY | O_DIRECTORY, 0);
	DIR *stream = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;

	if (!stream && fd >= 0)
		close(fd);
	while (stream && (entry = readdir(stream))) {
		char path[320], what[360];
		int err;

		snprintf(path, sizeof(path), ".git/" TAGS "/%s", entry->d_name);
		if (entry->d_name[0] == '.' || !is_lost(repo, path))
			continue;
		snprintf(what, sizeof(what), "the snapshot %s leads nowhere", entry->d_name);
		err = fix ? quarantine(repo->directory, path) : 0;
		tell(context, what, !fix ? 0 : err < 0 ? err : 1);
	}
	if (stream)
		closedir(stream);
}

int repo_make_tag(struct repo *repo, const struct repo_tag *tag, struct helios_error *error)
{
	struct object_id id;
	int err;

	if (repo_has_ref(repo, TAGS, tag->name))
		return -EEXIST;
	err = repo_write_tag(repo, tag, &id, error);
	return err == 0 ? repo_make_ref(repo, TAGS, tag->name, &id, error) : err;
}

int repo_find_commit(struct repo *repo, const char *prefix, struct object_id *ret,
		     struct helios_error *error)
{
	REPO_LOCK(repo);
	size_t length = strlen(prefix);
	git_commit *commit = NULL;
	git_oid id;
	int err;

	memset(ret, 0, sizeof(*ret));
	if (length < 7 || length > OBJECT_ID_HEX || strspn(prefix, "0123456789abcdef") != length ||
	    git_oid_fromstrp(&id, prefix) < 0)
		return 0;
	err = git_commit_lookup_prefix(&commit, repo->git, &id, length);
	if (err == 0)
		memcpy(ret, git_commit_id(commit), sizeof(*ret));
	git_commit_free(commit);
	return err == 0 || err == GIT_ENOTFOUND || err == GIT_EAMBIGUOUS
		       ? 0
		       : repo_fail(error, err, "look for a commit");
}
