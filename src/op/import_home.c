/*
 * import of a directory: the personas of a helios home, that of the Python server above all. Their
 * texts are taken as they are; those that cannot be are told, and keep none of the others away.
 */
#include "op/import.h"

#include <dirent.h>
#include <fcntl.h>

#include "base/file.h"
#include "yaml/old.h"

#define TITLE "a helios home"

struct batch {
	const struct helios_call *call;
	const char *path;
	int directory;
	struct dirent **entries;
	struct import_file *files; /* one for each entry */
	struct buf *texts;
	char **names;
	size_t count;
};

static void batch_done(struct batch *batch)
{
	for (size_t i = 0; i < batch->count; i++) {
		if (batch->files)
			import_file_done(&batch->files[i]);
		if (batch->texts)
			buf_done(&batch->texts[i]);
		if (batch->names)
			free(batch->names[i]);
		free(batch->entries[i]);
	}
	free(batch->entries);
	free(batch->files);
	free(batch->texts);
	free(batch->names);
	if (batch->directory >= 0)
		close(batch->directory);
}

static bool is_there(const struct batch *batch, const char *file)
{
	return faccessat(batch->directory, file, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static int refuse(const struct batch *batch, struct helios_error *error)
{
	return helios_fail(error, HELIOS_IMPORT, &(struct helios_place){.file = batch->path},
			   "name the file that is to be read",
			   "the directory is no helios home: it has no personas and no base");
}

static int is_persona(const struct dirent *entry)
{
	return entry->d_name[0] != '.' && ends_with(entry->d_name, ".yaml") &&
	       !streq(entry->d_name, ".yaml");
}

static int check_other_home(const struct batch *batch, struct helios_error *error)
{
	struct stat there, here;

	if (fstat(batch->directory, &there) == 0 && stat(batch->call->path, &here) == 0 &&
	    there.st_dev == here.st_dev && there.st_ino == here.st_ino)
		return helios_fail(error, HELIOS_IMPORT,
				   &(struct helios_place){.file = batch->path},
				   "'helios upgrade' takes a home over where it is",
				   "that is this home itself");
	return 0;
}

static int list(struct batch *batch, struct helios_error *error)
{
	int count;

	batch->directory = open(batch->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (batch->directory < 0)
		return helios_fail_errno(error, errno, batch->path, "cannot open the directory");
	if (!is_there(batch, "base/identity.yaml") && !is_there(batch, "base/config.yaml") &&
	    !is_there(batch, ".helios_version"))
		return refuse(batch, error);
	count = scandirat(batch->directory, "personas", &batch->entries, is_persona, alphasort);
	if (count < 0)
		return errno == ENOMEM ? op_no_memory(error) : refuse(batch, error);
	batch->count = (size_t)count;
	batch->files = calloc(batch->count + 1, sizeof(*batch->files));
	batch->texts = calloc(batch->count + 1, sizeof(*batch->texts));
	batch->names = calloc(batch->count + 1, sizeof(*batch->names));
	if (!batch->files || !batch->texts || !batch->names)
		return op_no_memory(error);
	return check_other_home(batch, error);
}

/* A file that cannot be read has an empty text, which is refused as a document. */
static int read_one(struct batch *batch, size_t i, struct helios_error *error)
{
	const char *entry = batch->entries[i]->d_name;
	char path[sizeof("personas/") + sizeof(batch->entries[i]->d_name)];
	int err;

	snprintf(path, sizeof(path), "personas/%s", entry);
	batch->names[i] = strndup(entry, strlen(entry) - strlen(".yaml"));
	err = file_read(batch->directory, path, LIMIT_TEXT, &batch->texts[i], NULL);
	if (!batch->names[i] || err == -ENOMEM)
		return op_no_memory(error);
	if (err < 0)
		buf_clear(&batch->texts[i]);
	batch->files[i].name = batch->names[i];
	batch->files[i].text = buf_text(&batch->texts[i]);
	batch->files[i].length = batch->texts[i].length;
	return 0;
}

/* What a later transaction could not do is told, for the ones before it are done. */
static void stop(struct batch *batch, const struct helios_error *error)
{
	for (size_t i = 0; i < batch->count; i++)
		if (!batch->files[i].made)
			batch->files[i].why = *error;
}

/* One that inherits from another of them comes after it. */
static int make(struct batch *batch, size_t *ret_count, struct helios_error *error)
{
	size_t count;
	int err;

	*ret_count = 0;
	do {
		err = import_into_home(batch->call, TITLE, batch->files, batch->count, &count,
				       error);
		*ret_count += err == 0 ? count : 0;
	} while (err == 0 && count && *ret_count < batch->count);
	if (err == 0 || !*ret_count)
		return err;
	stop(batch, error);
	return 0;
}

static const char *reason(const struct batch *batch, size_t i)
{
	const struct import_file *file = &batch->files[i];

	if (!file->length)
		return "it is empty, or cannot be read";
	return file->why.code == HELIOS_EXISTS ? "there is one of that name here"
					       : file->why.message;
}

/* Where the Python server wrote it; this program's own homes say which schema they have. */
static bool is_old(const struct batch *batch)
{
	cleanup_buf struct buf version = {0};

	return file_read(batch->directory, ".helios_version", LIMIT_TEXT, &version, NULL) < 0 ||
	       !strstr(buf_text(&version), "schema_version");
}

static void tell_reading(const char *name, const struct node *node, struct buf *path,
			 struct buf *text, struct buf *json)
{
	const char *before = node_read_before(node);
	size_t length = path->length;

	if (before) {
		char what[256], why[256];

		snprintf(what, sizeof(what), "%s: %s", name, buf_text(path));
		snprintf(why, sizeof(why), "'%.100s' is what it says; YAML 1.1 took it for %s",
			 node->text, before);
		import_add_note(text, json, what, why);
	}
	for (size_t i = 0; i < node->count; i++) {
		bool list = node->kind == NODE_LIST;

		if (list)
			path_add_index(path, i);
		else
			path_add_key(path, node->entries[i].key);
		tell_reading(name, list ? node->items[i] : node->entries[i].value, path, text,
			     json);
		buf_splice(path, length, path->length, "", 0);
	}
}

/* What of the new personas read otherwise there. */
static void tell_readings(const struct batch *batch, struct buf *text, struct buf *json)
{
	for (size_t i = 0; is_old(batch) && i < batch->count; i++) {
		cleanup_document struct document *document = NULL;
		cleanup_buf struct buf path = {0};

		if (batch->files[i].made)
			text->failed |= yaml_try(batch->files[i].text, batch->files[i].length,
						 batch->names[i], &document, NULL) < 0;
		if (document)
			tell_reading(batch->names[i], document->root, &path, text, json);
	}
}

static void tell_locked(const char *name, const struct buf *locked, struct buf *text,
			struct buf *json)
{
	cleanup_buf struct buf what = {0};

	buf_addf(&what, "%s: %s", name, buf_text(locked));
	text->failed |= what.failed;
	import_add_note(text, json, buf_text(&what),
			"locked by what it inherits, whose value stands");
}

static void tell_dropped(const struct batch *batch, struct buf *text, struct buf *json)
{
	static const struct {
		const char *what, *why;
	} others[] = {
		{"base", "the base here stays; 'helios edit base' changes it"},
		{"learned", "what was recorded there stays there"},
		{"temporary", "what holds for a time there stays there"},
	};

	for (size_t i = 0; i < batch->count; i++) {
		if (!batch->files[i].made)
			import_add_note(text, json, batch->names[i], reason(batch, i));
		else if (batch->files[i].locked.length)
			tell_locked(batch->names[i], &batch->files[i].locked, text, json);
	}
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (is_there(batch, others[i].what))
			import_add_note(text, json, others[i].what, others[i].why);
	tell_readings(batch, text, json);
}

static int give(const struct batch *batch, size_t made, struct helios_answer *answer,
		struct helios_error *error)
{
	cleanup_buf struct buf text = {0}, json = {0}, dropped = {0};

	json_open(&json, '{');
	json_member(&json, "kind", "home");
	json_member(&json, "from", TITLE);
	json_key(&json, "personas");
	json_open(&json, '[');
	for (size_t i = 0; i < batch->count; i++) {
		if (!batch->files[i].made)
			continue;
		json_text(&json, batch->names[i]);
		buf_addf(&text, "made %s\n", batch->names[i]);
	}
	json_close(&json, ']');
	json_key(&json, "kept");
	json_raw(&json, "[]", 2);
	json_key(&json, "dropped");
	json_open(&json, '[');
	tell_dropped(batch, &dropped, &json);
	json_close(&json, ']');
	json_close(&json, '}');
	if (!made)
		buf_addstr(&text, "no persona was made\n");
	buf_addf(&text, "not taken over as it was:\n%s", buf_text(&dropped));
	text.failed |= dropped.failed;
	answer->notice = made > 0;
	answer->status = made ? 0 : 1;
	return answer_give(answer, &text, &json, error);
}

int import_home(const struct helios_call *call, const char *directory, struct helios_answer *answer,
		struct helios_error *error)
{
	cleanup(batch_done) struct batch batch = {.call = call, .path = directory, .directory = -1};
	size_t made = 0;
	int err = list(&batch, error);

	for (size_t i = 0; err == 0 && i < batch.count; i++)
		err = read_one(&batch, i, error);
	if (err == 0)
		err = make(&batch, &made, error);
	return err == 0 ? give(&batch, made, answer, error) : err;
}
