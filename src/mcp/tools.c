/* Tools: the library's table as MCP shows it, and calls of them with checked arguments. */
#include "mcp/methods.h"

#include "base/clock.h"
#include "base/limits.h"

#define PARAMS_AT_MOST 8

static const char *json_type(enum helios_param_type type)
{
	switch (type) {
	case HELIOS_COUNT:
		return "integer";
	case HELIOS_NUMBER:
		return "number";
	case HELIOS_TEXTS:
		return "array";
	case HELIOS_JSON:
		return NULL;
	default:
		return "string";
	}
}

static void add_param(struct buf *out, const struct helios_param *param)
{
	const char *type = json_type(param->type);

	json_key(out, param->name);
	json_open(out, '{');
	json_member(out, "type", type);
	json_member(out, "description", param->help);
	if (param->type == HELIOS_COUNT)
		json_member_whole(out, "minimum", 1);
	if (param->type == HELIOS_TEXTS) {
		json_key(out, "items");
		json_raw(out, "{\"type\":\"string\"}", 17);
	}
	json_close(out, '}');
}

static void add_input_schema(struct buf *out, const struct helios_param *params)
{
	bool any = false;

	json_key(out, "inputSchema");
	json_open(out, '{');
	json_member(out, "type", "object");
	json_key(out, "properties");
	json_open(out, '{');
	for (const struct helios_param *at = params; at->name; at++)
		add_param(out, at);
	json_close(out, '}');
	for (const struct helios_param *at = params; at->name; at++) {
		if (!at->required)
			continue;
		if (!any) {
			json_key(out, "required");
			json_open(out, '[');
		}
		any = true;
		json_text(out, at->name);
	}
	if (any)
		json_close(out, ']');
	json_member_bool(out, "additionalProperties", false);
	json_close(out, '}');
}

static void add_annotations(struct buf *out, const struct helios_tool *tool)
{
	bool writes = tool->flags & HELIOS_TOOL_WRITES;

	json_key(out, "annotations");
	json_open(out, '{');
	json_member(out, "title", tool->title);
	json_member_bool(out, "readOnlyHint", !writes);
	json_member_bool(out, "destructiveHint", tool->flags & HELIOS_TOOL_DESTROYS);
	json_member_bool(out, "idempotentHint", !writes || (tool->flags & HELIOS_TOOL_IDEMPOTENT));
	json_member_bool(out, "openWorldHint", false);
	json_close(out, '}');
}

/* What any tool that writes may answer with instead. */
static const char proposed_properties[] = "\"proposal\":{\"type\":\"string\",\"description\":"
					  "\"nothing has changed: this id waits for "
					  "the person's word\"},\"message\":{\"type\":\"string\"}";

/* No member is required: clients hold failures and proposals against the schema, too. */
static void add_tool(struct buf *out, const struct helios_tool *tool)
{
	bool writes = tool->flags & HELIOS_TOOL_WRITES;

	json_open(out, '{');
	json_member(out, "name", tool->name);
	json_member(out, "title", tool->title);
	json_member(out, "description", tool->description);
	add_input_schema(out, tool->params);
	json_key(out, "outputSchema");
	json_open(out, '{');
	json_member(out, "type", "object");
	json_key(out, "properties");
	buf_addf(out, "{%s%s%s}", tool->output, writes && *tool->output ? "," : "",
		 writes ? proposed_properties : "");
	json_close(out, '}');
	add_annotations(out, tool);
	json_close(out, '}');
}

/* Without a home the core tools are offered: the list must not depend on luck. */
static bool offers_all(struct server *server)
{
	struct helios_error error;

	return helios_all_tools(server_home(server, false, &error));
}

int method_tools_list(struct server *server, const struct message *message, struct buf *result,
		      struct fault *fault)
{
	cleanup_free char *cursor = NULL;
	bool all = offers_all(server);

	if (read_cursor(message, &cursor, fault) < 0)
		return -1;
	if (*cursor) /* there is one page, which none can follow */
		return fail(fault, RPC_PARAMS, "cursor is none this server gave");
	json_key(result, "tools");
	json_open(result, '[');
	for (const struct helios_tool *tool = helios_tools; tool->name; tool++)
		if (all || !(tool->flags & HELIOS_TOOL_MORE))
			add_tool(result, tool);
	json_close(result, ']');
	return 0;
}

/* ---- calls */

struct call {
	const struct helios_tool *tool;
	char *values[PARAMS_AT_MOST];
};

static void call_done(struct call *call)
{
	for (size_t i = 0; i < PARAMS_AT_MOST; i++)
		free(call->values[i]);
}

static const struct helios_tool *find_tool(struct server *server, const char *name)
{
	const struct helios_tool *tool = helios_tools;

	while (tool->name && !streq(tool->name, name))
		tool++;
	if (!tool->name || ((tool->flags & HELIOS_TOOL_MORE) && !offers_all(server)))
		return NULL;
	return tool;
}

