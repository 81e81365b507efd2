/*
 * Carrying a transaction out. Everything that may need space is written before the journal's
 * record; after it only renames follow, and what a kill leaves undone recovery completes.
 */
#include <fcntl.h>
#include <time.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "store/agents.h"
#include "store/gate.h"
#include "store/observe.h"
#include "store/process.h"
#include "store/proposal.h"
#include "store/txn.h"

static bool is_unchanged(const struct txn_file *file)
{
	return object_id_equal(&file->before, &file->after);
}

static void drop_unchanged(struct txn *txn)
{
	size_t kept = 0;

	for (size_t i = 0; i < txn->count; i++) {
		if (is_unchanged(&txn->files[i]) && !txn->files[i].mends) {
			free(txn->files[i].path);
			free(txn->files[i].content);
		} else {
			txn->files[kept++] = txn->files[i];
		}
	}
	txn->count = kept;
}

/* One clean line: no control, bidi or newline character, cut at a character's edge. */
static void add_clean(struct buf *out, const char *text, size_t limit)
{
	size_t length = strlen(text), at = 0, start = out->length;

	while (at < length) {
		uint32_t codepoint;
		size_t step = utf8_decode(text + at, length - at, &codepoint);

		if (out->length - start + step > limit)
			break;
		if (codepoint == 0xFFFD || utf8_is_invisible(codepoint))
			buf_addch(out, ' ');
		else
			buf_add(out, text + at, step);
		at += step;
	}
}

char *txn_message(const struct txn *txn, const char *summary)
{
	const struct helios_client *client = txn->client;
	struct buf text = {0};

	add_clean(&text, summary, LIMIT_SUMMARY);
	buf_addf(&text, "\n\nHelios-Source: %s\n", source_name(client->source));
	if (client->name) {
		buf_addstr(&text, "Helios-Client: ");
		add_clean(&text, client->name, LIMIT_SUMMARY);
		buf_addch(&text, '\n');
	}
	if (client->session) {
		buf_addstr(&text, "Helios-Session: ");
		add_clean(&text, client->session, LIMIT_SUMMARY);
		buf_addch(&text, '\n');
	}
	if (client->tool)
		buf_addf(&text, "Helios-Tool: %s\n", client->tool);
	if (txn->reason) {
		buf_addstr(&text, "Helios-Reason: ");
		add_clean(&text, txn->reason, LIMIT_SUMMARY);
		buf_addch(&text, '\n');
	}
	if (txn->proposal) {
		buf_addf(&text, "Helios-Proposal: %s\nHelios-Proposed-By: ", txn->proposal);
		add_clean(&text, txn->proposed_by, LIMIT_SUMMARY);
		buf_addch(&text, '\n');
	}
	if (txn->reverts)
		buf_addf(&text, "Helios-Reverts: %s\n", txn->reverts);
	buf_addf(&text, "Helios-Op: %s\n", txn->id);
	return buf_take(&text);
}

/* Fills txn->changes with the tracked files as the repository wants them; returns how many. */
static size_t tracked_changes(const struct txn *txn)
{
	size_t count = 0;

	for (size_t i = 0; i < txn->count; i++) {
		const struct txn_file *file = &txn->files[i];

		if (file->tracked && !is_unchanged(file))
			txn->changes[count++] = (struct repo_change){
				.path = file->path,
				.id = file->content ? &file->after : NULL,
			};
	}
	return count;
}

/* Makes blobs, tree and commit, unflushed; leaves commit zero when nothing is tracked. */
static int make_objects(struct txn *txn, struct journal_change *change, struct helios_error *error)
{
	struct repo *repo = txn->home->repo;
	size_t count = tracked_changes(txn);
	int err = 0;

	if (count == 0) {
		change->message = NULL;
		return 0;
	}
	for (size_t i = 0; i < txn->count && err == 0; i++)
		if (txn->files[i].tracked && txn->files[i].content)
			err = repo_write_blob(repo, txn->files[i].content, txn->files[i].length,
					      &txn->files[i].after, error);
	if (err == 0)
		err = repo_write_tree(repo, &change->parent, txn->changes, count, &change->tree,
				      error);
	if (err == 0)
		err = repo_write_commit(repo,
					&(struct repo_commit){.tree = change->tree,
							      .parent = change->parent,
							      .time = change->time,
							      .message = change->message},
					&change->commit, error);
	return err;
}

