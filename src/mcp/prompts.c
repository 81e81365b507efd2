/* Prompts: use_persona for any persona, and one by the name of each that a client can type. */
#include "mcp/methods.h"

bool prompt_is_typable(const char *name)
{
	return *name &&
	       strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
			    "0123456789_-") == strlen(name) &&
	       !streq(name, "use_persona");
}

static void add_prompt(struct buf *out, const char *name, const char *title,
		       const char *description)
{
	json_open(out, '{');
	json_member(out, "name", name);
	json_member(out, "title", title);
	json_member(out, "description", description);
}

static void add_use_persona(struct buf *out)
{
	static const char argument[] =
		"[{\"name\":\"name\",\"title\":\"Persona\",\"description\":\"which persona\","
		"\"required\":true}]";

	add_prompt(out, "use_persona", "Use a persona", "Take on a persona for this conversation");
	json_key(out, "arguments");
	json_raw(out, argument, sizeof(argument) - 1);
	json_close(out, '}');
}

int method_prompts_list(struct server *server, const struct message *message, struct buf *result,
			struct fault *fault)
{
	cleanup_free char *after = NULL;
	struct helios_error error = {0};
	struct persona *personas = NULL;
	size_t count = 0, i, end;

	if (read_cursor(message, &after, fault) < 0)
		return -1;
	if (personas_list(server, &personas, &count, &error) < 0 && error.code != HELIOS_NO_HOME)
		return fail_with(fault, &error);
	json_key(result, "prompts");
	json_open(result, '[');
	if (!*after)
		add_use_persona(result);
	for (i = personas_after(personas, count, after, &end); i < end; i++) {
		char fallback[128];

		if (!prompt_is_typable(personas[i].name))
			continue;
		snprintf(fallback, sizeof(fallback), "Take on the persona %s", personas[i].name);
		add_prompt(result, personas[i].name, personas[i].name,
			   *personas[i].description ? personas[i].description : fallback);
		json_close(result, '}');
	}
	json_close(result, ']');
	add_next_cursor(result, personas, count, end);
	personas_free(personas, count);
	return 0;
}

/* Which persona a prompt is about; the caller frees *ret. */
static int find_persona(const struct message *message, char **ret, struct fault *fault)
{
	struct slice arguments = slice_get(message->params, "arguments");
	cleanup_free char *prompt = slice_strdup(slice_get(message->params, "name"));

	if (!prompt)
		return fail(fault, RPC_PARAMS, "params.name must be a string");
	if (arguments.at && slice_kind(arguments) != SLICE_MAP)
		return fail(fault, RPC_PARAMS, "params.arguments must be an object");
	*ret = streq(prompt, "use_persona") ? slice_strdup(slice_get(arguments, "name"))
	       : prompt_is_typable(prompt)  ? strdup(prompt)
					    : NULL;
	if (*ret)
		return 0;
	return streq(prompt, "use_persona")
		       ? fail(fault, RPC_PARAMS, "use_persona needs the argument 'name'")
		       : fail(fault, RPC_PARAMS, "there is no prompt %.100s", prompt);
}

int method_prompts_get(struct server *server, const struct message *message, struct buf *result,
		       struct fault *fault)
{
	struct helios_error error = {0};
	cleanup_free char *name = NULL;
	struct helios_home *home;
	struct helios_text *text;

	if (find_persona(message, &name, fault) < 0)
		return -1;
	home = server_home(server, false, &error);
	if (!home || helios_read(home, HELIOS_PROMPT, name, &text, &error) < 0)
		return fail(fault,
			    error.errnum == ENOENT || error.errnum == EINVAL ? RPC_PARAMS
									     : RPC_INTERNAL,
			    "%s%s%s", error.message, *error.hint ? "; " : "", error.hint);
	json_member(result, "description", name);
	json_key(result, "messages");
	json_open(result, '[');
	json_open(result, '{');
	json_member(result, "role", "user");
	json_key(result, "content");
	json_open(result, '{');
	json_member(result, "type", "text");
	json_key(result, "text");
	json_text_n(result, text->data, text->length);
	json_close(result, '}');
	json_close(result, '}');
	json_close(result, ']');
	helios_text_unref(text);
	return 0;
}
