/* Registering of client/register.h. */
#include "client/register.h"

#include <fcntl.h>

#include "base/file.h"
#include "base/limits.h"
#include "client/config_file.h"
#include "store/home_private.h"
#include "yaml/text.h"

/* In the home: the client's file as it was before setup, and as setup left it. */
#define COPIES ".backups/setup"
#define PATH_SIZE 96

struct copies {
	bool known;   /* setup left something */
	bool existed; /* there was a file before */
	struct buf before, after;
};

static void copies_done(struct copies *copies)
{
	buf_done(&copies->before);
	buf_done(&copies->after);
}

void registration_done(struct registration *registration)
{
	free(registration->file);
	free(registration->copy);
	*registration = (struct registration){0};
}

static int no_memory(struct helios_error *error)
{
	return helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "memory ran out");
}

static struct config_text file_text(const struct config_file *file)
{
	return (struct config_text){.bytes = file->exists ? buf_text(&file->text) : NULL,
				    .length = file->text.length,
				    .file = file->path};
}

/* ---- the copies */

static void copy_path(char out[PATH_SIZE], const struct client *client, const char *name)
{
	snprintf(out, PATH_SIZE, COPIES "/%s/%s", client->name, name);
}

static int fail_copy(struct helios_error *error, int err, const char *path)
{
	return helios_fail_errno(error, -err, path, "cannot keep the copy");
}

static int read_copies(struct helios_home *home, const struct client *client, struct copies *ret,
		       struct helios_error *error)
{
	char path[PATH_SIZE];
	int err = 0;

	if (!home)
		return 0;
	copy_path(path, client, "after");
	err = file_read(home->directory, path, LIMIT_CLIENT_FILE, &ret->after, NULL);
	if (err == -ENOENT)
		return 0;
	if (err == 0) {
		copy_path(path, client, "before");
		err = file_read(home->directory, path, LIMIT_CLIENT_FILE, &ret->before, NULL);
		ret->existed = err == 0;
	}
	if (err < 0 && err != -ENOENT)
		return fail_copy(error, err, path);
	ret->known = true;
	return 0;
}

static int write_copy(struct helios_home *home, const struct client *client, const char *name,
		      const struct buf *text, struct helios_error *error)
{
	char path[PATH_SIZE];
	int err = 0;

	copy_path(path, client, name);
	if (unlinkat(home->directory, path, 0) < 0 && errno != ENOENT)
		err = -errno;
	if (err == 0 && text)
		err = file_create_synced(home->directory, path, buf_text(text), text->length);
	return err < 0 ? fail_copy(error, err, path) : 0;
}

static int make_directories(struct helios_home *home, const struct client *client,
			    struct helios_error *error)
{
	const char *const parts[] = {".backups", COPIES, NULL};
	char path[PATH_SIZE];
	int err = 0;

	for (size_t i = 0; err == 0 && parts[i]; i++)
		err = file_make_directory(home->directory, parts[i]);
	copy_path(path, client, ".");
	path[strlen(path) - 2] = '\0';
	if (err == 0)
		err = file_make_directory(home->directory, path);
	return err < 0 ? fail_copy(error, err, path) : 0;
}

/*
 * Before the client's file is touched. A kill between the two writes leaves an "after" that the
 * client's file is not, and then only the entry would be taken out of it.
 */
static int write_copies(struct helios_home *home, const struct client *client,
			const struct copies *before, const struct buf *after,
			struct helios_error *error)
{
	int err = make_directories(home, client, error);

	if (err == 0)
		err = write_copy(home, client, "after", NULL, error);
	if (err == 0)
		err = write_copy(home, client, "before", before->existed ? &before->before : NULL,
				 error);
	return err < 0 ? err : write_copy(home, client, "after", after, error);
}

static int drop_copies(struct helios_home *home, const struct client *client,
		       struct helios_error *error)
{
	char path[PATH_SIZE];
	int err;

	if (!home)
		return 0;
	err = write_copy(home, client, "after", NULL, error);
	if (err == 0)
		err = write_copy(home, client, "before", NULL, error);
	copy_path(path, client, ".");
	path[strlen(path) - 2] = '\0';
	if (err == 0)
		unlinkat(home->directory, path, AT_REMOVEDIR); /* an empty one left is no harm */
	return err;
}

/* ---- looking */

/* The state of the entry in a text; one that is not ours is refused. */
static int look(const struct client *client, const struct config_text *text,
		const struct entry *entry, enum entry_state *ret, struct helios_error *error)
{
	struct helios_place place = {.file = text->file};
	struct entry_found found;
	int err = client->format->look(client, text, entry, &found, error);

	*ret = found.state;
	if (err < 0 || found.state != ENTRY_OTHER)
		return err;
	text_position(text->bytes, found.at, &place.line, &place.column);
	return helios_fail(error, HELIOS_CLIENT_ENTRY, &place, NULL,
			   "the server called '" ENTRY_NAME "' here is not " ENTRY_PROGRAM);
}

int client_look(const struct client *client, const struct client_place *place,
		const struct entry *entry, enum entry_state *ret, struct helios_error *error)
{
	cleanup(config_file_done) struct config_file file = {.directory = -1};
	struct config_text text;
	int err = config_file_read(place->path, &file, error);

	*ret = ENTRY_ABSENT;
	if (err < 0)
		return err;
	text = file_text(&file);
	return look(client, &text, entry, ret, error);
}

int client_sample(const struct client *client, const struct entry *entry, struct buf *out,
		  struct helios_error *error)
{
	static const struct config_text nothing = {.file = ""};

