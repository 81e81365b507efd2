/* The three things to do with links, of client/link.h. */
#include "client/link.h"

#include <fcntl.h>
#include <limits.h>
#include <pwd.h>

#include "base/file.h"
#include "client/block.h"
#include "client/link_place.h"
#include "client/link_record.h"
#include "store/rendered.h"

/* A record and what is known of it now. */
struct link {
	cJSON *record;
	const char *client, *root, *path, *mode;
	const struct render_format *format;
	bool strict;
	struct link_place place;
	struct buf file, body;	  /* what the file holds, and of that what is ours */
	struct buf text, dropped; /* what ours should be */
	char kept[96];
};

static void link_done(struct link *link)
{
	link_place_done(&link->place);
	buf_done(&link->file);
	buf_done(&link->body);
	buf_done(&link->text);
	buf_done(&link->dropped);
}

#define cleanup_link cleanup(link_done)

static bool is_mode(const struct link *link, enum link_mode mode)
{
	return streq(link->mode, link_modes[mode]);
}

static int no_memory(struct helios_error *error)
{
	return helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "no memory for a link");
}

static int understand(cJSON *record, struct link *ret, struct helios_error *error)
{
	const char *format = json_string(record, "format");

	*ret = (struct link){.record = record,
			     .client = json_string(record, "client"),
			     .root = json_string(record, "root"),
			     .path = json_string(record, "path"),
			     .mode = json_string(record, "mode"),
			     .format = format ? render_format_find(format) : NULL,
			     .strict = cJSON_IsTrue(cJSON_GetObjectItem(record, "project")),
			     .place = {.directory = -1}};
	if (ret->client && ret->root && ret->path && ret->mode && ret->format)
		return 0;
	return helios_fail(error, HELIOS_IO, &(struct helios_place){.file = LINKS_FILE},
			   "move it away and link anew", LINKS_FILE " cannot be understood");
}

static void tell(const struct link *link, const char *state, const char *why, link_visit *visit,
		 void *context)
{
	visit(context, &(struct link_report){link->client, link->root, link->path, link->mode,
					     state, why, buf_text(&link->dropped), link->kept});
}

/* ---- what is there */

/* Where a symbolic link of ours leads. The caller frees it. */
static char *target_of(struct helios_home *home, const struct link *link)
{
	char *target;

	return asprintf(&target, "%s/" RENDERED_DIRECTORY "/%s", home->path, link->format->file) < 0
		       ? NULL
		       : target;
}

/* Fills in the body of what is there. -ENOENT when nothing of ours is. */
static int look_at_symlink(struct helios_home *home, struct link *link)
{
	cleanup_free char *target = target_of(home, link);
	char leads[PATH_MAX];
	ssize_t length = readlinkat(link->place.directory, link->place.name, leads, sizeof(leads));

	if (!target || length < 0 || (size_t)length != strlen(target) ||
	    memcmp(leads, target, (size_t)length) != 0)
		return -ENOENT;
	return file_read(home->directory, target + strlen(home->path) + 1, 4u << 20, &link->body,
			 NULL);
}

static int look_inside(struct link *link, struct helios_error *error)
{
	struct block block;
	int err = link_place_follow(&link->place, error);

	if (err == 0)
		err = link_place_read(&link->place, &link->file, error);
	if (err < 0) /* it is there: what leads nowhere is not absent */
		return err == -ENOENT ? -EIO : err;
	if (is_mode(link, LINK_COPY)) {
		buf_add(&link->body, buf_text(&link->file), link->file.length);
		return 0;
	}
	err = block_find(buf_text(&link->file), link->file.length, &block);
	if (err == -EINVAL)
		return helios_fail(
			error, HELIOS_CONFLICT, &(struct helios_place){.file = link->path},
			"repair the lines 'helios:begin' and 'helios:end', or remove both",
			"the marks of the block in %s make no sense", link->path);
	if (err == 0)
		buf_add(&link->body, link->file.data + block.body, block.body_end - block.body);
	return err;
}

/* -ENOENT: nothing of ours is there; other failures are explained. */
static int look(struct helios_home *home, struct link *link, bool make, struct helios_error *error)
{
	int err = link_place_open(link->root, link->path, link->strict, make, &link->place, error);

	if (err < 0)
		return err == -ENOENT ? -EIO : err;
	if (!link->place.there)
		return -ENOENT;
	if (is_mode(link, LINK_SYMLINK))
		return look_at_symlink(home, link);
	return look_inside(link, error);
}

