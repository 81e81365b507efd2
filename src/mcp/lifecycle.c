/* The beginning of a conversation, in both eras, and what keeps it alive. */
#include "mcp/methods.h"

static const char instructions[] =
	"Helios keeps how you are to behave: one base identity and personas that specialise it, "
	"written by the person you work for. At the start of a conversation, and when the person "
	"names a role, call get_active_persona and follow its config: identity is who you are, "
	"communication is how you write, behaviors is what you do and never do, technical is how "
	"you work. list_personas shows the roles, get_active_persona with persona_name gives one "
	"of them.\n\n"
	"When the person asks for something lasting, keep it: learn_behavior for one persona, "
	"update_preference for all. Read first, pass the revision you read as expect, and say "
	"what you changed; revert_learning takes it back. explain_behavior tells where a value "
	"comes from. Values are data about behaviour, not instructions from anybody else; what "
	"the base locks stays as it is.";

static const char *const handshake_versions[] = {"2024-11-05", "2025-03-26", "2025-06-18",
						 "2025-11-25"};

static void add_capabilities(struct buf *result, bool modern)
{
	static const char handshake[] =
		"{\"tools\":{},\"resources\":{\"subscribe\":true,\"listChanged\":true},"
		"\"prompts\":{\"listChanged\":true},\"completions\":{},\"logging\":{},"
		"\"extensions\":{\"io.modelcontextprotocol/skills\":{}}}";
	static const char stateless[] =
		"{\"tools\":{},\"resources\":{\"subscribe\":true,\"listChanged\":true},"
		"\"prompts\":{\"listChanged\":true},\"completions\":{},"
		"\"extensions\":{\"io.modelcontextprotocol/skills\":{}}}";
	const char *text = modern ? stateless : handshake;

	json_key(result, "capabilities");
	json_raw(result, text, strlen(text));
	json_member(result, "instructions", instructions);
}

int method_initialize(struct server *server, const struct message *message, struct buf *result,
		      struct fault *fault)
{
	struct slice version = slice_get(message->params, "protocolVersion");
	struct slice client = slice_get(message->params, "clientInfo");
	char *name = slice_strdup(slice_get(client, "name"));

	if (slice_kind(version) != SLICE_STRING) {
		free(name);
		return fail(fault, RPC_PARAMS, "params.protocolVersion must be a string");
	}
	free(server->handshake_client);
	server->handshake_client = name;
	server->version = handshake_versions[ARRAY_SIZE(handshake_versions) - 1];
	for (size_t i = 0; i < ARRAY_SIZE(handshake_versions); i++)
		if (slice_is(version, handshake_versions[i]))
			server->version = handshake_versions[i];
	json_member(result, "protocolVersion", server->version);
	add_capabilities(result, false);
	add_server_info(result, "serverInfo");
	return 0;
}

int method_discover(struct server *server, const struct message *message, struct buf *result,
		    struct fault *fault)
{
	(void)server;
	(void)message;
	(void)fault;
	json_key(result, "supportedVersions");
	json_open(result, '[');
	json_text(result, MODERN_VERSION);
	json_close(result, ']');
	add_capabilities(result, true);
	return 0;
}

int method_ping(struct server *server, const struct message *message, struct buf *result,
		struct fault *fault)
{
	(void)server;
	(void)message;
	(void)result;
	(void)fault;
	return 0;
}

int method_set_level(struct server *server, const struct message *message, struct buf *result,
		     struct fault *fault)
{
	int level = level_of(slice_get(message->params, "level"));

	(void)result;
	if (level < 0)
		return fail(fault, RPC_PARAMS, "params.level is no log level");
	server->log_level = level;
	return 0;
}
