/*
 * The program helios: reads the command line, opens the home, runs one operation of the table and
 * shows its answer. It holds no rules; they are the library's.
 */
#include <signal.h>
#include <sys/stat.h>

#include <helios/helios.h>

#include "base/log.h"
#include "cli/commands.h"
#include "cli/progress.h"

static const struct command {
	const char *name, *action; /* action: only that one of the operation; NULL: all of it */
	int (*run)(const struct command_call *call);
} commands[] = {
	{"help", NULL, command_help},	    {"complete", NULL, command_complete},
	{"edit", NULL, command_edit},	    {"mount", NULL, command_mount},
	{"umount", NULL, command_umount},   {"watch", NULL, command_watch},
	{"review", "walk", command_review},
};

/* The command that is ours to run; NULL: the operation of the table is. */
static const struct command *find_command(const struct request *request)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (streq(commands[i].name, request->op->name) &&
		    (!commands[i].action ||
		     (request->values[0] && streq(commands[i].action, request->values[0]))))
			return &commands[i];
	return NULL;
}

static void show_answer(const struct request *request, const struct helios_answer *answer)
{
	if (request->json) {
		say(answer->json ? answer->json : "null");
		say("\n");
	} else if (!(request->quiet && answer->notice)) {
		say_long(answer->text ? answer->text : "");
	}
}

/*
 * A place without a file is one in the value that was typed. A place in a file that was to be
 * changed is one in the text it would have had, and not to be looked for on the disk.
 */
static int show_refusal(const struct command_call *call, struct helios_error *error)
{
	const struct helios_param *params = call->request->op->params;
	struct error_context context = call->context;

	if (!(call->request->op->flags & HELIOS_OP_READ_ONLY) &&
	    error->code != HELIOS_INVALID_ON_DISK)
		context.source = "";
	for (size_t i = 0; params[i].name && error->line && !*error->file; i++) {
		if (params[i].type != HELIOS_VALUE)
			continue;
		snprintf(error->file, sizeof(error->file), "VALUE");
		context.source = call->request->values[i];
	}
	return show_error(error, &context);
}

static int run_operation(const struct command_call *call)
{
	const struct request *request = call->request;
	struct helios_answer answer = {0};
	struct helios_error error = {0};
	struct helios_call op_call = {
		.home = call->home,
		.path = call->path,
		.client = call->client,
		.values = request->values,
		.rest = request->rest,
		.colour = !request->json && wants_colour(STDOUT_FILENO),
	};
	struct progress *progress =
		request->quiet || request->json ? NULL : progress_begin(request->op->name);
	int status, err = request->op->run(&op_call, &answer, &error);

	progress_end(progress);
	if (call->home && !(request->op->flags & HELIOS_OP_READ_ONLY))
		helios_note_operation(call->home, err < 0 ? &error : NULL);
	if (err < 0)
		return show_refusal(call, &error);
	show_answer(request, &answer);
	status = answer.status;
	helios_answer_done(&answer);
	return status;
}

/*
 * Opens the home, or makes it where the operation may; a mistyped --dir must not go unnoticed, so
 * that is told.
 */
static int open_home(struct command_call *call, struct helios_error *error)
{
	const struct request *request = call->request;
	bool make = request->op->flags & HELIOS_OP_CREATES;
	struct stat st;
	bool was_there = stat(call->path, &st) == 0;
	int err = helios_open(call->path, make ? HELIOS_CREATE : 0, &call->home, error);

	if (err == 0 && !was_there && !request->quiet && !request->json)
		fprintf(stderr, "made a home in %s\n", helios_path(call->home));
	return err;
}

static int with_home(struct command_call *call)
{
	const struct helios_op *op = call->request->op;
	const struct command *command = find_command(call->request);
	struct helios_error error = {0};
	int status;

	if (!(op->flags & HELIOS_OP_NO_HOME) && open_home(call, &error) < 0)
		return show_error(&error, &call->context);
	if (call->home && helios_follow_project(call->home, call->request->project, &error) < 0)
		status = show_error(&error, &call->context);
	else
		status = command ? command->run(call) : run_operation(call);
	if (call->home)
		helios_close(call->home);
	return status;
}

static int run(const struct request *request)
{
	static const struct helios_client client = {.source = HELIOS_CLI, .name = "helios"};
	struct command_call call = {.request = request, .client = &client};
	struct helios_error error = {0};
	cleanup_free char *path = NULL;

	if (request->version) {
		say(request->json ? "{\"version\":\"" HELIOS_VERSION "\"}\n"
				  : "helios " HELIOS_VERSION "\n");
		return 0;
	}
	if (request->help) {
		show_help(request->op);
		return 0;
	}
	call.context.json = request->json;
	if (!request->quiet && !streq(request->op->name, "doctor")) /* whose answer is just that */
		helios_on_mended(log_warning);
	if (helios_home_path(request->dir, &path, &error) < 0)
		return show_error(&error, &call.context);
	call.path = path;
	call.context.home = path;
	return with_home(&call);
}

int main(int argc, char **argv)
{
	cleanup(request_done) struct request request = {0};
	struct helios_error error = {0};
	int status;

	log_open("helios");
	signal(SIGXFSZ, SIG_IGN); /* a limit is an error of one command, not our end */
	signal(SIGPIPE, SIG_IGN); /* a closed pipe is told by write(), after what is under way */
	if (request_parse(argc, argv, &request, &error) < 0)
		status = show_error(&error, &(struct error_context){.json = request.json});
	else
		status = run(&request);
	return output_end(status);
}
