/* The gate of store/gate.h. What a secret looks like is persona/secret.h's to say. */
#include "store/gate.h"

#include "base/file.h"
#include "base/limits.h"
#include "persona/secret.h"
#include "store/changes.h"
#include "store/read.h"
#include "store/settings.h"
#include "store/snapshot.h"
#include "store/temporary.h"

static unsigned line_of(const char *text, size_t offset)
{
	unsigned line = 1;

	for (size_t i = 0; i < offset; i++)
		line += text[i] == '\n';
	return line;
}

/* Characters, not bytes: from 1. */
static unsigned column_of(const char *text, size_t offset)
{
	unsigned column = 1;

	while (offset > 0 && text[offset - 1] != '\n')
		column += (text[--offset] & 0xc0) != 0x80;
	return column;
}

/* One that cannot be read holds nothing. */
static int holds(struct helios_home *home, const struct repo_file *file, const char *bytes,
		 size_t length, bool *ret, struct helios_error *error)
{
	cleanup_buf struct buf text = {0};
	int err = repo_read(home->repo, &file->id, &text, error);

	*ret = err == 0 && memmem(buf_text(&text), text.length, bytes, length);
	return err == -ENOMEM ? err : 0;
}

/* The file's own text first: it nearly always is there. */
static int is_known(struct helios_home *home, const struct served *served, const char *path,
		    const char *bytes, size_t length, bool *ret, struct helios_error *error)
{
	const struct repo_file *own = served ? repo_files_find(&served->files, path) : NULL;
	int err = own ? holds(home, own, bytes, length, ret, error) : 0;

	for (size_t i = 0; err == 0 && !*ret && served && i < served->files.count; i++)
		err = holds(home, &served->files.entries[i], bytes, length, ret, error);
	return err;
}

int gate_check(struct helios_home *home, const struct served *served, const char *path,
	       const char *text, size_t length, struct helios_error *error)
{
	struct secret secret;
	size_t position = 0;
	bool passes;

	while (secret_find(text, length, &position, &secret)) {
		const struct helios_place place = {.file = path,
						   .line = line_of(text, secret.offset),
						   .column = column_of(text, secret.offset)};
		/* the settings first: of what is new every file is read */
		int err = settings_allow_secret(home, secret.rule, &passes, error);

		if (err == 0 && !passes)
			err = is_known(home, served, path, text + secret.offset, secret.length,
				       &passes, error);
		if (err < 0)
			return err;
		if (passes)
			continue;
		return helios_fail(error, HELIOS_SECRET, &place, NULL,
				   "what stands here looks like a secret (%s)", secret.rule);
	}
	return 0;
}

static int add_leak(struct leaks *leaks, const struct leak *leak, const char *file)
{
	struct leak *grown = realloc(leaks->entries, (leaks->count + 1) * sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	leaks->entries = grown;
	grown[leaks->count] = *leak;
	grown[leaks->count].file = strdup(file);
	return grown[leaks->count].file ? (leaks->count++, 0) : -ENOMEM;
}

void leaks_done(struct leaks *leaks)
{
	for (size_t i = 0; i < leaks->count; i++)
		free(leaks->entries[i].file);
	free(leaks->entries);
	*leaks = (struct leaks){0};
}

static int scan_text(struct leaks *leaks, const char *file, const struct object_id *commit,
		     bool present, const struct buf *text)
{
	struct secret secret;
	size_t position = 0;
	int err = 0;

	leaks->checked++;
	while (err == 0 && secret_find(buf_text(text), text->length, &position, &secret))
		err = add_leak(leaks,
			       &(struct leak){.rule = secret.rule,
					      .line = line_of(buf_text(text), secret.offset),
					      .commit = *commit,
					      .present = present},
			       file);
	return err;
}

static int scan_file(struct helios_home *home, struct leaks *leaks, const char *file)
{
	static const struct object_id none;
	cleanup_buf struct buf text = {0};

	int err = file_read(home->directory, file, LIMIT_TEXT, &text, NULL);

	if (err < 0)
		return err == -ENOMEM ? err : 0; /* not there, or no text of ours: doctor tells */
	return scan_text(leaks, file, &none, true, &text);
}

static int scan_directory(struct helios_home *home, struct leaks *leaks, const char *directory,
			  struct helios_error *error)
{
	cleanup(helios_names_free) struct helios_names names = {0};
	int err = store_list_files(home, directory, &names, error);

	for (size_t i = 0; err == 0 && i < names.count; i++) {
		cleanup_free char *file = NULL;

		if (asprintf(&file, "%s/%s", directory, names.entries[i]) < 0)
			file = NULL;
		if (!file || scan_file(home, leaks, file) < 0)
			err = helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL,
					  "cannot scan the home");
	}
	return err;
}

