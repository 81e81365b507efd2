/* Taking and listing snapshots; going back is in rollback.c. See store/snapshot.h. */
#include "store/snapshot.h"

#include <time.h>

#include "base/limits.h"
#include "store/agents.h"
#include "store/gate.h"
#include "store/history.h"

#define SAME_NAME 1000u

/* Made beside the transaction's own protocol: a kill in between leaves git's lock file behind. */
static int make_tag(struct txn *txn, const struct repo_tag *tag, struct helios_error *error)
{
	int err;

	generation_begin(txn->home->generation);
	err = repo_make_tag(txn->home->repo, tag, error);
	generation_end(txn->home->generation);
	return err;
}

int snapshot_tag(struct txn *txn, const char *name, const char *reason, char **ret_name,
		 struct helios_error *error)
{
	cleanup_free char *message = txn_message(txn, reason);
	struct repo_tag tag = {
		.commit = txn->served->head, .time = (int64_t)time(NULL), .message = message};
	char numbered[128];
	int err = -EEXIST;

	if (!message)
		return helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "cannot take a snapshot");
	tag.name = numbered;
	for (unsigned i = 0; i < SAME_NAME && err == -EEXIST; i++) {
		char number[16] = "";

		if (i)
			snprintf(number, sizeof(number), "-%u", i + 1);
		snprintf(numbered, sizeof(numbered), "%s%s", name, number);
		err = make_tag(txn, &tag, error);
	}
	if (err < 0)
		return err;
	*ret_name = strdup(numbered);
	return *ret_name
		       ? 0
		       : helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "cannot take a snapshot");
}

int snapshot_make(struct txn *txn, const char *prefix, const char *reason, char **ret_name,
		  struct helios_error *error)
{
	time_t now = time(NULL);
	char stamp[32], name[96];
	struct tm utc;

	strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", gmtime_r(&now, &utc));
	snprintf(name, sizeof(name), "%s-%s", prefix, stamp);
	return snapshot_tag(txn, name, reason && *reason ? reason : prefix, ret_name, error);
}

int snapshot_take(struct helios_home *home, const struct helios_client *client, const char *reason,
		  char **ret_name, char ret_commit[OBJECT_ID_HEX + 1], struct helios_error *error)
{
	struct txn txn;
	int err = txn_begin(home, client, "snapshot", 0, &txn, error);

	if (err < 0)
		return err;
	if (client && client->tool)
		err = agents_check_rest(home, error);
	if (err == 0 && reason)
		err = gate_check(home, txn.served, "", reason, strlen(reason), error);
	if (err == 0)
		err = snapshot_make(&txn, "snapshot", reason, ret_name, error);
	object_id_format(&txn.served->head, ret_commit);
	txn_end(&txn);
	return err;
}

void snapshots_done(struct snapshots *snapshots)
{
	for (size_t i = 0; i < snapshots->count; i++) {
		free(snapshots->entries[i].name);
		free(snapshots->entries[i].reason);
		free(snapshots->entries[i].source);
		free(snapshots->entries[i].client);
	}
	free(snapshots->entries);
	*snapshots = (struct snapshots){0};
}

static int newest_first(const void *a, const void *b)
{
	const struct snapshot *x = a, *y = b;

	if (x->time != y->time)
		return x->time < y->time ? 1 : -1;
	return strcmp(y->name, x->name);
}

/* Of a light tag the commit tells when it was. */
static int describe(struct helios_home *home, const struct repo_tag *tag,
		    const struct object_id *tree, struct snapshot *ret, struct helios_error *error)
{
	cleanup_free char *message = NULL;
	struct repo_commit commit;
	int err = repo_read_commit(home->repo, &tag->commit, &commit, &message, error);

	if (err < 0)
		return err;
	*ret = (struct snapshot){
		.name = strdup(tag->name),
		.reason = strndup(tag->message, strcspn(tag->message, "\n")),
		.time = tag->time ? tag->time : commit.time,
		.commit = tag->commit,
		.current = object_id_equal(&commit.tree, tree),
	};
	return ret->name && ret->reason &&
			       history_copy_trailer(tag->message, "Helios-Source", &ret->source) &&
			       history_copy_trailer(tag->message, "Helios-Client", &ret->client)
		       ? 0
		       : helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL,
				     "cannot list the snapshots");
}

/* The tree of HEAD; zero before the first commit. */
static int head_tree(struct helios_home *home, struct object_id *ret, struct helios_error *error)
{
	cleanup_free char *message = NULL;
	struct repo_commit commit = {0};
	struct object_id head;
	int err = repo_head(home->repo, &head, error);

	if (err == 0 && !object_id_is_zero(&head))
		err = repo_read_commit(home->repo, &head, &commit, &message, error);
	*ret = commit.tree;
	return err;
}

int snapshots_read(struct helios_home *home, struct snapshots *ret, struct helios_error *error)
{
	struct snapshots snapshots = {0};
	struct repo_tags tags = {0};
	struct object_id tree;
	int err = head_tree(home, &tree, error);

	if (err == 0)
		err = repo_list_tags(home->repo, &tags, error);
	if (err == 0 && tags.count)
		snapshots.entries = calloc(tags.count, sizeof(*snapshots.entries));
	if (err == 0 && tags.count && !snapshots.entries)
		err = helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "cannot list the snapshots");
	for (; err == 0 && snapshots.count < tags.count; snapshots.count++)
		err = describe(home, &tags.entries[snapshots.count], &tree,
			       &snapshots.entries[snapshots.count], error);
	repo_tags_done(&tags);
	if (err < 0) {
		snapshots_done(&snapshots);
		return err;
	}
	if (snapshots.count)
		qsort(snapshots.entries, snapshots.count, sizeof(*snapshots.entries), newest_first);
	*ret = snapshots;
	return 0;
}
