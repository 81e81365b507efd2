/* The transaction of store/import.h. */
#include "store/import.h"

#include "base/limits.h"
#include "persona/put.h"
#include "store/gate.h"
#include "store/save_kinds.h"

#define MOST_LOCKED 64u /* values under a lock that are left out of one text */

void import_file_done(struct import_file *file)
{
	buf_done(&file->locked);
}

/* Takes a value out of a text that a lock does not let in. */
static int leave_out(struct buf *text, const char *key, struct helios_error *error)
{
	cleanup_document struct document *document = NULL;
	cleanup(arena_done) struct arena arena = {0};
	cleanup_buf struct buf less = {0};
	struct node *edited;
	struct path path;
	int err = yaml_parse(buf_text(text), text->length, key, &document, error);

	if (err == 0)
		err = path_parse(&arena, key, &path, error);
	if (err == 0)
		err = overlay_edit(&arena, document->root, &path, NULL, &edited, error);
	if (err == 0)
		err = yaml_patch(document, edited, NULL, 0, &less, error);
	if (err < 0)
		return err;
	buf_splice(text, 0, text->length, buf_text(&less), less.length);
	return text->failed ? -ENOMEM : 0;
}

static int put_text(struct txn *txn, struct import_file *file, struct buf *text)
{
	cleanup_free char *path = save_stored_path(txn, file->name);
	int err = path ? gate_check(txn->home, txn->served, path, buf_text(text), text->length,
				    &file->why)
		       : -ENOMEM;

	if (err == 0)
		err = save_put_stored(txn, file->name, buf_text(text), text->length, &file->why);
	for (unsigned i = 0; i < MOST_LOCKED && file->why.code == HELIOS_LOCKED; i++) {
		char key[sizeof(file->why.key)];

		memcpy(key, file->why.key, sizeof(key));
		err = leave_out(text, key, &file->why);
		if (err < 0)
			break;
		buf_addf(&file->locked, "%s%s", file->locked.length ? ", " : "", key);
		file->why = (struct helios_error){0};
		err = save_put_stored(txn, file->name, buf_text(text), text->length, &file->why);
	}
	return err;
}

static int put_file(struct txn *txn, struct import_file *file)
{
	cleanup_buf struct buf text = {0};
	int err;

	file->why = (struct helios_error){0};
	buf_clear(&file->locked);
	buf_add(&text, file->text, file->length);
	err = text.failed ? -ENOMEM : save_check_absent(txn, file->name, &file->why);
	if (err == 0)
		err = put_text(txn, file, &text);
	if (err == -ENOMEM)
		return helios_fail(&file->why, HELIOS_NO_MEMORY, NULL, NULL, "memory ran out");
	return err;
}

/* One that cannot be put is left out, and says why. */
static int put_files(struct txn *txn, struct import_file *files, size_t count, size_t *ret_count,
		     struct helios_error *error)
{
	for (size_t i = 0; i < count; i++) {
		int err = files[i].made ? -EEXIST : put_file(txn, &files[i]);

		if (err == -ENOMEM)
			return helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "memory ran out");
		files[i].put = err == 0;
		*ret_count += err == 0;
	}
	return 0;
}

static int commit(struct txn *txn, const char *from, struct import_file *files, size_t count,
		  size_t made, struct helios_error *error)
{
	char summary[LIMIT_SUMMARY * 2];
	const char *name = "";
	int err;

	for (size_t i = 0; i < count; i++)
		if (files[i].put)
			name = files[i].name;
	if (made == 1)
		snprintf(summary, sizeof(summary), "%s: import of %s", name, from);
	else
		snprintf(summary, sizeof(summary), "import %zu personas of %s", made, from);
	err = txn_commit(txn, summary, error);
	for (size_t i = 0; err == 0 && i < count; i++)
		files[i].made |= files[i].put;
	return err;
}

int store_import(struct helios_home *home, const struct helios_client *client, const char *from,
		 struct import_file *files, size_t count, size_t *ret_count,
		 struct helios_error *error)
{
	struct txn txn;
	int err = txn_begin(home, client, "import", 0, &txn, error);

	*ret_count = 0;
	if (err < 0)
		return err;
	err = put_files(&txn, files, count, ret_count, error);
	if (err == 0 && *ret_count)
		err = commit(&txn, from, files, count, *ret_count, error);
	txn_end(&txn);
	return err;
}