/* Writes the new files where only we look. */
static int write_aside(struct txn *txn, struct helios_error *error)
{
	for (size_t i = 0; i < txn->count; i++) {
		struct txn_file *file = &txn->files[i];
		int err;

		if (file->in_place)
			continue;
		snprintf(file->aside, sizeof(file->aside), RECOVERY_DIRECTORY "/op-%s-%zu", txn->id,
			 i);
		if (!file->content)
			continue;
		err = file_create(txn->home->directory, file->aside, file->content, file->length);
		if (err < 0) {
			file->aside[0] = '\0';
			return helios_fail_errno(error, -err, file->path, "cannot write %s",
						 file->path);
		}
	}
	return 0;
}

static void drop_aside(struct txn *txn)
{
	for (size_t i = 0; i < txn->count; i++)
		if (txn->files[i].aside[0])
			file_unlink(txn->home->directory, txn->files[i].aside, 0);
}

static void describe(const struct txn *txn, struct journal_file *files,
		     struct journal_change *change)
{
	for (size_t i = 0; i < txn->count; i++)
		files[i] = (struct journal_file){
			.path = txn->files[i].path,
			.before = txn->files[i].before,
			.after = txn->files[i].after,
			.content = txn->files[i].content,
			.length = txn->files[i].length,
		};
	change->files = files;
	change->count = txn->count;
}

/*
 * Exchanges the new file with the old one, which then stands aside until all is done, so that
 * it can be exchanged back. For a removal and for a new file one side is missing.
 */
static int exchange(int directory, const struct txn_file *file)
{
	if (!file->content)
		return file_rename(directory, file->path, file->aside, 0) < 0 && errno != ENOENT
			       ? -errno
			       : 0;
	if (file_rename(directory, file->aside, file->path, RENAME_EXCHANGE) == 0)
		return 0;
	if (errno != ENOENT)
		return -errno;
	return file_rename(directory, file->aside, file->path, RENAME_NOREPLACE) < 0 ? -errno : 0;
}

static void exchange_back(int directory, const struct txn_file *file)
{
	if (!file->content)
		file_rename(directory, file->aside, file->path, RENAME_NOREPLACE);
	else if (file_rename(directory, file->aside, file->path, RENAME_EXCHANGE) < 0)
		file_rename(directory, file->path, file->aside, 0);
}

/*
 * What the exchange brought out is what the transaction read, or somebody wrote in between, or
 * has it open and is about to: then it is kept under a name that says so.
 */
static void settle(int directory, const char *operation, const struct txn_file *file)
{
	cleanup_buf struct buf text = {0};
	struct object_id id;
	char kept[LIMIT_NAME + 96];

	if (!(file->tracked && file_has_writer(directory, file->aside)) &&
	    file_read(directory, file->aside, LIMIT_TEXT, &text, NULL) == 0) {
		id = object_id_of_blob(buf_text(&text), text.length);
		if (object_id_equal(&id, &file->before)) {
			file_unlink(directory, file->aside, 0);
			return;
		}
	}
	snprintf(kept, sizeof(kept), RECOVERY_DIRECTORY "/kept-%s-%s", operation,
		 strrchr(file->path, '/') ? strrchr(file->path, '/') + 1 : file->path);
	file_rename(directory, file->aside, kept, 0);
}

static void put_back(struct txn *txn, size_t count)
{
	while (count-- > 0)
		if (txn->files[count].aside[0])
			exchange_back(txn->home->directory, &txn->files[count]);
}

static int replace_files(struct txn *txn, struct helios_error *error)
{
	for (size_t i = 0; i < txn->count; i++) {
		const struct txn_file *file = &txn->files[i];
		int err = file->aside[0] ? exchange(txn->home->directory, file) : 0;

		if (err < 0) {
			put_back(txn, i);
			return helios_fail_errno(error, -err, file->path, "cannot replace %s",
						 file->path);
		}
	}
	return 0;
}