static bool fits(enum helios_param_type type, struct slice value)
{
	struct slice item;
	size_t at = 0;
	int64_t count;

	switch (type) {
	case HELIOS_JSON:
		return true;
	case HELIOS_NUMBER:
		return slice_kind(value) == SLICE_NUMBER;
	case HELIOS_COUNT:
		return slice_integer(value, &count) && count > 0;
	case HELIOS_TEXTS:
		while (slice_next(value, &at, NULL, &item))
			if (slice_kind(item) != SLICE_STRING)
				return false;
		return slice_kind(value) == SLICE_LIST;
	default:
		return slice_kind(value) == SLICE_STRING;
	}
}

static bool is_known(const struct helios_param *params, struct slice key)
{
	for (; params->name; params++)
		if (slice_is(key, params->name))
			return true;
	return false;
}

static int bad_argument(struct helios_error *error, const struct helios_tool *tool,
			const char *format, const char *name, const char *type)
{
	cleanup_buf struct buf hint = {0};

	buf_addf(&hint, "%s takes", tool->name);
	for (const struct helios_param *at = tool->params; at->name; at++)
		buf_addf(&hint, "%s %s (%s%s)", at == tool->params ? "" : ",", at->name,
			 json_type(at->type) ?: "any value", at->required ? "" : ", optional");
	if (!tool->params->name)
		buf_addstr(&hint, " no arguments");
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	return helios_fail(error, HELIOS_USAGE, &(struct helios_place){.key = name},
			   buf_text(&hint), format, name, type);
#pragma GCC diagnostic pop
}

/* A text in quotes; YAML knows no halves of characters as escapes, it has \\U for the whole. */
static void add_quoted(struct buf *out, const char *text)
{
	cleanup_buf struct buf quoted = {0};
	unsigned high, low;

	json_text(&quoted, text);
	for (size_t at = 0; at < quoted.length;) {
		const char *from = quoted.data + at;

		if (strncmp(from, "\\ud", 3) == 0 &&
		    sscanf(from, "\\ud%3x\\ud%3x", &high, &low) == 2) {
			buf_addf(out, "\\U%08x", 0x10000 + ((high - 0x800) << 10) + (low - 0xc00));
			at += 12;
			continue;
		}
		buf_add(out, from, *from == '\\' ? 2 : 1);
		at += *from == '\\' ? 2 : 1;
	}
}

/* JSON that is YAML, too. */
static void add_json(struct buf *out, struct slice value)
{
	bool map = slice_kind(value) == SLICE_MAP;
	cleanup_free char *text = slice_strdup(value);
	struct slice key, child;
	size_t at = 0;

	if (text) {
		add_quoted(out, text);
	} else if (!map && slice_kind(value) != SLICE_LIST) {
		buf_add(out, value.at, value.length);
	} else {
		buf_addch(out, map ? '{' : '[');
		for (bool first = true; slice_next(value, &at, map ? &key : NULL, &child);
		     first = false) {
			buf_addstr(out, first ? "" : ",");
			if (map) {
				add_json(out, key);
				buf_addch(out, ':');
			}
			add_json(out, child);
		}
		buf_addch(out, map ? '}' : ']');
	}
}

/* A string's characters; of anything else the JSON. */
static char *value_text(enum helios_param_type type, struct slice value)
{
	struct buf out = {0};
	int64_t whole;

	if (type == HELIOS_COUNT && slice_integer(value, &whole)) {
		buf_addf(&out, "%lld", (long long)whole);
		return buf_take(&out);
	}
	if (type == HELIOS_NUMBER)
		return strndup(value.at, value.length);
	if (type == HELIOS_TEXTS)
		return strndup(value.at, value.length);
	if (type != HELIOS_JSON)
		return slice_strdup(value);
	add_json(&out, value);
	return buf_take(&out);
}

static int read_arguments(struct call *call, struct slice arguments, struct helios_error *error)
{
	const struct helios_tool *tool = call->tool;
	struct slice key, value;
	size_t at = 0;

	while (slice_next(arguments, &at, &key, &value)) {
		cleanup_free char *name = slice_strdup(key);

		if (!is_known(tool->params, key))
			return bad_argument(error, tool, "there is no argument '%s'%s", name ?: "",
					    "");
	}
	for (size_t i = 0; i < PARAMS_AT_MOST && tool->params[i].name; i++) {
		const struct helios_param *param = &tool->params[i];

		value = slice_get(arguments, param->name);
		if (!value.at && param->required)
			return bad_argument(error, tool, "argument '%s' is missing%s", param->name,
					    "");
		if (!value.at)
			continue;
		if (!fits(param->type, value))
			return bad_argument(error, tool, "argument '%s' must be %s", param->name,
					    param->type == HELIOS_COUNT	  ? "an integer from 1"
					    : param->type == HELIOS_TEXTS ? "an array of strings"
									  : json_type(param->type));
		call->values[i] = value_text(param->type, value);
		if (!call->values[i])
			return helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "memory ran out");
	}
	return 0;
}

static int run(struct server *server, const struct call *call, struct helios_answer *answer,
	       struct helios_error *error)
{
	bool writes = call->tool->flags & HELIOS_TOOL_WRITES;
	struct helios_home *home = server_home(server, writes, error);
	const struct helios_client client = server_client(server, call->tool->name);

