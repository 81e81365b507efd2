/* The course of an upgrade; see store/upgrade.h. */
#include "store/upgrade.h"

#include "base/file.h"
#include "base/limits.h"
#include "persona/schema.h"
#include "store/bootstrap.h"
#include "store/copy.h"
#include "store/history.h"
#include "store/layers.h"
#include "store/migrate.h"
#include "store/read.h"
#include "store/snapshot.h"
#include "store/version.h"

void upgrade_done(struct upgrade *result)
{
	free(result->backup);
	free(result->tag);
	*result = (struct upgrade){0};
}

/* ---- before: everything must be valid, and everything is kept */

static int check_file(struct helios_home *home, const char *path, struct helios_error *error)
{
	cleanup_document struct document *document = NULL;
	char room[NAME_MAX + 1];
	const char *name = served_name_of(path, room);
	cleanup_buf struct buf text = {0};
	int err = file_read(home->directory, path, LIMIT_TEXT, &text, NULL);

	if (err < 0)
		return helios_fail_errno(error, -err, path, "cannot read %s", path);
	err = yaml_parse(buf_text(&text), text.length, path, &document, error);
	if (err < 0 || !name)
		return err;
	if (!streq(name, "base")) {
		err = schema_check_name(name, error);
		return err == 0 ? schema_check_persona(document, error) : err;
	}
	if (!node_get(document->root, "base_importance"))
		return schema_check_persona(document, error); /* the migration adds it */
	return schema_check_base(document, error);
}

static int check_valid(struct helios_home *home, struct helios_error *error)
{
	cleanup(helios_names_free) struct helios_names paths = {0};
	int err = store_list_documents(home, &paths, error);

	for (size_t i = 0; err == 0 && i < paths.count; i++)
		err = check_file(home, paths.entries[i], error);
	return err;
}

#define SAME_NAME 1000u

/* A copy that was cut off never has the name of a whole one. */
static int name_copy(struct helios_home *home, const char *copy, struct upgrade *ret)
{
	int err = -EEXIST;

	for (unsigned i = 0; i < SAME_NAME && err == -EEXIST; i++) {
		char number[16] = "";

		if (i)
			snprintf(number, sizeof(number), "-%u", i + 1);
		free(ret->backup);
		if (asprintf(&ret->backup, ".backups/pre_%s%s", ret->to, number) < 0) {
			ret->backup = NULL;
			return -ENOMEM;
		}
		err = file_rename(home->directory, copy, ret->backup, RENAME_NOREPLACE) < 0 ? -errno
											    : 0;
	}
	return err == 0 ? file_sync_directory(home->directory, ".backups") : err;
}

static int keep_copy(struct helios_home *home, struct upgrade *ret, struct helios_error *error)
{
	char id[17], copy[64];
	int err = file_make_directory(home->directory, ".backups");

	if (err < 0)
		return helios_fail_errno(error, -err, ".backups", "cannot make .backups");
	txn_make_id(id);
	snprintf(copy, sizeof(copy), ".backups/unfinished-%s", id);
	err = copy_home(home->directory, copy, error);
	if (err < 0)
		return err;
	err = name_copy(home, copy, ret);
	return err < 0 ? helios_fail_errno(error, -err, copy, "cannot keep a copy of the home") : 0;
}

static int keep_tag(struct helios_home *home, const struct helios_client *client,
		    struct upgrade *ret, struct helios_error *error)
{
	char prefix[64];
	struct txn txn;
	int err = txn_begin(home, client, "upgrade", 0, &txn, error);

	if (err < 0)
		return err;
	snprintf(prefix, sizeof(prefix), "pre_upgrade_%.40s", ret->to);
	err = snapshot_tag(&txn, prefix, "before an upgrade", &ret->tag, error);
	txn_end(&txn);
	return err;
}

/* ---- after: all of it must be there and work */

struct before {
	struct object_id head;
	size_t commits;
	struct helios_names names; /* the personas that resolved */
};

static int count_commits(struct helios_home *home, size_t *ret, struct helios_error *error)
{
	struct history history = {0};
	int err = history_read(home, NULL, NULL, 0, &history, error);

	*ret = history.count;
	history_done(&history);
	return err;
}

static bool resolves(struct helios_home *home, const char *name, struct helios_error *error)
{
	cleanup_served struct served_reference now = {.home = home};
	cleanup_layers struct store_layers layers = {0};

	return served_get(home, &now.served, error) == 0 &&
	       store_layers_in(home, now.served, name, &layers, error) == 0;
}

