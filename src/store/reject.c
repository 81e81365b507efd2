/*
 * Refused texts. A file begins with comment lines that say what and why, then a marker line,
 * then the bytes as they were saved. Written at once and synced: it is all that is left of them.
 */
#include "store/reject.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <time.h>

#include "base/file.h"
#include "base/limits.h"
#include "store/read.h"
#include "store/text.h"
#include "store/txn.h"

#define MARKER "# ---- the text as it was saved follows ----\n"
#define LIMIT_REJECTED (8u << 20)
#define ID_PATH (sizeof(REJECTED_DIRECTORY) + NAME_MAX + 1)

static void add_field(struct buf *out, const char *field, const char *value)
{
	buf_addf(out, "# %s: ", field);
	for (const char *c = value; *c; c++)
		buf_addch(out, (unsigned char)*c < 0x20 ? ' ' : *c);
	buf_addch(out, '\n');
}

static const char *kind_word(enum helios_kind kind)
{
	return kind == HELIOS_STORED ? "source" : "view";
}

static void add_header(struct buf *out, const struct helios_client *client, enum helios_kind kind,
		       const char *name, const struct helios_error *reason)
{
	char stamp[32], place[64];
	time_t now = time(NULL);
	struct tm utc;

	strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
	buf_addstr(
		out,
		"# Helios refused this save. Save a mended text under the name again; this one is\n"
		"# kept until 'helios rejected drop', or 'retry' once its cause is gone.\n");
	add_field(out, "name", name);
	add_field(out, "kind", kind_word(kind));
	add_field(out, "time", stamp);
	add_field(out, "source", source_name(client->source));
	add_field(out, "client", client->name ? client->name : "");
	if (reason->line) {
		snprintf(place, sizeof(place), "line %u, column %u", reason->line, reason->column);
		add_field(out, "place", place);
	}
	if (reason->key[0])
		add_field(out, "key", reason->key);
	add_field(out, "reason", reason->message);
	add_field(out, "hint", reason->hint);
	buf_addstr(out, MARKER);
}

/* False for what names no file of that directory. Takes no memory: what is there is found. */
static bool id_path(const char *id, char path[ID_PATH])
{
	int length = snprintf(path, ID_PATH, REJECTED_DIRECTORY "/%s", id);

	return (size_t)length < ID_PATH && !strchr(id, '/');
}

/* The saved bytes within a rejected file, or NULL when it is none of ours. */
static const char *body(const struct buf *file, size_t *ret_length)
{
	const char *marker = strstr(buf_text(file), MARKER);

	if (!marker)
		return NULL;
	marker += strlen(MARKER);
	*ret_length = file->length - (size_t)(marker - file->data);
	return marker;
}

/* The value of a header field, into value. */
static bool header_field(const struct buf *file, const char *field, char *value, size_t size)
{
	char start[32];
	const char *at;

	snprintf(start, sizeof(start), "\n# %s: ", field);
	at = strstr(buf_text(file), start);
	if (!at)
		return false;
	at += strlen(start);
	snprintf(value, size, "%.*s", (int)strcspn(at, "\n"), at);
	return true;
}

static int load(struct helios_home *home, const char *id, struct buf *out, struct stat *ret_stat,
		struct helios_error *error)
{
	char path[ID_PATH];
	int err = id_path(id, path)
			  ? file_read(home->directory, path, LIMIT_REJECTED, out, ret_stat)
			  : -ENOENT;

	if (err == -ENOENT)
		return helios_fail(error, HELIOS_NO_KEY, NULL, "'helios rejected' lists them",
				   "there is no rejected text '%s'", id);
	return err < 0 ? helios_fail_errno(error, -err, path, "cannot read %s", path) : 0;
}

int reject_read(struct helios_home *home, const char *id, struct helios_text **ret,
		struct helios_error *error)
{
	cleanup_buf struct buf text = {0};
	struct stat st;
	int err = load(home, id, &text, &st, error);

	if (err < 0)
		return err;
	*ret = text_new(&text, st.st_mtim);
	return *ret ? 0 : helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "cannot read %s", id);
}

