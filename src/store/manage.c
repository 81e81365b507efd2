/* Making, removing, renaming and choosing personas; each is one transaction. */
#include "base/file.h"
#include "base/limits.h"
#include "persona/schema.h"
#include "store/read.h"
#include "store/save_kinds.h"
#include "store/versions.h"

int save_check_absent(const struct txn *txn, const char *name, struct helios_error *error)
{
	int err = schema_check_name(name, error);

	if (err == 0 && served_persona(txn->served, name))
		err = helios_fail(error, HELIOS_EXISTS, NULL, NULL,
				  "there is a persona '%s' already", name);
	return err;
}

static int check_present(const struct txn *txn, const char *name, struct helios_error *error)
{
	if (streq(name, "base"))
		return helios_fail(error, HELIOS_IS_BASE, NULL, NULL, "'base' is not a persona");
	return served_persona(txn->served, name) ? 0 : served_no_persona(txn->served, name, error);
}

static int no_memory(struct helios_error *error)
{
	return helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "memory ran out");
}

static int commit(struct txn *txn, struct helios_error *error, const char *format, ...)
	printf_like(3, 4);

static int commit(struct txn *txn, struct helios_error *error, const char *format, ...)
{
	char summary[LIMIT_SUMMARY * 2];
	va_list args;

	va_start(args, format);
	vsnprintf(summary, sizeof(summary), format, args);
	va_end(args);
	return txn_commit(txn, summary, error);
}

static int read_head(struct txn *txn, const char *path, struct buf *out,
		     struct helios_error *error)
{
	const struct repo_file *file = repo_files_find(&txn->served->files, path);

	return file ? repo_read(txn->home->repo, &file->id, out, error) : -ENOENT;
}

/* Moves or copies what belongs to a persona: its source and its view's last text. */
static int carry_over(struct txn *txn, const char *from, const char *to, bool move,
		      struct helios_error *error)
{
	cleanup_free char *from_path = persona_path(from), *to_path = persona_path(to);
	cleanup_free char *from_view = view_path(from), *to_view = view_path(to);
	cleanup_buf struct buf source = {0}, view = {0};
	int err, there;

	if (!from_path || !to_path || !from_view || !to_view)
		return no_memory(error);
	err = read_head(txn, from_path, &source, error);
	if (err == 0)
		err = txn_put(txn, to_path, buf_text(&source), source.length, error);
	if (err == 0 && move)
		err = txn_remove(txn, from_path, error);
	if (err < 0)
		return err;
	there = file_read(txn->home->directory, from_view, LIMIT_TEXT, &view, NULL);
	if (there < 0)
		return there == -ENOMEM ? no_memory(error) : 0;
	err = txn_put(txn, to_view, buf_text(&view), view.length, error);
	if (err == 0 && move)
		err = txn_remove(txn, from_view, error);
	return err;
}

int save_copy(struct txn *txn, const char *from, const char *to, struct helios_error *error)
{
	int err = carry_over(txn, from, to, false, error);

	return err == 0 ? commit(txn, error, "%s: copy of %s", to, from) : err;
}

static int make_new(struct txn *txn, const char *name, const char *from,
		    struct helios_error *error)
{
	static const char empty[] = "{}\n";
	cleanup_free char *path = persona_path(name);
	int err = save_check_absent(txn, name, error);

	if (err == 0 && from) {
		err = check_present(txn, from, error);
		return err == 0 ? save_copy(txn, from, name, error) : err;
	}
	if (err == 0)
		err = path ? txn_put(txn, path, empty, strlen(empty), error) : no_memory(error);
	return err == 0 ? commit(txn, error, "%s: new", name) : err;
}

int helios_new(struct helios_home *home, const struct helios_client *client, const char *name,
	       const char *from, struct helios_error *error)
{
	struct txn txn;
	int err = txn_begin(home, client, "new", 0, &txn, error);

	if (err < 0)
		return err;
	err = make_new(&txn, name, from, error);
	txn_end(&txn);
	return err;
}

/* Calls visit for each persona whose inherits_from names parent. */
typedef int child_fn(struct txn *txn, const char *child, void *context,
		     struct helios_error *error);

static int each_child(struct txn *txn, const char *parent, child_fn *visit, void *context,
		      struct helios_error *error)
{
	size_t position = 0;
	char name[LIMIT_NAME + 1];
	int err = 0;

