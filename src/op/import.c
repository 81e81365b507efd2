/* import: a persona of a file of another program. The file is read before the home is opened. */
#include "op/import.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "import/import.h"

static void cleanup_home(struct helios_home **home)
{
	helios_close(*home);
}

int import_into_home(const struct helios_call *call, const char *from, struct import_file *files,
		     size_t count, size_t *ret_count, struct helios_error *error)
{
	cleanup(cleanup_home) struct helios_home *home = NULL;
	int err = helios_open(call->path, HELIOS_CREATE, &home, error);

	return err == 0 ? store_import(home, call->client, from, files, count, ret_count, error)
			: err;
}

void import_add_note(struct buf *text, struct buf *json, const char *what, const char *why)
{
	buf_addstr(text, "  ");
	add_one_line(text, what, strlen(what));
	buf_addstr(text, ": ");
	add_one_line(text, why, strlen(why));
	buf_addch(text, '\n');
	json_open(json, '{');
	json_member(json, "what", what);
	json_member(json, "why", why);
	json_close(json, '}');
}

/* ---- reading the file */

static int refuse_size(const char *path, struct helios_error *error)
{
	return helios_fail(error, HELIOS_IMPORT, &(struct helios_place){.file = path},
			   "text may have 1 MiB, a card 2 MiB and a picture 32 MiB",
			   "the file is too large");
}

/* Appends what there is up to a length. */
static int read_up_to(int fd, const char *path, size_t length, struct buf *bytes,
		      struct helios_error *error)
{
	char block[65536];

	while (bytes->length < length) {
		size_t left = length - bytes->length;
		ssize_t got = read(fd, block, left < sizeof(block) ? left : sizeof(block));

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return helios_fail_errno(error, errno, path, "cannot read the file");
		if (got == 0)
			break;
		buf_add(bytes, block, (size_t)got);
		if (bytes->failed)
			return op_no_memory(error);
	}
	return 0;
}

/* Its beginning says what it is, and so how much of it is read. */
static int read_file(int fd, const char *path, struct buf *bytes, struct helios_error *error)
{
	size_t limit;
	int err = read_up_to(fd, path, 4096, bytes, error);

	if (err < 0)
		return err;
	limit = import_limit(path, buf_text(bytes), bytes->length);
	if (limit)
		err = read_up_to(fd, path, limit + 1, bytes, error);
	return err == 0 && limit && bytes->length > limit ? refuse_size(path, error) : err;
}

/* ---- what is told */

static const char *list_notes(const struct import *import, bool kept, struct buf *text,
			      struct buf *json)
{
	json_key(json, kept ? "kept" : "dropped");
	json_open(json, '[');
	for (size_t i = 0; i < import->note_count; i++)
		if (import->notes[i].kept == kept)
			import_add_note(text, json, import->notes[i].what, import->notes[i].why);
	return buf_text(text);
}

static int give(const struct import *import, const struct import_file *file,
		struct helios_answer *answer, struct helios_error *error)
{
	cleanup_buf struct buf text = {0}, json = {0}, kept = {0}, dropped = {0};

	json_open(&json, '{');
	json_member(&json, "kind", import->kind);
	json_member(&json, "from", import->title);
	json_key(&json, "personas");
	json_open(&json, '[');
	json_text(&json, file->name);
	json_close(&json, ']');
	list_notes(import, true, &kept, &json);
	json_close(&json, ']');
	list_notes(import, false, &dropped, &json);
	if (file->locked.length)
		import_add_note(&dropped, &json, buf_text(&file->locked),
				"locked by what it inherits, whose value stands");
	json_close(&json, ']');
	json_close(&json, '}');
	buf_addf(&text, "made %s of %s\n", file->name, import->title);
	if (kept.length)
		buf_addf(&text, "kept in its author.card, which no prompt shows:\n%s",
			 buf_text(&kept));
	if (dropped.length)
		buf_addf(&text, "not taken over as it was:\n%s", buf_text(&dropped));
	buf_addf(&text, "'helios show %s --prompt' shows how it reads\n", file->name);
	text.failed |= kept.failed || dropped.failed;
	answer->notice = true;
	return answer_give(answer, &text, &json, error);
}

/* ---- one file */

static int check_name(const struct helios_call *call, const char *name, struct helios_error *error)
{
	int err = helios_check_name(name, error);

	if (err < 0 && !call->values[1])
		return helios_fail(error, HELIOS_BAD_NAME,
				   &(struct helios_place){.file = call->values[0]},
				   "choose a name with --as",
				   "no persona's name can be made of what the file is called");
	return err;
}

static int make(const struct helios_call *call, const struct import *import,
		struct helios_answer *answer, struct helios_error *error)
{
	cleanup(import_file_done) struct import_file file = {.name = call->values[1]
									     ?: import->name};
	cleanup_buf struct buf text = {0};
	size_t count = 0;
	int err = check_name(call, file.name, error);

	if (err == 0 && yaml_emit(import->root, &text) < 0)
		err = op_no_memory(error);
	file.text = buf_text(&text);
	file.length = text.length;
	if (err == 0)
		err = import_into_home(call, import->title, &file, 1, &count, error);
	if (err < 0)
		return err;
	if (count)
		return give(import, &file, answer, error);
	if (file.why.code == HELIOS_EXISTS)
		return helios_fail(error, HELIOS_EXISTS, NULL, "choose another name with --as",
				   "%s", file.why.message);
	*error = file.why;
	return -file.why.errnum;
}

static int import_one(const struct helios_call *call, int fd, struct helios_answer *answer,
		      struct helios_error *error)
{
	const char *path = call->values[0];
	cleanup(import_done) struct import import = {0};
	cleanup_buf struct buf bytes = {0};
	int err = read_file(fd, path, &bytes, error);

	if (err == 0)
		err = import_read(path, buf_text(&bytes), bytes.length, &import, error);
	return err == 0 ? make(call, &import, answer, error) : err;
}

int op_import(const struct helios_call *call, struct helios_answer *answer,
	      struct helios_error *error)
{
	const char *path = call->values[0];
	cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return helios_fail_errno(error, errno, path, "cannot open the file");
	if (S_ISDIR(st.st_mode) && call->values[1])
		return helios_fail(error, HELIOS_USAGE, NULL, "its personas keep their names",
				   "--as names the persona of a file, not those of a home");
	if (S_ISDIR(st.st_mode))
		return import_home(call, path, answer, error);
	if (!S_ISREG(st.st_mode))
		return helios_fail(error, HELIOS_IMPORT, &(struct helios_place){.file = path}, NULL,
				   "it is neither a file nor a directory");
	return import_one(call, fd, answer, error);
}
