/* Reading of mcp/message.h. */
#include "mcp/message.h"

#include <stdarg.h>

#define META_VERSION "io.modelcontextprotocol/protocolVersion"
#define META_CAPABILITIES "io.modelcontextprotocol/clientCapabilities"
#define META_CLIENT "io.modelcontextprotocol/clientInfo"
#define META_LOG_LEVEL "io.modelcontextprotocol/logLevel"

void fault_done(struct fault *fault)
{
	buf_done(&fault->data);
}

int fail(struct fault *fault, enum rpc_code code, const char *format, ...)
{
	va_list args;

	fault->code = code;
	va_start(args, format);
	vsnprintf(fault->text, sizeof(fault->text), format, args);
	va_end(args);
	return -1;
}

/* A string, or an integer of any size, also as 1e3; 1e-3 is none. */
static bool is_id(struct slice id)
{
	if (slice_kind(id) == SLICE_STRING)
		return true;
	return slice_kind(id) == SLICE_NUMBER && !memchr(id.at, '.', id.length) &&
	       !memmem(id.at, id.length, "e-", 2) && !memmem(id.at, id.length, "E-", 2);
}

static int bad(struct message *message, enum rpc_code code, const char *text)
{
	message->kind = MESSAGE_BAD;
	return fail(&message->fault, code, "%s", text);
}

/* Which notification may be missing what: they are never answered, so only requests are judged. */
static int read_shape(struct message *message, struct slice root)
{
	struct slice id = slice_get(root, "id"), method = slice_get(root, "method");

	if (is_id(id))
		message->id = id;
	if (slice_kind(root) != SLICE_MAP)
		return bad(message, RPC_INVALID, "a message is one JSON object");
	if (!slice_is(slice_get(root, "jsonrpc"), "2.0"))
		return bad(message, RPC_INVALID, "jsonrpc must be \"2.0\"");
	if (!method.at && (slice_get(root, "result").at || slice_get(root, "error").at)) {
		message->kind = MESSAGE_RESPONSE;
		return 0;
	}
	if (slice_kind(method) != SLICE_STRING)
		return bad(message, RPC_INVALID, "method must be a string");
	if (id.at && !is_id(id))
		return bad(message, RPC_INVALID, "id must be a string or an integer");
	message->kind = id.at ? MESSAGE_REQUEST : MESSAGE_NOTIFICATION;
	message->method = slice_strdup(method);
	message->params = slice_get(root, "params");
	message->meta = slice_get(message->params, "_meta");
	message->modern = slice_get(message->meta, META_VERSION).at != NULL;
	return message->method ? 0 : bad(message, RPC_INTERNAL, "memory ran out");
}

static bool is_level(struct slice level)
{
	static const char *const levels[] = {"debug", "info",	  "notice", "warning",
					     "error", "critical", "alert",  "emergency"};

	for (size_t i = 0; i < ARRAY_SIZE(levels); i++)
		if (slice_is(level, levels[i]))
			return true;
	return false;
}

static int wrong_version(struct message *message, struct slice version)
{
	struct buf *data = &message->fault.data;

	buf_addstr(data, "{\"supported\":[\"" MODERN_VERSION "\"],\"requested\":");
	buf_add(data, version.at, version.length);
	buf_addch(data, '}');
	return fail(&message->fault, RPC_VERSION, "this protocol version is not supported");
}

/* The envelope every modern request carries. */
static int check_envelope(struct message *message)
{
	struct slice version = slice_get(message->meta, META_VERSION);
	struct slice client = slice_get(message->meta, META_CLIENT);
	struct slice level = slice_get(message->meta, META_LOG_LEVEL);
	struct fault *fault = &message->fault;

	if (slice_kind(version) != SLICE_STRING)
		return fail(fault, RPC_PARAMS, "_meta: " META_VERSION " must be a string");
	if (!slice_is(version, MODERN_VERSION))
		return wrong_version(message, version);
	if (slice_kind(slice_get(message->meta, META_CAPABILITIES)) != SLICE_MAP)
		return fail(fault, RPC_PARAMS,
			    "_meta: " META_CAPABILITIES " is missing or no object");
	if (client.at && (slice_kind(slice_get(client, "name")) != SLICE_STRING ||
			  slice_kind(slice_get(client, "version")) != SLICE_STRING))
		return fail(fault, RPC_PARAMS, "_meta: " META_CLIENT " needs a name and a version");
	if (level.at && !is_level(level))
		return fail(fault, RPC_PARAMS, "_meta: " META_LOG_LEVEL " is no log level");
	return 0;
}

/* Notes in message->fault what is wrong with a request's params. */
static void check_request(struct message *message)
{
	if (message->params.at && slice_kind(message->params) != SLICE_MAP)
		fail(&message->fault, RPC_PARAMS, "params must be an object");
	else if (message->meta.at && slice_kind(message->meta) != SLICE_MAP)
		fail(&message->fault, RPC_PARAMS, "_meta must be an object");
	else if (message->modern)
		check_envelope(message);
}

static void read_text(struct message *message, size_t length)
{
	struct slice root;

	if (slice_parse(message->text, length, &root) < 0) {
		bad(message, RPC_PARSE, "this is not JSON in UTF-8, or nested too deeply");
		return;
	}
	if (read_shape(message, root) == 0 && message->kind == MESSAGE_REQUEST)
		check_request(message);
}

struct message *message_new(const char *text, size_t length)
{
	struct message *message = calloc(1, sizeof(*message));

	if (length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) { /* a byte order mark */
		text += 3;
		length -= 3;
	}
	if (message) {
		message->text = strndup(text, length);
		message->length = length;
	}
	if (!message || !message->text) {
		free(message);
		return NULL;
	}
	if (memchr(text, '\0', length))
		bad(message, RPC_PARSE, "this is not JSON: it has a NUL byte");
	else
		read_text(message, length);
	return message;
}

void message_free(struct message *message)
{
	if (!message)
		return;
	fault_done(&message->fault);
	free(message->method);
	free(message->text);
	free(message);
}

struct message *message_too_long(void)
{
	struct message *message = calloc(1, sizeof(*message));

	if (message)
		bad(message, RPC_INVALID, "the message is longer than this server reads");
	return message;
}

bool message_is_batch(const struct message *message, struct slice *ret_root)
{
	return message->kind == MESSAGE_BAD && message->text &&
	       message->fault.code == RPC_INVALID &&
	       slice_parse(message->text, strlen(message->text), ret_root) == 0 &&
	       slice_kind(*ret_root) == SLICE_LIST;
}

struct slice message_cancels(const struct message *message)
{
	if (message->kind != MESSAGE_NOTIFICATION ||
	    !streq(message->method, "notifications/cancelled"))
		return (struct slice){NULL, 0};
	return slice_get(message->params, "requestId");
}
