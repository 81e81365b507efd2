/*
 * edit: a persona in the user's editor, on a private file. What is saved is a change against the
 * text the editor was given. A text that is refused is edited again or kept, never lost.
 */
#include "cli/commands.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/json.h"
#include "cli/child.h"

/* What an editor may hand back; the library refuses what is larger than a document. */
#define TEXT_MAX (16u << 20)

struct session {
	const struct command_call *call;
	const char *name;
	enum helios_kind kind;
	struct helios_text *before; /* what the editor was given */
	struct buf text;	    /* what it gave back */
	char directory[512], file[128];
	bool keep_file;
};

static int make_directory(struct session *session, struct helios_error *error)
{
	const char *places[] = {getenv("XDG_RUNTIME_DIR"), getenv("TMPDIR"), "/tmp"};
	int err = ENOENT;

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		if (!places[i] || places[i][0] != '/' ||
		    strlen(places[i]) > sizeof(session->directory) - 20)
			continue;
		snprintf(session->directory, sizeof(session->directory), "%s/helios-XXXXXX",
			 places[i]);
		if (mkdtemp(session->directory))
			return 0;
		err = errno;
	}
	session->directory[0] = '\0';
	return helios_fail_errno(error, err, NULL, "no temporary directory can be made");
}

static int write_file(struct session *session, struct helios_error *error)
{
	cleanup_fd int directory = -1;
	int err = make_directory(session, error);

	if (err < 0)
		return err;
	snprintf(session->file, sizeof(session->file), "%s.yaml", session->name);
	directory = open(session->directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	err = directory < 0 ? -errno
			    : file_create(directory, session->file, session->before->data,
					  session->before->length);
	if (err < 0)
		return helios_fail_errno(error, -err, session->directory,
					 "the text cannot be given to the editor");
	return 0;
}

/* By its name, for editors replace the file. */
static int read_file(struct session *session, struct helios_error *error)
{
	cleanup_fd int directory = open(session->directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int err = directory < 0 ? -errno : 0;

	buf_clear(&session->text);
	if (err == 0)
		err = file_read(directory, session->file, TEXT_MAX, &session->text, NULL);
	if (err == 0 && session->text.failed)
		err = -ENOMEM;
	if (err < 0) {
		session->keep_file = err != -ENOENT;
		return helios_fail_errno(error, -err, session->file,
					 "what the editor left cannot be read");
	}
	return 0;
}

static bool is_changed(const struct session *session)
{
	return session->text.length != session->before->length ||
	       memcmp(buf_text(&session->text), session->before->data, session->text.length) != 0;
}

/* $VISUAL or $EDITOR, which may hold arguments and so is the shell's to split, as in git. */
static const char *editor_command(void)
{
	const char *visual = getenv("VISUAL"), *editor = getenv("EDITOR");

	if (visual && *visual)
		return visual;
	if (editor && *editor)
		return editor;
	return "e=$(command -v vi || command -v nano) || exit 127; \"$e\"";
}

static int run_editor(const struct session *session)
{
	cleanup_free char *command = NULL, *path = NULL;
	char shell[] = "/bin/sh", option[] = "-c", zero[] = "editor";

	if (asprintf(&command, "%s \"$@\"", editor_command()) < 0)
		return -ENOMEM;
	if (asprintf(&path, "%s/%s", session->directory, session->file) < 0)
		return -ENOMEM;
	char *argv[] = {shell, option, command, zero, path, NULL};

	return child_run(argv);
}

/* Keeps the text where 'helios rejected' finds it, or else leaves the file. */
static void keep(struct session *session, const struct helios_error *reason)
{
	struct helios_error error = {0};
	cleanup_free char *id = NULL;
	int err = helios_reject(session->call->home, session->call->client, session->kind,
				session->name, buf_text(&session->text), session->text.length,
				reason, &id, &error);

	if (err < 0) {
		session->keep_file = true;
		show_error(&error, &(struct error_context){0});
		fprintf(stderr, "your text is kept in %s/%s\n", session->directory, session->file);
	} else {
		fprintf(stderr,
			"your text is kept: 'helios rejected show %s' shows it,\n"
			"'helios rejected retry %s' saves it\n",
			id, id);
	}
}

/* An editor that ended badly: nothing is saved, but what a crash left behind is kept. */
static int editor_failed(struct session *session, int status, struct helios_error *error)
{
	struct helios_error ignored;

	if (status < 0)
		return helios_fail(error, HELIOS_EDITOR, NULL, NULL,
				   "the editor could not be started: %s", strerror(-status));
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		return helios_fail(error, HELIOS_EDITOR, NULL, "set EDITOR to the editor you use",
				   "there is no editor to start");
	if (WIFEXITED(status))
		return helios_fail(error, HELIOS_EDITOR, NULL, NULL,
				   "the editor ended with status %d", WEXITSTATUS(status));
	helios_fail(error, HELIOS_EDITOR, NULL, NULL, "the editor was ended by signal %d",
		    WTERMSIG(status));
	if (read_file(session, &ignored) == 0 && session->text.length && is_changed(session))
		keep(session, error);
	return -error->errnum;
}

static void say_saved_json(const struct session *session, const struct helios_saved *saved)
{
	cleanup_json cJSON *root = cJSON_CreateObject();
	cleanup_free char *json = NULL;

	cJSON_AddStringToObject(root, "name", session->name);
	cJSON_AddBoolToObject(root, "changed", saved->changed);
	cJSON_AddBoolToObject(root, "merged", saved->merged);
	cJSON_AddNumberToObject(root, "conflicts", (double)saved->conflicts);
	if (*saved->commit)
		cJSON_AddStringToObject(root, "commit", saved->commit);
	json = cJSON_PrintUnformatted(root);
	say(json ? json : "null");
	say("\n");
}

static void say_saved(const struct session *session, const struct helios_saved *saved)
{
	cleanup_buf struct buf out = {0};

	if (session->call->request->json) {
		say_saved_json(session, saved);
		return;
	}
	buf_addf(&out, "%s: %s\n", session->name, saved->changed ? "saved" : "nothing changed");
	if (saved->merged)
		buf_addstr(&out, "what others changed meanwhile was merged in\n");
	if (saved->conflicts)
		buf_addf(&out, "both changed %zu values; yours stand, theirs are in the history\n",
			 saved->conflicts);
	if (!session->call->request->quiet)
		say(buf_text(&out));
}

/* Edits once: 0 when done, a negative errno with *refused set when the text was not accepted. */
static int edit_once(struct session *session, bool *refused, struct helios_error *error)
{
	struct helios_saved saved = {0};
	int status = run_editor(session), err;

	*refused = false;
	if (status != 0)
		return editor_failed(session, status, error);
	err = read_file(session, error);
	if (err < 0)
		return err;
	if (is_changed(session))
		err = helios_save(session->call->home, session->call->client, session->kind,
				  session->name, buf_text(&session->text), session->text.length,
				  session->before, &saved, error);
	helios_note_operation(session->call->home, err < 0 ? error : NULL);
	if (err < 0) {
		*refused = true;
		return err;
	}
	say_saved(session, &saved);
	return 0;
}

static bool wants_again(void)
{
	char line[64];

	if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
		return false;
	fputs("edit it again? [Y/n] ", stderr);
	fflush(stderr);
	if (!fgets(line, sizeof(line), stdin))
		return false;
	return line[0] == '\n' || line[0] == 'y' || line[0] == 'Y';
}

static int edit(struct session *session)
{
	struct helios_error error = {0};
	bool refused;
	int err = write_file(session, &error);

	if (err < 0)
		return show_error(&error, &session->call->context);
	for (;;) {
		struct error_context context = session->call->context;
		int status;

		err = edit_once(session, &refused, &error);
		if (err == 0)
			return 0;
		/* The place is one in the edited text, not in the stored file. */
		context.source = refused ? buf_text(&session->text) : NULL;
		status = show_error(&error, &context);
		if (!refused)
			return status;
		if (!wants_again()) {
			keep(session, &error);
			return status;
		}
	}
}

static void clean_up(struct session *session)
{
	char path[sizeof(session->directory) + sizeof(session->file) + 1];

	if (session->directory[0] && !session->keep_file) {
		snprintf(path, sizeof(path), "%s/%s", session->directory, session->file);
		unlink(path);
		rmdir(session->directory); /* stays when the editor left files of its own */
	}
	buf_done(&session->text);
	helios_text_unref(session->before);
}

int command_edit(const struct command_call *call)
{
	const char *name = call->request->values[0], *source = call->request->values[1];
	struct session session = {.call = call, .name = name};
	struct helios_error error = {0};
	int status;

	session.kind = source || streq(name, "base") ? HELIOS_STORED : HELIOS_RESOLVED;
	if (helios_read(call->home, session.kind, name, &session.before, &error) < 0)
		return show_error(&error, &call->context);
	status = edit(&session);
	clean_up(&session);
	return status;
}
