/*
 * validate: every file of the home, or files anywhere, checked as the home would check them. Each
 * file tells its first fault; what lies between files is told for a whole home only.
 */
#include "op/ops.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/file.h"
#include "persona/schema.h"
#include "store/agents.h"
#include "store/layers.h"
#include "store/settings.h"

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

/* A file in personas/ is a persona whatever its name. */
static bool names_a_base(const char *path)
{
	static const char *const names[] = {"base.yaml", "identity.yaml", "config.yaml"};
	const char *slash = strrchr(path, '/');

	if (slash && slash - path >= 8 && strncmp(slash - 8, "personas", 8) == 0)
		return false;
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

/* A value that a lock keeps from counting is worth a word, but no fault. */
static void warn_of_dead(struct verdict *verdict, const struct dead_value *dead)
{
	struct buf *text = &verdict->text, *json = &verdict->warnings;

	buf_addf(text, "%s:%u: ", dead->layer->file, dead->line);
	paint(text, verdict->call->colour, PAINT_YELLOW, "warning:");
	buf_addf(text, " '%s' is locked by %s: the value counts for nothing\n", dead->path,
		 dead->locker->file);
	json_open(json, '{');
	json_member(json, "file", dead->layer->file);
	json_member_whole(json, "line", dead->line);
	json_member(json, "key", dead->path);
	json_member(json, "locked_by", dead->locker->name);
	json_close(json, '}');
}

/* What lies between files: parents that are missing or lead in a circle, and locks. */
static void check_layers(struct verdict *verdict, struct helios_home *home, const char *name)
{
	cleanup_layers struct store_layers layers = {0};
	cleanup(arena_done) struct arena arena = {0};
	struct helios_error error = {0};
	struct resolution resolution = {0};
	int err = store_layers(home, name, &layers, &error, &error);

	if (err == 0)
		err = resolve(&arena, layers.layers, layers.count, &resolution, &error);
	if (error.code == HELIOS_NO_PERSONA)
		return; /* a new file that nobody has taken into service yet */
	if (err < 0 || error.code != HELIOS_OK)
		add_fault(verdict, &error, NULL);
	for (size_t i = 0; i < resolution.dead_count; i++)
		if (resolution.dead[i].layer == &layers.layers[layers.count - 1])
			warn_of_dead(verdict, &resolution.dead[i]);
}

/* A working file as it is on disk, which need not be what is in service. */
static int check_on_disk(int home, const char *file, struct buf *text, struct helios_error *error)
{
	int err = file_read(home, file, LIMIT_TEXT, text, NULL);

	if (err == -EFBIG)
		return helios_fail(error, HELIOS_LIMIT, &(struct helios_place){.file = file}, NULL,
				   "the file is larger than 1 MiB");
	if (err < 0)
		return helios_fail_errno(error, -err, file, "cannot read the file");
	if (text->failed)
		return op_no_memory(error);
	return check(buf_text(text), text->length, file, names_a_base(file), error);
}

int op_check_on_disk(const struct helios_call *call, const char *name, struct helios_error *error)
{
	cleanup_fd int home = open(call->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	char file[LIMIT_NAME + sizeof("personas/.yaml")];
	cleanup_buf struct buf text = {0};

	snprintf(file, sizeof(file), "personas/%s.yaml", name);
	return check_on_disk(home, file, &text, error);
}

static void cleanup_home(struct helios_home **home)
{
	if (*home)
		helios_close(*home);
}

static int is_document(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return entry->d_name[0] != '.' && entry->d_name[0] != '#' && dot && streq(dot, ".yaml");
}

/* Every document of one directory of the home, in order of their names. */
static int check_directory(struct verdict *verdict, struct helios_home *home, int directory,
			   const char *name, struct helios_error *error)
{
	struct dirent **entries = NULL;
	int count = scandirat(directory, name, &entries, is_document, alphasort);

	if (count < 0)
		return helios_fail_errno(error, errno, name, "cannot list the directory");
	for (int i = 0; i < count; i++) {
		cleanup_free struct dirent *entry = entries[i];
		cleanup_buf struct buf text = {0};
		char file[280], persona[256];
		struct helios_error fault = {0};
		bool base = streq(name, "base");

		snprintf(file, sizeof(file), "%s/%s", name, entry->d_name);
		snprintf(persona, sizeof(persona), "%.*s", (int)strlen(entry->d_name) - 5,
			 entry->d_name);
		if (base && !names_a_base(file))
			continue; /* nothing of ours */
		verdict->checked++;
		if (check_on_disk(directory, file, &text, &fault) < 0)
			add_fault(verdict, &fault, text.length ? buf_text(&text) : NULL);
		else if (!base)
			check_layers(verdict, home, persona);
	}
	free(entries);
	return 0;
}

static void check_settings(struct verdict *verdict, struct helios_home *home)
{
	struct helios_error fault = {0};
	cleanup_buf struct buf text = {0};

	if (faccessat(home->directory, SETTINGS_FILE, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return;
	verdict->checked++;
	if (settings_check(home, &fault) == 0)
		agents_understand(home, &fault);
	if (fault.code == HELIOS_OK)
		return;
	if (file_read(home->directory, SETTINGS_FILE, LIMIT_TEXT, &text, NULL) < 0)
		buf_clear(&text);
	add_fault(verdict, &fault, text.length ? buf_text(&text) : NULL);
}

static int check_home(struct verdict *verdict, struct helios_error *error)
{
	cleanup_fd int directory = open(verdict->call->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cleanup(cleanup_home) struct helios_home *home = NULL;
	int err = helios_open(verdict->call->path, 0, &home, error);

	if (err == 0)
		err = check_directory(verdict, home, directory, "base", error);
	if (err == 0)
		err = check_directory(verdict, home, directory, "personas", error);
	if (err == 0)
		check_settings(verdict, home);
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
