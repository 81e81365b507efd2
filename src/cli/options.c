/* The command line of cli/options.h: one pass of getopt_long, told what the table knows. */
#include "cli/options.h"

#include <ctype.h>
#include <getopt.h>

#define OPTIONS_MAX 24

const struct global_option global_options[] = {
	{"dir", 'd', "DIR", "the home (else $HELIOS_DIR, else ~/.helios)"},
	{"project", 'P', "DIR", "the project (else $CLAUDE_PROJECT_DIR, else from here)"},
	{"json", 'j', NULL, "answers and errors as JSON on standard output"},
	{"quiet", 'q', NULL, "say nothing when a change was made"},
	{"help", 'h', NULL, "this text, or a command's"},
	{"version", 'V', NULL, "the version"},
};
const size_t global_option_count = ARRAY_SIZE(global_options);

/* What getopt_long is given. Codes: a global's letter, or FIRST_PARAM + the param's index. */
#define FIRST_PARAM 256

struct tables {
	struct option longs[OPTIONS_MAX + 1];
	const char *names[OPTIONS_MAX]; /* for suggestions */
	char letters[OPTIONS_MAX];	/* the short forms; 0: none */
	char shorts[3 * OPTIONS_MAX + 3];
	size_t count;
};

static size_t param_count(const struct helios_op *op)
{
	size_t count = 0;

	while (op && op->params[count].name)
		count++;
	return count;
}

char option_letter(const struct helios_op *op, const struct helios_param *param)
{
	char letter = param->name[0];

	for (size_t i = 0; i < global_option_count; i++)
		if (global_options[i].letter == letter)
			return '\0';
	for (const struct helios_param *p = op->params; p != param; p++)
		if (p->option && p->name[0] == letter)
			return '\0';
	return letter;
}

static void add_option(struct tables *tables, const char *name, char letter, bool value, int code)
{
	size_t length = strlen(tables->shorts);

	if (tables->count == OPTIONS_MAX)
		return;
	tables->names[tables->count] = name;
	tables->letters[tables->count] = letter;
	tables->longs[tables->count++] =
		(struct option){name, value ? required_argument : no_argument, NULL, code};
	if (letter)
		snprintf(tables->shorts + length, sizeof(tables->shorts) - length, "%c%s", letter,
			 value ? ":" : "");
}

static void build_tables(struct tables *tables, const struct helios_op *op)
{
	/* '-': words come in their order; ':': a missing value is told from an unknown option. */
	*tables = (struct tables){.shorts = "-:"};
	for (size_t i = 0; i < global_option_count; i++)
		add_option(tables, global_options[i].name, global_options[i].letter,
			   global_options[i].value, global_options[i].letter);
	for (size_t i = 0; i < param_count(op); i++)
		if (op->params[i].option)
			add_option(tables, op->params[i].name, option_letter(op, &op->params[i]),
				   op->params[i].type != HELIOS_FLAG, FIRST_PARAM + (int)i);
}

const char *param_word(const struct helios_param *param, char *space, size_t size)
{
	size_t i;

	if (param->option && param->type == HELIOS_COUNT)
		return "N";
	if (param->option && (param->type == HELIOS_PERSONA || param->type == HELIOS_DOCUMENT))
		return "NAME";
	if (param->option && param->type == HELIOS_DIRECTORY)
		return "DIR";
	for (i = 0; param->name[i] && i + 1 < size; i++)
		space[i] = (char)toupper((unsigned char)param->name[i]);
	space[i] = '\0';
	return space;
}

