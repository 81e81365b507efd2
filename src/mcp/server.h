/*
 * One MCP server: its state, and what its files share. All of it belongs to the thread that works
 * (main.c), but for the output. What a modern request means never depends on this state; the
 * handshake's does.
 */
#pragma once

#include <stdatomic.h>

#include <helios/helios.h>

#include "base/json_write.h"
#include "mcp/message.h"
#include "mcp/queue.h"

#define SUBSCRIPTIONS_AT_MOST 256
#define URIS_AT_MOST 1024

/* A subscriptions/listen that is open, or (id NULL) what the handshake's client subscribed to. */
struct subscription {
	struct subscription *next;
	char *id; /* raw JSON */
	bool prompts, resources;
	char **uris, **revisions; /* what each read as when it was told last */
	size_t count;
};

struct server {
	const char *dir;	  /* of the home; NULL: where it is by default */
	const char *project;	  /* its directory; NULL: that of the environment */
	struct helios_home *_Atomic home; /* NULL until it is needed; see server_home() */
	const char *session;		  /* on it; NULL before */
	char *client;		/* what the client at work calls itself; NULL: it does not say */
	char *handshake_client; /* what it called itself in the handshake */
	struct queue queue;
	const struct job *job; /* at work */

	const char *version; /* negotiated by the handshake; NULL before */
	bool initialized;
	int log_level; /* of the handshake: index of the least level told, -1: none */

	bool writer;		/* some tool has written */
	atomic_bool wrote;	/* since the last checkpoint */
	atomic_bool checkpoint; /* one is due when the worker looks at the home next */
	struct subscription *subscriptions;
	char *names; /* the personas when list changes were told last */

	struct buf *batch; /* collects answers while a batch is handled */
	pthread_mutex_t output_mutex;
	int output;
};

/* What clients may keep of a result, and for how long. */
enum cache_hint { CACHE_NONE, CACHE_LISTS, CACHE_PERSONAL };

enum era { ERA_HANDSHAKE = 1, ERA_MODERN = 2, ERA_BOTH = 3 };

/*
 * Writes the members of the result (its braces are there already) and returns 0; or fails with
 * fail(), -1; or returns 1 when it has answered by itself.
 */
typedef int method_fn(struct server *server, const struct message *message, struct buf *result,
		      struct fault *fault);

struct method {
	const char *name;
	enum era era;
	enum cache_hint cache;
	method_fn *run;
};

extern const struct method methods[];

/* Answers, or does what a notification says. */
void server_handle(struct server *server, const struct message *message);

/* The calling thread gives up all files but the home's and the project's, which it may read. */
void server_confine(struct helios_home *home);

/*
 * The home, opened at the first use; create: made when there is none. NULL and an explained
 * error.
 */
struct helios_home *server_home(struct server *server, bool create, struct helios_error *error);

/* The client is gone, or time is over, with something still at work: ends at once, without it. */
_Noreturn void server_leave(const struct server *server);

/* Who asks, for the commit's trailers; tool is a literal. */
struct helios_client server_client(const struct server *server, const char *tool);

/* One line to the client; text is one JSON value. */
void server_send(struct server *server, const struct buf *text);

/* The same when the client takes it at once; else it is dropped. For any thread. */
void server_try_send(struct server *server, const struct buf *text);

/* The notification's beginning up to its open params object; then members; then the end. */
void notification_open(struct buf *out, const char *method);
void notification_send(struct server *server, struct buf *out);

/* Tells what happened, never what a persona says: on stderr, and to a client that asked. */
void server_log(struct server *server, const struct message *message, int level, const char *format,
		...) printf_like(4, 5);
enum { LEVEL_DEBUG, LEVEL_INFO, LEVEL_NOTICE, LEVEL_WARNING, LEVEL_ERROR };

/* The index of a log level's name, -1 when it is none. */
int level_of(struct slice name);

#define META_SERVER "io.modelcontextprotocol/serverInfo"

/* Who answers, as a member of that key: META_SERVER in _meta. */
void add_server_info(struct buf *out, const char *key);

/* Where a page begins: params.cursor, or "" for the first page. Fails on what is no cursor. */
int read_cursor(const struct message *message, char **ret, struct fault *fault);

/* An error of the library as a fault: what the client asked for is wrong, or we are. */
int fail_with(struct fault *fault, const struct helios_error *error);

/* Runs a tool or a command of the table on text values; 0 and *answer, or -1 and *error. */
int run_op(struct server *server, const char *command, const char *const *values,
	   struct helios_answer *answer, struct helios_error *error);

/* subscriptions.c: tells clients what has changed since they were told last. */
void subscriptions_tell(struct server *server);
/* Ends one by its id, or all with a result each when the server ends. */
void subscription_cancel(struct server *server, struct slice id);
void subscriptions_end(struct server *server);

/* resources.c: the text of a resource; *ret_type is its MIME type. -1 with code HELIOS_OK: none. */
int resource_read(struct server *server, const char *uri, struct buf *out, const char **ret_type,
		  struct helios_error *error);

/* Whether a URI may ever be a resource's: of a persona that is not there yet, too. */
bool resource_can_be(const char *uri);

/* An unknown resource is the client's mistake; each era has its code for it. -1. */
int resource_missing(const struct message *message, const char *uri,
		     const struct helios_error *error, struct fault *fault);

/* Whether the URI is one of the templates. */
bool resource_is_template(const char *uri);

/* prompts.c: whether the persona is a prompt by its own name. */
bool prompt_is_typable(const char *name);

/* skills.c: the text of a skill's file. */
int skill_read(struct server *server, const char *uri, struct buf *out, struct helios_error *error);

/* Each persona with its description ("" when it has none), in the bytewise order of their names. */
struct persona {
	char *name, *description;
	char *slug; /* NULL but for skills.c */
};
int personas_list(struct server *server, struct persona **ret, size_t *ret_count,
		  struct helios_error *error);
void personas_free(struct persona *personas, size_t count);

/* The first behind name ("": the very first); *ret_end is behind the last of the page they begin. */
size_t personas_after(const struct persona *personas, size_t count, const char *name,
		      size_t *ret_end);

/* Where the next page begins, when there is one. */
void add_next_cursor(struct buf *result, const struct persona *personas, size_t count, size_t end);
