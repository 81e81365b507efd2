/* Recovery: each step may run any number of times and may itself be killed. */
#include "store/recover.h"

#include <dirent.h>
#include <fcntl.h>

#include "base/file.h"
#include "base/limits.h"
#include "store/journal.h"
#include "store/lock.h"
#include "store/mended.h"
#include "store/metrics.h"
#include "store/process.h"
#include "store/quarantine.h"
#include "store/txn.h"

static int no_memory(struct helios_error *error)
{
	return helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "cannot recover the home");
}

static bool same_boot(const char *boot_id)
{
	return strncmp(boot_id, process_boot_id(), sizeof((struct generation_mark){0}.boot_id)) ==
	       0;
}

static bool ended_well(struct helios_home *home)
{
	return !(generation_read(home->generation) & 1) &&
	       same_boot(generation_mark(home->generation).boot_id);
}

/* Ids are functions of content, so they come out alike. */
int recover_restore_objects(struct helios_home *home, const struct journal_change *change,
			    const struct object_id *parent, struct object_id *ret_commit,
			    struct helios_error *error)
{
	cleanup_free struct repo_change *changes = calloc(change->count + 1, sizeof(*changes));
	struct repo_commit commit = {
		.parent = *parent, .time = change->time, .message = change->message};
	size_t count = 0;
	int err = changes ? 0 : no_memory(error);

	for (size_t i = 0; i < change->count && err == 0; i++) {
		const struct journal_file *file = &change->files[i];
		struct object_id id;

		if (!txn_is_tracked(file->path))
			continue;
		changes[count++] = (struct repo_change){.path = file->path,
							.id = file->content ? &file->after : NULL};
		if (file->content)
			err = repo_write_blob(home->repo, file->content, file->length, &id, error);
	}
	if (err == 0)
		err = repo_write_tree(home->repo, parent, changes, count, &commit.tree, error);
	if (err == 0)
		err = repo_write_commit(home->repo, &commit, ret_commit, error);
	return err == 0 ? repo_flush(home->repo, true, error) : err;
}

/* Whether some commit from head back to the change's parent carries the operation's id. */
static int find_in_history(struct helios_home *home, const struct object_id *head,
			   const struct journal_change *change, bool *ret,
			   struct helios_error *error)
{
	struct object_id at = *head;
	char trailer[64];

	*ret = false;
	snprintf(trailer, sizeof(trailer), "\nHelios-Op: %s\n", change->id);
	while (!object_id_is_zero(&at) && !object_id_equal(&at, &change->parent)) {
		cleanup_free char *message = NULL;
		struct repo_commit commit;
		int err = repo_read_commit(home->repo, &at, &commit, &message, error);

		if (err < 0)
			return err;
		*ret = strstr(message, trailer) != NULL;
		if (*ret)
			return 0;
		at = commit.parent;
	}
	return 0;
}

/* HEAD as it is, after mending what a power cut left unreadable of it. */
static int readable_head(struct helios_home *home, const struct object_id *fallback,
			 struct object_id *ret, struct helios_error *error)
{
	bool damaged;
	int err = repo_examine_head(home->repo, ret, &damaged, error);

	/* a branch without a commit is lost, too, when there was one */
	if (err < 0 || (!damaged && (!object_id_is_zero(ret) || object_id_is_zero(fallback))))
		return err;
	err = repo_reset_head(home->repo, fallback, error);
	if (err < 0)
		return err;
	*ret = *fallback;
	mended_tell("the branch could not be read; it is as the journal says");
	return 0;
}

static int replay_commit(struct helios_home *home, struct journal_change *change,
			 struct helios_error *error)
{
	struct object_id head, commit;
	bool whole, done = false;
	int err = object_id_is_zero(&change->parent)
			  ? 0
			  : repo_check_commit(home->repo, &change->parent, &whole, error);

	if (err == 0)
		err = recover_restore_objects(home, change, &change->parent, &commit, error);
	if (err == 0)
		err = readable_head(home, &change->parent, &head, error);
	if (err == 0)
		err = find_in_history(home, &head, change, &done, error);
	if (err < 0 || done)
		return err;
	if (!object_id_equal(&head, &change->parent))
		err = recover_restore_objects(home, change, &head, &commit, error);
	if (err == 0)
		err = repo_move_head(home->repo, &head, &commit, error);
	if (err == 0)
		metrics_count(home->metrics, METRIC_COMMITS, 1);
	change->commit = commit;
	return err;
}

