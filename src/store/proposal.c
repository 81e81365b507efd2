/* Keeping, showing, accepting and rejecting proposals; see store/proposal.h. */
#include "store/proposal.h"

#include <time.h>

#include "base/file.h"
#include "base/utf8.h"
#include "store/history.h"
#include "store/read.h"
#include "store/save_kinds.h"
#include "store/text.h"

#define ID_LENGTH 10 /* hex digits of the commit: git takes it for its name, too */

static int no_memory(struct helios_error *error)
{
	return helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "no memory for a proposal");
}

/* ---- reading */

void proposal_done(struct proposal *proposal)
{
	free(proposal->id);
	free(proposal->summary);
	free(proposal->client);
	free(proposal->session);
	free(proposal->tool);
	free(proposal->reason);
	free(proposal->reverts);
	*proposal = (struct proposal){0};
}

void proposals_done(struct proposals *list)
{
	for (size_t i = 0; i < list->count; i++)
		proposal_done(&list->entries[i]);
	free(list->entries);
	*list = (struct proposals){0};
}

static int describe(struct helios_home *home, const struct repo_proposal *kept,
		    struct proposal *ret, struct helios_error *error)
{
	cleanup_free char *message = NULL;
	struct repo_commit commit;
	int err = repo_read_commit(home->repo, &kept->commit, &commit, &message, error);

	if (err < 0)
		return err;
	*ret = (struct proposal){
		.id = strdup(kept->id),
		.commit = kept->commit,
		.parent = commit.parent,
		.time = commit.time,
		.summary = strndup(message, strcspn(message, "\n")),
	};
	return ret->id && ret->summary &&
			       history_copy_trailer(message, "Helios-Client", &ret->client) &&
			       history_copy_trailer(message, "Helios-Session", &ret->session) &&
			       history_copy_trailer(message, "Helios-Tool", &ret->tool) &&
			       history_copy_trailer(message, "Helios-Reason", &ret->reason) &&
			       history_copy_trailer(message, "Helios-Reverts", &ret->reverts)
		       ? 0
		       : no_memory(error);
}

static int oldest_first(const void *a, const void *b)
{
	const struct proposal *x = a, *y = b;

	return x->time != y->time ? (x->time > y->time) - (x->time < y->time)
				  : strcmp(x->id, y->id);
}

int proposals_read(struct helios_home *home, struct proposals *ret, struct helios_error *error)
{
	cleanup(repo_proposals_done) struct repo_proposals kept = {0};
	int err = repo_list_proposals(home->repo, &kept, error);

	*ret = (struct proposals){0};
	if (err < 0 || !kept.count)
		return err;
	ret->entries = calloc(kept.count, sizeof(*ret->entries));
	if (!ret->entries)
		return no_memory(error);
	for (; err == 0 && ret->count < kept.count; ret->count++)
		err = describe(home, &kept.entries[ret->count], &ret->entries[ret->count], error);
	if (err < 0)
		proposals_done(ret);
	else
		qsort(ret->entries, ret->count, sizeof(*ret->entries), oldest_first);
	return err;
}

int proposal_find(struct helios_home *home, const char *id, struct proposal *ret,
		  struct helios_error *error)
{
	cleanup(repo_proposals_done) struct repo_proposals kept = {0};
	const struct repo_proposal *found = NULL;
	size_t length = strlen(id), count = 0;
	int err = repo_list_proposals(home->repo, &kept, error);

	for (size_t i = 0; err == 0 && length && i < kept.count; i++) {
		if (strncmp(kept.entries[i].id, id, length) != 0)
			continue;
		found = &kept.entries[i];
		count++;
	}
	if (err < 0)
		return err;
	if (count != 1)
		return helios_fail(error, HELIOS_NO_PROPOSAL, NULL, NULL,
				   count ? "there are several proposals '%s...'"
					 : "there is no proposal '%s'",
				   id);
	return describe(home, found, ret, error);
}

/* ---- keeping */

/* The last saved text of a view follows from the rest. */
static bool is_part(const struct txn_file *file)
{
	return strncmp(file->path, ".views/", 7) != 0 && (file->content || file->tracked);
}

static int write_commit(struct txn *txn, const char *message, struct repo_commit *commit,
			struct object_id *ret, struct helios_error *error)
{
	cleanup_free struct repo_change *changes = calloc(txn->count, sizeof(*changes));
	struct repo *repo = txn->home->repo;
	size_t count = 0;
	int err = changes ? 0 : no_memory(error);

