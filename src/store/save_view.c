/*
 * Saving the resolved view: put, patch the overlay's text, keep the view's text as it was
 * saved; all in one transaction.
 */
#include "store/save.h"

#include "base/file.h"
#include "persona/put.h"
#include "persona/schema.h"
#include "store/save_kinds.h"
#include "store/status.h"
#include "store/text.h"
#include "store/versions.h"

struct view_save {
	struct txn *txn;
	const struct save_request *request;
	const char *name;
	struct document *edited, *ancestor, *previous;
	bool present;			/* the name exists */
	struct store_layers now;	/* base, parents and, when present, the overlay */
	struct store_layers parents;	/* base and parents that hold after the save */
	const struct document *overlay; /* what is edited; NULL: a new name */
	struct arena arena;
	struct put_result result;
	struct object_id overlay_id; /* of the overlay's text after the save */
};

static void view_save_done(struct view_save *save)
{
	document_free(save->edited);
	document_free(save->ancestor);
	document_free(save->previous);
	store_layers_done(&save->now);
	store_layers_done(&save->parents);
	arena_done(&save->arena);
}

static int no_memory(struct helios_error *error)
{
	return helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "cannot save");
}

static int parse_inputs(struct view_save *save, struct helios_error *error)
{
	const struct save_request *request = save->request;
	const struct helios_text *ancestor = request->ancestor, *previous = request->previous;
	cleanup_free char *path = persona_path(save->name);
	int err = path ? yaml_parse(request->text, request->length, path, &save->edited, error)
		       : no_memory(error);

	if (err == 0)
		err = schema_check_view(save->edited, error);
	if (err == 0 && ancestor) /* one that does not parse: the text replaces what is there */
		err = yaml_try(ancestor->data, ancestor->length, path, &save->ancestor, error);
	if (err == 0 && previous && !save->present) /* likewise: there is nothing to go on with */
		err = yaml_try(previous->data, previous->length, path, &save->previous, error);
	return err;
}

/* Loads what the persona is made of now, and what it will be made of after the save. */
static int load_layers(struct view_save *save, struct helios_error *error)
{
	struct txn *txn = save->txn;
	const struct node *overlay;
	const char *parent;
	int err;

	if (save->present) {
		err = store_layers_in(txn->home, txn->served, save->name, &save->now, error);
		if (err == 0)
			save->overlay = store_layer_document(&save->now, save->now.count - 1);
	} else {
		save->overlay = save->previous;
		parent = schema_parent(save->previous ? save->previous->root : save->edited->root);
		err = store_layers_parents(txn->home, txn->served, parent, &save->now, error);
	}
	if (err < 0)
		return err;
	overlay = save->overlay ? save->overlay->root : node_map(&save->arena);
	if (!overlay)
		return no_memory(error);
	if (!save->present)
		save->now.layers[save->now.count] = (struct layer){
			.name = save->name, .file = save->edited->file, .root = overlay};
	parent = put_parent(overlay, save->ancestor ? save->ancestor->root : NULL,
			    save->edited->root);
	return store_layers_parents(txn->home, txn->served, parent, &save->parents, error);
}

static int run_put(struct view_save *save, struct helios_error *error)
{
	const struct put_request request = {
		.layers = save->now.layers,
		.count = save->now.count + (save->present ? 0 : 1),
		.parents = save->parents.layers,
		.parent_count = save->parents.count,
		.ancestor = save->overlay  ? save->ancestor ? save->ancestor->root : NULL
			    : /* new */ save->now.layers[save->now.count].root,
		.edited = save->edited->root,
	};

	return put(&save->arena, &request, &save->result, error);
}

/* The overlay's text; a new one begins from what was typed, so that its comments stay. */
static int put_overlay(struct view_save *save, struct helios_error *error)
{
	const struct document *from = save->overlay ?: save->edited;
	const struct document *const donors[] = {save->edited};
	cleanup_buf struct buf text = {0};
	int err;

	if (save->present && !save->result.changed) {
		save->overlay_id = save->now.ids[save->now.count - 1];
		return 0;
	}
	err = yaml_patch(from, save->result.overlay, donors, save->overlay ? 1 : 0, &text, error);
	if (err < 0)
		return err;
	save->overlay_id = object_id_of_blob(buf_text(&text), text.length);
	return save_put_stored(save->txn, save->name, buf_text(&text), text.length, error);
}

