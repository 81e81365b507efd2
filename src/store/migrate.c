/* The steps of store/migrate.h. */
#include "store/migrate.h"

#include <dirent.h>

#include "base/file.h"
#include "base/limits.h"
#include "store/bootstrap_text.h"
#include "store/layers.h"
#include "store/read.h"
#include "store/txn.h"
#include "store/version.h"

/* ---- schema 0, the Python server 0.1 to 0.3: no schema_version, its own .gitignore */

static int read_head(const struct txn *txn, const char *path, struct buf *out,
		     struct helios_error *error)
{
	const struct repo_file *file = repo_files_find(&txn->served->files, path);

	return file ? repo_read(txn->home->repo, &file->id, out, error) : -ENOENT;
}

static int put_version(struct txn *txn, struct helios_error *error)
{
	cleanup_buf struct buf text = {0};
	struct home_version version;
	int err = version_read(txn->home->directory, &version, error);

	if (err < 0)
		return err;
	version_write(&text, version.installed_at, *version.version ? version.version : "unknown");
	return text.failed ? -ENOMEM
			   : txn_put(txn, VERSION_FILE, buf_text(&text), text.length, error);
}

/* Ours first; what stood there before stays below. */
static int put_gitignore(struct txn *txn, struct helios_error *error)
{
	cleanup_buf struct buf old = {0}, text = {0};
	int err = read_head(txn, ".gitignore", &old, error);

	if (err < 0 && err != -ENOENT)
		return err;
	if (strstr(buf_text(&old), bootstrap_gitignore))
		return 0;
	buf_addstr(&text, bootstrap_gitignore);
	if (old.length)
		buf_addf(&text, "# from before\n%s", buf_text(&old));
	return text.failed ? -ENOMEM
			   : txn_put(txn, ".gitignore", buf_text(&text), text.length, error);
}

/* A file that is missing, as a new home has it. */
static int put_missing(struct txn *txn, const char *path, const char *text,
		       struct helios_error *error)
{
	if (repo_files_find(&txn->served->files, path))
		return 0;
	return txn_put(txn, path, text, strlen(text), error);
}

/* The Python server took 0.7 for a base that does not say. */
static int put_importance(struct txn *txn, struct helios_error *error)
{
	const struct repo_file *base = served_base(txn->served);
	cleanup_document struct document *document = NULL;
	cleanup(arena_done) struct arena arena = {0};
	cleanup_buf struct buf text = {0}, patched = {0};
	struct node *root;
	int err;

	if (!base)
		return txn_put(txn, "base/identity.yaml", bootstrap_base, strlen(bootstrap_base),
			       error);
	err = repo_read(txn->home->repo, &base->id, &text, error);
	if (err == 0)
		err = yaml_try(buf_text(&text), text.length, base->path, &document, error);
	if (err < 0 || !document || node_get(document->root, "base_importance"))
		return err; /* one that is no YAML is a person's to mend */
	root = node_copy(&arena, document->root);
	err = root ? node_put(&arena, root, "base_importance", node_float(&arena, 0.7)) : -ENOMEM;
	if (err == 0)
		err = yaml_patch(document, root, NULL, 0, &patched, error);
	return err == 0 ? txn_put(txn, base->path, buf_text(&patched), patched.length, error) : err;
}

static int take_over(struct txn *txn, struct helios_error *error)
{
	int err = put_gitignore(txn, error);

	if (err == 0)
		err = put_missing(txn, "settings.yaml", bootstrap_settings, error);
	if (err == 0)
		err = put_importance(txn, error);
	return err == 0 ? put_version(txn, error) : err;
}

/* ---- the table */

static const struct {
	int64_t from; /* the schema it takes a home from, to the next one */
	const char *summary;
	int (*run)(struct txn *txn, struct helios_error *error);
} steps[] = {
	{0, "Take over a home of the Python server", take_over},
};

static int read_schema(struct helios_home *home, int64_t *ret, struct helios_error *error)
{
	struct home_version version;
	int err = version_read(home->directory, &version, error);

	*ret = version.schema;
	return err;
}

