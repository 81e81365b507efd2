/* Resources: the base, the status and four faces of each persona. */
#include "mcp/methods.h"
#include "mcp/uri.h"

#define PERSONA_URI "helios://persona/"

static const struct face {
	const char *suffix, *title, *type;
} faces[] = {
	{"", "the persona, resolved", "application/yaml"},
	{"/source", "the persona as it is stored", "application/yaml"},
	{"/explain", "where each value comes from", "application/yaml"},
	{"/prompt", "the persona as a system prompt", "text/markdown"},
};

bool resource_is_template(const char *uri)
{
	static const char stem[] = PERSONA_URI "{name}";

	for (size_t i = 0; i < ARRAY_SIZE(faces); i++)
		if (strncmp(uri, stem, strlen(stem)) == 0 &&
		    streq(uri + strlen(stem), faces[i].suffix))
			return true;
	return false;
}

static int explain_text(struct server *server, const char *name, struct buf *out,
			struct helios_error *error)
{
	cleanup(helios_answer_done) struct helios_answer answer = {0};
	const char *const values[] = {name, NULL};

	if (run_op(server, "explain", values, &answer, error) < 0)
		return -1;
	buf_addstr(out, answer.text);
	return 0;
}

static int read_kind(struct server *server, enum helios_kind kind, const char *name,
		     struct buf *out, struct helios_error *error)
{
	struct helios_home *home = server_home(server, false, error);
	struct helios_text *text;

	if (!home || helios_read(home, kind, name, &text, error) < 0)
		return -1;
	buf_add(out, text->data, text->length);
	helios_text_unref(text);
	return 0;
}

static int read_face(struct server *server, const struct face *face, const char *name,
		     struct buf *out, struct helios_error *error)
{
	static const enum helios_kind kinds[] = {HELIOS_EFFECTIVE, HELIOS_STORED, HELIOS_RESOLVED,
						 HELIOS_PROMPT};

	if (streq(face->suffix, "/explain"))
		return explain_text(server, name, out, error);
	return read_kind(server, kinds[face - faces], name, out, error);
}

int resource_read(struct server *server, const char *uri, struct buf *out, const char **ret_type,
		  struct helios_error *error)
{
	*ret_type = "application/yaml";
	if (streq(uri, "helios://base"))
		return read_kind(server, HELIOS_STORED, "base", out, error);
	if (streq(uri, "helios://status"))
		return read_kind(server, HELIOS_STATUS, "", out, error);
	for (size_t i = ARRAY_SIZE(faces); i-- > 0;) {
		cleanup_free char *name = uri_between(uri, PERSONA_URI, faces[i].suffix);

		*ret_type = faces[i].type;
		if (name)
			return read_face(server, &faces[i], name, out, error);
	}
	*ret_type = "text/markdown";
	if (strncmp(uri, "skill://", 8) == 0)
		return skill_read(server, uri, out, error);
	return -1;
}

bool resource_can_be(const char *uri)
{
	for (size_t i = 0; i < ARRAY_SIZE(faces); i++) {
		cleanup_free char *name = uri_between(uri, PERSONA_URI, faces[i].suffix);

		if (name)
			return true;
	}
	return streq(uri, "helios://base") || streq(uri, "helios://status") ||
	       strncmp(uri, "skill://helios/", 15) == 0;
}

static void add_resource(struct buf *out, const char *uri, const char *name, const char *title,
			 const char *description)
{
	json_open(out, '{');
	json_member(out, "uri", uri);
	json_member(out, "name", name);
	json_member(out, "title", title);
	json_member(out, "description", description);
	json_member(out, "mimeType", "application/yaml");
	json_key(out, "annotations");
	json_raw(out, "{\"audience\":[\"assistant\"]}", 26);
	json_close(out, '}');
}

static void add_persona(struct buf *out, const struct persona *persona)
{
	cleanup_buf struct buf uri = {0};

	buf_addstr(&uri, PERSONA_URI);
	uri_add(&uri, persona->name);
	add_resource(out, buf_text(&uri), persona->name, persona->name, persona->description);
}

int method_resources_list(struct server *server, const struct message *message, struct buf *result,
			  struct fault *fault)
{
	struct helios_error error = {0};
	cleanup_free char *after = NULL;
	struct persona *personas;
	size_t count, i, end;

	if (read_cursor(message, &after, fault) < 0)
		return -1;
	if (personas_list(server, &personas, &count, &error) < 0)
		return error.code == HELIOS_NO_HOME ? (buf_addstr(result, "\"resources\":[]"), 0)
						    : fail_with(fault, &error);
	json_key(result, "resources");
	json_open(result, '[');
	if (!*after) {
		add_resource(result, "helios://base", "base", "Base",
			     "what every persona specialises");
		add_resource(result, "helios://status", "status", "Status",
			     "health of the home, conflicts, last errors");
	}
	for (i = personas_after(personas, count, after, &end); i < end; i++)
		add_persona(result, &personas[i]);
	json_close(result, ']');
	add_next_cursor(result, personas, count, end);
	personas_free(personas, count);
	return 0;
}

int method_templates_list(struct server *server, const struct message *message, struct buf *result,
			  struct fault *fault)
{
	cleanup_free char *after = NULL;

	(void)server;
	if (read_cursor(message, &after, fault) < 0)
		return -1;
	if (*after)
		return fail(fault, RPC_PARAMS, "cursor is none this server gave");
	json_key(result, "resourceTemplates");
	json_open(result, '[');
	for (size_t i = 0; i < ARRAY_SIZE(faces); i++) {
		char uri[64], name[32];

		snprintf(uri, sizeof(uri), PERSONA_URI "{name}%s", faces[i].suffix);
		snprintf(name, sizeof(name), "persona%s%s", *faces[i].suffix ? "-" : "",
			 *faces[i].suffix ? faces[i].suffix + 1 : "");
		json_open(result, '{');
		json_member(result, "uriTemplate", uri);
		json_member(result, "name", name);
		json_member(result, "title", faces[i].title);
		json_member(result, "description", faces[i].title);
		json_member(result, "mimeType", faces[i].type);
		json_close(result, '}');
	}
	json_close(result, ']');
	return 0;
}

int resource_missing(const struct message *message, const char *uri,
		     const struct helios_error *error, struct fault *fault)
{
	json_open(&fault->data, '{');
	json_key(&fault->data, "uri");
	json_text(&fault->data, uri);
	json_close(&fault->data, '}');
	return fail(fault, message->modern ? RPC_PARAMS : RPC_NO_RESOURCE,
		    "there is no such resource%s%s%s%s", *error->message ? ": " : "",
		    error->message, *error->hint ? "; " : "", error->hint);
}

int method_resources_read(struct server *server, const struct message *message, struct buf *result,
			  struct fault *fault)
{
	cleanup_free char *uri = slice_strdup(slice_get(message->params, "uri"));
	struct helios_error error = {0};
	cleanup_buf struct buf text = {0};
	const char *type;

	if (!uri)
		return fail(fault, RPC_PARAMS, "params.uri must be a string");
	if (resource_read(server, uri, &text, &type, &error) < 0)
		return error.code == HELIOS_OK || error.errnum == ENOENT || error.errnum == EINVAL
			       ? resource_missing(message, uri, &error, fault)
			       : fail_with(fault, &error);
	json_key(result, "contents");
	json_open(result, '[');
	json_open(result, '{');
	json_member(result, "uri", uri);
	json_member(result, "mimeType", type);
	json_key(result, "text");
	json_text_n(result, buf_text(&text), text.length);
	json_close(result, '}');
	json_close(result, ']');
	return 0;
}
