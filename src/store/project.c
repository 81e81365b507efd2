/* Finding, reading and trusting project files; see store/project.h. */
#include "store/project.h"

#include <fcntl.h>
#include <libgen.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/limits.h"
#include "persona/schema.h"

#define TRUSTED_BYTES (4u << 20)

int helios_follow_project(struct helios_home *home, const char *directory,
			  struct helios_error *error)
{
	HOLD(&home->state);
	char *copy = directory ? realpath(directory, NULL) : NULL;

	if (directory && !copy)
		return helios_fail_errno(error, errno, directory, "the project cannot be found");
	free(home->project);
	home->project = copy;
	home->follows_project = true;
	return 0;
}

const char *helios_project(const struct helios_home *home)
{
	return home->project;
}

void project_done(struct project *project)
{
	free(project->path);
	document_free(project->document);
	*project = (struct project){0};
}

static char *file_in(const char *directory)
{
	char *path;

	return asprintf(&path, "%s/" PROJECT_FILE, streq(directory, "/") ? "" : directory) < 0
		       ? NULL
		       : path;
}

/* The same, by the directory's one true path. */
static char *file_below(const char *directory)
{
	cleanup_free char *whole = realpath(directory, NULL);

	return whole ? file_in(whole) : NULL;
}

static bool is_there(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

/* The nearest one at or above the working directory; NULL when there is none. */
static char *find_upward(void)
{
	cleanup_free char *at = getcwd(NULL, 0);

	while (at && at[0] == '/') {
		char *path = file_in(at), *slash = strrchr(at, '/');

		if (!path || is_there(path))
			return path;
		free(path);
		if (slash == at && !at[1])
			break;
		slash[slash == at] = '\0';
	}
	return NULL;
}

/* Where the home's project file would be; NULL when there is none. */
static char *find(struct helios_home *home)
{
	HOLD(&home->state);
	const char *client = getenv("CLAUDE_PROJECT_DIR");

	if (!home->follows_project)
		return NULL;
	if (home->project)
		return file_in(home->project);
	return client && client[0] == '/' ? file_below(client) : find_upward();
}

char *helios_project_place(struct helios_home *home)
{
	char *path = find(home);

	if (path)
		*strrchr(path, '/') = '\0';
	return path;
}

static int read_file(const char *path, struct buf *out)
{
	cleanup_free char *copy = strdup(path);
	cleanup_fd int directory =
		copy ? open(dirname(copy), O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;

	if (!copy)
		return -ENOMEM;
	return directory < 0 ? -errno : file_read(directory, PROJECT_FILE, LIMIT_TEXT, out, NULL);
}

static int read_trusted(struct helios_home *home, struct document **ret, struct helios_error *error)
{
	cleanup_buf struct buf text = {0};
	int err = file_read(home->directory, TRUSTED_FILE, TRUSTED_BYTES, &text, NULL);

	*ret = NULL;
	if (err == -ENOENT)
		return 0;
	return err < 0 ? helios_fail_errno(error, -err, TRUSTED_FILE, "cannot read " TRUSTED_FILE)
		       : yaml_parse(buf_text(&text), text.length, TRUSTED_FILE, ret, error);
}

static bool accepts(const struct document *trusted, const struct project *project)
{
	const struct node *accepted = trusted ? node_get(trusted->root, project->path) : NULL;
	char hex[OBJECT_ID_HEX + 1];

	object_id_format(&project->content, hex);
	return node_is(accepted, NODE_STRING) && streq(accepted->text, hex);
}

/* What the file at project->path holds, and whether that counts. */
static int look(struct helios_home *home, struct project *project, struct helios_error *error)
{
	cleanup_document struct document *trusted = NULL;
	cleanup_buf struct buf text = {0};
	int err = read_file(project->path, &text);

	if (err == -ENOENT || err == -ENOTDIR) {
		project_done(project);
		return 0;
	}
	if (err < 0)
		err = helios_fail_errno(&project->fault, -err, project->path, "it cannot be read");
	else
		err = yaml_parse(buf_text(&text), text.length, project->path, &project->document,
				 &project->fault);
	if (err == 0)
		err = schema_check_on_top(project->document->root, project->path, &project->fault);
	if (err == -ENOMEM)
		return helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "no memory for a project");
	project->content = object_id_of_blob(buf_text(&text), text.length);
	err = read_trusted(home, &trusted, error);
	project->trusted = err == 0 && !project->fault.code && accepts(trusted, project);
	return err;
}

int project_read(struct helios_home *home, struct project *ret, struct helios_error *error)
{
	int err;

	*ret = (struct project){.path = find(home)};
	err = ret->path ? look(home, ret, error) : 0;
	if (err < 0)
		project_done(ret);
	return err;
}

/* A directory's file; a file itself must have the name that is looked for. */
static char *file_at(const char *place)
{
	cleanup_free char *whole = realpath(place, NULL);
	const char *name = whole ? strrchr(whole, '/') : NULL;
	struct stat st;

	if (whole && stat(whole, &st) == 0 && S_ISDIR(st.st_mode))
		return file_in(whole);
	return name && streq(name + 1, PROJECT_FILE) ? take_ptr(whole) : NULL;
}

int project_read_at(struct helios_home *home, const char *place, struct project *ret,
		    struct helios_error *error)
{
	int err;

	*ret = (struct project){.path = file_at(place)};
	err = ret->path ? look(home, ret, error) : 0;
	if (err == 0 && !ret->path)
		err = helios_fail(error, HELIOS_NO_PROJECT, &(struct helios_place){.file = place},
				  NULL, "there is no " PROJECT_FILE " at %s", place);
	if (err < 0)
		project_done(ret);
	return err;
}

/* The root of what is trusted, for a change; from nothing when nothing is. */
static int edit_trusted(struct arena *arena, const struct document *trusted,
			const struct project *project, bool revoke, struct node **ret)
{
	struct node *root = trusted ? node_copy(arena, trusted->root) : node_map(arena);
	char hex[OBJECT_ID_HEX + 1], *key = arena_strdup(arena, project->path), *content;

	object_id_format(&project->content, hex);
	content = arena_strdup(arena, hex);
	if (!root || !key || !content)
		return -ENOMEM;
	*ret = root;
	if (!revoke)
		return node_put(arena, root, key, node_string(arena, content, OBJECT_ID_HEX));
	node_remove(root, key);
	return 0;
}

static int put_trusted(struct txn *txn, const struct project *project, bool revoke,
		       struct helios_error *error)
{
	cleanup_document struct document *trusted = NULL;
	cleanup(arena_done) struct arena arena = {0};
	cleanup_buf struct buf text = {0};
	struct node *root;
	int err = read_trusted(txn->home, &trusted, error);

	if (err < 0)
		return err;
	err = edit_trusted(&arena, trusted, project, revoke, &root);
	if (err == 0)
		err = yaml_emit(root, &text);
	if (err < 0)
		return helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "no memory for a project");
	return txn_put(txn, TRUSTED_FILE, buf_text(&text), text.length, error);
}

int project_trust(struct helios_home *home, const struct helios_client *client,
		  const struct project *project, bool revoke, bool *ret_changed,
		  struct helios_error *error)
{
	struct txn txn;
	int err = 0;

	if (!revoke && project->fault.code) {
		if (error)
			*error = project->fault;
		return -(project->fault.errnum ? project->fault.errnum : EINVAL);
	}
	err = txn_begin(home, client, "trust", 0, &txn, error);
	if (err < 0)
		return err;
	err = put_trusted(&txn, project, revoke, error);
	if (err == 0)
		err = txn_commit(&txn, revoke ? "distrust a project" : "trust a project", error);
	*ret_changed = txn.changed;
	txn_end(&txn);
	return err;
}

int project_each_trusted(struct helios_home *home, project_visit *visit, void *context,
			 struct helios_error *error)
{
	cleanup_document struct document *trusted = NULL;
	int err = read_trusted(home, &trusted, error);

	for (size_t i = 0; err == 0 && trusted && i < trusted->root->count; i++)
		visit(context, trusted->root->entries[i].key);
	return err;
}
