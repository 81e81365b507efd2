/* Temporary overlays of store/temporary.h: reading them, and the two ways to change them. */
#include "store/temporary.h"

#include <fcntl.h>
#include <time.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/limits.h"
#include "persona/schema.h"
#include "store/layers.h"
#include "store/quarantine.h"
#include "store/read.h"

#define SUFFIX ".yaml"
#define ID_SIZE 48
#define PATH_SIZE 80
#define SWEPT_AFTER_S (7 * INT64_C(86400)) /* as scratch files are */

/* ---- reading */

/* The text of a key that must be one. */
static const char *text_of(const struct document *document, const char *key,
			   struct helios_error *error)
{
	const struct node *value = node_get(document->root, key);
	struct helios_place place = {.file = document->file, .key = key};

	if (node_is(value, NODE_STRING))
		return value->text;
	if (value) {
		place.line = value->place.line;
		place.column = value->place.column;
	}
	helios_fail(error, HELIOS_WRONG_TYPE, &place,
		    "a temporary overlay says persona, "
		    "expires_at and overlay",
		    value ? "'%s' must be text" : "'%s' is missing", key);
	return NULL;
}

static int check_overlay(const struct document *document, const struct node *overlay,
			 struct helios_error *error)
{
	const struct helios_place place = {.file = document->file, .key = "overlay"};

	if (!node_is(overlay, NODE_MAP))
		return helios_fail(error, HELIOS_WRONG_TYPE, &place, NULL,
				   "'overlay' must be a mapping");
	return schema_check_on_top(overlay, document->file, error);
}

/* Fills in what the document says. */
static int understand(struct temporary *temporary, struct helios_error *error)
{
	const struct document *document = temporary->document;
	const struct node *reason = node_get(document->root, "reason");
	const char *expires = text_of(document, "expires_at", error);
	const struct helios_place place = {.file = document->file, .key = "expires_at"};

	temporary->persona = expires ? text_of(document, "persona", error) : NULL;
	if (!temporary->persona)
		return -EINVAL;
	temporary->expires = time_parse(expires);
	if (temporary->expires < 0)
		return helios_fail(error, HELIOS_WRONG_TYPE, &place,
				   "write it like 2026-11-23T19:45:00Z",
				   "expires_at is '%s', which is no time", expires);
	temporary->reason = node_is(reason, NODE_STRING) ? reason->text : NULL;
	temporary->overlay = node_get(document->root, "overlay");
	return check_overlay(document, temporary->overlay, error);
}

/* Reads one; what is wrong with it is its own fault. -ENOENT when it has gone meanwhile. */
static int read_one(struct helios_home *home, struct temporary *temporary)
{
	cleanup_buf struct buf text = {0};
	int err = file_read(home->directory, temporary->path, LIMIT_TEXT, &text, NULL);

	if (err == -ENOENT || err == -ENOMEM)
		return err;
	if (err < 0) {
		helios_fail_errno(&temporary->fault, -err, temporary->path, "cannot read %s",
				  temporary->path);
		return 0;
	}
	err = yaml_parse(buf_text(&text), text.length, temporary->path, &temporary->document,
			 &temporary->fault);
	if (err == 0)
		err = understand(temporary, &temporary->fault);
	return err == -ENOMEM ? err : 0;
}

static void done_one(struct temporary *temporary)
{
	document_free(temporary->document);
	free(temporary->path);
}

void temporaries_done(struct temporaries *list)
{
	for (size_t i = 0; i < list->count; i++)
		done_one(&list->items[i]);
	free(list->items);
	*list = (struct temporaries){0};
}

static int add_file(struct helios_home *home, const char *file, struct temporaries *list)
{
	struct temporary temporary = {0};
	int err = asprintf(&temporary.path, TEMPORARY_DIRECTORY "/%s", file) < 0 ? -ENOMEM : 0;

	if (err == 0)
		err = read_one(home, &temporary);
	else
		temporary.path = NULL;
	if (err == 0)
		list->items[list->count++] = temporary;
	else
		done_one(&temporary);
	return err == -ENOENT ? 0 : err;
}

int temporaries_list(struct helios_home *home, struct temporaries *ret, struct helios_error *error)
{
	cleanup(helios_names_free) struct helios_names names = {0};
	int err = store_list_files(home, TEMPORARY_DIRECTORY, &names, error);

	*ret = (struct temporaries){0};
	if (err < 0 || names.count == 0)
		return err;
	ret->items = calloc(names.count, sizeof(*ret->items));
	err = ret->items ? 0 : -ENOMEM;
	for (size_t i = 0; err == 0 && i < names.count; i++)
		err = add_file(home, names.entries[i], ret);
	if (err == 0)
		return 0;
	temporaries_done(ret);
	return helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL,
			   "cannot read the temporary overlays");
}