	for (size_t i = 0; err == 0 && i < txn->count; i++) {
		struct txn_file *file = &txn->files[i];

		if (!is_part(file))
			continue;
		changes[count++] = (struct repo_change){.path = file->path,
							.id = file->content ? &file->after : NULL};
		if (file->content)
			err = repo_write_blob(repo, file->content, file->length, &file->after,
					      error);
	}
	*commit = (struct repo_commit){
		.parent = txn->served->head, .time = (int64_t)time(NULL), .message = message};
	if (err == 0)
		err = repo_write_tree(repo, &commit->parent, changes, count, &commit->tree, error);
	return err == 0 ? repo_write_commit(repo, commit, ret, error) : err;
}

/* The one that changes the same in the same way. */
static int find_equal(struct helios_home *home, const struct repo_proposals *kept,
		      const struct repo_commit *commit, char id[ID_LENGTH + 1],
		      struct helios_error *error)
{
	int err = 0;

	*id = '\0';
	for (size_t i = 0; err == 0 && i < kept->count; i++) {
		cleanup_free char *message = NULL;
		struct repo_commit other;

		err = repo_read_commit(home->repo, &kept->entries[i].commit, &other, &message,
				       error);
		if (err == 0 && object_id_equal(&other.tree, &commit->tree) &&
		    object_id_equal(&other.parent, &commit->parent))
			snprintf(id, ID_LENGTH + 1, "%s", kept->entries[i].id);
	}
	return err;
}

static int keep_new(struct txn *txn, const struct repo_proposals *kept,
		    const struct object_id *commit, char id[ID_LENGTH + 1],
		    struct helios_error *error)
{
	char hex[OBJECT_ID_HEX + 1];
	int err;

	if (kept->count >= LIMIT_PROPOSALS)
		return helios_fail(error, HELIOS_LIMIT, NULL,
				   "'helios review' accepts or rejects those there are",
				   "%zu proposals wait for the person already", kept->count);
	object_id_format(commit, hex);
	memcpy(id, hex, ID_LENGTH);
	id[ID_LENGTH] = '\0';
	generation_begin(txn->home->generation);
	err = repo_keep_proposal(txn->home->repo, id, commit, error);
	generation_end(txn->home->generation);
	return err == -EEXIST ? 0 : err;
}

static bool is_adopted(const struct txn *txn)
{
	for (size_t i = 0; i < txn->count; i++)
		if (txn->files[i].in_place)
			return true;
	return false;
}

int proposal_keep(struct txn *txn, const char *message, struct helios_error *error)
{
	cleanup(repo_proposals_done) struct repo_proposals kept = {0};
	struct repo_commit commit;
	struct object_id made;
	char id[ID_LENGTH + 1];
	int err;

	if (is_adopted(txn))
		return helios_fail(error, HELIOS_AGENTS, NULL, NULL,
				   "what stands in the home's files is the person's to commit");
	err = repo_list_proposals(txn->home->repo, &kept, error);
	if (err == 0)
		err = write_commit(txn, message, &commit, &made, error);
	if (err == 0)
		err = find_equal(txn->home, &kept, &commit, id, error);
	if (err == 0 && !*id)
		err = keep_new(txn, &kept, &made, id, error);
	repo_discard(txn->home->repo);
	return err < 0 ? err
		       : helios_fail(error, HELIOS_PROPOSED, &(struct helios_place){.key = id},
				     NULL,
				     "kept as proposal %s: nothing has changed until the "
				     "person accepts it",
				     id);
}

/* ---- showing */

/* What a terminal or an eye could be misled by is written out. */
static void add_visible(struct buf *out, const char *text, size_t length)
{
	for (size_t at = 0; at < length;) {
		uint32_t codepoint;
		size_t step = utf8_decode(text + at, length - at, &codepoint);

		if (codepoint != '\n' && codepoint != '\t' && utf8_is_invisible(codepoint))
			buf_addf(out, "\\u%04X", (unsigned)codepoint);
		else
			buf_add(out, text + at, step);
		at += step;
	}
}

static int read_blob(struct helios_home *home, const struct object_id *id, struct buf *out,
		     struct helios_error *error)
{
	return object_id_is_zero(id) ? 0 : repo_read(home->repo, id, out, error);
}