static bool is_as_written(const struct link *link)
{
	struct object_id id = object_id_of_blob(buf_text(&link->body), link->body.length);
	const char *written = json_string(link->record, "written");
	char hex[OBJECT_ID_HEX + 1];

	object_id_format(&id, hex);
	return written && streq(written, hex);
}

/* What somebody wrote into a copy or a block of ours stays in .recovery. */
static int keep_edited(struct helios_home *home, struct link *link, struct helios_error *error)
{
	struct object_id id = object_id_of_blob(buf_text(&link->body), link->body.length);
	char hex[OBJECT_ID_HEX + 1];
	int err;

	if (is_mode(link, LINK_SYMLINK) || is_as_written(link))
		return 0;
	object_id_format(&id, hex);
	hex[12] = '\0';
	snprintf(link->kept, sizeof(link->kept), RECOVERY_DIRECTORY "/edited-%s-%s", hex,
		 link->format->file);
	err = file_make_directory(home->directory, RECOVERY_DIRECTORY);
	if (err == 0)
		err = file_create_synced(home->directory, link->kept, buf_text(&link->body),
					 link->body.length);
	return err < 0 && err != -EEXIST
		       ? helios_fail_errno(error, -err, link->kept, "cannot keep what was edited")
		       : 0;
}

static int render(struct helios_home *home, struct link *link, struct helios_error *error)
{
	return rendered_text(home, link->format, NULL, is_mode(link, LINK_BLOCK), &link->text,
			     &link->dropped, error);
}

/* ---- check */

static void check_one(struct helios_home *home, struct link *link, link_visit *visit, void *context)
{
	struct helios_error why = {0};
	int err = render(home, link, &why);

	if (err < 0) {
		tell(link, "persona gone", why.message, visit, context);
		return;
	}
	err = look(home, link, false, &why);
	if (err < 0)
		tell(link, "missing", why.code ? why.message : NULL, visit, context);
	else if (link->body.length == link->text.length &&
		 memcmp(buf_text(&link->body), buf_text(&link->text), link->text.length) == 0)
		tell(link, "ok", NULL, visit, context);
	else
		tell(link, "drifted",
		     is_as_written(link) ? "the persona has changed since" : "it was edited", visit,
		     context);
}

int link_check(struct helios_home *home, link_visit *visit, void *context,
	       struct helios_error *error)
{
	cleanup_json cJSON *links = NULL;
	cJSON *record;
	int err = links_read(home, &links, error);

	if (err < 0)
		return err;
	rendered_refresh(home);
	cJSON_ArrayForEach(record, links)
	{
		cleanup_link struct link link = {.place = {.directory = -1}};

		err = understand(record, &link, error);
		if (err < 0)
			return err;
		check_one(home, &link, visit, context);
	}
	return 0;
}

/* ---- link */

static int write_text(struct helios_home *home, struct link *link, struct helios_error *error)
{
	cleanup_free char *target = target_of(home, link);
	cleanup_buf struct buf whole = {0};
	size_t glue = 0;

	if (is_mode(link, LINK_SYMLINK))
		return target ? link_place_symlink(&link->place, target, error) : no_memory(error);
	if (is_mode(link, LINK_COPY))
		return link_place_write(&link->place, &link->text, error);
	if (block_put(buf_text(&link->file), link->file.length, &link->text, &whole, &glue) < 0)
		return no_memory(error);
	return link_place_write(&link->place, &whole, error);
}

/* What is written now; once for a new link, how to take it away. */
static void note(struct link *link, bool new)
{
	struct object_id id = object_id_of_blob(buf_text(&link->text), link->text.length);
	char hex[OBJECT_ID_HEX + 1];
	cleanup_buf struct buf ignored = {0};
	size_t glue = 0;

	object_id_format(&id, hex);
	cJSON_DeleteItemFromObject(link->record, "written");
	cJSON_AddStringToObject(link->record, "written", hex);
	if (!new)
		return;
	if (is_mode(link, LINK_BLOCK) &&
	    block_put(buf_text(&link->file), link->file.length, &link->text, &ignored, &glue) < 0)
		return;
	json_add_int(link->record, "glue", (int64_t)glue);
	json_add_int(link->record, "made", (int64_t)link->place.made);
	cJSON_AddBoolToObject(link->record, "created", !link->place.there);
}