bool temporary_is_in_force(const struct temporary *temporary, int64_t now)
{
	return !temporary->fault.code && now < temporary->expires;
}

char *temporary_id(const struct temporary *temporary)
{
	const char *file = temporary->path + strlen(TEMPORARY_DIRECTORY "/");

	return strndup(file, strlen(file) - strlen(SUFFIX));
}

/* ---- changing */

static int put_text(struct arena *arena, struct node *map, const char *key, const char *text)
{
	struct node *value = node_string(arena, text, strlen(text));

	return value ? node_put(arena, map, key, value) : -ENOMEM;
}

/* Appends the text of the new file. */
static int write_file(const struct temporary_request *request, int64_t expires, struct buf *out)
{
	cleanup(arena_done) struct arena arena = {0};
	struct node *map = node_map(&arena), *overlay = node_copy(&arena, request->overlay);
	char until[32];
	int err = map && overlay ? put_text(&arena, map, "persona", request->persona) : -ENOMEM;

	time_format(until, expires);
	if (err == 0)
		err = put_text(&arena, map, "expires_at", until);
	if (err == 0 && request->reason && *request->reason)
		err = put_text(&arena, map, "reason", request->reason);
	if (err == 0)
		err = node_put(&arena, map, "overlay", overlay);
	return err == 0 ? yaml_emit(map, out) : err;
}

