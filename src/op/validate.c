/*
 * validate: every file of the home, or files anywhere, checked as the home would check them. Each
 * file tells its first fault; what lies between files is told for a whole home only.
 */
#include "op/ops.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/file.h"
#include "persona/schema.h"

struct verdict {
	const struct helios_call *call;
	struct buf text, errors, warnings; /* the latter two: JSON lists without their end */
	size_t checked, faults;
};

static void add_fault(struct verdict *verdict, const struct helios_error *error, const char *source)
{
	verdict->faults++;
	add_error(&verdict->text, error, source, verdict->call->colour);
	json_error(&verdict->errors, error);
}

/* Checks one text as a base or as a persona. */
static int check(const char *text, size_t length, const char *file, bool base,
		 struct helios_error *error)
{
	cleanup_document struct document *document = NULL;
	int err = yaml_parse(text, length, file, &document, error);

	if (err < 0)
		return err;
	return base ? schema_check_base(document, error) : schema_check_persona(document, error);
}

static bool names_a_base(const char *path)
{
	static const char *const names[] = {"base.yaml", "identity.yaml", "config.yaml"};
	const char *slash = strrchr(path, '/');

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (streq(slash ? slash + 1 : path, names[i]))
			return true;
	return false;
}

/* Reads a file the caller named: any path, but no more of it than a document may have. */
static int read_named(const char *path, struct buf *text, struct helios_error *error)
{
	cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	char block[16384];
	ssize_t got;

	if (fd < 0)
		return helios_fail_errno(error, errno, path, "cannot open the file");
	while ((got = read(fd, block, sizeof(block))) != 0) {
		if (got < 0 && errno != EINTR)
			return helios_fail_errno(error, errno, path, "cannot read the file");
		if (got > 0)
			buf_add(text, block, (size_t)got);
		if (text->length > LIMIT_TEXT)
			break; /* the parser says that it is too large */
	}
	return text->failed ? op_no_memory(error) : 0;
}

static void check_file(struct verdict *verdict, const char *path)
{
	cleanup_buf struct buf text = {0};
	struct helios_error error = {0};
	int err = read_named(path, &text, &error);

	verdict->checked++;
	if (err == 0)
		err = check(buf_text(&text), text.length, path, names_a_base(path), &error);
	if (err < 0)
		add_fault(verdict, &error, text.length ? buf_text(&text) : NULL);
}

static int give(struct verdict *verdict, struct helios_answer *answer, struct helios_error *error)
{
	cleanup_buf struct buf json = {0};

	if (!verdict->faults)
		buf_addf(&verdict->text,
			 verdict->checked == 1 ? "%zu file, valid\n" : "%zu files, all valid\n",
			 verdict->checked);
	json_open(&json, '{');
	json_member_bool(&json, "valid", !verdict->faults);
	json_member_whole(&json, "checked", (int64_t)verdict->checked);
	buf_addf(&json, ",\"errors\":[%s],\"warnings\":[%s]", buf_text(&verdict->errors),
		 buf_text(&verdict->warnings));
	json_close(&json, '}');
	if (verdict->errors.failed || verdict->warnings.failed)
		return op_no_memory(error);
	answer->status = verdict->faults ? 1 : 0;
	return answer_give(answer, &verdict->text, &json, error);
}

static void check_stored(struct verdict *verdict, struct helios_home *home, const char *name)
{
	char file[LIMIT_NAME + sizeof("personas/.yaml")];
	struct helios_error error = {0};
	struct helios_text *text = NULL;
	int err = helios_read(home, HELIOS_STORED, name, &text, &error);

	verdict->checked++;
	if (op_is_base(name))
		snprintf(file, sizeof(file), "base/identity.yaml");
	else
		snprintf(file, sizeof(file), "personas/%s.yaml", name);
	if (err == 0)
		err = check(text->data, text->length, file, op_is_base(name), &error);
	if (err < 0)
		add_fault(verdict, &error, text ? text->data : NULL);
	helios_text_unref(text);
}

static void cleanup_home(struct helios_home **home)
{
	if (*home)
		helios_close(*home);
}

static int check_home(struct verdict *verdict, struct helios_error *error)
{
	cleanup(helios_names_free) struct helios_names names = {0};
	cleanup(cleanup_home) struct helios_home *home = NULL;
	int err = helios_open(verdict->call->path, 0, &home, error);

	if (err == 0)
		err = helios_names(home, HELIOS_STORED, &names, error);
	for (size_t i = 0; err == 0 && i < names.count; i++)
		check_stored(verdict, home, names.entries[i]);
	return err;
}

int op_validate(const struct helios_call *call, struct helios_answer *answer,
		struct helios_error *error)
{
	struct verdict verdict = {.call = call};
	int err = 0;

	if (call->values[0])
		check_file(&verdict, call->values[0]);
	else
		err = check_home(&verdict, error);
	for (size_t i = 0; call->rest && call->rest[i]; i++)
		check_file(&verdict, call->rest[i]);
	if (err == 0)
		err = give(&verdict, answer, error);
	buf_done(&verdict.text);
	buf_done(&verdict.errors);
	buf_done(&verdict.warnings);
	return err;
}
