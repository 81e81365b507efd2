/* Bootstrap; see store/bootstrap.h. */
#include "store/bootstrap.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/limits.h"
#include "persona/schema.h"
#include "store/bootstrap_text.h"
#include "store/mended.h"
#include "store/migrate.h"
#include "store/quarantine.h"
#include "store/recover.h"
#include "store/txn.h"
#include "store/version.h"
#include "yaml/yaml.h"

static int no_memory(struct helios_error *error)
{
	return helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "cannot make the home");
}

static const struct helios_client maker = {.source = HELIOS_CLI};

/* Fills a new directory with what HEAD has of one that is gone. */
static int fill_from_head(struct helios_home *home, const char *directory, int to,
			  struct helios_error *error)
{
	struct object_id head;
	struct repo_files files = {0};
	size_t length = strlen(directory);
	int err = repo_head(home->repo, &head, error);

	if (err == 0)
		err = repo_list(home->repo, &head, &files, error);
	for (size_t i = 0; err == 0 && i < files.count; i++) {
		const char *path = files.entries[i].path;
		cleanup_buf struct buf text = {0};

		if (strncmp(path, directory, length) != 0 || path[length] != '/')
			continue;
		err = repo_read(home->repo, &files.entries[i].id, &text, error);
		if (err == 0)
			err = file_create(to, path + length + 1, buf_text(&text), text.length);
	}
	repo_files_done(&files);
	return err;
}

/*
 * A directory of documents that is missing as a whole is damage, not a removal of all that was in
 * it: it comes back at once with what HEAD has, else the next look would take them for removed.
 */
static int restore_directory(struct helios_home *home, const char *path, struct helios_error *error)
{
	cleanup_fd int fd = -1;
	char id[17], made[64];
	int err;

	txn_make_id(id);
	snprintf(made, sizeof(made), RECOVERY_DIRECTORY "/new-%s", id);
	err = file_make_directory(home->directory, made);
	fd = err == 0 ? file_open_beneath(home->directory, made, O_RDONLY | O_DIRECTORY, 0) : -1;
	if (err == 0)
		err = fd < 0 ? fd : fill_from_head(home, path, fd, error);
	if (err == 0 && syncfs(home->directory) < 0)
		err = -errno;
	if (err == 0 && file_rename(home->directory, made, path, RENAME_NOREPLACE) < 0)
		err = -errno;
	if (err == 0)
		mended_tell("the directory %s was missing; it is back as it was saved last", path);
	return err;
}

static bool holds_documents(const char *path)
{
	return streq(path, "base") || streq(path, "personas") || streq(path, "learned");
}

/* Only made: looking at it would ask the daemon, which may be who looks. */
static int make_mountpoint(struct helios_home *home)
{
	return file_mkdir(home->directory, "view") < 0 && errno != EEXIST ? -errno : 0;
}

static int heal_directory(struct helios_home *home, const char *path, struct helios_error *error)
{
	struct stat st = {0};
	bool missing = file_stat(home->directory, path, &st) < 0 && errno == ENOENT;
	int err = 0;

	if (!home->repo || !holds_documents(path) || (!missing && !S_ISREG(st.st_mode))) {
		err = quarantine_make_directory(home->directory, path);
		return err < 0 ? err : 0;
	}
	if (!missing)
		err = quarantine(home->directory, path);
	return err == 0 ? restore_directory(home, path, error) : err;
}

int bootstrap_heal(struct helios_home *home, struct helios_error *error)
{
	static const char *const directories[] = {
		RECOVERY_DIRECTORY, "base",
		"personas",	    "learned",
		"temporary",	    ".journal",
		".backups",	    SCRATCH_DIRECTORY,
		VIEWS_DIRECTORY,    REJECTED_DIRECTORY,
	};
	int err = make_mountpoint(home);

	if (err < 0)
		return helios_fail_errno(error, -err, "view", "cannot make view");
	for (size_t i = 0; i < ARRAY_SIZE(directories) && err == 0; i++) {
		err = heal_directory(home, directories[i], error);
		if (err < 0)
			helios_fail_errno(error, -err, directories[i], "cannot make %s",
					  directories[i]);
	}
	return err;
}