/* An id that no file has; one made later sorts behind. */
static int make_id(struct txn *txn, char id[ID_SIZE], char path[PATH_SIZE])
{
	struct timespec now;
	char stamp[32];
	struct tm utc;

	clock_gettime(CLOCK_REALTIME, &now);
	strftime(stamp, sizeof(stamp), "%Y%m%d-%H%M%S", gmtime_r(&now.tv_sec, &utc));
	for (long ms = now.tv_nsec / 1000000; ms < 1000; ms++) {
		snprintf(id, ID_SIZE, "%s-%03ld", stamp, ms);
		snprintf(path, PATH_SIZE, TEMPORARY_DIRECTORY "/%s" SUFFIX, id);
		if (faccessat(txn->home->directory, path, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
			return errno == ENOENT ? 0 : -errno;
	}
	return -EEXIST;
}

static int put_new(struct txn *txn, const struct temporary_request *request, int64_t expires,
		   char **ret_id, struct helios_error *error)
{
	cleanup_buf struct buf text = {0};
	char id[ID_SIZE], path[PATH_SIZE];
	int err = write_file(request, expires, &text);

	if (err == 0)
		err = make_id(txn, id, path);
	*ret_id = err == 0 ? strdup(id) : NULL;
	if (err == 0 && !*ret_id)
		err = -ENOMEM;
	if (err < 0)
		return helios_fail_errno(error, -err, TEMPORARY_DIRECTORY,
					 "cannot make a temporary overlay");
	return txn_put(txn, path, buf_text(&text), text.length, error);
}

/* What a layer below locks must not be covered. */
static int check_locks(struct txn *txn, const struct temporary_request *request,
		       struct helios_error *error)
{
	bool all = streq(request->persona, "*");
	cleanup(arena_done) struct arena arena = {0};
	cleanup_layers struct store_layers stored = {0};
	struct layer layers[LIMIT_PARENTS + 3];
	struct resolution resolution;
	int err = store_layers_in(txn->home, txn->served, all ? "base" : request->persona, &stored,
				  error);

	if (err < 0)
		return err;
	memcpy(layers, stored.layers, stored.count * sizeof(*layers));
	layers[stored.count] = (struct layer){.name = TEMPORARY_DIRECTORY,
					      .file = TEMPORARY_DIRECTORY,
					      .root = request->overlay,
					      .on_top = true};
	err = resolve(&arena, layers, stored.count + 1, &resolution, error);
	for (size_t i = 0; err == 0 && i < resolution.dead_count; i++) {
		const struct dead_value *dead = &resolution.dead[i];

		if (dead->layer == &layers[stored.count])
			err = helios_fail(error, HELIOS_LOCKED,
					  &(struct helios_place){.key = dead->path}, NULL,
					  "'%s' is locked by %s (%s)", dead->path,
					  dead->locker->name, dead->locker->file);
	}
	return err;
}

static int check_request(struct txn *txn, const struct temporary_request *request,
			 struct helios_error *error)
{
	int err = 0;

	if (streq(request->persona, "base"))
		return helios_fail(error, HELIOS_IS_BASE, NULL, "'*' names all personas",
				   "nothing lies on the base for a time");
	if (request->seconds <= 0)
		return helios_fail(error, HELIOS_OUT_OF_RANGE, NULL, "write a time like 30m or 2h",
				   "a temporary overlay lasts some time");
	if (request->seconds > TEMPORARY_LONGEST)
		return helios_fail(error, HELIOS_OUT_OF_RANGE, NULL,
				   "what is to last belongs into the persona: 'helios set'",
				   "a temporary overlay lasts a year at most");
	if (!node_is(request->overlay, NODE_MAP) || !request->overlay->count)
		return helios_fail(error, HELIOS_NOT_A_MAPPING, NULL, NULL,
				   "a temporary overlay is a mapping of keys to values");
	if (!streq(request->persona, "*") && !served_persona(txn->served, request->persona))
		err = served_no_persona(txn->served, request->persona, error);
	if (err == 0)
		err = schema_check_on_top(request->overlay, NULL, error);
	return err == 0 ? check_locks(txn, request, error) : err;
}

static int check_room(struct txn *txn, int64_t now, struct helios_error *error)
{
	cleanup(temporaries_done) struct temporaries list = {0};
	size_t count = 0;
	int err = temporaries_list(txn->home, &list, error);

	for (size_t i = 0; i < list.count; i++)
		count += temporary_is_in_force(&list.items[i], now);
	if (err == 0 && count >= LIMIT_TEMPORARY)
		err = helios_fail(error, HELIOS_LIMIT, NULL,
				  "'helios temp drop ID' ends one that is not needed any more",
				  "%zu temporary overlays are in force already", count);
	return err;
}

/* What a person may have written, or no transaction could hold, is moved to .recovery. */
static int set_aside(struct helios_home *home, const char *path, struct helios_error *error)
{
	int err = quarantine_unwanted(home->directory, path);

	return err < 0 ? helios_fail_errno(error, -err, path, "cannot move %s away", path) : 0;
}

int temporaries_sweep(struct txn *txn, int64_t keep_s, struct helios_error *error)
{
	cleanup(temporaries_done) struct temporaries list = {0};
	int64_t now = (int64_t)time(NULL);
	int err = temporaries_list(txn->home, &list, error);

	for (size_t i = 0; err == 0 && i < list.count; i++)
		if (!list.items[i].fault.code && list.items[i].expires < now - keep_s)
			err = set_aside(txn->home, list.items[i].path, error);
	return err;
}

static int add_one(struct txn *txn, const struct temporary_request *request, char **ret_id,
		   int64_t *ret_expires, struct helios_error *error)
{
	int64_t now = (int64_t)time(NULL);
	cleanup_free char *summary = NULL;
	int err = check_request(txn, request, error);

	if (err == 0)
		err = check_room(txn, now, error);
	if (err == 0)
		err = temporaries_sweep(txn, SWEPT_AFTER_S, error);
	if (err == 0)
		err = put_new(txn, request, now + request->seconds, ret_id, error);
	if (err < 0)
		return err;
	*ret_expires = now + request->seconds;
	if (asprintf(&summary, "%s: temporary overlay %s", request->persona, *ret_id) < 0)
		summary = NULL;
	return txn_commit(txn, summary ?: "temporary overlay", error);
}

int temporary_add(struct helios_home *home, const struct helios_client *client,
		  const struct temporary_request *request, char **ret_id, int64_t *ret_expires,
		  struct helios_error *error)
{
	struct txn txn;
	int err = txn_begin(home, client, "temporary overlay", 0, &txn, error);

	*ret_id = NULL;
	if (err < 0)
		return err;
	err = add_one(&txn, request, ret_id, ret_expires, error);
	txn_end(&txn);
	if (err < 0)
		free(take_ptr(*ret_id));
	return err;
}

static int drop_one(struct txn *txn, const char *id, struct helios_error *error)
{
	cleanup(temporaries_done) struct temporaries list = {0};
	int err = temporaries_list(txn->home, &list, error);

	for (size_t i = 0; err == 0 && i < list.count; i++) {
		cleanup_free char *its = temporary_id(&list.items[i]);
		char summary[LIMIT_SUMMARY];

		if (!its)
			return helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL,
					   "cannot look for a temporary overlay");
		if (!streq(its, id))
			continue;
		if (!list.items[i].document)
			return set_aside(txn->home, list.items[i].path, error);
		snprintf(summary, sizeof(summary), "temporary overlay %s: drop", id);
		err = txn_remove(txn, list.items[i].path, error);
		return err == 0 ? txn_commit(txn, summary, error) : err;
	}
	return err < 0 ? err
		       : helios_fail(error, HELIOS_NO_TEMPORARY, NULL, NULL,
				     "there is no temporary overlay '%s'", id);
}

int temporary_drop(struct helios_home *home, const struct helios_client *client, const char *id,
		   struct helios_error *error)
{
	struct txn txn;
	int err = txn_begin(home, client, "temporary overlay", 0, &txn, error);

	if (err < 0)
		return err;
	err = drop_one(&txn, id, error);
	txn_end(&txn);
	return err;
}