static int look_before(struct helios_home *home, struct before *ret, struct helios_error *error)
{
	struct helios_names all = {0};
	int err = repo_head(home->repo, &ret->head, error);

	if (err == 0)
		err = count_commits(home, &ret->commits, error);
	if (err == 0)
		err = helios_names(home, HELIOS_RESOLVED, &all, error);
	for (size_t i = 0; err == 0 && i < all.count; i++)
		if (resolves(home, all.entries[i], NULL))
			err = list_add(&ret->names, all.entries[i]);
	helios_names_free(&all);
	return err;
}

/* That something can be saved, without saving it. */
static int try_saving(struct helios_home *home, const struct helios_client *client,
		      struct helios_error *error)
{
	struct txn txn;
	int err = txn_begin(home, client, "upgrade", 0, &txn, error);

	if (err < 0)
		return err;
	err = txn_put(&txn, "personas/upgrade-check.yaml", "{}\n", 3, error);
	txn_end(&txn);
	return err;
}

static int verify(struct helios_home *home, const struct helios_client *client,
		  const struct before *before, const struct upgrade *upgrade,
		  struct helios_error *error)
{
	struct helios_error why;
	size_t commits = 0;
	int err = 0;

	if (install_state(home, &why) != INSTALL_READY)
		return helios_fail(error, why.code, NULL, why.hint, "%s", why.message);
	for (size_t i = 0; err == 0 && i < before->names.count; i++)
		if (!resolves(home, before->names.entries[i], error))
			err = -EINVAL;
	if (err == 0)
		err = count_commits(home, &commits, error);
	if (err == 0 && commits < before->commits + upgrade->steps)
		err = helios_fail(error, HELIOS_GIT_DAMAGED, NULL, NULL,
				  "there were %zu changes in history, now there are %zu",
				  before->commits, commits);
	return err == 0 ? try_saving(home, client, error) : err;
}

/* ---- the course */

static int migrate_or_go_back(struct helios_home *home, const struct helios_client *client,
			      struct upgrade *ret, struct helios_error *error)
{
	struct rollback back = {0};
	struct before before = {0};
	struct helios_error why;
	int err = look_before(home, &before, error);

	if (err == 0)
		err = migrate(home, client, &ret->steps, error);
	if (err == 0)
		err = verify(home, client, &before, ret, error);
	helios_names_free(&before.names);
	if (err == 0)
		return 0;
	if (err == -ENOMEM)
		helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "memory ran out");
	why = error ? *error : (struct helios_error){0};
	if (snapshot_restore(home, client, ret->tag, &back, error) == 0)
		helios_fail(error, why.code ?: HELIOS_OLD_HOME, NULL, why.hint,
			    "the upgrade went back to what was before: %s", why.message);
	rollback_done(&back);
	return err;
}

static int run(struct helios_home *home, const struct helios_client *client, struct upgrade *ret,
	       struct helios_error *error)
{
	struct home_version version;
	bool unadopted;
	int err = version_read(home->directory, &version, error);

	if (err == 0)
		err = version_check(home->directory, error);
	if (err == 0)
		err = install_is_unadopted(home, &unadopted, error);
	if (err < 0)
		return err;
	memcpy(ret->from, version.version, sizeof(ret->from));
	snprintf(ret->to, sizeof(ret->to), HELIOS_VERSION);
	if (!unadopted && !migrate_pending(version.schema))
		return 0;
	err = check_valid(home, error);
	if (err == 0)
		err = keep_copy(home, ret, error);
	if (err == 0)
		err = bootstrap_if_empty(home, NULL, error);
	if (err == 0)
		err = keep_tag(home, client, ret, error);
	return err == 0 ? migrate_or_go_back(home, client, ret, error) : err;
}

int upgrade(const char *path, const struct helios_client *client, struct upgrade *ret,
	    struct helios_error *error)
{
	struct helios_home *home = NULL;
	struct helios_error why = {0};
	int err = home_open(path, false, &home, &why);

	if (err < 0 && why.code == HELIOS_OLD_HOME) /* it has no repository yet */
		err = home_open(path, true, &home, error);
	else if (err < 0 && error)
		*error = why;
	if (err == 0)
		err = run(home, client, ret, error);
	helios_close(home);
	return err;
}