	if (!home)
		return -1;
	server->writer = server->writer || writes;
	if (server->writer) /* from then on also what only reads is counted on disk */
		atomic_store(&server->wrote, true);
	return call->tool->run(&(struct helios_call){.home = home,
						     .path = helios_path(home),
						     .client = &client,
						     .values = (const char *const *)call->values},
			       answer, error);
}

static void note(struct server *server, int64_t began, const struct helios_error *failure)
{
	struct helios_home *home = server->home;

	if (!home)
		return;
	helios_note_operation(home, failure);
	helios_note_tool(home, now_us() - began);
}

static void add_text_content(struct buf *result, const char *text)
{
	json_key(result, "content");
	json_open(result, '[');
	json_open(result, '{');
	json_member(result, "type", "text");
	json_key(result, "text");
	json_text(result, text);
	json_close(result, '}');
	json_close(result, ']');
}

/* A hint that names a command is a person's: what a model can do instead, by tools. */
static void hint_for_model(struct helios_error *error)
{
	static const struct {
		enum helios_code code;
		const char *hint;
	} hints[] = {
		{HELIOS_NO_KEY, "get_active_persona or merge_behaviors shows the keys"},
		{HELIOS_NO_PERSONA, "list_personas names them"},
		{HELIOS_NO_SNAPSHOT,
		 "list_snapshots names them; a commit that persona_history shows will do, too"},
		{HELIOS_USAGE, "the tool's inputSchema says what it takes"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(hints) && strncmp(error->hint, "'helios ", 8) == 0; i++)
		if (hints[i].code == error->code)
			snprintf(error->hint, sizeof(error->hint), "%s", hints[i].hint);
}

/* A failure the model can act on is a result. */
static void add_failure(struct buf *result, struct helios_error *error)
{
	cleanup_buf struct buf text = {0};
	cleanup_free char *json = NULL;

	hint_for_model(error);
	json = helios_error_json(error);
	buf_addf(&text, "%s%s%s", error->message, *error->hint ? "\nhint: " : "", error->hint);
	add_text_content(result, buf_text(&text));
	if (json) {
		json_key(result, "structuredContent");
		buf_addf(result, "{\"error\":%s}", json);
	}
	json_member_bool(result, "isError", true);
}

/* The person decides: no failure, and nothing to try again. */
static void give_proposed(struct helios_answer *answer, const struct helios_error *error)
{
	cleanup_buf struct buf json = {0};

	json_open(&json, '{');
	json_member(&json, "proposal", error->key);
	json_member(&json, "message", error->message);
	json_close(&json, '}');
	answer->json = buf_take(&json);
}

/* The result, or that it is too long: the text is there twice, as such and as what it means. */
static void add_answer(struct buf *result, const struct helios_answer *answer)
{
	size_t begin = result->length, length = strlen(answer->json);
	struct helios_error error = {0};

	if (length <= LIMIT_ANSWER / 2)
		add_text_content(result, answer->json);
	if (length > LIMIT_ANSWER / 2 || result->length + length > LIMIT_ANSWER) {
		buf_splice(result, begin, result->length, "", 0);
		helios_fail(&error, HELIOS_LIMIT, NULL, "ask for a part: one key, or fewer",
			    "the answer has %zu bytes, more than a client takes", length);
		add_failure(result, &error);
		return;
	}
	json_key(result, "structuredContent");
	json_raw(result, answer->json, length);
	if (answer->status)
		json_member_bool(result, "isError", true);
}

int method_tools_call(struct server *server, const struct message *message, struct buf *result,
		      struct fault *fault)
{
	struct slice arguments = slice_get(message->params, "arguments");
	cleanup_free char *name = slice_strdup(slice_get(message->params, "name"));
	cleanup(helios_answer_done) struct helios_answer answer = {0};
	cleanup(call_done) struct call call = {0};
	struct helios_error error = {0};
	int64_t began = now_us();
	int err;

	if (!name)
		return fail(fault, RPC_PARAMS, "params.name must be a string");
	if (arguments.at && slice_kind(arguments) != SLICE_MAP)
		return fail(fault, RPC_PARAMS, "params.arguments must be an object");
	call.tool = find_tool(server, name);
	if (!call.tool)
		return fail(fault, RPC_PARAMS, "there is no tool %.100s", name);
	err = read_arguments(&call, arguments, &error);
	if (err == 0)
		err = run(server, &call, &answer, &error);
	if (err < 0 && error.code == HELIOS_PROPOSED) {
		give_proposed(&answer, &error);
		err = answer.json ? 0 : -ENOMEM;
	}
	note(server, began, err ? &error : NULL);
	if (err) {
		server_log(server, message, LEVEL_WARNING, "%s failed: %s", name,
			   helios_code_name(error.code));
		add_failure(result, &error);
		return 0;
	}
	server_log(server, message, LEVEL_DEBUG, "%s done", name);
	add_answer(result, &answer);
	return 0;
}