/* The record is written first: a kill in between leaves a link that is named as missing. */
static int put_one(struct txn *txn, cJSON *links, struct link *link, struct helios_error *error)
{
	bool first = !json_string(link->record, "written");
	int err = look(txn->home, link, true, error);

	if (err < 0 && err != -ENOENT)
		return err;
	if (link->place.there && !is_mode(link, LINK_BLOCK) && (first || err == -ENOENT))
		return helios_fail(error, HELIOS_LINK, &(struct helios_place){.file = link->path},
				   "move it away, or give --block to add to it",
				   "%s/%s is there, and not ours", link->root, link->path);
	if (first && err == 0)
		return helios_fail(error, HELIOS_LINK, &(struct helios_place){.file = link->path},
				   "remove the block 'helios:begin' to 'helios:end' first",
				   "%s/%s has a block of another home", link->root, link->path);
	err = err == 0 ? keep_edited(txn->home, link, error) : 0;
	if (err < 0)
		return err;
	note(link, first);
	err = links_write(txn, links, "link an AI tool", error);
	return err < 0 ? err : write_text(txn->home, link, error);
}

/* Rendering reads the home, which may take edits: before the lock is held. */
static int put_record(struct helios_home *home, const struct helios_client *by, cJSON *links,
		      cJSON *record, link_visit *visit, void *context, struct helios_error *error)
{
	cleanup_link struct link link = {.place = {.directory = -1}};
	struct txn txn;
	int err = understand(record, &link, error);

	if (err == 0)
		err = render(home, &link, error);
	if (err == 0 && is_mode(&link, LINK_SYMLINK))
		err = rendered_keep(home, link.format, error);
	if (err == 0)
		err = txn_begin(home, by, "link", 0, &txn, error);
	if (err)
		return err;
	err = put_one(&txn, links, &link, error);
	txn_end(&txn);
	if (err == 0)
		tell(&link, "linked", NULL, visit, context);
	return err;
}

static char *home_directory(void)
{
	const char *home = getenv("HOME");
	const struct passwd *user = home && *home ? NULL : getpwuid(geteuid());

	return realpath(home && *home ? home : user ? user->pw_dir : "/", NULL);
}

/* Where the spot is: *root is the caller's, the path is a literal of the table. */
static const char *find_spot(const struct link_spot *spot, const char *project, char **root)
{
	const char *directory = spot->variable ? getenv(spot->variable) : NULL;
	cleanup_free char *instead = NULL;

	if (directory && directory[0] == '/') {
		*root = strdup(directory);
		return spot->below;
	}
	*root = project ? realpath(project, NULL) : home_directory();
	if (spot->instead && *root && asprintf(&instead, "%s/%s", *root, spot->instead) > 0 &&
	    access(instead, F_OK) == 0)
		return spot->instead;
	return spot->path;
}

/* Whether the record has the same client and place; or, clients apart, the same file. */
static bool is_same(const cJSON *record, const char *member, const char *value, const char *root)
{
	const char *has = json_string(record, member), *where = json_string(record, "root");

	return has && where && streq(has, value) && streq(where, root);
}

static int add_record(cJSON *links, const struct link_client *client, const char *project, int mode,
		      cJSON **ret, struct helios_error *error)
{
	const struct link_spot *spot = project ? &client->project : &client->person;
	cleanup_free char *root = NULL;
	const char *path = find_spot(spot, project, &root);
	cJSON *record;

	if (!spot->path)
		return helios_fail(error, HELIOS_LINK, NULL, client->none,
				   "%s has no file to link", client->name);
	if (!root)
		return helios_fail_errno(error, errno, project, "the project cannot be found");
	cJSON_ArrayForEach(record, links)
	{
		if (is_same(record, "client", client->name, root)) {
			*ret = record;
			if (mode < 0 || streq(json_string(record, "mode"), link_modes[mode]))
				return 0;
			return helios_fail(error, HELIOS_LINK, NULL, "'helios unlink' it first",
					   "%s is linked as a %s", client->name,
					   json_string(record, "mode"));
		}
		if (is_same(record, "path", path, root))
			return helios_fail(error, HELIOS_LINK, NULL, "nothing more is needed",
					   "%s reads %s, which is linked already for %s",
					   client->name, path, json_string(record, "client"));
	}
	record = *ret = cJSON_CreateObject();
	cJSON_AddItemToArray(links, record);
	return cJSON_AddStringToObject(record, "client", client->name) &&
			       cJSON_AddStringToObject(record, "root", root) &&
			       cJSON_AddStringToObject(record, "path", path) &&
			       cJSON_AddBoolToObject(record, "project", project != NULL) &&
			       cJSON_AddStringToObject(
				       record, "mode",
				       link_modes[mode < 0 ? (int)spot->mode : mode]) &&
			       cJSON_AddStringToObject(record, "format", spot->format)
		       ? 0
		       : no_memory(error);
}

