/*
 * The home's git repository: the one home of libgit2. Objects are written unsynced (the
 * journal protects them); nothing here reads the user's git configuration or environment.
 * Every function locks inside and may be called from any thread.
 */
#pragma once

#include <stdatomic.h>
#include <sys/stat.h>

#include <helios/home.h>

#include "base/base.h"
#include "base/buf.h"

struct repo;

struct object_id {
	unsigned char raw[20];
};

#define OBJECT_ID_HEX 40

bool object_id_equal(const struct object_id *a, const struct object_id *b);
bool object_id_is_zero(const struct object_id *id);
void object_id_format(const struct object_id *id, char hex[OBJECT_ID_HEX + 1]);
bool object_id_parse(const char *hex, struct object_id *ret);

/* The id git gives these bytes as a file's content. */
struct object_id object_id_of_blob(const char *bytes, size_t length);

/* One tracked file of a commit. */
struct repo_file {
	char *path; /* "personas/coder.yaml" */
	struct object_id id;
};

struct repo_files {
	struct repo_file *entries; /* bytewise order of path */
	size_t count;
};

void repo_files_done(struct repo_files *files);
const struct repo_file *repo_files_find(const struct repo_files *files, const char *path);

/* A file that differs between two commits. */
struct repo_delta {
	char *path;
	struct object_id before, after; /* zero: not there */
};

struct repo_deltas {
	struct repo_delta *entries;
	size_t count;
};

/* What differs from old (zero: nothing yet) to new. */
int repo_compare(struct repo *repo, const struct object_id *old, const struct object_id *new,
		 struct repo_deltas *ret, struct helios_error *error);
void repo_deltas_done(struct repo_deltas *deltas);

/* A file to set (id not NULL) or to remove in a new tree. */
struct repo_change {
	const char *path; /* at most one directory deep */
	const struct object_id *id;
};

/*
 * Opens HOME/.git. -ENOENT (HELIOS_NO_HOME) when there is none, -EPERM (HELIOS_GIT_UNSAFE)
 * when it leads outside, -EIO (HELIOS_GIT_DAMAGED) when it cannot be read.
 */
int repo_open(const char *home, int directory, struct repo **ret, struct helios_error *error);
void repo_close(struct repo *repo);

/* Makes HOME/.git: branch main, precious objects. A half-made one never shows. */
int repo_init(const char *home, int directory, struct helios_error *error);

/* The commit HEAD names; *ret is zero when the branch has none yet. */
int repo_head(struct repo *repo, struct object_id *ret, struct helios_error *error);

/* The branch's short name, or "(detached)". The caller frees *ret. */
int repo_branch(struct repo *repo, char **ret, struct helios_error *error);

/* All files of a commit (the root and one level of directories). */
int repo_list(struct repo *repo, const struct object_id *commit, struct repo_files *ret,
	      struct helios_error *error);

/* Appends a blob's bytes. */
int repo_read(struct repo *repo, const struct object_id *blob, struct buf *out,
	      struct helios_error *error);

/*
 * Writing objects: the calls below only compute ids and keep the bytes; repo_flush() writes them
 * as loose files, by ourselves. libgit2 1.5 takes an empty or torn file of the right name for
 * the object. With doubting, after an unclean stop, a file that is there already is checked and
 * written anew when it is damaged.
 */
int repo_flush(struct repo *repo, bool doubting, struct helios_error *error);

/* Forgets what was not flushed. */
void repo_discard(struct repo *repo);

int repo_write_blob(struct repo *repo, const char *bytes, size_t length, struct object_id *ret,
		    struct helios_error *error);

/* The tree of commit base (zero: empty) with changes applied. */
int repo_write_tree(struct repo *repo, const struct object_id *base,
		    const struct repo_change *changes, size_t count, struct object_id *ret,
		    struct helios_error *error);

struct repo_commit {
	struct object_id tree, parent; /* parent zero: the first commit */
	int64_t time;		       /* seconds since 1970, written as UTC */
	const char *message;
};

int repo_write_commit(struct repo *repo, const struct repo_commit *commit,
		      struct object_id *ret, struct helios_error *error);

/* A tag on a commit. Of a light one, which a person's git can make, only name and commit are told. */
struct repo_tag {
	char *name;
	struct object_id commit;
	int64_t time; /* seconds since 1970; 0 of a light one */
	char *message;
};

struct repo_tags {
	struct repo_tag *entries; /* bytewise order of name */
	size_t count;
};

/* Makes a tag and syncs it with all it leads to. -EEXIST, unexplained, when there is one. */
int repo_make_tag(struct repo *repo, const struct repo_tag *tag, struct helios_error *error);

/* All tags that lead to a commit; one that cannot be read is passed over. */
int repo_list_tags(struct repo *repo, struct repo_tags *ret, struct helios_error *error);
void repo_tags_done(struct repo_tags *tags);

/* A commit that was proposed: its parent is the state it was proposed for. */
struct repo_proposal {
	char *id;
	struct object_id commit;
};

struct repo_proposals {
	struct repo_proposal *entries; /* bytewise order of id */
	size_t count;
};

/* Keeps a commit, with all it leads to, synced. -EEXIST, unexplained, when the id is taken. */
int repo_keep_proposal(struct repo *repo, const char *id, const struct object_id *commit,
		       struct helios_error *error);

int repo_list_proposals(struct repo *repo, struct repo_proposals *ret, struct helios_error *error);
void repo_proposals_done(struct repo_proposals *proposals);

/* Forgets it; its objects stay as long as git keeps what no ref leads to. */
int repo_drop_proposal(struct repo *repo, const char *id, struct helios_error *error);