void add_usage(struct buf *out, const struct helios_op *op)
{
	char word[32];
	size_t closing = 0;

	buf_addf(out, "helios %s", op->name);
	for (const struct helios_param *p = op->params; p->name; p++) {
		if (!p->option)
			continue;
		buf_addf(out, " [--%s", p->name);
		if (p->type != HELIOS_FLAG)
			buf_addf(out, " %s", param_word(p, word, sizeof(word)));
		buf_addch(out, ']');
	}
	for (const struct helios_param *p = op->params; p->name; p++) {
		if (p->option)
			continue;
		buf_addf(out, p->required ? " %s" : " [%s", param_word(p, word, sizeof(word)));
		buf_addstr(out, p->many ? "..." : "");
		closing += !p->required;
	}
	while (closing--)
		buf_addch(out, ']');
}

/* A usage error, whose hint is how the command is used when there is one. */
static int bad_usage(const struct helios_op *op, struct helios_error *error, const char *format,
		     ...) printf_like(3, 4);

static int bad_usage(const struct helios_op *op, struct helios_error *error, const char *format,
		     ...)
{
	cleanup_buf struct buf hint = {0};
	char message[256];
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	if (!op)
		return helios_fail(error, HELIOS_USAGE, NULL, NULL, "%s", message);
	buf_addstr(&hint, "usage: ");
	add_usage(&hint, op);
	return helios_fail(error, HELIOS_USAGE, NULL, buf_text(&hint), "%s: %s", op->name, message);
}

static int unknown_option(const struct tables *tables, const struct request *request,
			  const char *name, struct helios_error *error)
{
	const char *near = helios_suggest(name, tables->names, tables->count);
	char hint[128];

	if (!near)
		return bad_usage(request->op, error, "there is no option --%s", name);
	snprintf(hint, sizeof(hint), "did you mean --%s?", near);
	return helios_fail(error, HELIOS_USAGE, NULL, hint, "there is no option --%s", name);
}

/* getopt_long would take the beginning of an option for the whole: that would be a guess. */
static int check_long(const struct tables *tables, const struct request *request, const char *word,
		      struct helios_error *error)
{
	char name[64];
	size_t length = strcspn(word, "=");

	snprintf(name, sizeof(name), "%.*s", length > 60 ? 60 : (int)length, word);
	for (size_t i = 0; i < tables->count; i++)
		if (streq(tables->names[i], name))
			return 0;
	return unknown_option(tables, request, name, error);
}

static int find_command(const char *word, struct request *request, struct helios_error *error)
{
	const struct helios_op *near;
	char hint[128];

	request->op = helios_op_find(word);
	if (request->op) {
		request->values = calloc(param_count(request->op) + 1, sizeof(char *));
		return request->values
			       ? 0
			       : helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "memory ran out");
	}
	near = helios_op_suggest(word);
	snprintf(hint, sizeof(hint), "did you mean 'helios %s'?", near ? near->name : "");
	return helios_fail(error, HELIOS_USAGE, NULL, near ? hint : NULL, "'%s' is no command",
			   word);
}

static int add_rest(struct request *request, const char *word, struct helios_error *error)
{
	const char **grown = reallocarray(request->rest, request->rest_count + 2, sizeof(char *));

	if (!grown)
		return helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "memory ran out");
	request->rest = grown;
	grown[request->rest_count++] = word;
	grown[request->rest_count] = NULL;
	return 0;
}

/* A word that is no option: the command, then its values from left to right. */
static int take_word(struct request *request, const char *word, struct helios_error *error)
{
	const struct helios_op *op = request->op;
	size_t count = param_count(op);

	if (!op)
		return find_command(word, request, error);
	for (size_t i = 0; i < count; i++) {
		if (op->params[i].option)
			continue;
		if (request->values[i] && op->params[i].many)
			return add_rest(request, word, error);
		if (!request->values[i]) {
			request->values[i] = word;
			return 0;
		}
	}
	return bad_usage(op, error, "'%s' is one word too many", word);
}

static void take_global(struct request *request, int code, const char *value)
{
	switch (code) {
	case 'd':
		request->dir = value;
		break;
	case 'P':
		request->project = value;
		break;
	case 'j':
		request->json = true;
		break;
	case 'q':
		request->quiet = true;
		break;
	case 'h':
		request->help = true;
		break;
	case 'V':
		request->version = true;
		break;
	}
}