	return client->format->put(client, &nothing, entry, out, error);
}

/* ---- what the file would be without the entry */

static bool is_untouched(const struct config_text *text, const struct copies *copies)
{
	return copies->known && text->bytes && text->length == copies->after.length &&
	       memcmp(text->bytes, buf_text(&copies->after), text->length) == 0;
}

/* Into *ret; it exists unless setup had made the file and nothing else is in it. */
static int without_entry(const struct client *client, const struct config_text *text,
			 const struct copies *copies, struct copies *ret,
			 struct helios_error *error)
{
	struct config_text before = {.bytes = copies->existed ? buf_text(&copies->before) : NULL,
				     .length = copies->before.length,
				     .file = text->file};
	int err = 0;

	if (is_untouched(text, copies)) {
		ret->existed = copies->existed;
		buf_add(&ret->before, copies->before.data, copies->before.length);
	} else {
		err = client->format->drop(client, text, copies->known ? &before : NULL,
					   &ret->before, error);
		ret->existed = ret->before.length || !copies->known || copies->existed;
	}
	return err == 0 && ret->before.failed ? no_memory(error) : err;
}

/* ---- changing */

static int name_files(struct helios_home *home, const struct client *client,
		      const struct config_file *file, const struct copies *copies,
		      struct registration *ret, struct helios_error *error)
{
	ret->file = strdup(file->path);
	if (!ret->file)
		return no_memory(error);
	if (home && copies->existed &&
	    asprintf(&ret->copy, "%s/" COPIES "/%s/before", home->path, client->name) < 0) {
		ret->copy = NULL;
		return no_memory(error);
	}
	return 0;
}

/* What undoing shall lead to: the file now, but for an entry that setup made before. */
static int find_before(struct helios_home *home, const struct client *client,
		       const struct config_text *text, enum entry_state state, struct copies *ret,
		       struct helios_error *error)
{
	cleanup(copies_done) struct copies old = {0};
	int err = read_copies(home, client, &old, error);

	if (err < 0)
		return err;
	if (state != ENTRY_ABSENT && old.known)
		return without_entry(client, text, &old, ret, error);
	ret->existed = text->bytes != NULL;
	buf_add(&ret->before, text->bytes, text->bytes ? text->length : 0);
	return ret->before.failed ? no_memory(error) : 0;
}

/* The text with the entry in it, which is read again to be sure. */
static int make_after(const struct client *client, const struct config_text *text,
		      const struct entry *entry, struct buf *ret, struct helios_error *error)
{
	struct config_text after = {.file = text->file};
	enum entry_state state;
	int err = client->format->put(client, text, entry, ret, error);

	if (err == 0 && ret->failed)
		err = no_memory(error);
	if (err < 0)
		return err;
	after.bytes = buf_text(ret);
	after.length = ret->length;
	err = look(client, &after, entry, &state, error);
	if (err == 0 && state != ENTRY_SAME)
		err = helios_fail(error, HELIOS_CLIENT_FILE,
				  &(struct helios_place){.file = text->file},
				  "write the entry by hand, as --print shows it",
				  "the entry cannot be put into this file");
	return err;
}

int client_register(struct helios_home *home, const struct client *client,
		    const struct client_place *place, const struct entry *entry,
		    struct registration *ret, struct helios_error *error)
{
	cleanup(config_file_done) struct config_file file = {.directory = -1};
	cleanup(copies_done) struct copies before = {0};
	cleanup_buf struct buf after = {0};
	enum entry_state state;
	struct config_text text;
	int err = config_file_read(place->path, &file, error);

	*ret = (struct registration){0};
	if (err < 0)
		return err;
	text = file_text(&file);
	err = look(client, &text, entry, &state, error);
	if (err == 0 && state == ENTRY_SAME)
		return name_files(NULL, client, &file, &before, ret, error);
	if (err == 0)
		err = find_before(home, client, &text, state, &before, error);
	if (err == 0)
		err = make_after(client, &text, entry, &after, error);
	if (err == 0)
		err = name_files(home, client, &file, &before, ret, error);
	if (err == 0)
		err = write_copies(home, client, &before, &after, error);
	if (err < 0)
		return err;
	err = config_file_replace(&file, &after, error);
	if (err < 0 && state == ENTRY_ABSENT)
		drop_copies(home, client, NULL);
	ret->changed = err == 0;
	return err;
}

int client_unregister(struct helios_home *home, const struct client *client,
		      const struct client_place *place, const struct entry *entry,
		      struct registration *ret, struct helios_error *error)
{
	cleanup(config_file_done) struct config_file file = {.directory = -1};
	cleanup(copies_done) struct copies copies = {0}, then = {0};
	enum entry_state state;
	struct config_text text;
	int err = config_file_read(place->path, &file, error);

	*ret = (struct registration){0};
	if (err < 0)
		return err;
	text = file_text(&file);
	err = look(client, &text, entry, &state, error);
	if (err == 0)
		err = name_files(NULL, client, &file, &then, ret, error);
	if (err == 0)
		err = read_copies(home, client, &copies, error);
	if (err < 0 || state == ENTRY_ABSENT)
		return err < 0 ? err : drop_copies(home, client, error);
	err = without_entry(client, &text, &copies, &then, error);
	if (err < 0)
		return err;
	ret->removed = !then.existed;
	err = then.existed ? config_file_replace(&file, &then.before, error)
			   : config_file_remove(&file, error);
	ret->changed = err == 0;
	return err < 0 ? err : drop_copies(home, client, error);
}
