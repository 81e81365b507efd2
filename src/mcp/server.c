/* Dispatch: from a message to its method, and from its result to what each era wants to see. */
#include "mcp/server.h"

#include <limits.h>
#include <poll.h>
#include <stdarg.h>

#include "base/file.h"
#include "base/harden.h"
#include "base/limits.h"
#include "base/log.h"

#define META_CLIENT "io.modelcontextprotocol/clientInfo"
#define BATCH_VERSION "2025-03-26"
#define META_LOG_LEVEL "io.modelcontextprotocol/logLevel"

static const struct {
	const char *name;
	enum log_level log; /* as what our own log has it */
} levels[] = {
	{"debug", LOG_LEVEL_DEBUG}, {"info", LOG_LEVEL_INFO},
	{"notice", LOG_LEVEL_INFO}, {"warning", LOG_LEVEL_WARNING},
	{"error", LOG_LEVEL_ERROR}, {"critical", LOG_LEVEL_ERROR},
	{"alert", LOG_LEVEL_ERROR}, {"emergency", LOG_LEVEL_ERROR},
};

int level_of(struct slice name)
{
	for (size_t i = 0; i < ARRAY_SIZE(levels); i++)
		if (slice_is(name, levels[i].name))
			return (int)i;
	return -1;
}

void server_confine(struct helios_home *home)
{
	cleanup_free char *project = helios_project_place(home);

	harden_files(helios_path(home), project);
}

struct helios_home *server_home(struct server *server, bool create, struct helios_error *error)
{
	cleanup_free char *path = NULL;
	struct helios_home *home = server->home;

	if (home)
		return home;
	if (helios_home_path(server->dir, &path, error) < 0 ||
	    helios_open(path, create ? HELIOS_CREATE : 0, &home, error) < 0)
		return NULL;
	if (helios_follow_project(home, server->project, error) < 0) {
		helios_close(home);
		return NULL;
	}
	server_confine(home);	  /* not before: it may have had to be made */
	helios_watch(home, NULL); /* without it, reads look at the disk each time */
	server->session = helios_session_begin(home, false);
	server->home = home;
	return home;
}

void server_leave(const struct server *server)
{
	struct helios_home *home = server->home;

	if (home)
		helios_leave(home);
	_exit(0); /* a change under way is carried out by who comes next, or not at all */
}

struct helios_client server_client(const struct server *server, const char *tool)
{
	return (struct helios_client){
		.source = HELIOS_MCP,
		.name = server->client,
		.session = server->session,
		.tool = tool,
	};
}

/* With the output's mutex held. */
static void write_line(struct server *server, const struct buf *text)
{
	cleanup_buf struct buf line = {0};

	buf_add(&line, text->data, text->length);
	buf_addch(&line, '\n');
	if (line.failed || text->failed)
		return;
	if (file_write_all(server->output, line.data, line.length) < 0)
		server_leave(server); /* the client is gone; what was acknowledged is durable */
}

void server_send(struct server *server, const struct buf *text)
{
	pthread_mutex_lock(&server->output_mutex);
	write_line(server, text);
	pthread_mutex_unlock(&server->output_mutex);
}

void server_try_send(struct server *server, const struct buf *text)
{
	struct pollfd ready = {.fd = server->output, .events = POLLOUT};

	if (pthread_mutex_trylock(&server->output_mutex) != 0)
		return;
	if (poll(&ready, 1, 0) == 1 && (ready.revents & POLLOUT))
		write_line(server, text);
	pthread_mutex_unlock(&server->output_mutex);
}

void notification_open(struct buf *out, const char *method)
{
	json_open(out, '{');
	json_member(out, "jsonrpc", "2.0");
	json_member(out, "method", method);
	json_key(out, "params");
	json_open(out, '{');
}

void notification_send(struct server *server, struct buf *out)
{
	json_close(out, '}');
	json_close(out, '}');
	server_send(server, out);
}

void server_log(struct server *server, const struct message *message, int level, const char *format,
		...)
{
	struct slice asked = slice_get(message->meta, META_LOG_LEVEL);
	int least = message->modern ? (asked.at ? level_of(asked) : INT_MAX) : server->log_level;
	cleanup_buf struct buf out = {0};
	char text[400];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	log_message(levels[level].log, "%s", text);
	if (least < 0 || level < least)
		return;
	notification_open(&out, "notifications/message");
	json_member(&out, "level", levels[level].name);
	json_member(&out, "logger", "helios");
	json_member(&out, "data", text);
	notification_send(server, &out);
}