/* The files of the home as they stand on the disk, also those no git knows. */
static int scan_files(struct helios_home *home, struct leaks *leaks, struct helios_error *error)
{
	static const char *const directories[] = {"base",	   "personas",
						  "learned",	   TEMPORARY_DIRECTORY,
						  VIEWS_DIRECTORY, REJECTED_DIRECTORY};
	int err = 0;

	if (scan_file(home, leaks, "settings.yaml") < 0)
		return helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "cannot scan the home");
	for (size_t i = 0; err == 0 && i < ARRAY_SIZE(directories); i++)
		err = scan_directory(home, leaks, directories[i], error);
	return err;
}

struct history_scan {
	struct helios_home *home;
	struct leaks *leaks;
	struct buf seen; /* ids of blobs, in no order */
};

static bool is_seen(struct history_scan *scan, const struct object_id *blob)
{
	const struct object_id *ids = (const struct object_id *)(const void *)scan->seen.data;

	for (size_t i = scan->seen.length / sizeof(*ids); i-- > 0;)
		if (object_id_equal(&ids[i], blob))
			return true;
	return false;
}

static int scan_blob(void *context, const struct object_id *commit, const char *file,
		     const struct object_id *blob)
{
	struct history_scan *scan = context;
	cleanup_buf struct buf text = {0};
	struct secret secret;
	size_t position = 0;

	if (repo_read(scan->home->repo, blob, &text, NULL) < 0)
		return 0; /* doctor tells */
	scan->leaks->checked++;
	if (!secret_find(buf_text(&text), text.length, &position, &secret) || is_seen(scan, blob))
		return 0;
	scan->leaks->checked--;
	buf_add(&scan->seen, blob, sizeof(*blob));
	return scan->seen.failed ? -ENOMEM : scan_text(scan->leaks, file, commit, false, &text);
}

/* What was said of a change, or of a snapshot. It is none of the texts that are counted. */
static int scan_words(struct leaks *leaks, const char *file, const struct object_id *commit,
		      const char *words)
{
	const struct buf text = {.data = (char *)(uintptr_t)words, .length = strlen(words)};
	int err = scan_text(leaks, file, commit, false, &text);

	leaks->checked--;
	return err;
}

static int scan_message(struct history_scan *scan, const struct object_id *id)
{
	cleanup_free char *message = NULL;
	struct repo_commit commit;

	if (repo_read_commit(scan->home->repo, id, &commit, &message, NULL) < 0)
		return 0; /* doctor tells */
	return scan_words(scan->leaks, "commit message", id, message);
}

static int scan_snapshots(struct helios_home *home, struct leaks *leaks, struct helios_error *error)
{
	struct snapshots list = {0};
	int err = snapshots_read(home, &list, error);

	for (size_t i = 0; err == 0 && i < list.count; i++)
		if (scan_words(leaks, list.entries[i].name, &list.entries[i].commit,
			       list.entries[i].reason ?: "") < 0)
			err = helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL,
					  "cannot scan the history");
	snapshots_done(&list);
	return err;
}

static int scan_commit(void *context, const struct object_id *commit,
		       const struct commit_line *line, struct helios_error *error)
{
	int err = changes_each_file(line, commit, scan_blob, context);

	if (err == 0)
		err = scan_message(context, commit);

	return err < 0 ? helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "cannot scan the history")
		       : 0;
}

int gate_scan(struct helios_home *home, struct leaks *ret, struct helios_error *error)
{
	static const struct object_id beginning;
	struct history_scan scan = {.home = home, .leaks = ret};
	bool found;
	int err;

	*ret = (struct leaks){0};
	err = scan_files(home, ret, error);
	if (err == 0)
		err = changes_since(home, &beginning, scan_commit, &scan, &found, error);
	buf_done(&scan.seen);
	if (err == 0)
		err = scan_snapshots(home, ret, error);
	if (err < 0)
		leaks_done(ret);
	return err;
}