static int add_file(struct helios_home *home, const struct repo_delta *delta, struct buf *out,
		    struct helios_error *error)
{
	cleanup_buf struct buf old = {0}, new = {0}, diff = {0};
	int err = read_blob(home, &delta->before, &old, error);

	if (err == 0)
		err = read_blob(home, &delta->after, &new, error);
	if (err == 0)
		err = history_diff(buf_text(&old), old.length, delta->path, buf_text(&new),
				   new.length, delta->path, &diff, error);
	if (err == 0)
		add_visible(out, buf_text(&diff), diff.length);
	return err;
}

static void add_header(const struct proposal *proposal, struct buf *out)
{
	time_t when = (time_t)proposal->time;
	char stamp[32];
	struct tm utc;

	strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&when, &utc));
	buf_addf(out, "# Proposal %s: %s\n# Of: %s%s%s, %s\n", proposal->id, proposal->summary,
		 proposal->client ? proposal->client : "an AI client", proposal->tool ? ", " : "",
		 proposal->tool ? proposal->tool : "", stamp);
	if (proposal->reason)
		buf_addf(out, "# Why: %s\n", proposal->reason);
	buf_addf(out, "# 'helios review accept %s' carries it out, 'reject' forgets it.\n",
		 proposal->id);
}

int proposal_diff(struct helios_home *home, const struct proposal *proposal, struct buf *out,
		  struct helios_error *error)
{
	cleanup(repo_deltas_done) struct repo_deltas deltas = {0};
	int err = repo_compare(home->repo, &proposal->parent, &proposal->commit, &deltas, error);

	add_header(proposal, out);
	for (size_t i = 0; err == 0 && i < deltas.count; i++)
		err = add_file(home, &deltas.entries[i], out, error);
	return err;
}

int proposal_text(struct helios_home *home, const char *id, struct helios_text **ret,
		  struct helios_error *error)
{
	cleanup(proposal_done) struct proposal proposal = {0};
	cleanup_buf struct buf text = {0};
	int err = proposal_find(home, id, &proposal, error);

	if (err == 0 && !streq(proposal.id, id)) /* a file has one name */
		err = helios_fail(error, HELIOS_NO_PROPOSAL, NULL, NULL,
				  "there is no proposal '%s'", id);
	if (err == 0)
		err = proposal_diff(home, &proposal, &text, error);
	if (err < 0)
		return err;
	*ret = text_new(&text, (struct timespec){.tv_sec = (time_t)proposal.time});
	return *ret ? 0 : no_memory(error);
}

/* ---- accepting */

static int in_the_way(const char *path, struct helios_error *error)
{
	return helios_fail(error, HELIOS_CONFLICT, &(struct helios_place){.file = path},
			   "'helios review show' has what was proposed: take of it what you want, "
			   "and reject the rest",
			   "%s was changed in the same place since it was proposed", path);
}

/* What the file is now: at HEAD, or on the disk when git does not track it. */
static int read_now(struct txn *txn, const char *path, struct buf *out, struct object_id *ret,
		    struct helios_error *error)
{
	const struct repo_file *head = repo_files_find(&txn->served->files, path);
	int err = 0;

	if (txn_is_tracked(path)) {
		*ret = head ? head->id : (struct object_id){{0}};
		return read_blob(txn->home, ret, out, error);
	}
	err = file_read(txn->home->directory, path, LIMIT_TEXT, out, NULL);
	*ret = err == 0 ? object_id_of_blob(buf_text(out), out->length) : (struct object_id){{0}};
	return err == 0 || err == -ENOENT
		       ? 0
		       : helios_fail_errno(error, -err, path, "cannot read %s", path);
}

static int merge_document(struct txn *txn, const char *name, const struct repo_delta *delta,
			  const struct buf *now, const struct buf *text, struct helios_error *error)
{
	cleanup_buf struct buf before = {0};
	struct source_merge merge = {0};
	int err = read_blob(txn->home, &delta->before, &before, error);
	const struct helios_text ancestor = {.data = buf_text(&before), .length = before.length};
	const struct save_request request = {.name = name,
					     .text = buf_text(text),
					     .length = text->length,
					     .ancestor = &ancestor};

	if (err == 0)
		err = save_merge(&request, now, &merge, error);
	if (err == 0 && merge.conflict_count)
		err = in_the_way(delta->path, error);
	if (err == 0)
		err = save_put_stored(txn, name, buf_text(&merge.text), merge.text.length, error);
	source_merge_done(&merge);
	return err;
}

