/* Commit points; see fs/commit.h. */
#include "fs/commit.h"

#include "fs/problem.h"
#include "fs/watch.h"

static int save_text(struct fs *fs, const struct save *save, struct helios_error *why)
{
	const struct helios_client client = client_of(fs, save->client);

	return helios_save(fs->home, &client, kind_of(save->name->dir), save->name->persona,
			   save->text, save->length, save->ancestor, NULL, why);
}

static bool exists(struct fs *fs, const char *persona)
{
	struct helios_text *text = NULL;
	bool found = helios_read(fs->home, HELIOS_STORED, persona, &text, NULL) == 0;

	helios_text_unref(text);
	return found;
}

/* Whether the persona was the active one, and nobody has chosen another since. */
static bool was_active(struct fs *fs, const struct away *away)
{
	cleanup_free char *active = NULL;

	return away->active && helios_active(fs->home, &active, NULL) == 0 && !active;
}

/* Brings back the source of a name that was removed for a save that was refused. */
static int bring_back(struct fs *fs, const char *program, const struct away *away,
		      struct helios_error *why)
{
	const struct helios_client client = client_of(fs, program);
	const struct helios_gone gone = {.stored = away->stored, .active = was_active(fs, away)};

	return helios_save_again(fs->home, &client, HELIOS_STORED, away->name.persona,
				 away->stored->data, away->stored->length, NULL, &gone, NULL, why);
}

/* An edit of what a name was that went away. */
static int save_gone(struct fs *fs, const struct save *save, const struct helios_gone *gone,
		     struct helios_error *why)
{
	const struct helios_client client = client_of(fs, save->client);

	return helios_save_again(fs->home, &client, kind_of(save->name->dir), save->name->persona,
				 save->text, save->length, save->ancestor, gone, NULL, why);
}

/* A refused save leaves what was there, also when that had gone away for it. */
static void leave_as_it_was(struct fs *fs, const struct save *save)
{
	struct away away = {0};

	if (away_refuse(fs, save->name, &away) && away.stored && !exists(fs, away.name.persona))
		bring_back(fs, save->client, &away, NULL);
	away_done(&away);
	inode_supersede(fs, save->name);
	watch_changed(fs);
}

/* Saves to a name that may have gone away a moment ago. */
static int save_again(struct fs *fs, const struct save *save, struct helios_error *why)
{
	struct away away = away_get(fs, save->name);
	int err;

	if (away.kind == AWAY_REMOVED && away.stored && !exists(fs, away.name.persona))
		err = save_gone(fs, save,
				&(struct helios_gone){.stored = away.stored,
						      .active = was_active(fs, &away)},
				why);
	else if (away.kind == AWAY_RENAMED && exists(fs, away.to) && !exists(fs, away.name.persona))
		err = save_gone(fs, save, &(struct helios_gone){.renamed_to = away.to}, why);
	else /* hidden, or somebody else made it again: an edit of what is in the home */
		err = save_text(fs, save, why);
	if (away.kind && err == 0)
		away_drop(fs, save->name);
	away_done(&away);
	return err;
}

void commit_reject(struct fs *fs, const struct save *save, const struct helios_error *why)
{
	const struct helios_client client = client_of(fs, save->client);

	helios_note_operation(fs->home, why);
	problem_set(fs, save->name, why);
	leave_as_it_was(fs, save);
	if (save->length)
		helios_reject(fs->home, &client, kind_of(save->name->dir), save->name->persona,
			      save->text, save->length, why, NULL, NULL);
}

int commit_save(struct fs *fs, const struct save *save, struct helios_error *why)
{
	int err;

	if (save->length == 0)
		err = helios_fail(why, HELIOS_NOT_A_MAPPING, NULL,
				  "to remove a persona, remove its file",
				  "an empty document is not saved");
	else
		err = save_again(fs, save, why);
	if (err < 0) {
		commit_reject(fs, save, why);
	} else {
		helios_note_operation(fs->home, NULL);
		problem_clear(fs, save->name);
		away_take_emptied(fs, save->name);
		inode_supersede(fs, save->name);
	}
	watch_changed(fs);
	return err;
}

/* What a draft's text is an edit of, with a reference. */
static struct ancestor *find_ancestor(struct draft *draft)
{
	if (draft->saved)
		return ancestor_ref(draft->saved);
	if (!draft->truncated)
		return ancestor_ref(draft->opened);
	return records_find(draft->fs, &draft->owner, &draft->name);
}

static struct save save_of(const struct draft *draft, const struct ancestor *ancestor)
{
	return (struct save){
		.name = &draft->name,
		.text = buf_text(&draft->content),
		.length = draft->content.length,
		.ancestor = ancestor_text(ancestor),
		.client = draft->client,
	};
}

/* The text as it is now was refused: it is kept, and later closes say the same without a try. */
static int refuse(struct draft *draft, int err)
{
	draft->refused = -err;
	draft->dirty = false;
	return err;
}

static int reject_locked(struct draft *draft, int err)
{
	const struct save save = save_of(draft, NULL);

	commit_reject(draft->fs, &save, &draft->why);
	return refuse(draft, err);
}