int bootstrap_directories(struct helios_home *home, struct helios_error *error)
{
	int err;

	if (home->directory < 0) {
		if (mkdir(home->path, 0700) < 0 && errno != EEXIST)
			return helios_fail_errno(error, errno, home->path, "cannot make the home");
		home->directory = open(home->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (home->directory < 0)
			return helios_fail_errno(error, errno, home->path, "cannot open the home");
	}
	err = bootstrap_heal(home, error);
	return err == 0 ? repo_init(home->path, home->directory, error) : err;
}

/* Puts a file unless one stands there already, which is then taken as it is. */
static int put_or_adopt(struct txn *txn, const char *path, const char *bytes, size_t length,
			struct helios_error *error)
{
	cleanup_buf struct buf there = {0};
	int err = file_read(txn->home->directory, path, LIMIT_TEXT, &there, NULL);

	if (err == -ENOENT)
		return txn_put(txn, path, bytes, length, error);
	if (err < 0)
		return helios_fail_errno(error, -err, path, "cannot read %s", path);
	return txn_adopt(txn, path, buf_text(&there), there.length, error);
}

static int put_version(struct txn *txn, struct helios_error *error)
{
	cleanup_buf struct buf text = {0};

	version_write(&text, NULL, "");
	return text.failed ? no_memory(error)
			   : put_or_adopt(txn, VERSION_FILE, buf_text(&text), text.length, error);
}

static int check_text(const char *path, const struct buf *text, bool base,
		      struct helios_error *error)
{
	cleanup_document struct document *document = NULL;
	int err = yaml_parse(buf_text(text), text->length, path, &document, error);

	if (err < 0)
		return err;
	return base ? schema_check_base(document, error) : schema_check_persona(document, error);
}

/* Copies one NAME.yaml of the directory a home is made from. */
static int copy_one(struct txn *txn, int from, const char *name, struct helios_error *error)
{
	bool base = streq(name, "base.yaml");
	cleanup_buf struct buf text = {0};
	cleanup_free char *path = NULL, *persona = NULL;
	int err = file_read(from, name, LIMIT_TEXT, &text, NULL);

	if (err < 0)
		return helios_fail_errno(error, -err, name, "cannot read %s", name);
	persona = strndup(name, strlen(name) - 5);
	if (!persona)
		return no_memory(error);
	err = base ? 0 : schema_check_name(persona, error);
	if (err == 0)
		err = check_text(name, &text, base, error);
	if (err < 0)
		return err;
	path = base ? strdup("base/identity.yaml") : persona_path(persona);
	return path ? put_or_adopt(txn, path, buf_text(&text), text.length, error)
		    : no_memory(error);
}

static int is_yaml(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return entry->d_name[0] != '.' && length > 5 && streq(entry->d_name + length - 5, ".yaml");
}

static int copy_from(struct txn *txn, const char *from, struct helios_error *error)
{
	cleanup_fd int directory = open(from, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent **names;
	bool base = false;
	int count, err = 0;

	if (directory < 0)
		return helios_fail_errno(error, errno, from, "cannot open %s", from);
	count = file_scan(directory, ".", &names, is_yaml, alphasort);
	if (count < 0)
		return helios_fail_errno(error, errno, from, "cannot list %s", from);
	for (int i = 0; i < count; i++) {
		if (err == 0)
			err = copy_one(txn, directory, names[i]->d_name, error);
		base = base || streq(names[i]->d_name, "base.yaml");
		free(names[i]);
	}
	free(names);
	if (err == 0 && !base)
		return helios_fail(error, HELIOS_NO_HOME, &(struct helios_place){.file = from},
				   "put a base.yaml there", "%s has no base.yaml", from);
	return err;
}

/* Files of the kinds git tracks that stand there already: a home before its first commit. */
static int adopt_directory(struct txn *txn, const char *directory, size_t *ret_found,
			   struct helios_error *error)
{
	struct dirent **names;
	int count = file_scan(txn->home->directory, directory, &names, is_yaml, alphasort), err = 0;

	if (count < 0)
		return errno == ENOENT ? 0
				       : helios_fail_errno(error, errno, directory,
							   "cannot list %s", directory);
	for (int i = 0; i < count; i++) {
		cleanup_free char *path = NULL;

		if (asprintf(&path, "%s/%s", directory, names[i]->d_name) < 0)
			path = NULL;
		if (err == 0)
			err = path ? put_or_adopt(txn, path, "", 0, error) : no_memory(error);
		free(names[i]);
		++*ret_found;
	}
	free(names);
	return err;
}

static int put_documents(struct txn *txn, const char *from, struct helios_error *error)
{
	size_t bases = 0, personas = 0;
	int err = adopt_directory(txn, "base", &bases, error);

	if (err == 0)
		err = adopt_directory(txn, "personas", &personas, error);
	if (err == 0)
		err = adopt_directory(txn, "learned", &(size_t){0}, error);
	if (err == 0 && from)
		return copy_from(txn, from, error);
	if (err == 0 && bases == 0)
		err = put_or_adopt(txn, "base/identity.yaml", bootstrap_base,
				   strlen(bootstrap_base), error);
	if (err == 0 && personas == 0)
		err = put_or_adopt(txn, "personas/welcome.yaml", bootstrap_welcome,
				   strlen(bootstrap_welcome), error);
	return err;
}

static int fill(struct txn *txn, const char *from, struct helios_error *error)
{
	int err = put_version(txn, error);

	if (err == 0)
		err = put_or_adopt(txn, ".gitignore", bootstrap_gitignore,
				   strlen(bootstrap_gitignore), error);
	if (err == 0)
		err = put_or_adopt(txn, "settings.yaml", bootstrap_settings,
				   strlen(bootstrap_settings), error);
	if (err == 0)
		err = put_documents(txn, from, error);
	if (err == 0)
		err = txn_commit(txn, "Make the home", error);
	return err;
}

int bootstrap_if_empty(struct helios_home *home, const char *from, struct helios_error *error)
{
	struct object_id head;
	struct txn txn;
	int err = repo_head(home->repo, &head, error);

	if (err == 0 && !object_id_is_zero(&head))
		return 0;
	/* a branch that cannot be read is mended first, when the journal knows how */
	err = txn_begin(home, &maker, "init", TXN_NO_EXTERNAL, &txn, error);
	if (err < 0)
		return err;
	if (object_id_is_zero(&txn.served->head)) /* nobody was faster */
		err = fill(&txn, from, error);
	txn_end(&txn);
	return err == 0 ? recover_checkpoint(home, error) : err;
}

int helios_init(const char *path, const char *from, const struct helios_client *client,
		struct helios_error *error)
{
	struct helios_home *home = NULL;
	struct object_id head;
	int err = home_open(path, true, &home, error);

	(void)client; /* the first commit is Helios' own */
	if (err < 0)
		return err;
	err = repo_head(home->repo, &head, error);
	if (err == 0 && !object_id_is_zero(&head))
		err = helios_fail(error, HELIOS_EXISTS, &(struct helios_place){.file = path},
				  "it is ready to use; 'helios status' shows it",
				  "there is a Helios home in %s already", path);
	if (err == 0)
		err = bootstrap_if_empty(home, from, error);
	if (err == 0) /* what an older program has left there is taken over */
		err = migrate(home, &maker, NULL, error);
	helios_close(home);
	return err;
}