size_t migrate_pending(int64_t schema)
{
	size_t pending = 0;

	for (size_t i = 0; i < ARRAY_SIZE(steps); i++)
		pending += steps[i].from >= schema;
	return pending;
}

static int run_step(struct helios_home *home, const struct helios_client *client, size_t i,
		    size_t *ret_steps, struct helios_error *error)
{
	struct txn txn;
	int64_t schema;
	int err = txn_begin(home, client, "migrate", 0, &txn, error);

	if (err < 0)
		return err;
	err = read_schema(home, &schema, error);
	if (err == 0 && schema == steps[i].from) { /* nobody was faster */
		err = steps[i].run(&txn, error);
		if (err == 0)
			err = txn_commit(&txn, steps[i].summary, error);
		if (err == 0 && ret_steps)
			++*ret_steps;
	}
	if (err == -ENOMEM)
		helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "cannot migrate the home");
	txn_end(&txn);
	return err;
}

int migrate(struct helios_home *home, const struct helios_client *client, size_t *ret_steps,
	    struct helios_error *error)
{
	int err = 0;

	if (ret_steps)
		*ret_steps = 0;
	for (size_t i = 0; err == 0 && i < ARRAY_SIZE(steps); i++) {
		int64_t schema;

		err = read_schema(home, &schema, error);
		if (err == 0 && steps[i].from >= schema)
			err = run_step(home, client, i, ret_steps, error);
	}
	return err;
}

/* ---- the state */

const char *install_state_name(enum install_state state)
{
	static const char *const names[] = {"FRESH_INSTALL", "NEEDS_MIGRATION", "CORRUPTED",
					    "READY"};

	return names[state];
}

/* A directory that cannot be listed has none, unless there was no memory to list it. */
static int has_documents(struct helios_home *home, const char *directory, bool *ret,
			 struct helios_error *error)
{
	struct helios_names names;
	int err = store_list_files(home, directory, &names, error);

	*ret = names.count > 0;
	helios_names_free(&names);
	return err == -ENOMEM ? err : 0;
}

int install_is_unadopted(struct helios_home *home, bool *ret, struct helios_error *error)
{
	struct object_id head;
	int err = repo_head(home->repo, &head, error);

	*ret = false;
	if (err < 0 || !object_id_is_zero(&head))
		return err == -ENOMEM ? err : 0;
	err = has_documents(home, "personas", ret, error);
	return err == 0 && !*ret ? has_documents(home, "base", ret, error) : err;
}

static bool base_is_served(struct helios_home *home, struct helios_error *ret_why)
{
	cleanup_served struct served_reference now = {.home = home};
	cleanup_layers struct store_layers layers = {0};

	return served_get(home, &now.served, ret_why) == 0 &&
	       store_layers_in(home, now.served, "base", &layers, ret_why) == 0;
}

enum install_state install_state(struct helios_home *home, struct helios_error *ret_why)
{
	struct object_id head;
	int64_t schema;
	bool whole, unadopted;

	*ret_why = (struct helios_error){0};
	if (repo_head(home->repo, &head, ret_why) < 0 ||
	    install_is_unadopted(home, &unadopted, ret_why) < 0 ||
	    read_schema(home, &schema, ret_why) < 0)
		return INSTALL_CORRUPTED;
	if (object_id_is_zero(&head) && !unadopted)
		return INSTALL_FRESH;
	if (object_id_is_zero(&head) || migrate_pending(schema)) {
		helios_fail(ret_why, HELIOS_OLD_HOME, NULL, NULL,
			    "the home was made by an older Helios");
		return INSTALL_NEEDS_MIGRATION;
	}
	if (repo_check_commit(home->repo, &head, &whole, ret_why) < 0 ||
	    !base_is_served(home, ret_why))
		return INSTALL_CORRUPTED;
	if (!whole) {
		helios_fail(ret_why, HELIOS_GIT_DAMAGED, NULL, NULL, "HEAD's commit is damaged");
		return INSTALL_CORRUPTED;
	}
	return INSTALL_READY;
}
