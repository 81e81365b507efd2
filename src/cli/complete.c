/*
 * complete: what a command line may go on with, for the scripts in contrib/completions. It reads
 * the line as it would be run, so what it offers is what options.c takes. It never makes a home,
 * and what cannot be read has no candidates.
 */
#include "cli/commands.h"

#include "base/json.h"
#include "cli/topics.h"

struct completion {
	struct request request;	  /* the words before the one that is completed */
	struct helios_home *home; /* NULL: there is none */
	const char *lead;	  /* "--from=", before the part that is completed */
	int lead_length;
	const char *typed; /* that part */
	struct buf out;
};

/* A candidate, if it goes on from what was typed. One that holds a control character cannot. */
static void offer(struct completion *completion, const char *word, const char *about)
{
	if (strncmp(word, completion->typed, strlen(completion->typed)) != 0 ||
	    word[strcspn(word, "\t\n\r")])
		return;
	buf_addf(&completion->out, "%.*s%s\t%s\n", completion->lead_length, completion->lead, word,
		 about);
}

static void offer_place(struct completion *completion, const char *kind)
{
	buf_addf(&completion->out, "\t%s\n", kind);
}

static void offer_choices(struct completion *completion, const char *choices)
{
	cleanup_free char *words = strdup(choices);
	char *rest = NULL;

	for (char *word = words ? strtok_r(words, " ", &rest) : NULL; word;
	     word = strtok_r(NULL, " ", &rest))
		offer(completion, word, "");
}

static void offer_commands(struct completion *completion)
{
	for (const struct helios_op *op = helios_ops; op->name; op++)
		if (!(op->flags & HELIOS_OP_HIDDEN))
			offer(completion, op->name, op->summary);
}

static void offer_topics(struct completion *completion)
{
	char number[16];

	offer_commands(completion);
	for (const struct topic *topic = topics; topic->name; topic++)
		offer(completion, topic->name, topic->summary);
	offer(completion, "errors", "All error codes");
	for (size_t i = 0; helios_code_at(i) != HELIOS_OK && *completion->typed; i++) {
		snprintf(number, sizeof(number), "H%d", (int)helios_code_at(i));
		offer(completion, number, helios_code_meaning(helios_code_at(i)));
	}
}

static void offer_personas(struct completion *completion, bool base)
{
	struct helios_names names = {0};

	if (completion->home && helios_names(completion->home, HELIOS_RESOLVED, &names, NULL) == 0)
		for (size_t i = 0; i < names.count; i++)
			offer(completion, names.entries[i], "persona");
	if (base)
		offer(completion, "base", "what all personas inherit");
	helios_names_free(&names);
}

/* The member of that name of all that op, without arguments, lists. */
static void offer_listed(struct completion *completion, const struct helios_op *op,
			 const char *member)
{
	const char *values[8] = {NULL};
	const struct helios_call call = {.home = completion->home, .values = values};
	struct helios_answer answer = {0};
	cleanup_json cJSON *root = NULL;
	const cJSON *item;

	if (!completion->home || !op->run || op->run(&call, &answer, NULL) < 0)
		return;
	root = answer.json ? json_parse(answer.json, strlen(answer.json)) : NULL;
	cJSON_ArrayForEach(item, (root ? root->child : root))
	{
		const char *about = json_string(item, "reason");

		if (json_string(item, member))
			offer(completion, json_string(item, member),
			      about && !about[strcspn(about, "\t\n\r")] ? about : "");
	}
	helios_answer_done(&answer);
}

/* Whether the first value of the command is 'add', after which a new thing is described. */
static bool adds(const struct request *request)
{
	return request->values[0] && streq(request->values[0], "add");
}

/* The document a PATH is one of: the value of the first param that names one. */
static const char *document_of(const struct request *request)
{
	for (size_t i = 0; request->op->params[i].name; i++) {
		enum helios_param_type type = request->op->params[i].type;
		const char *value = request->values[i];

		if (value && (type == HELIOS_PERSONA || type == HELIOS_DOCUMENT))
			return value;
		if (value && type == HELIOS_ID)
			return streq(value, "*") ? "base" : value;
	}
	return NULL;
}

static void offer_paths(struct completion *completion)
{
	const char *name = document_of(&completion->request);
	struct helios_names names = {0};

	if (!completion->home || !name || helios_paths(completion->home, name, &names, NULL) < 0)
		return;
	for (size_t i = 0; i < names.count; i++)
		offer(completion, names.entries[i], "");
	helios_names_free(&names);
}