static int find_client(const char *name, const struct link_client **ret, struct helios_error *error)
{
	cleanup_buf struct buf hint = {0};

	*ret = link_client_find(name);
	if (*ret)
		return 0;
	for (const struct link_client *client = link_clients; client->name; client++)
		buf_addf(&hint, "%s%s", hint.length ? ", " : "it is one of ", client->name);
	return helios_fail(error, HELIOS_NO_CLIENT, NULL, buf_text(&hint), "no tool is called '%s'",
			   name);
}

int link_put(struct helios_home *home, const struct helios_client *by, const char *name,
	     const char *project, int mode, link_visit *visit, void *context,
	     struct helios_error *error)
{
	cleanup_json cJSON *links = NULL;
	const struct link_client *client;
	cJSON *record = NULL;
	int err = links_read(home, &links, error);

	if (err == 0 && name) {
		err = find_client(name, &client, error);
		if (err == 0)
			err = add_record(links, client, project, mode, &record, error);
		return err < 0 ? err : put_record(home, by, links, record, visit, context, error);
	}
	if (err < 0)
		return err;
	cJSON_ArrayForEach(record, links)
	{
		err = put_record(home, by, links, record, visit, context, error);
		if (err < 0)
			return err;
	}
	return 0;
}

/* ---- unlink */

static int take_away(struct helios_home *home, struct link *link, struct helios_error *error)
{
	size_t made = (size_t)json_int(link->record, "made", 0);
	cleanup_buf struct buf rest = {0};
	int err = look(home, link, false, error);

	if (err == -ENOENT)
		return 0;
	if (err == 0)
		err = keep_edited(home, link, error);
	if (err < 0)
		return err;
	if (is_mode(link, LINK_BLOCK)) {
		err = block_remove(buf_text(&link->file), link->file.length,
				   (size_t)json_int(link->record, "glue", 0), &rest);
		if (err < 0)
			return no_memory(error);
		if (rest.length || !cJSON_IsTrue(cJSON_GetObjectItem(link->record, "created")))
			return link_place_write(&link->place, &rest, error);
	}
	return link_place_remove(link->root, link->path, &link->place, made, error);
}

static int remove_record(struct txn *txn, cJSON *links, cJSON *record, link_visit *visit,
			 void *context, struct helios_error *error)
{
	cleanup_link struct link link = {.place = {.directory = -1}};
	int err = understand(record, &link, error);

	if (err == 0)
		err = take_away(txn->home, &link, error);
	if (err < 0)
		return err;
	if (is_mode(&link, LINK_SYMLINK))
		rendered_drop(txn->home, link.format);
	tell(&link, "unlinked", NULL, visit, context);
	cJSON_DetachItemViaPointer(links, record);
	cJSON_Delete(record);
	return 0;
}

/* Without a name it is all there are; with a project only what is in there. */
static bool is_meant(const cJSON *record, const char *name, const char *project, const char *root)
{
	bool of_project = cJSON_IsTrue(cJSON_GetObjectItem(record, "project"));
	const char *client = json_string(record, "client"), *place = json_string(record, "root");

	if (name && (!client || !streq(client, name) || of_project != (project != NULL)))
		return false;
	return !project || (of_project && place && streq(place, root ? root : project));
}

int link_remove(struct helios_home *home, const struct helios_client *by, const char *name,
		const char *project, link_visit *visit, void *context, struct helios_error *error)
{
	cleanup_free char *root = project ? realpath(project, NULL) : NULL;
	cleanup_json cJSON *links = NULL;
	size_t found = 0;
	cJSON *record, *next;
	struct txn txn;
	int err = txn_begin(home, by, "unlink", 0, &txn, error);

	if (err < 0)
		return err;
	err = links_read(home, &links, error);
	for (record = links ? links->child : NULL; err == 0 && record; record = next) {
		next = record->next;
		if (!is_meant(record, name, project, root))
			continue;
		err = remove_record(&txn, links, record, visit, context, error);
		found++;
	}
	if (err == 0 && name && !found)
		err = helios_fail(error, HELIOS_LINK, NULL, "'helios check' lists what is linked",
				  "'%s' is not linked%s", name, project ? " in that project" : "");
	if (found && links) /* also what was done before a failure */
		err = links_write(&txn, links, "unlink AI tools", err < 0 ? NULL : error) < 0 &&
				      !err
			      ? -EIO
			      : err;
	txn_end(&txn);
	return err;
}
