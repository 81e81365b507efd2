/* Completion: persona names, for use_persona and the resource templates. */
#include "mcp/methods.h"

#define VALUES_AT_MOST 100

/* Prompts that are a persona have no arguments, yet they are there. */
static bool is_prompt(struct slice name, const struct persona *personas, size_t count)
{
	bool found = slice_is(name, "use_persona");

	for (size_t i = 0; i < count && !found; i++)
		found = slice_is(name, personas[i].name) && prompt_is_typable(personas[i].name);
	return found;
}

/* Whether something of that kind is there to be completed. */
static bool is_known(struct slice ref, const struct persona *personas, size_t count)
{
	cleanup_free char *uri = slice_strdup(slice_get(ref, "uri"));

	if (slice_is(slice_get(ref, "type"), "ref/prompt"))
		return is_prompt(slice_get(ref, "name"), personas, count);
	return slice_is(slice_get(ref, "type"), "ref/resource") && uri && resource_is_template(uri);
}

/* Only the argument "name" has values, and a prompt that is a persona has none at all. */
static bool has_values(struct slice ref, struct slice argument)
{
	return slice_is(slice_get(argument, "name"), "name") &&
	       (!slice_is(slice_get(ref, "type"), "ref/prompt") ||
		slice_is(slice_get(ref, "name"), "use_persona"));
}

static void add_values(struct buf *result, const struct persona *personas, size_t count,
		       const char *typed)
{
	size_t total = 0;

	json_key(result, "completion");
	json_open(result, '{');
	json_key(result, "values");
	json_open(result, '[');
	for (size_t i = 0; i < count; i++) {
		if (strncasecmp(personas[i].name, typed, strlen(typed)) != 0)
			continue;
		if (total++ < VALUES_AT_MOST)
			json_text(result, personas[i].name);
	}
	json_close(result, ']');
	json_member_whole(result, "total", (int64_t)total);
	json_member_bool(result, "hasMore", total > VALUES_AT_MOST);
	json_close(result, '}');
}

int method_complete(struct server *server, const struct message *message, struct buf *result,
		    struct fault *fault)
{
	struct slice argument = slice_get(message->params, "argument");
	struct slice ref = slice_get(message->params, "ref");
	cleanup_free char *typed = slice_strdup(slice_get(argument, "value"));
	struct helios_error error = {0};
	struct persona *personas = NULL;
	size_t count = 0;
	int r = 0;

	if (!typed || slice_kind(slice_get(argument, "name")) != SLICE_STRING)
		return fail(fault, RPC_PARAMS, "params.argument needs a name and a value");
	if (personas_list(server, &personas, &count, &error) < 0 && error.code != HELIOS_NO_HOME)
		return fail_with(fault, &error);
	if (is_known(ref, personas, count))
		add_values(result, personas, has_values(ref, argument) ? count : 0, typed);
	else
		r = fail(fault, RPC_PARAMS, "params.ref names nothing that can be completed");
	personas_free(personas, count);
	return r;
}
