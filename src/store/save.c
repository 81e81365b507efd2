/* helios_save(): one transaction around the ways of saving. */
#include "store/save_kinds.h"

#include "persona/schema.h"
#include "store/versions.h"

void save_report(const struct txn *txn, struct helios_saved *saved)
{
	if (!saved)
		return;
	saved->changed = txn->changed;
	memcpy(saved->commit, txn->commit, sizeof(saved->commit));
}

static int check_request(enum helios_kind kind, const char *name, struct helios_error *error)
{
	if (kind == HELIOS_STORED && streq(name, "base"))
		return 0;
	if (kind != HELIOS_RESOLVED && kind != HELIOS_STORED)
		return helios_fail(error, HELIOS_USAGE, NULL, NULL, "that cannot be saved");
	return schema_check_name(name, error);
}

static int save_in(struct txn *txn, enum helios_kind kind, const struct save_request *request,
		   struct helios_saved *saved, struct helios_error *error)
{
	return kind == HELIOS_RESOLVED ? save_resolved(txn, request, saved, error)
				       : save_stored(txn, request, saved, error);
}

/* Puts what the name was before it went away into the request and the transaction. */
static int take_back(struct txn *txn, const struct helios_gone *gone, struct save_request *request,
		     struct helios_text **renamed, struct helios_error *error)
{
	int err;

	request->previous = gone->stored;
	if (!gone->renamed_to)
		return gone->active ? save_put_active(txn, request->name, error) : 0;
	if (served_persona(txn->served, request->name))
		return 0; /* somebody has made it again */
	err = helios_read(txn->home, HELIOS_STORED, gone->renamed_to, renamed, error);
	if (err < 0)
		return err;
	request->previous = *renamed;
	return save_put_references(txn, gone->renamed_to, request->name, error);
}

static int save(struct helios_home *home, const struct helios_client *client,
		enum helios_kind kind, struct save_request *request, const struct helios_gone *gone,
		struct helios_saved *saved, struct helios_error *error)
{
	struct helios_text *renamed = NULL;
	struct txn txn;
	int err = check_request(kind, request->name, error);

	if (saved)
		*saved = (struct helios_saved){0};
	if (err == 0)
		err = txn_begin(home, client, "save", 0, &txn, error);
	if (err)
		return err;
	if (gone)
		err = take_back(&txn, gone, request, &renamed, error);
	if (err == 0)
		err = save_in(&txn, kind, request, saved, error);
	if (err == 0)
		save_report(&txn, saved);
	helios_text_unref(renamed);
	txn_end(&txn);
	return err;
}

int helios_save(struct helios_home *home, const struct helios_client *client,
		enum helios_kind kind, const char *name, const char *text, size_t length,
		const struct helios_text *ancestor, struct helios_saved *saved,
		struct helios_error *error)
{
	struct save_request request = {
		.name = name, .text = text, .length = length, .ancestor = ancestor};

	return save(home, client, kind, &request, NULL, saved, error);
}

int helios_save_again(struct helios_home *home, const struct helios_client *client,
		      enum helios_kind kind, const char *name, const char *text, size_t length,
		      const struct helios_text *ancestor, const struct helios_gone *gone,
		      struct helios_saved *saved, struct helios_error *error)
{
	struct save_request request = {
		.name = name, .text = text, .length = length, .ancestor = ancestor};

	return save(home, client, kind, &request, gone, saved, error);
}
