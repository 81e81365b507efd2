/* Completion: persona names, for use_persona and the resource templates. */
#include "mcp/methods.h"

#define VALUES_AT_MOST 100

/* Whether something of that kind is there to be completed. */
static bool is_known(struct slice ref)
{
	cleanup_free char *uri = slice_strdup(slice_get(ref, "uri"));

	if (slice_is(slice_get(ref, "type"), "ref/prompt"))
		return slice_is(slice_get(ref, "name"), "use_persona");
	return slice_is(slice_get(ref, "type"), "ref/resource") && uri &&
	       strncmp(uri, "helios://persona/{name}", 23) == 0;
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
	cleanup_free char *typed = slice_strdup(slice_get(argument, "value"));
	struct helios_error error = {0};
	struct persona *personas = NULL;
	size_t count = 0;

	if (!is_known(slice_get(message->params, "ref")))
		return fail(fault, RPC_PARAMS, "params.ref names nothing that can be completed");
	if (!typed || slice_kind(slice_get(argument, "name")) != SLICE_STRING)
		return fail(fault, RPC_PARAMS, "params.argument needs a name and a value");
	if (slice_is(slice_get(argument, "name"), "name") &&
	    personas_list(server, &personas, &count, &error) < 0 && error.code != HELIOS_NO_HOME)
		return fail_with(fault, &error);
	add_values(result, personas, count, typed);
	personas_free(personas, count);
	return 0;
}