/*
 * Whether these bytes are what a power cut makes of a new file: the beginning of its content,
 * perhaps nothing, and zeros behind it.
 */
static bool is_torn(const struct buf *text, const struct journal_file *file)
{
	const char *content = file->content ?: "";
	size_t whole = file->content ? file->length : 0, same = 0;

	while (same < text->length && same < whole && text->data[same] == content[same])
		same++;
	while (same < text->length && text->data[same] == '\0')
		same++;
	return same == text->length;
}

/* Writes a file the change was to write, unless somebody else has written it since. */
static int replay_file(struct helios_home *home, const struct journal_file *file,
		       struct helios_error *error)
{
	const char *aside = RECOVERY_DIRECTORY "/op-replay";
	cleanup_buf struct buf text = {0};
	struct object_id now = {{0}};
	int err = file_read(home->directory, file->path, LIMIT_TEXT, &text, NULL);

	if (err == -ELOOP || err == -EFBIG || err == -EINVAL || err == -ENOTDIR)
		return 0; /* a link, a directory, something huge: somebody has put it there since */
	if (err < 0 && err != -ENOENT)
		return helios_fail_errno(error, -err, file->path, "cannot read %s", file->path);
	if (err == 0)
		now = object_id_of_blob(buf_text(&text), text.length);
	if (object_id_equal(&now, &file->after))
		return 0;
	if (!object_id_equal(&now, &file->before) && !is_torn(&text, file))
		return 0;
	if (!object_id_equal(&now, &file->before) && text.length) {
		err = quarantine(home->directory, file->path); /* a person may have cut it */
		if (err < 0)
			return helios_fail_errno(error, -err, file->path, "cannot keep %s",
						 file->path);
	}
	if (!file->content)
		return file_unlink(home->directory, file->path, 0) < 0 && errno != ENOENT
			       ? helios_fail_errno(error, errno, file->path, "cannot remove %s",
						   file->path)
			       : 0;
	file_unlink(home->directory, aside, 0);
	err = file_create(home->directory, aside, file->content, file->length);
	if (err == 0 && file_rename(home->directory, aside, file->path, 0) < 0)
		err = -errno;
	return err < 0 ? helios_fail_errno(error, -err, file->path, "cannot restore %s", file->path)
		       : 0;
}

static int replay(struct helios_home *home, struct journal_change *change,
		  struct helios_error *error)
{
	cleanup_free struct repo_change *changes = calloc(change->count + 1, sizeof(*changes));
	size_t count = 0;
	int err = changes ? 0 : no_memory(error);

	if (err == 0 && change->message)
		err = replay_commit(home, change, error);
	for (size_t i = 0; i < change->count && err == 0; i++) {
		const struct journal_file *file = &change->files[i];

		err = replay_file(home, file, error);
		if (txn_is_tracked(file->path))
			changes[count++] = (struct repo_change){
				.path = file->path, .id = file->content ? &file->after : NULL};
	}
	if (err == 0 && count)
		repo_update_index(home->repo, home->directory, changes, count, NULL);
	return err;
}

/* True when the bytes of a leftover are what some change was to write or to replace. */
static bool is_known(const struct journal_tail *tail, const struct object_id *id)
{
	for (size_t i = 0; i < tail->count; i++)
		for (size_t j = 0; j < tail->changes[i].count; j++)
			if (object_id_equal(&tail->changes[i].files[j].before, id) ||
			    object_id_equal(&tail->changes[i].files[j].after, id))
				return true;
	return false;
}

static bool was_journaled(const struct journal_tail *tail, const char *name)
{
	for (size_t i = 0; i < tail->count; i++)
		if (strncmp(name + 3, tail->changes[i].id, strlen(tail->changes[i].id)) == 0)
			return true;
	return false;
}

/*
 * Files a transaction had aside when it died. Without a record nothing was exchanged yet, so
 * they are our own unacknowledged bytes; with one, foreign bytes are kept.
 */
static int clear_aside(struct helios_home *home, const struct journal_tail *tail)
{
	int fd = file_open_beneath(home->directory, RECOVERY_DIRECTORY, O_RDONLY | O_DIRECTORY, 0);
	DIR *stream = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;
	int err = 0;

	if (!stream && fd >= 0) {
		close(fd);
		return -ENOMEM;
	}
	while (stream && err != -ENOMEM && (entry = readdir(stream))) {
		cleanup_buf struct buf text = {0};
		struct object_id id;
		char kept[300];

		if (strncmp(entry->d_name, "op-", 3) != 0)
			continue;
		err = file_read(fd, entry->d_name, LIMIT_TEXT, &text, NULL);
		if (err < 0)
			continue;
		id = object_id_of_blob(buf_text(&text), text.length);
		if (!was_journaled(tail, entry->d_name) || is_known(tail, &id)) {
			file_unlink(fd, entry->d_name, 0);
			continue;
		}
		snprintf(kept, sizeof(kept), "kept-%s", entry->d_name);
		file_rename(fd, entry->d_name, kept, 0);
	}
	if (stream)
		closedir(stream);
	return err == -ENOMEM ? err : 0;
}