/* An equal text of that kind for the same name that is kept already; the caller frees it. */
static char *find_equal(struct helios_home *home, enum helios_kind kind, const char *name,
			const char *text, size_t length)
{
	struct helios_names names;
	char *found = NULL;

	if (store_list_files(home, REJECTED_DIRECTORY, &names, NULL) < 0)
		return NULL;
	for (size_t i = names.count; i-- > 0 && !found;) {
		cleanup_buf struct buf file = {0};
		char owner[LIMIT_NAME + 1], word[16];
		size_t kept_length;
		const char *kept;

		if (load(home, names.entries[i], &file, NULL, NULL) < 0 ||
		    !header_field(&file, "name", owner, sizeof(owner)) || !streq(owner, name) ||
		    !header_field(&file, "kind", word, sizeof(word)) ||
		    !streq(word, kind_word(kind)))
			continue;
		kept = body(&file, &kept_length);
		if (kept && kept_length == length && memcmp(kept, text, length) == 0)
			found = strdup(names.entries[i]);
	}
	helios_names_free(&names);
	return found;
}

#define SAME_SECOND 1000u

/* NAME-20261123T190000Z.yaml, with a number behind it when that is taken. */
static int create(struct helios_home *home, const char *name, const struct buf *text, char **ret)
{
	time_t now = time(NULL);
	char stamp[32];
	struct tm utc;
	int err = -EEXIST;

	strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", gmtime_r(&now, &utc));
	for (unsigned i = 0; i < SAME_SECOND && err == -EEXIST; i++) {
		cleanup_free char *id = NULL;
		char number[16] = "", path[ID_PATH];

		if (i)
			snprintf(number, sizeof(number), "-%u", i + 1);
		if (asprintf(&id, "%s-%s%s.yaml", name, stamp, number) < 0)
			id = NULL;
		err = !id		  ? -ENOMEM
		      : id_path(id, path) ? file_create_synced(home->directory, path,
							       buf_text(text), text->length)
					  : -ENAMETOOLONG;
		if (err == 0)
			*ret = take_ptr(id);
	}
	return err;
}

int helios_reject(struct helios_home *home, const struct helios_client *client,
		  enum helios_kind kind, const char *name, const char *text, size_t length,
		  const struct helios_error *reason, char **ret_id, struct helios_error *error)
{
	cleanup_free char *id = find_equal(home, kind, name, text, length);
	cleanup_buf struct buf file = {0};
	int err = 0;

	if (!id) {
		add_header(&file, client, kind, name, reason);
		buf_add(&file, text, length);
		err = file.failed ? -ENOMEM
				  : file_make_directory(home->directory, REJECTED_DIRECTORY);
		if (err == 0)
			err = create(home, name, &file, &id);
		if (err == 0 && home_writable(home, NULL) == 0)
			generation_touch(home->generation);
	}
	if (err < 0)
		return helios_fail_errno(error, -err, REJECTED_DIRECTORY,
					 "cannot keep the refused text");
	if (ret_id)
		*ret_id = take_ptr(id);
	return 0;
}

int helios_reject_drop(struct helios_home *home, const char *id, struct helios_error *error)
{
	char path[ID_PATH];

	if (!id_path(id, path) || file_unlink(home->directory, path, 0) < 0)
		return helios_fail(error, HELIOS_NO_KEY, NULL, "'helios rejected' lists them",
				   "there is no rejected text '%s'", id);
	if (home_writable(home, NULL) == 0)
		generation_touch(home->generation);
	return 0;
}

int helios_reject_retry(struct helios_home *home, const struct helios_client *client,
			const char *id, struct helios_saved *saved, struct helios_error *error)
{
	cleanup_buf struct buf file = {0};
	char name[LIMIT_NAME + 1], kind[16];
	size_t length;
	const char *text;
	int err = load(home, id, &file, NULL, error);

	if (err < 0)
		return err;
	text = body(&file, &length);
	if (!text || !header_field(&file, "name", name, sizeof(name)) ||
	    !header_field(&file, "kind", kind, sizeof(kind)))
		return helios_fail(error, HELIOS_NO_KEY, NULL,
				   "keep the comment lines at its top as they were",
				   "'%s' does not say what it is", id);
	err = helios_save(home, client, streq(kind, "source") ? HELIOS_STORED : HELIOS_RESOLVED,
			  name, text, length, NULL, saved, error);
	return err == 0 ? helios_reject_drop(home, id, error) : err;
}