static int commit_locked(struct draft *draft)
{
	cleanup_ancestor struct ancestor *ancestor = NULL;
	struct save save;
	int err;

	if (!draft->dirty)
		return -draft->refused;
	if (draft->poisoned)
		return reject_locked(draft, -draft->poisoned);
	if (draft->detached) {
		draft->dirty = false;
		return 0; /* written to a file that was removed: gone, as everywhere */
	}
	ancestor = find_ancestor(draft);
	save = save_of(draft, ancestor);
	err = commit_save(draft->fs, &save, &draft->why);
	if (err < 0)
		return refuse(draft, err);
	draft->dirty = false;
	draft->refused = 0;
	draft->announce = true;
	ancestor_unref(draft->saved);
	draft->saved = ancestor_of_bytes(save.text, save.length);
	records_saved(draft->fs, &draft->owner, &draft->name, draft->saved);
	return 0;
}

/* After a save: stat shows it at once, also to those who looked while it was being written. */
static void unlock(struct draft *draft)
{
	const struct name name = draft->name;
	bool announce = draft->announce;

	draft->announce = false;
	pthread_mutex_unlock(&draft->mutex);
	if (announce)
		watch_forget(draft->fs, &name);
}

int commit_draft(struct draft *draft)
{
	int err;

	pthread_mutex_lock(&draft->mutex);
	err = commit_locked(draft);
	unlock(draft);
	return err;
}

/* Keeps what a dead or dismissed writer has left; it may be half a document. */
static void abandon(struct draft *draft, const char *reason)
{
	if (draft->dirty && !draft->detached) {
		helios_fail(&draft->why, HELIOS_EDITOR, NULL,
			    "'helios rejected retry' saves the text if it is whole", "%s", reason);
		reject_locked(draft, -ECANCELED);
	}
	draft->abandoned = true;
	draft->dirty = false;
}

struct others {
	const struct draft *draft;
	unsigned count;
};

static void count_other(struct inode *node, void *data)
{
	struct others *others = data;
	const struct draft *draft = node->draft;

	if (draft != others->draft && draft->owner.tgid == others->draft->owner.tgid &&
	    node->number == name_number(&others->draft->name))
		others->count += atomic_load(&draft->opens);
}

/*
 * Whether the closer has another descriptor of the very same open file, as a shell has that puts
 * a saved one back after a command: its text is not complete then.
 */
static bool is_still_open(const struct draft *draft, pid_t tid)
{
	struct others others = {.draft = draft};
	unsigned descriptors = caller_descriptors(tid, name_number(&draft->name));

	if (descriptors)
		inode_each(draft->fs, INODE_DRAFT, count_other, &others);
	return descriptors > others.count;
}

/* A text that may be half of one: the child that could see how its writer ended is gone. */
static int abandon_untold(struct draft *draft)
{
	abandon(draft, "nobody can tell whether the writer had ended it; mount the view anew");
	return -EIO;
}

int commit_at_close(struct draft *draft, pid_t tid)
{
	pid_t closer = caller_tgid(tid);
	char reason[64];
	int err = 0, killer;

	pthread_mutex_lock(&draft->mutex);
	if (closer == draft->owner.tgid && !(draft->dirty && is_still_open(draft, tid))) {
		killer = draft->dirty ? caller_signal(tid) : 0;
		snprintf(reason, sizeof(reason), "the writer was ended by signal %d", killer);
		if (killer > 0)
			abandon(draft, reason);
		else if (killer < 0) /* as likely as not it is whole, but only the person can tell */
			err = abandon_untold(draft);
		else
			err = commit_locked(draft);
	}
	unlock(draft);
	return err;
}

/* ": > F": no save, but what the next command appends is the whole text. */
static bool is_emptied(const struct draft *draft)
{
	return draft->truncated && draft->opened && draft->content.length == 0 && !draft->refused &&
	       !draft->saved && !draft->abandoned && !draft->detached;
}

void commit_at_release(struct draft *draft)
{
	pthread_mutex_lock(&draft->mutex);
	if (!draft->abandoned)
		commit_locked(draft);
	if (!draft->saved)
		away_release(draft->fs, &draft->name);
	if (is_emptied(draft))
		away_add(draft->fs, &(struct away){.kind = AWAY_EMPTIED, .name = draft->name});
	unlock(draft);
}

void commit_dismiss(struct draft *draft)
{
	pthread_mutex_lock(&draft->mutex);
	abandon(draft, "the view was unmounted while the text was being written");
	pthread_mutex_unlock(&draft->mutex);
}

int commit_rename(struct fs *fs, pid_t tid, const struct name *name, const char *text,
		  size_t length)
{
	const struct process process = caller_of(tid);
	cleanup_ancestor struct ancestor *ancestor = records_find(fs, &process, name);
	cleanup_ancestor struct ancestor *saved = NULL;
	char client[32];
	struct helios_error why;
	int err;

	caller_name(tid, client);
	away_claim(fs, name);
	err = commit_save(fs,
			  &(struct save){.name = name,
					 .text = text,
					 .length = length,
					 .ancestor = ancestor_text(ancestor),
					 .client = client},
			  &why);
	if (err < 0)
		return err;
	saved = ancestor_of_bytes(text, length);
	if (saved)
		records_saved(fs, &process, name, saved);
	return 0;
}
