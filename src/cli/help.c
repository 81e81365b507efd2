/* help: the table of operations and the table of errors, put into 80 columns. */
#include "cli/commands.h"

#include "base/json.h"
#include "base/json_write.h"
#include "cli/topics.h"

#define COLUMN 26 /* where explanations begin */

/* A word, and its explanation beside it or, when the word is long, below. */
static void add_row(struct buf *out, const char *word, const char *help)
{
	int width = (int)strlen(word);

	buf_addf(out, "  %s", word);
	if (width + 4 > COLUMN) {
		buf_addch(out, '\n');
		width = -2;
	}
	buf_addf(out, "%*s%s\n", COLUMN - 2 - width, "", help);
}

static void add_option_row(struct buf *out, char letter, const char *name, const char *value,
			   const char *help)
{
	char word[64];
	const char shown[] = {'-', letter, ',', ' ', '\0'};

	snprintf(word, sizeof(word), "%s--%s%s%s", letter ? shown : "    ", name, value ? " " : "",
		 value ? value : "");
	add_row(out, word, help);
}

static void add_global_options(struct buf *out)
{
	for (size_t i = 0; i < global_option_count; i++) {
		const struct global_option *option = &global_options[i];

		add_option_row(out, option->letter, option->name, option->value, option->help);
	}
}

static void add_program_help(struct buf *out)
{
	buf_addstr(
		out,
		"usage: helios [--dir DIR] [--project DIR] [--json] [--quiet] COMMAND ...\n\n"
		"Helios keeps the behaviour of AI agents, a base and personas, as YAML in git.\n\n"
		"Commands:\n");
	for (const struct helios_op *op = helios_ops; op->name; op++)
		if (!(op->flags & HELIOS_OP_HIDDEN))
			buf_addf(out, "  %-10s  %s\n", op->name, op->summary);
	buf_addstr(out, "\nOptions, before or after the command:\n");
	add_global_options(out);
	buf_addstr(out, "\nNAME is a persona or 'base'. PATH joins keys with '.', as in\n"
			"communication.tone; [n] is a list item.\n"
			"'helios help COMMAND' tells more, 'helios help TOPIC' about:\n");
	for (const struct topic *topic = topics; topic->name; topic++)
		add_row(out, topic->name, topic->summary);
	add_row(out, "errors, H101 ...", "All error codes, or what to do about one");
}

static void add_params(struct buf *out, const struct helios_op *op, bool options)
{
	char word[32];

	for (const struct helios_param *p = op->params; p->name; p++) {
		const char *shown = param_word(p, word, sizeof(word));

		if (p->option != options)
			continue;
		if (options)
			add_option_row(out, option_letter(op, p), p->name,
				       p->type == HELIOS_FLAG ? NULL : shown, p->help);
		else
			add_row(out, shown, p->help);
	}
}

static void add_command_help(struct buf *out, const struct helios_op *op)
{
	buf_addstr(out, "usage: ");
	add_usage(out, op);
	buf_addf(out, "\n\n%s.\n", op->summary);
	if (op->details)
		buf_addf(out, "%s\n", op->details);
	if (op->params[0].name)
		buf_addch(out, '\n');
	add_params(out, op, false);
	add_params(out, op, true);
	buf_addstr(out, "\nOptions of every command:\n");
	add_global_options(out);
}

void show_help(const struct helios_op *op)
{
	cleanup_buf struct buf out = {0};

	if (op)
		add_command_help(&out, op);
	else
		add_program_help(&out);
	say_long(buf_text(&out));
}

static void add_code(struct buf *out, enum helios_code code)
{
	buf_addf(out, "H%d  %-16s  %s\nwhat to do: %s\n", (int)code, helios_code_name(code),
		 helios_code_meaning(code), helios_code_guidance(code));
}

/* "errors", or one code by number ("H101", "101") or name ("SYNTAX"). */
static bool add_error_topic(struct buf *out, const char *topic)
{
	const char *number = topic + (topic[0] == 'H');
	enum helios_code code;

	for (size_t i = 0; (code = helios_code_at(i)) != HELIOS_OK; i++) {
		char digits[16];

		snprintf(digits, sizeof(digits), "%d", (int)code);
		if (streq(topic, "errors") || streq(number, digits) ||
		    streq(topic, helios_code_name(code)))
			add_code(out, code);
	}
	return out->length > 0;
}