void add_server_info(struct buf *out, const char *key)
{
	json_key(out, key);
	json_open(out, '{');
	json_member(out, "name", "helios");
	json_member(out, "title", "Helios");
	json_member(out, "version", HELIOS_VERSION);
	json_close(out, '}');
}

#define CURSOR "after:"

int read_cursor(const struct message *message, char **ret, struct fault *fault)
{
	struct slice cursor = slice_get(message->params, "cursor");
	cleanup_free char *text = slice_strdup(cursor);

	if (!cursor.at || (text && !*text)) {
		*ret = strdup("");
		return *ret ? 0 : fail(fault, RPC_INTERNAL, "memory ran out");
	}
	if (!text || strncmp(text, CURSOR, strlen(CURSOR)) != 0)
		return fail(fault, RPC_PARAMS, "cursor is none this server gave");
	*ret = strdup(text + strlen(CURSOR));
	return *ret ? 0 : fail(fault, RPC_INTERNAL, "memory ran out");
}

int fail_with(struct fault *fault, const struct helios_error *error)
{
	return fail(fault, RPC_INTERNAL, "%s%s%s", error->message, *error->hint ? "; " : "",
		    error->hint);
}

int run_op(struct server *server, const char *command, const char *const *values,
	   struct helios_answer *answer, struct helios_error *error)
{
	const struct helios_client client = {.source = HELIOS_MCP, .name = server->client};
	struct helios_home *home = server_home(server, false, error);
	const struct helios_call call = {.home = home,
					 .path = home ? helios_path(home) : NULL,
					 .client = &client,
					 .values = values};

	if (!home)
		return -1;
	return helios_op_find(command)->run(&call, answer, error) < 0 ? -1 : 0;
}

/* ---- answers */

static void open_answer(struct buf *out, struct slice id)
{
	json_open(out, '{');
	json_member(out, "jsonrpc", "2.0");
	if (id.at) {
		json_key(out, "id");
		json_raw(out, id.at, id.length);
	}
}

/* The answers to a batch are one array. */
static void send_answer(struct server *server, const struct buf *answer)
{
	if (server->batch)
		json_raw(server->batch, buf_text(answer), answer->length);
	else
		server_send(server, answer);
}

static void send_fault(struct server *server, struct slice id, const struct fault *fault)
{
	cleanup_buf struct buf out = {0};

	open_answer(&out, id);
	json_key(&out, "error");
	json_open(&out, '{');
	json_member_whole(&out, "code", fault->code);
	json_member(&out, "message", fault->text);
	if (fault->data.length) {
		json_key(&out, "data");
		json_raw(&out, fault->data.data, fault->data.length);
	}
	json_close(&out, '}');
	json_close(&out, '}');
	send_answer(server, &out);
}

/* What only the modern era's results carry. */
static void add_modern(struct buf *result, enum cache_hint cache)
{
	json_member(result, "resultType", "complete");
	if (cache != CACHE_NONE) {
		json_member_whole(result, "ttlMs", cache == CACHE_LISTS ? 300000 : 0);
		json_member(result, "cacheScope", cache == CACHE_LISTS ? "public" : "private");
	}
	json_key(result, "_meta");
	json_open(result, '{');
	add_server_info(result, META_SERVER);
	json_close(result, '}');
}

static void send_result(struct server *server, const struct message *message,
			const struct method *method, struct buf *result)
{
	cleanup_buf struct buf out = {0};

	if (message->modern)
		add_modern(result, method->cache);
	json_close(result, '}');
	open_answer(&out, message->id);
	json_key(&out, "result");
	json_raw(&out, result->data, result->length);
	json_close(&out, '}');
	send_answer(server, &out);
}

/* ---- requests */

static const struct method *find_method(const struct message *message)
{
	enum era era = message->modern ? ERA_MODERN : ERA_HANDSHAKE;

	for (const struct method *at = methods; at->name; at++)
		if (streq(at->name, message->method) && (at->era & era))
			return at;
	return NULL;
}

static const char missing[] =
	"params._meta lacks io.modelcontextprotocol/protocolVersion and "
	"io.modelcontextprotocol/clientCapabilities; or begin with initialize";