	while (err == 0 && served_next(txn->served, &position, name)) {
		cleanup_free char *path = persona_path(name);
		cleanup_document struct document *document = NULL;
		cleanup_buf struct buf text = {0};
		const char *inherited;
		int there = path ? read_head(txn, path, &text, NULL) : -ENOMEM;

		if (there == 0)
			there = yaml_try(buf_text(&text), text.length, path, &document, NULL);
		if (there == -ENOMEM)
			err = no_memory(error);
		inherited = document ? schema_parent(document->root) : NULL;
		if (inherited && streq(inherited, parent))
			err = visit(txn, name, context, error);
	}
	return err;
}

static int collect_child(struct txn *txn, const char *child, void *context,
			 struct helios_error *error)
{
	struct buf *names = context;

	(void)txn;
	(void)error;
	buf_addf(names, "%s%s", names->length ? ", " : "", child);
	return 0;
}

static int check_childless(struct txn *txn, const char *name, struct helios_error *error)
{
	cleanup_buf struct buf names = {0};
	int err = each_child(txn, name, collect_child, &names, error);

	if (err == 0 && names.failed)
		err = no_memory(error);
	if (err == 0 && names.length)
		err = helios_fail(error, HELIOS_HAS_CHILDREN, NULL, NULL,
				  "'%s' is inherited by %s", name, buf_text(&names));
	return err;
}

int save_put_active(struct txn *txn, const char *name, struct helios_error *error)
{
	char line[LIMIT_NAME + 2];

	snprintf(line, sizeof(line), "%s\n", name);
	return txn_put(txn, ACTIVE_FILE, line, strlen(line), error);
}

/* The active name follows its persona; to NULL: none. */
static int move_active(struct txn *txn, const char *from, const char *to,
		       struct helios_error *error)
{
	if (!txn->served->active || !streq(txn->served->active, from))
		return 0;
	return to ? save_put_active(txn, to, error) : txn_remove(txn, ACTIVE_FILE, error);
}

static int put_removal(struct txn *txn, const char *name, struct helios_error *error)
{
	cleanup_free char *path = persona_path(name), *view = view_path(name);
	int err = path && view ? txn_remove(txn, path, error) : no_memory(error);

	return err == 0 ? txn_remove(txn, view, error) : err;
}

int save_put_removal(struct txn *txn, const char *name, struct helios_error *error)
{
	int err = check_present(txn, name, error);

	if (err == 0)
		err = check_childless(txn, name, error);
	if (err == 0)
		err = put_removal(txn, name, error);
	return err == 0 ? move_active(txn, name, NULL, error) : err;
}

static int remove_one(struct txn *txn, const char *name, struct helios_error *error)
{
	int err = save_put_removal(txn, name, error);

	return err == 0 ? commit(txn, error, "%s: remove", name) : err;
}

int helios_remove(struct helios_home *home, const struct helios_client *client,
		  const char *name, struct helios_error *error)
{
	struct txn txn;
	int err = txn_begin(home, client, "remove", 0, &txn, error);

	if (err < 0)
		return err;
	err = remove_one(&txn, name, error);
	txn_end(&txn);
	return err;
}

/* Sets one top-level key of a document's text to a name. */
static int point_to(struct txn *txn, const char *path, const struct buf *text, const char *key,
		    const char *name, struct helios_error *error)
{
	cleanup_document struct document *document = NULL;
	cleanup_buf struct buf changed = {0};
	struct arena arena = {0};
	struct node *root;
	int err = yaml_parse(buf_text(text), text->length, path, &document, error);

	if (err < 0)
		return err;
	root = node_copy(&arena, document->root);
	err = root ? node_put(&arena, root, key, node_string(&arena, name, strlen(name))) : -ENOMEM;
	if (err == -ENOMEM)
		no_memory(error);
	if (err == 0)
		err = yaml_patch(document, root, NULL, 0, &changed, error);
	if (err == 0)
		err = txn_put(txn, path, buf_text(&changed), changed.length, error);
	arena_done(&arena);
	return err;
}

static int point_child(struct txn *txn, const char *child, void *context,
		       struct helios_error *error)
{
	cleanup_free char *path = persona_path(child);
	cleanup_buf struct buf text = {0};
	int err = path ? read_head(txn, path, &text, error) : no_memory(error);

	return err == 0 ? point_to(txn, path, &text, "inherits_from", context, error) : err;
}