static int note_clean(struct helios_home *home, const struct journal_tail *tail,
		      struct helios_error *error)
{
	struct generation_mark mark = {.uncheckpointed = tail->count};
	struct journal_end end;
	int err = journal_find_end(home->directory, &end, error);

	if (err < 0)
		return err;
	snprintf(mark.boot_id, sizeof(mark.boot_id), "%s", process_boot_id());
	memcpy(mark.journal, end.name, sizeof(mark.journal));
	generation_set_mark(home->generation, &mark);
	generation_begin(home->generation);
	generation_end(home->generation);
	return 0;
}

bool recover_is_needed(struct helios_home *home)
{
	bool odd = helios_generation(home) & 1;

	if (!home->generation)
		return false;
	/* an odd counter is also a change that somebody is making just now */
	return odd ? !lock_is_held(home->directory)
		   : !same_boot(generation_mark(home->generation).boot_id);
}

/*
 * How many of the first changes a person's git has moved HEAD away from since, as 'git reset' does:
 * what is not in the history it moved to was dropped on purpose.
 */
static int find_move(struct helios_home *home, const struct journal_tail *tail,
		     struct object_id *ret_to, size_t *ret_count, struct helios_error *error)
{
	struct object_id from;
	int err = repo_last_move(home->repo, &from, ret_to, error);

	*ret_count = 0;
	for (size_t i = 0; err == 0 && !object_id_is_zero(ret_to) && i < tail->count; i++)
		if (object_id_equal(&tail->changes[i].commit, &from))
			*ret_count = i + 1;
	return err;
}

static int replay_tail(struct helios_home *home, const struct journal_tail *tail,
		       struct helios_error *error)
{
	struct object_id to;
	size_t moved;
	int err = find_move(home, tail, &to, &moved, error);

	for (size_t i = 0; i < tail->count && err == 0; i++) {
		struct journal_change *change = &tail->changes[i];
		bool wanted = true;

		/* under this boot all but the last were carried out before the next began */
		if (i + 1 < tail->count && same_boot(change->boot_id))
			continue;
		if (i < moved && change->message)
			err = find_in_history(home, &to, change, &wanted, error);
		if (err == 0 && wanted)
			err = replay(home, change, error);
	}
	return err;
}

/* With no change to replay, HEAD is still mended from what the checkpoint says. */
static int mend_head(struct helios_home *home, const struct journal_tail *tail,
		     struct helios_error *error)
{
	struct object_id head;

	return tail->count ? 0 : readable_head(home, &tail->head, &head, error);
}

int recover_if_needed(struct helios_home *home, struct helios_error *error)
{
	return ended_well(home) ? 0 : recover_damaged(home, error);
}

int recover_damaged(struct helios_home *home, struct helios_error *error)
{
	struct journal_tail tail;
	bool cut_off;
	int err = journal_read_tail(home->directory, &tail, error);

	if (err < 0)
		return err;
	cut_off = tail.count || (generation_read(home->generation) & 1);
	/*
	 * A power cut may have torn any object that was written since the last sync, also of a
	 * change nobody has acknowledged; saved again, its objects would be taken as there.
	 */
	if (!same_boot(generation_mark(home->generation).boot_id))
		repo_mend_objects(home->directory, true, repo_tell_mended, NULL);
	err = repo_clear_leftovers(home->directory, error);
	if (err == 0)
		err = mend_head(home, &tail, error);
	if (err == 0)
		err = replay_tail(home, &tail, error);
	if (err == 0 && clear_aside(home, &tail) < 0)
		err = no_memory(error);
	if (err == 0)
		err = note_clean(home, &tail, error);
	if (cut_off) /* else this is a new home, or a boot after a clean end */
		metrics_count(home->metrics, METRIC_RECOVERIES, 1);
	if (cut_off && err == 0)
		metrics_count(home->metrics, METRIC_RECOVERED, 1);
	journal_tail_done(&tail);
	return err;
}