/* One of cli/topics.def, or the error codes. */
static bool add_topic(struct buf *out, const char *name)
{
	for (const struct topic *topic = topics; topic->name; topic++)
		if (streq(topic->name, name))
			buf_addf(out, "%s.\n\n%s", topic->summary, topic->text);
	return out->length > 0 || add_error_topic(out, name);
}

static int unknown_topic(const struct command_call *call, const char *topic)
{
	const struct helios_op *near = helios_op_suggest(topic);
	struct helios_error error = {0};
	char hint[128];

	snprintf(hint, sizeof(hint), "did you mean 'helios help %s'?", near ? near->name : "");
	helios_fail(&error, HELIOS_USAGE, NULL, near ? hint : NULL, "there is no help on '%s'",
		    topic);
	return show_error(&error, &call->context);
}

static void add_json_params(cJSON *list, const struct helios_op *op)
{
	for (const struct helios_param *p = op->params; p->name; p++) {
		cJSON *item = cJSON_CreateObject();
		const char letter[] = {p->option ? option_letter(op, p) : '\0', '\0'};

		cJSON_AddStringToObject(item, "name", p->name);
		cJSON_AddBoolToObject(item, "required", p->required);
		cJSON_AddBoolToObject(item, "option", p->option);
		cJSON_AddBoolToObject(item, "value", !p->option || p->type != HELIOS_FLAG);
		cJSON_AddBoolToObject(item, "many", p->many);
		cJSON_AddStringToObject(item, "letter", letter);
		cJSON_AddStringToObject(item, "help", p->help);
		if (p->choices)
			cJSON_AddStringToObject(item, "choices", p->choices);
		cJSON_AddItemToArray(list, item);
	}
}

/* The whole table, for completion and for the test of the manual. */
static int say_table(void)
{
	cleanup_json cJSON *root = cJSON_CreateObject();
	cJSON *list = cJSON_AddArrayToObject(root, "commands");
	cleanup_free char *text = NULL;

	for (const struct helios_op *op = helios_ops; op->name; op++) {
		cJSON *item;

		if (op->flags & HELIOS_OP_HIDDEN)
			continue;
		item = cJSON_CreateObject();
		cJSON_AddStringToObject(item, "name", op->name);
		cJSON_AddStringToObject(item, "summary", op->summary);
		cJSON_AddBoolToObject(item, "read_only", op->flags & HELIOS_OP_READ_ONLY);
		add_json_params(cJSON_AddArrayToObject(item, "params"), op);
		cJSON_AddItemToArray(list, item);
	}
	list = cJSON_AddArrayToObject(root, "options");
	for (size_t i = 0; i < global_option_count; i++)
		cJSON_AddItemToArray(list, cJSON_CreateString(global_options[i].name));
	list = cJSON_AddArrayToObject(root, "topics");
	for (const struct topic *topic = topics; topic->name; topic++)
		cJSON_AddItemToArray(list, cJSON_CreateString(topic->name));
	text = cJSON_PrintUnformatted(root);
	say(text ? text : "null");
	say("\n");
	return text ? 0 : 1;
}

/* Help's text, as one JSON string when that is asked for. */
static int say_help(const struct request *request, const struct buf *text)
{
	cleanup_buf struct buf json = {0};

	if (!request->json) {
		say_long(buf_text(text));
		return text->failed;
	}
	json_text_n(&json, buf_text(text), text->length);
	buf_addch(&json, '\n');
	say(buf_text(&json));
	return text->failed || json.failed;
}

int command_help(const struct command_call *call)
{
	const char *topic = call->request->values[0];
	const struct helios_op *op = topic ? helios_op_find(topic) : NULL;
	cleanup_buf struct buf text = {0};

	if (!topic && call->request->json)
		return say_table();
	if (op)
		add_command_help(&text, op);
	else if (!topic)
		add_program_help(&text);
	else if (!add_topic(&text, topic))
		return unknown_topic(call, topic);
	return say_help(call->request, &text);
}