/* Requests without an envelope are the handshake's, once there was one. */
static int check_era(const struct server *server, const struct message *message,
		     struct fault *fault)
{
	if (message->modern || streq(message->method, "initialize") ||
	    streq(message->method, "ping"))
		return 0;
	if (!server->version || streq(message->method, "server/discover") ||
	    streq(message->method, "subscriptions/listen"))
		return fail(fault, RPC_PARAMS, "%s", missing);
	return 0;
}

static void note_client(struct server *server, const struct message *message)
{
	struct slice client = slice_get(message->meta, META_CLIENT);
	const char *before = server->handshake_client;

	free(server->client);
	server->client = message->modern ? slice_strdup(slice_get(client, "name"))
			 : before	 ? strdup(before)
					 : NULL;
}

/* Bytes of what the batch at work has been answered with so far. */
static size_t batched(const struct server *server)
{
	return server->batch ? server->batch->length : 0;
}

static void handle_request(struct server *server, const struct message *message)
{
	struct fault fault = {0};
	cleanup_buf struct buf result = {0};
	const struct method *method;
	int r;

	if (message->fault.code) {
		send_fault(server, message->id, &message->fault);
		return;
	}
	note_client(server, message);
	method = find_method(message);
	r = check_era(server, message, &fault);
	json_open(&result, '{');
	if (r == 0 && !method)
		r = fail(&fault, RPC_METHOD, "there is no method %.100s", message->method);
	else if (r == 0)
		r = method->run(server, message, &result, &fault);
	if (r == 0 && result.failed)
		r = fail(&fault, RPC_INTERNAL, "memory ran out");
	if (r == 0 && result.length + batched(server) > LIMIT_ANSWER)
		r = fail(&fault, RPC_INTERNAL, "the answer has more bytes than a client takes");
	if (r < 0 && !queue_is_cancelled(&server->queue, server->job))
		send_fault(server, message->id, &fault);
	else if (r == 0 && !queue_is_cancelled(&server->queue, server->job))
		send_result(server, message, method, &result);
	fault_done(&fault);
}

static void handle_notification(struct server *server, const struct message *message)
{
	if (streq(message->method, "notifications/initialized") && server->version)
		server->initialized = true;
	else if (streq(message->method, "notifications/cancelled"))
		subscription_cancel(server, message_cancels(message));
}

static size_t count_messages(struct slice batch)
{
	struct slice element;
	size_t at = 0, count = 0;

	while (slice_next(batch, &at, NULL, &element))
		count++;
	return count;
}

static void handle_each(struct server *server, struct slice batch)
{
	struct slice element;
	size_t at = 0;

	while (slice_next(batch, &at, NULL, &element)) {
		struct message *one = message_new(element.at, element.length);

		if (one)
			server_handle(server, one);
		message_free(one);
	}
}

/* Only the revision 2025-03-26 has batches. Whether it was one. */
static bool handle_batch(struct server *server, const struct message *message)
{
	cleanup_buf struct buf answers = {0};
	struct fault fault = {0};
	struct slice batch;
	size_t count;

	if (server->batch || !server->version || !streq(server->version, BATCH_VERSION) ||
	    !message_is_batch(message, &batch))
		return false;
	count = count_messages(batch);
	if (!count)
		return false;
	if (count > LIMIT_BATCH) {
		fail(&fault, RPC_INVALID, "a batch of more than %u messages", LIMIT_BATCH);
		send_fault(server, message->id, &fault);
		fault_done(&fault);
		return true;
	}
	json_open(&answers, '[');
	server->batch = &answers;
	handle_each(server, batch);
	server->batch = NULL;
	json_close(&answers, ']');
	if (answers.length > 2)
		server_send(server, &answers);
	return true;
}

void server_handle(struct server *server, const struct message *message)
{
	if (message->kind == MESSAGE_BAD && handle_batch(server, message))
		return;
	switch (message->kind) {
	case MESSAGE_BAD:
		send_fault(server, message->id, &message->fault);
		break;
	case MESSAGE_REQUEST:
		handle_request(server, message);
		break;
	case MESSAGE_NOTIFICATION:
		handle_notification(server, message);
		break;
	case MESSAGE_RESPONSE: /* this server asks nothing */
		break;
	}
}