/* The commit whose id begins with these 7 or more hex digits; *ret zero when none or several. */
int repo_find_commit(struct repo *repo, const char *prefix, struct object_id *ret,
		     struct helios_error *error);

/* How many objects that HEAD's history needs are not there; blobs and trees are not read. */
int repo_count_missing(struct repo *repo, size_t *ret, struct helios_error *error);

/* Of all commits in the object database the newest by its time; *ret zero when there is none. */
int repo_newest_commit(struct repo *repo, struct object_id *ret, struct helios_error *error);

/* What a commit says. The message is allocated and freed by the caller. */
int repo_read_commit(struct repo *repo, const struct object_id *id, struct repo_commit *ret,
		     char **ret_message, struct helios_error *error);

/*
 * Moves HEAD's branch from expected (zero: unborn) to commit. -EAGAIN when it stands elsewhere,
 * -EBUSY (HELIOS_GIT_BUSY) when another program holds the ref's lock.
 */
int repo_move_head(struct repo *repo, const struct object_id *expected,
		   const struct object_id *commit, struct helios_error *error);

/*
 * HEAD after an unclean stop, read by ourselves: *ret_damaged when HEAD, its branch or the commit
 * it names were read and are not what they must be; then *ret is zero. An errno is no evidence of
 * damage and is passed on.
 */
int repo_examine_head(struct repo *repo, struct object_id *ret, bool *ret_damaged,
		      struct helios_error *error);

/*
 * The last time a person's own git moved HEAD, as the reflog tells (we write none): *ret_to zero
 * when it never did.
 */
int repo_last_move(struct repo *repo, struct object_id *ret_from, struct object_id *ret_to,
		   struct helios_error *error);

/*
 * Checks a commit, its tree and the trees below as repo_check_object() does, before libgit2 reads
 * them. *ret_whole: all of them are there.
 */
int repo_check_commit(struct repo *repo, const struct object_id *id, bool *ret_whole,
		      struct helios_error *error);

/* Points HEAD's branch at a commit, whatever it holds; a HEAD that is none leads to main again. */
int repo_reset_head(struct repo *repo, const struct object_id *commit,
		    struct helios_error *error);

/*
 * Brings the index in step with the working files named (id NULL: removed). The index is a
 * cache: one that cannot be read is made anew from HEAD. -EBUSY when another program holds it.
 */
int repo_update_index(struct repo *repo, int directory, const struct repo_change *changes,
		      size_t count, struct helios_error *error);

/* True when the index says that path, unchanged since, holds id: no need to read the file. */
bool repo_index_knows(struct repo *repo, const char *path, const struct stat *st,
		      const struct object_id *id);

/*
 * Appends the paths of the index that files, those at HEAD, lack; without doubt only when the
 * index has more entries than HEAD has files.
 */
int repo_index_leftovers(struct repo *repo, const struct repo_files *files, bool doubt,
			 struct helios_names *ret);

/* Looks at the index file again if another program has written it. */
void repo_refresh_index(struct repo *repo);

/*
 * Why git must be left alone now ("a merge", "another program's index.lock"), or NULL.
 */
const char *repo_busy(int directory);

/*
 * After an unclean stop, under the home's lock: removes lock and temporary files a dead writer
 * left in .git.
 */
int repo_clear_leftovers(int directory, struct helios_error *error);

/*
 * Whether an object's loose file is there and whole; one that is empty, truncated or wrong
 * (libgit2 1.5 loops for ever on a truncated one) is moved to .recovery first.
 */
int repo_check_object(int directory, const struct object_id *id, bool *ret_present,
		      struct helios_error *error);

/* How much the history takes. */
struct repo_growth {
	size_t loose, packs; /* objects that are files of their own; packs */
	uint64_t bytes;	     /* on the disk */
};

int repo_measure(int directory, struct repo_growth *ret, struct helios_error *error);

/* Whether there are so many loose objects that packing pays; looks at one directory. */
bool repo_has_grown(int directory);

/*
 * Packs loose objects, at most so many that it is done in seconds; everything: all of them and all
 * packs, into one. The home's lock is not needed. stop may be NULL. 1, or 0 when there was nothing
 * to pack or it was stopped; -EBUSY (HELIOS_GIT_BUSY) while another program packs.
 */
int repo_pack(const char *home, int directory, bool everything, const atomic_bool *stop,
	      struct helios_error *error);

/* Told of each thing that is wrong: outcome 0: found, 1: mended, a negative errno: it could not be. */
typedef void repo_tell(void *context, const char *what, int outcome);

/* For mending by the way: of what was mended mended_tell() is told. */
void repo_tell_mended(void *context, const char *what, int outcome);

/*
 * Looks at the parts of .git, also of one that cannot be opened, and with fix mends them; under the
 * home's lock then. A link is never followed and stays.
 */
void repo_mend(int directory, bool fix, repo_tell *told, void *context);

/* Looks at every loose object; with fix damaged ones are moved to .recovery. */
void repo_mend_objects(int directory, bool fix, repo_tell *told, void *context);

/* Whether what is packed can be looked at: if not, what is missing may be in there. */
bool repo_packs_can_be_read(int directory);

/*
 * Reads every pack; with fix a damaged one is moved to .recovery, after what can be read of it was
 * made loose objects.
 */
void repo_mend_packs(int directory, bool fix, repo_tell *tell, void *context);

/* Looks at every tag; with fix those that lead nowhere are moved to .recovery. */
void repo_mend_tags(struct repo *repo, bool fix, repo_tell *tell, void *context);