/* A short form is returned as its letter, a long one as its code. */
static int code_of(const struct tables *tables, int returned)
{
	for (size_t i = 0; i < tables->count; i++)
		if (tables->letters[i] && tables->letters[i] == returned)
			return tables->longs[i].val;
	return returned;
}

static int take_option(const struct tables *tables, struct request *request, int code,
		       const char *word, struct helios_error *error)
{
	const char letter[] = {'-', (char)optopt, '\0'};
	const char *shown = optopt && optopt < FIRST_PARAM && word[1] != '-' ? letter : word;

	if (code == '?' && strchr(word, '=') && word[1] == '-')
		return bad_usage(request->op, error, "%s: the option takes no value", shown);
	if (code == '?')
		return bad_usage(request->op, error, "there is no option %s", shown);
	if (code == ':') {
		request->open = true;
		code = code_of(tables, optopt) - FIRST_PARAM;
		request->open_param = code >= 0 ? &request->op->params[code] : NULL;
		return bad_usage(request->op, error, "%s needs a value", shown);
	}
	if (code >= FIRST_PARAM)
		request->values[code - FIRST_PARAM] = optarg ? optarg : "true";
	else
		take_global(request, code, optarg);
	return 0;
}

static bool is_negative_number(const char *word)
{
	return word[0] == '-' && (isdigit((unsigned char)word[1]) || word[1] == '.');
}

/* One step: an option with its value, or a word. 1 at the end. */
static int step(int argc, char **argv, struct tables *tables, struct request *request,
		struct helios_error *error)
{
	const char *word;
	int code, err = 0;

	if (optind >= argc)
		return 1;
	word = argv[optind];
	if (is_negative_number(word)) {
		optind++;
		return take_word(request, word, error);
	}
	if (strncmp(word, "--", 2) == 0 && word[2])
		err = check_long(tables, request, word + 2, error);
	if (err < 0)
		return err;
	code = getopt_long(argc, argv, tables->shorts, tables->longs, NULL);
	if (code == -1)
		return 1;
	if (code != 1)
		return take_option(tables, request, code_of(tables, code), word, error);
	if (request->op)
		return take_word(request, optarg, error);
	err = take_word(request, optarg, error);
	if (err == 0)
		build_tables(tables, request->op);
	return err;
}

static int check_required(const struct request *request, struct helios_error *error)
{
	char word[32];

	if (!request->op)
		return helios_fail(error, HELIOS_USAGE, NULL, "'helios help' shows the commands",
				   "a command is missing");
	for (size_t i = 0; i < param_count(request->op); i++)
		if (request->op->params[i].required && !request->values[i])
			return bad_usage(request->op, error, "%s is missing",
					 param_word(&request->op->params[i], word, sizeof(word)));
	return 0;
}

/* Known before anything else, so that a usage error can be JSON too. */
static bool wants_json(int argc, char **argv)
{
	for (int i = 1; i < argc && !streq(argv[i], "--"); i++)
		if (streq(argv[i], "--json") || streq(argv[i], "-j"))
			return true;
	return false;
}

int request_parse(int argc, char **argv, struct request *ret, struct helios_error *error)
{
	struct tables tables;
	int err = 0;

	*ret = (struct request){.json = wants_json(argc, argv)};
	opterr = 0;
	build_tables(&tables, NULL);
	while (err == 0)
		err = step(argc, argv, &tables, ret, error);
	if (err == 1)
		err = 0;
	for (; err == 0 && optind < argc; optind++)
		err = take_word(ret, argv[optind], error);
	ret->understood = err == 0;
	if (err == 0 && !ret->help && !ret->version)
		err = check_required(ret, error);
	return err;
}

void request_done(struct request *request)
{
	free(request->values);
	free(request->rest);
	*request = (struct request){0};
}
