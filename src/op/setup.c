/* setup: registers helios-mcp with AI clients, and lists which of them have it. */
#include "op/ops.h"

#include "base/file.h"
#include "base/program.h"
#include "client/register.h"

struct setup {
	const struct helios_call *call;
	const struct client *client;
	struct client_place place;
	char *command, *home; /* of the entry; command is NULL when helios-mcp is not there */
	struct entry entry;
	struct helios_home *opened;
};

static void setup_done(struct setup *setup)
{
	client_place_done(&setup->place);
	free(setup->command);
	free(setup->home);
	if (setup->opened)
		helios_close(setup->opened);
}

/* What the entry of any client says. */
static int find_entry(struct setup *setup, const struct helios_call *call,
		      struct helios_error *error)
{
	int err = file_absolute(call->path, &setup->home);

	if (err < 0)
		return helios_fail_errno(error, -err, call->path, "cannot find the home");
	setup->call = call;
	setup->command = program_find(ENTRY_PROGRAM);
	setup->entry = (struct entry){setup->command ?: "", setup->home};
	return 0;
}

static int need_command(const struct setup *setup, struct helios_error *error)
{
	if (setup->command)
		return 0;
	return helios_fail(error, HELIOS_NO_SERVER, NULL, NULL,
			   ENTRY_PROGRAM " is neither beside helios nor in PATH");
}

/* ---- the list */

struct listed {
	const struct client *client;
	struct client_place place;
	enum entry_state state;
	struct helios_error problem;
};

static void listed_done(struct listed *listed)
{
	client_place_done(&listed->place);
}

static void list_text(const struct helios_call *call, struct buf *text, const struct listed *listed)
{
	static const char *const words[] = {[ENTRY_ABSENT] = "installed",
					    [ENTRY_OTHER] = "other",
					    [ENTRY_OURS] = "outdated",
					    [ENTRY_SAME] = "registered"};
	const char *word = listed->problem.code && listed->state != ENTRY_OTHER ? "problem"
			   : listed->state != ENTRY_ABSENT || listed->place.found
				   ? words[listed->state]
				   : "not found";

	buf_addf(text, "%-14s  ", listed->client->name);
	paint(text, call->colour,
	      listed->problem.code	    ? PAINT_RED
	      : listed->state == ENTRY_SAME ? PAINT_GREEN
	      : listed->place.found	    ? PAINT_BOLD
					    : PAINT_DIM,
	      word);
	buf_addf(text, "%*s  ", (int)(strlen("registered") - strlen(word)), "");
	add_one_line(text, listed->place.path, strlen(listed->place.path));
	if (listed->problem.code) {
		buf_addstr(text, "  # ");
		add_one_line(text, listed->problem.message, strlen(listed->problem.message));
	}
	buf_addch(text, '\n');
}

static void list_json(struct buf *json, const struct listed *listed)
{
	json_open(json, '{');
	json_member(json, "client", listed->client->name);
	json_member(json, "title", listed->client->title);
	json_member(json, "file", listed->place.path);
	json_member_bool(json, "installed", listed->place.found);
	json_member_bool(json, "registered",
			 listed->state == ENTRY_OURS || listed->state == ENTRY_SAME);
	json_member_bool(json, "current", listed->state == ENTRY_SAME);
	if (listed->problem.code)
		json_member(json, "problem", listed->problem.message);
	json_close(json, '}');
}

static int list_one(const struct setup *setup, const struct client *client, struct buf *text,
		    struct buf *json, struct helios_error *error)
{
	cleanup(listed_done) struct listed listed = {.client = client};
	int err = client_locate(client, &listed.place, error);

	if (err < 0)
		return err;
	client_look(client, &listed.place, &setup->entry, &listed.state, &listed.problem);
	list_text(setup->call, text, &listed);
	list_json(json, &listed);
	return 0;
}

static int list(const struct setup *setup, struct helios_answer *answer, struct helios_error *error)
{
	cleanup_buf struct buf text = {0}, json = {0};
	int err = 0;

	json_open(&json, '{');
	json_member(&json, "command", setup->command);
	json_member(&json, "home", setup->home);
	json_key(&json, "clients");
	json_open(&json, '[');
	for (const struct client *client = clients; err == 0 && client->name; client++)
		err = list_one(setup, client, &text, &json, error);
	json_close(&json, ']');
	json_close(&json, '}');
	return err < 0 ? err : answer_give(answer, &text, &json, error);
}

/* ---- one client */

static int print(const struct setup *setup, struct helios_answer *answer,
		 struct helios_error *error)
{
	cleanup_buf struct buf text = {0}, json = {0}, sample = {0};
	int err = client_sample(setup->client, &setup->entry, &sample, error);