#define MOVE_TRIES 5

/* That the branch's new commit left the files alone which the transaction read and changes. */
static int check_still_read(const struct txn *txn, const struct object_id *head,
			    struct helios_error *error)
{
	struct served *now;
	int err = served_at(txn->home, head, &now, error);

	if (err < 0)
		return err;
	for (size_t i = 0; i < txn->count && err == 0; i++) {
		const struct txn_file *file = &txn->files[i];
		const struct repo_file *there = repo_files_find(&now->files, file->path);
		struct object_id id = there ? there->id : (struct object_id){{0}};

		if (file->tracked && !object_id_equal(&id, &file->before))
			err = helios_fail(error, HELIOS_CONFLICT,
					  &(struct helios_place){.file = file->path}, NULL,
					  "git changed %s at the same moment", file->path);
	}
	served_unref(txn->home, now);
	return err;
}

/* Another git has the branch's lock for a moment, as 'git gc' does; a dead one's is cleared. */
static int move_head(struct txn *txn, const struct journal_change *change,
		     struct helios_error *error)
{
	const struct timespec pause = {.tv_nsec = 5000000};
	int64_t begin = now_ms(), clear_at = begin + LIMIT_DEAD_LOCK_MS;

	for (;;) {
		int err = repo_move_head(txn->home->repo, &change->parent, &change->commit, error);

		if (err != -EBUSY || now_ms() - begin >= LIMIT_LOCK_WAIT_MS)
			return err;
		if (now_ms() >= clear_at) { /* looks at every process: not too often */
			repo_clear_leftovers(txn->home->directory, NULL);
			clear_at += LIMIT_DEAD_LOCK_MS;
		}
		nanosleep(&pause, NULL);
	}
}

/* Moves the branch; when a person's git was faster, the same change goes on top of theirs. */
static int move_branch(struct txn *txn, struct journal_change *change, struct helios_error *error)
{
	struct repo *repo = txn->home->repo;
	int err = -EAGAIN;

	for (unsigned i = 0; i < MOVE_TRIES && err == -EAGAIN; i++) {
		err = move_head(txn, change, error);
		if (err != -EAGAIN)
			break;
		err = repo_head(repo, &change->parent, error);
		if (err == 0)
			err = check_still_read(txn, &change->parent, error);
		if (err == 0)
			err = make_objects(txn, change, error);
		if (err == 0)
			err = repo_flush(repo, false, error);
		if (err == 0)
			err = -EAGAIN;
	}
	if (err == -EAGAIN)
		return helios_fail(error, HELIOS_GIT_BUSY, NULL, NULL, "the branch keeps moving");
	return err;
}

/*
 * The index is a cache: when another git holds it, the next look at the home's files brings it
 * in step.
 */
static void update_index(const struct txn *txn)
{
	repo_update_index(txn->home->repo, txn->home->directory, txn->changes, tracked_changes(txn),
			  NULL);
}

static void mark_done(struct txn *txn, const struct journal_end *end)
{
	struct generation *generation = txn->home->generation;
	struct generation_mark mark = generation_mark(generation);

	memcpy(mark.journal, end->name, sizeof(mark.journal));
	mark.uncheckpointed++;
	snprintf(mark.boot_id, sizeof(mark.boot_id), "%s", process_boot_id());
	generation_set_mark(generation, &mark);
}

/* Until the branch has moved everything can be put back. */
static int carry_out(struct txn *txn, struct journal_change *change, struct helios_error *error)
{
	bool committed = !object_id_is_zero(&change->commit);
	int err = replace_files(txn, error);
	int64_t began = now_us();

	if (err < 0)
		return err;
	if (committed)
		err = move_branch(txn, change, error);
	if (err < 0) {
		put_back(txn, txn->count);
		return err;
	}
	if (committed) {
		update_index(txn);
		observe_commit(txn, txn->git_us + now_us() - began);
	}
	for (size_t i = 0; i < txn->count; i++)
		if (txn->files[i].aside[0])
			settle(txn->home->directory, txn->id, &txn->files[i]);
	if (committed)
		object_id_format(&change->commit, txn->commit);
	txn->changed = true;
	return 0;
}