static void offer_values(struct completion *completion, const struct helios_param *param)
{
	const struct request *request = &completion->request;

	if (param->choices)
		offer_choices(completion, param->choices);
	else if (param->type == HELIOS_PERSONA || param->type == HELIOS_DOCUMENT)
		offer_personas(completion, param->type == HELIOS_DOCUMENT);
	else if (param->type == HELIOS_PATH)
		offer_paths(completion);
	else if (param->type == HELIOS_SNAPSHOT)
		offer_listed(completion, helios_op_find("snapshots"), "name");
	else if (param->type == HELIOS_ID && adds(request))
		offer_personas(completion, false);
	else if (param->type == HELIOS_ID)
		offer_listed(completion, request->op, "id");
	else if (param->type == HELIOS_TOPIC)
		offer_topics(completion);
	else if (param->type == HELIOS_FILE)
		offer_place(completion, "files");
	else if (param->type == HELIOS_DIRECTORY)
		offer_place(completion, "directories");
}

static void offer_options(struct completion *completion)
{
	const struct helios_op *op = completion->request.op;
	char word[64];

	for (const struct helios_param *p = op ? op->params : NULL; p && p->name; p++) {
		if (!p->option)
			continue;
		snprintf(word, sizeof(word), "--%s", p->name);
		offer(completion, word, p->help);
	}
	for (size_t i = 0; i < global_option_count; i++) {
		snprintf(word, sizeof(word), "--%s", global_options[i].name);
		offer(completion, word, global_options[i].help);
	}
}

/* What stands in the next place of the line that is free. */
static void offer_next(struct completion *completion)
{
	const struct request *request = &completion->request;
	const struct helios_param *params = request->op ? request->op->params : NULL;

	if (!request->op)
		offer_commands(completion);
	for (size_t i = 0; params && params[i].name; i++) {
		if (params[i].option || (request->values[i] && !params[i].many))
			continue;
		offer_values(completion, &params[i]);
		return;
	}
}

/* "--dir=" is said, or the command opens its home: that one. No shell has expanded a '~' yet. */
static void open_home(struct completion *completion, const char *outer)
{
	const char *dir = completion->request.dir, *user = getenv("HOME");
	cleanup_free char *expanded = NULL, *path = NULL;

	if (dir && strncmp(dir, "~/", 2) == 0 && user &&
	    asprintf(&expanded, "%s%s", user, dir + 1) < 0)
		expanded = NULL;
	if (helios_home_path(expanded ? expanded
			     : dir    ? dir
				      : outer,
			     &path, NULL) < 0 ||
	    helios_open(path, 0, &completion->home, NULL) < 0)
		completion->home = NULL;
}

/* Reads words (count, the program's name first); what is missing or wrong at their end is no fault.
 */
static void read_words(struct completion *completion, char **words, int count)
{
	struct helios_error error;

	optind = 0; /* getopt_long begins anew */
	(void)request_parse(count, words, &completion->request, &error);
}

static void complete_last(struct completion *completion, char **words, int count, const char *outer)
{
	const struct request *request = &completion->request;
	const char *last = words[count - 1], *equals = strchr(last, '=');
	cleanup_free char *option = NULL;
	bool options_end = false;

	for (int i = 1; i < count - 1; i++)
		options_end |= streq(words[i], "--");
	completion->typed = completion->lead = last;
	if (!options_end && strncmp(last, "--", 2) == 0 && equals) {
		option = strndup(last, (size_t)(equals - last));
		words[count - 1] = option;
		completion->typed = equals + 1;
		completion->lead_length = (int)(equals + 1 - last);
	}
	read_words(completion, words, option ? count : count - 1);
	if (!request->understood && !request->open)
		return;
	open_home(completion, outer);
	if (request->open && request->open_param)
		offer_values(completion, request->open_param);
	else if (request->open)
		offer_place(completion, "directories");
	else if (!options_end && last[0] == '-')
		offer_options(completion);
	else
		offer_next(completion);
}

int command_complete(const struct command_call *call)
{
	const struct request *request = call->request;
	struct completion completion = {0};
	cleanup_free char **words = calloc(request->rest_count + 3, sizeof(*words));
	int count = 0;

	if (!words)
		return 1;
	words[count++] = (char *)"helios";
	words[count++] = (char *)(request->values[0] ? request->values[0] : "");
	for (size_t i = 0; i < request->rest_count; i++)
		words[count++] = (char *)request->rest[i];
	complete_last(&completion, words, count, call->path);
	say(buf_text(&completion.out));
	buf_done(&completion.out);
	request_done(&completion.request);
	if (completion.home)
		helios_close(completion.home);
	return 0;
}