/* learned/ and temporary/ name the persona they belong to in 'persona'. */
static int point_belongings(struct txn *txn, const char *directory, const char *from,
			    const char *to, struct helios_error *error)
{
	struct helios_names names;
	int err = store_list_files(txn->home, directory, &names, error);

	for (size_t i = 0; err == 0 && i < names.count; i++) {
		cleanup_document struct document *document = NULL;
		cleanup_buf struct buf text = {0};
		cleanup_free char *path = NULL;
		const struct node *owner;
		int there;

		if (asprintf(&path, "%s/%s", directory, names.entries[i]) < 0)
			path = NULL;
		there = path ? file_read(txn->home->directory, path, LIMIT_TEXT, &text, NULL)
			     : -ENOMEM;
		if (there == 0)
			there = yaml_try(buf_text(&text), text.length, path, &document, NULL);
		if (there == -ENOMEM)
			err = no_memory(error);
		owner = document ? node_get(document->root, "persona") : NULL;
		if (node_is(owner, NODE_STRING) && streq(owner->text, from))
			err = point_to(txn, path, &text, "persona", to, error);
	}
	helios_names_free(&names);
	return err;
}

int save_put_references(struct txn *txn, const char *from, const char *to,
			struct helios_error *error)
{
	cleanup_free char *target = strdup(to);
	int err = target ? each_child(txn, from, point_child, target, error) : no_memory(error);

	if (err == 0)
		err = point_belongings(txn, "learned", from, to, error);
	if (err == 0)
		err = point_belongings(txn, "temporary", from, to, error);
	return err == 0 ? move_active(txn, from, to, error) : err;
}

static int rename_one(struct txn *txn, const char *from, const char *to,
		      struct helios_error *error)
{
	int err = check_present(txn, from, error);

	if (err == 0)
		err = save_check_absent(txn, to, error);
	if (err == 0)
		err = carry_over(txn, from, to, true, error);
	if (err == 0)
		err = save_put_references(txn, from, to, error);
	return err == 0 ? commit(txn, error, "%s: rename to %s", from, to) : err;
}

int helios_rename(struct helios_home *home, const struct helios_client *client,
		  const char *from, const char *to, struct helios_error *error)
{
	struct txn txn;
	int err = txn_begin(home, client, "rename", 0, &txn, error);

	if (err < 0)
		return err;
	err = rename_one(&txn, from, to, error);
	txn_end(&txn);
	return err;
}

static int replace_one(struct txn *txn, const char *from, const char *to,
		       struct helios_error *error)
{
	struct helios_text *text = NULL;
	int err = check_present(txn, from, error);

	if (err == 0)
		err = check_present(txn, to, error);
	if (err == 0)
		err = check_childless(txn, from, error);
	if (err == 0)
		err = put_removal(txn, from, error);
	if (err == 0)
		err = move_active(txn, from, to, error);
	if (err == 0)
		err = version_get(txn->home, from, &text, error);
	if (err == 0)
		err = save_resolved(txn,
				    &(struct save_request){.name = to,
							   .text = text->data,
							   .length = text->length},
				    NULL, error);
	if (err == 0 && !txn->changed) /* both read alike: only the removal is left to do */
		err = commit(txn, error, "%s: remove", from);
	helios_text_unref(text);
	return err;
}

int helios_replace(struct helios_home *home, const struct helios_client *client,
		   const char *from, const char *to, struct helios_error *error)
{
	struct txn txn;
	int err = txn_begin(home, client, "replace", 0, &txn, error);

	if (err < 0)
		return err;
	err = replace_one(&txn, from, to, error);
	txn_end(&txn);
	return err;
}

static int use_one(struct txn *txn, const char *name, struct helios_error *error)
{
	int err = name ? check_present(txn, name, error) : 0;

	if (err == 0)
		err = name ? save_put_active(txn, name, error)
			   : txn_remove(txn, ACTIVE_FILE, error);
	return err == 0 ? commit(txn, error, "use %s", name ? name : "none") : err;
}

int helios_use(struct helios_home *home, const struct helios_client *client, const char *name,
	       struct helios_error *error)
{
	struct txn txn;
	int err = txn_begin(home, client, "use", 0, &txn, error);

	if (err < 0)
		return err;
	err = use_one(&txn, name, error);
	txn_end(&txn);
	return err;
}
