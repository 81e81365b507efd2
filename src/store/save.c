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

static int save(struct helios_home *home, const struct helios_client *client,
		enum helios_kind kind, const struct save_request *request,
		struct helios_saved *saved, struct helios_error *error)
{
	struct txn txn;
	int err = check_request(kind, request->name, error);

	if (saved)
		*saved = (struct helios_saved){0};
	if (err == 0)
		err = txn_begin(home, client, "save", 0, &txn, error);
	if (err < 0)
		return err;
	if (request->active)
		err = save_put_active(&txn, request->name, error);
	if (err == 0)
		err = kind == HELIOS_RESOLVED ? save_resolved(&txn, request, saved, error)
					      : save_stored(&txn, request, saved, error);
	if (err == 0)
		save_report(&txn, saved);
	txn_end(&txn);
	return err;
}

int helios_save(struct helios_home *home, const struct helios_client *client,
		enum helios_kind kind, const char *name, const char *text, size_t length,
		const struct helios_text *ancestor, struct helios_saved *saved,
		struct helios_error *error)
{
	const struct save_request request = {
		.name = name, .text = text, .length = length, .ancestor = ancestor};

	return save(home, client, kind, &request, saved, error);
}

int helios_save_again(struct helios_home *home, const struct helios_client *client,
		      enum helios_kind kind, const char *name, const char *text, size_t length,
		      const struct helios_text *ancestor, const struct helios_text *previous,
		      bool active, struct helios_saved *saved, struct helios_error *error)
{
	const struct save_request request = {
		.name = name,
		.text = text,
		.length = length,
		.ancestor = ancestor,
		.previous = previous,
		.active = active,
	};

	return save(home, client, kind, &request, saved, error);
}
