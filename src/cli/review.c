/* review walk: shows what agents propose, one after the other, and asks what to do with each. */
#include "cli/commands.h"

#include "base/json.h"

/* Runs 'review ACTION ID' of the table. */
static int act(const struct command_call *call, const char *action, const char *id,
	       struct helios_answer *answer, struct helios_error *error)
{
	const char *values[] = {action, id};
	struct helios_call op_call = {.home = call->home,
				      .path = call->path,
				      .client = call->client,
				      .values = values,
				      .colour = wants_colour(STDOUT_FILENO)};

	return call->request->op->run(&op_call, answer, error);
}

/* Shows the answer, or the error; whether it was an answer. */
static bool act_and_tell(const struct command_call *call, const char *action, const char *id)
{
	struct helios_answer answer = {0};
	struct helios_error error = {0};

	if (act(call, action, id, &answer, &error) < 0) {
		show_error(&error, &call->context);
		return false;
	}
	say_long(answer.text ? answer.text : "");
	helios_answer_done(&answer);
	return true;
}

/* What to do: the letter that was typed; 'q' also when nothing more can be. */
static char ask(const char *id)
{
	cleanup_free char *line = NULL;
	size_t size = 0;

	for (;;) {
		fflush(stdout);
		fprintf(stderr, "%s: accept, reject, skip or quit? [a/r/s/q] ", id);
		fflush(stderr);
		if (getline(&line, &size, stdin) < 0)
			return 'q';
		if (*line && strchr("arsq", *line) && (line[1] == '\n' || !line[1]))
			return *line;
	}
}

/* Whether to go on. What is refused stays, and is told. */
static bool walk_one(const struct command_call *call, const cJSON *proposal)
{
	const char *id = cJSON_GetStringValue(cJSON_GetObjectItem(proposal, "id"));
	char typed;

	if (!id || !act_and_tell(call, "show", id))
		return true;
	typed = ask(id);
	if (typed == 'a' || typed == 'r')
		act_and_tell(call, typed == 'a' ? "accept" : "reject", id);
	return typed != 'q';
}

int command_review(const struct command_call *call)
{
	struct helios_answer answer = {0};
	struct helios_error error = {0};
	cleanup_json cJSON *list = NULL;
	const cJSON *proposal;

	if (!isatty(STDIN_FILENO) || call->request->json) {
		helios_fail(&error, HELIOS_USAGE, NULL,
			    "'helios review accept ID' and 'reject ID' ask nothing",
			    "'review walk' asks, and so needs a terminal");
		return show_error(&error, &call->context);
	}
	if (act(call, "list", NULL, &answer, &error) < 0)
		return show_error(&error, &call->context);
	list = cJSON_Parse(answer.json);
	helios_answer_done(&answer);
	proposal = list ? cJSON_GetObjectItem(list, "proposals")->child : NULL;
	if (!proposal)
		say("no proposals\n");
	while (proposal && walk_one(call, proposal))
		proposal = proposal->next;
	return 0;
}