static int put_document(struct txn *txn, const char *name, const struct repo_delta *delta,
			const struct buf *now, const struct object_id *is,
			struct helios_error *error)
{
	cleanup_buf struct buf text = {0};
	bool same = object_id_equal(is, &delta->before);
	int err = read_blob(txn->home, &delta->after, &text, error);

	if (err < 0)
		return err;
	if (!same && (object_id_is_zero(is) || object_id_is_zero(&delta->before) ||
		      object_id_is_zero(&delta->after)))
		return in_the_way(delta->path, error);
	if (object_id_is_zero(&delta->after))
		return save_put_removal(txn, name, error);
	return same ? save_put_stored(txn, name, buf_text(&text), text.length, error)
		    : merge_document(txn, name, delta, now, &text, error);
}

/* .active is whatever was chosen last; of any other file the proposal must be an edit of what it
 * is. */
static int put_other(struct txn *txn, const struct repo_delta *delta, const struct object_id *is,
		     struct helios_error *error)
{
	cleanup_buf struct buf text = {0};
	int err = read_blob(txn->home, &delta->after, &text, error);

	if (err < 0)
		return err;
	if (!object_id_equal(is, &delta->before) && !streq(delta->path, ACTIVE_FILE))
		return in_the_way(delta->path, error);
	return object_id_is_zero(&delta->after)
		       ? txn_remove(txn, delta->path, error)
		       : txn_put(txn, delta->path, buf_text(&text), text.length, error);
}

static int put_file(struct txn *txn, const struct repo_delta *delta, struct helios_error *error)
{
	char room[NAME_MAX + 1];
	const char *name = served_name_of(delta->path, room);
	cleanup_buf struct buf now = {0};
	struct object_id is;
	int err = read_now(txn, delta->path, &now, &is, error);

	if (err < 0 || object_id_equal(&is, &delta->after))
		return err;
	return name ? put_document(txn, name, delta, &now, &is, error)
		    : put_other(txn, delta, &is, error);
}

static int forget(struct txn *txn, const struct proposal *proposal, struct helios_error *error)
{
	int err;

	generation_begin(txn->home->generation);
	err = repo_drop_proposal(txn->home->repo, proposal->id, error);
	generation_end(txn->home->generation);
	return err;
}

static int accept(struct txn *txn, const struct proposal *proposal, struct helios_error *error)
{
	cleanup(repo_deltas_done) struct repo_deltas deltas = {0};
	int err =
		repo_compare(txn->home->repo, &proposal->parent, &proposal->commit, &deltas, error);

	for (size_t i = 0; err == 0 && i < deltas.count; i++)
		err = put_file(txn, &deltas.entries[i], error);
	txn->proposal = proposal->id;
	txn->proposed_by = proposal->client ? proposal->client : "an AI client";
	txn->reason = proposal->reason;
	txn->reverts = proposal->reverts;
	if (err == 0)
		err = txn_commit(txn, proposal->summary, error);
	/* after a kill here it is there still; accepted again it changes nothing, and goes */
	return err == 0 ? forget(txn, proposal, error) : err;
}

int proposal_accept(struct helios_home *home, const struct helios_client *client, const char *id,
		    struct helios_saved *saved, struct helios_error *error)
{
	cleanup(proposal_done) struct proposal proposal = {0};
	struct txn txn;
	int err = txn_begin(home, client, "accept", 0, &txn, error);

	if (err < 0)
		return err;
	err = proposal_find(home, id, &proposal, error);
	if (err == 0)
		err = accept(&txn, &proposal, error);
	save_report(&txn, saved);
	txn_end(&txn);
	return err;
}

int helios_proposal_reject(struct helios_home *home, const struct helios_client *client,
			   const char *id, struct helios_error *error)
{
	cleanup(proposal_done) struct proposal proposal = {0};
	struct txn txn;
	int err = txn_begin(home, client, "reject", 0, &txn, error);

	if (err < 0)
		return err;
	err = proposal_find(home, id, &proposal, error);
	if (err == 0)
		err = forget(&txn, &proposal, error);
	txn_end(&txn);
	return err;
}

int proposals_names(struct helios_home *home, struct helios_names *ret, struct helios_error *error)
{
	cleanup(repo_proposals_done) struct repo_proposals kept = {0};
	int err = repo_list_proposals(home->repo, &kept, error);

	for (size_t i = 0; err == 0 && i < kept.count; i++)
		err = list_add(ret, kept.entries[i].id);
	return err;
}