/* What to say when a change failed and the journal cannot be told: nobody knows its fate yet. */
static int say_unknown(const struct helios_error *why, struct helios_error *error)
{
	const struct helios_error reason = *why;

	return helios_fail(
		error, HELIOS_IO, NULL,
		"make room or mend the disk; the next command carries it out or voids it",
		"the change was written down but not carried out (%s)", reason.message);
}

static int journal_and_carry_out(struct txn *txn, struct journal_change *change,
				 struct helios_error *error)
{
	struct generation *generation = txn->home->generation;
	struct journal_end end = {0};
	uint64_t now;
	int err;

	memcpy(end.name, generation_mark(generation).journal, sizeof(end.name));
	end.name[sizeof(end.name) - 1] = '\0';
	err = journal_append(txn->home->directory, change, &end, error);
	if (err == 0)
		err = carry_out(txn, change, error);
	if (err == 0) {
		mark_done(txn, &end);
		now = generation_end(generation);
		if (object_id_equal(&change->parent, &txn->served->head))
			served_follow(txn, &change->commit, now);
		return 0;
	}
	/* The generation stays odd, so the next transaction reads the journal and cleans up. */
	repo_discard(txn->home->repo);
	if (journal_abort(txn->home->directory, txn->id, NULL) < 0)
		return say_unknown(error ?: &(struct helios_error){0}, error);
	drop_aside(txn);
	return err;
}

/* What stands in the home already, from outside, was looked at before it was adopted. */
static int check_secrets(const struct txn *txn, const char *summary, struct helios_error *error)
{
	int err = gate_check(txn->home, txn->served, "", summary, strlen(summary), error);

	if (err == 0 && txn->reason)
		err = gate_check(txn->home, txn->served, "", txn->reason, strlen(txn->reason),
				 error);
	for (size_t i = 0; err == 0 && i < txn->count; i++) {
		const struct txn_file *file = &txn->files[i];

		if (file->content && !file->in_place)
			err = gate_check(txn->home, txn->served, file->path, file->content,
					 file->length, error);
	}
	return err;
}

/* The person's word on what a tool would change; where it is 'propose', that is kept instead. */
static int ask_person(struct txn *txn, const char *message, struct helios_error *error)
{
	enum agent_word word;
	int err = agents_judge(txn, &word, error);

	if (err == 0 && (word == AGENT_PROPOSE || txn->proposes))
		err = message ? proposal_keep(txn, message, error)
			      : helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "cannot propose");
	return err;
}

int txn_commit(struct txn *txn, const char *summary, struct helios_error *error)
{
	cleanup_free struct journal_file *files = NULL;
	cleanup_free char *message = txn_message(txn, summary);
	struct journal_change change = {
		.id = txn->id,
		.boot_id = process_boot_id(),
		.source = source_name(txn->client->source),
		.client = txn->client->name,
		.session = txn->client->session,
		.operation = summary,
		.message = message,
		.parent = txn->served ? txn->served->head : (struct object_id){{0}},
		.time = (int64_t)time(NULL),
	};
	int64_t began;
	int err;

	drop_unchanged(txn);
	if (txn->count == 0)
		return 0;
	err = check_secrets(txn, summary, error);
	if (err == 0 && txn->client->tool)
		err = ask_person(txn, message, error);
	if (err < 0)
		return err;
	files = calloc(txn->count, sizeof(*files));
	free(txn->changes);
	txn->changes = calloc(txn->count, sizeof(*txn->changes));
	if (!files || !txn->changes || !message)
		return helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "cannot commit");
	generation_begin(txn->home->generation); /* from here on a kill leaves something behind */
	err = write_aside(txn, error);
	began = now_us();
	if (err == 0)
		err = make_objects(txn, &change, error);
	if (err == 0)
		err = repo_flush(txn->home->repo, false, error);
	txn->git_us = now_us() - began;
	if (err < 0) {
		repo_discard(txn->home->repo);
		drop_aside(txn);
		generation_end(txn->home->generation);
		return err;
	}
	describe(txn, files, &change);
	return journal_and_carry_out(txn, &change, error);
}