/* The view reads back as it was saved; after a merge, as it was saved plus what came in. */
static int put_view_text(struct view_save *save, struct helios_error *error)
{
	const char *text = save->request->text;
	size_t length = save->request->length;
	cleanup_free char *path = view_path(save->name);
	cleanup_buf struct buf merged = {0};
	int err;

	if (!path)
		return no_memory(error);
	if (!save->result.merged)
		return txn_put(save->txn, path, text, length, error);
	err = yaml_patch(save->edited, save->result.resolved, NULL, 0, &merged, error);
	return err == 0 ? txn_put(save->txn, path, buf_text(&merged), merged.length, error) : err;
}

/* One that cannot be read reads otherwise. */
static int reads_as(struct txn *txn, const char *name, const struct save_request *request,
		    bool *ret, struct helios_error *error)
{
	struct helios_text *now = NULL;
	int err = version_get(txn->home, name, &now, error);

	*ret = err == 0 && now->length == request->length &&
	       memcmp(now->data, request->text, request->length) == 0;
	helios_text_unref(now);
	return err == -ENOMEM ? err : 0;
}

/* 'cp a.yaml b.yaml': the text is another persona's rendering, so its source is copied. */
static int copy_instead(struct view_save *save, bool *ret_copied, struct helios_error *error)
{
	cleanup_free char *from = NULL;
	int err = version_find(save->txn->home, save->request->text, save->request->length, &from);

	if (err < 0)
		return no_memory(error);
	/* what was found may be an older rendering of a persona that has changed since */
	if (from && served_persona(save->txn->served, from))
		err = reads_as(save->txn, from, save->request, ret_copied, error);
	return err == 0 && *ret_copied ? save_copy(save->txn, from, save->name, error) : err;
}

static char *summarise(const struct view_save *save)
{
	cleanup_free char *plain = NULL;
	char *summary;

	if (save->overlay) {
		plain = save_summary(save->name, save->overlay->root, save->result.overlay);
		if (!plain || !save->result.conflict_count)
			return take_ptr(plain);
		return asprintf(&summary, "%s (over another change)", plain) < 0 ? NULL : summary;
	}
	return asprintf(&summary, "%s: new", save->name) < 0 ? NULL : summary;
}

/* What reads as it was saved need not be rendered. */
static void remember(const struct view_save *save)
{
	cleanup_free char *path = persona_path(save->name);
	const struct buf text = {.data = (char *)save->request->text,
				 .length = save->request->length};

	if (path && !save->result.merged)
		version_saved(save->txn->home, save->name, &save->parents,
			      &(struct repo_file){.path = path, .id = save->overlay_id}, &text);
}

static int run(struct view_save *save, struct helios_error *error)
{
	cleanup_free char *summary = NULL;
	bool copied = false;
	int err = parse_inputs(save, error);

	if (err == 0 && !save->present && !save->previous)
		err = copy_instead(save, &copied, error);
	if (err < 0 || copied)
		return err;
	err = load_layers(save, error);
	if (err == 0)
		err = run_put(save, error);
	if (err == 0)
		err = put_overlay(save, error);
	if (err == 0)
		err = put_view_text(save, error);
	if (err < 0)
		return err;
	summary = summarise(save);
	err = summary ? txn_commit(save->txn, summary, error) : no_memory(error);
	if (err == 0)
		remember(save);
	return err;
}

/* A text nobody edited; one read before somebody else's change is an edit against that. */
static int is_unchanged(struct txn *txn, const struct save_request *request, bool *ret,
			struct helios_error *error)
{
	const struct helios_text *ancestor = request->ancestor;
	int err = reads_as(txn, request->name, request, ret, error);

	*ret = *ret && (!ancestor || (ancestor->length == request->length &&
				      memcmp(ancestor->data, request->text, request->length) == 0));
	return err;
}

int save_resolved(struct txn *txn, const struct save_request *request,
		  struct helios_saved *saved, struct helios_error *error)
{
	struct view_save save = {.txn = txn, .request = request, .name = request->name};
	bool unchanged = false;
	int err = 0;

	save.present = served_persona(txn->served, request->name) != NULL;
	if (save.present)
		err = is_unchanged(txn, request, &unchanged, error);
	if (err < 0 || unchanged)
		return err;
	err = run(&save, error);
	if (saved && err == 0) {
		saved->merged = save.result.merged;
		saved->conflicts = save.result.conflict_count;
	}
	for (size_t i = 0; err == 0 && i < save.result.conflict_count; i++)
		status_note_conflict(txn->home, request->name, save.result.conflicts[i].path);
	view_save_done(&save);
	return err;
}