	if (err < 0)
		return err;
	buf_addstr(&text, "in ");
	add_one_line(&text, setup->place.path, strlen(setup->place.path));
	buf_addf(&text, ":\n%s", buf_text(&sample));
	json_open(&json, '{');
	json_member(&json, "client", setup->client->name);
	json_member(&json, "file", setup->place.path);
	json_member(&json, "text", buf_text(&sample));
	json_close(&json, '}');
	text.failed |= sample.failed;
	return answer_give(answer, &text, &json, error);
}

/* before and after are told around the file's name. */
static int give(const struct setup *setup, const struct registration *done, const char *before,
		const char *after, struct helios_answer *answer, struct helios_error *error)
{
	cleanup_buf struct buf told = {0}, json = {0};

	buf_addf(&told, "%s: %s", setup->client->title, before);
	add_one_line(&told, done->file, strlen(done->file));
	buf_addf(&told, "%s\n", after);
	if (done->copy)
		buf_addf(&told, "what it was is kept in %s\n", done->copy);
	if (done->changed)
		buf_addf(&told, "start %s anew to see the change\n", setup->client->title);
	json_open(&json, '{');
	json_member(&json, "client", setup->client->name);
	json_member(&json, "file", done->file);
	json_member(&json, "copy", done->copy);
	json_member_bool(&json, "changed", done->changed);
	json_member_bool(&json, "removed", done->removed);
	json_close(&json, '}');
	answer->notice = true;
	return answer_give(answer, &told, &json, error);
}

static void cleanup_registration(struct registration *registration)
{
	registration_done(registration);
}

/* Nothing is made in a home for what is refused in the client's file. */
static int do_register(struct setup *setup, struct helios_answer *answer,
		       struct helios_error *error)
{
	cleanup(cleanup_registration) struct registration done = {0};
	enum entry_state state;
	int err;

	if (!setup->place.found)
		return helios_fail(error, HELIOS_NO_CLIENT, NULL,
				   "start it once; or see what to write where with --print",
				   "%s is not installed, as far as can be seen: there is neither "
				   "'%s' in PATH nor %s",
				   setup->client->title, setup->client->program, setup->place.path);
	err = client_look(setup->client, &setup->place, &setup->entry, &state, error);
	if (err == 0)
		err = helios_open(setup->call->path, HELIOS_CREATE, &setup->opened, error);
	if (err == 0)
		err = client_register(setup->opened, setup->client, &setup->place, &setup->entry,
				      &done, error);
	if (err)
		return err;
	return give(setup, &done, done.changed ? "registered in " : "registered already in ",
		    done.changed ? "" : "; nothing changed", answer, error);
}

static int do_undo(struct setup *setup, struct helios_answer *answer, struct helios_error *error)
{
	cleanup(cleanup_registration) struct registration done = {0};
	int err = helios_open(setup->call->path, 0, &setup->opened, error);

	if (err < 0 && error->code != HELIOS_NO_HOME)
		return err;
	err = client_unregister(setup->opened, setup->client, &setup->place, &setup->entry, &done,
				error);
	if (err < 0)
		return err;
	return give(setup, &done,
		    done.removed   ? "removed "
		    : done.changed ? "not registered any more in "
				   : "not registered in ",
		    done.removed   ? ", which held nothing else"
		    : done.changed ? ""
				   : "; nothing changed",
		    answer, error);
}

int op_setup(const struct helios_call *call, struct helios_answer *answer,
	     struct helios_error *error)
{
	bool only_print = call->values[0], undo = call->values[1];
	const char *name = call->values[2];
	cleanup(setup_done) struct setup setup = {0};
	int err;

	if (only_print && undo)
		return helios_fail(error, HELIOS_USAGE, NULL, NULL,
				   "setup: --print and --undo exclude each other");
	if (!name && (only_print || undo))
		return helios_fail(error, HELIOS_USAGE, NULL, "'helios setup' lists the clients",
				   "setup: CLIENT is missing");
	err = find_entry(&setup, call, error);
	if (err < 0 || !name)
		return err < 0 ? err : list(&setup, answer, error);
	setup.client = client_find(name, error);
	if (!setup.client)
		return -ENOENT;
	err = client_locate(setup.client, &setup.place, error);
	if (err == 0 && !undo)
		err = need_command(&setup, error);
	if (err < 0)
		return err;
	return only_print ? print(&setup, answer, error)
	       : undo	  ? do_undo(&setup, answer, error)
			  : do_register(&setup, answer, error);
}
