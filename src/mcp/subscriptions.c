/*
 * Telling clients that something has changed: the modern era's open requests, and what the
 * handshake's client subscribed to, kept alike.
 */
#include "mcp/digest.h"
#include "mcp/methods.h"

static void subscription_free(struct subscription *subscription)
{
	for (size_t i = 0; i < subscription->count; i++) {
		free(subscription->uris[i]);
		free(subscription->revisions[i]);
	}
	free(subscription->uris);
	free(subscription->revisions);
	free(subscription->id);
	free(subscription);
}

/* What a resource reads as now, as a digest; "" when it cannot be read. The caller frees it. */
static char *revision_of(struct server *server, const char *uri)
{
	cleanup_buf struct buf text = {0};
	struct helios_error error = {0};
	char hex[DIGEST_HEX + 1] = "";
	const char *type;

	if (resource_read(server, uri, &text, &type, &error) == 0)
		digest_hex(buf_text(&text), text.length, hex);
	return strdup(hex);
}

static bool add_uri(struct server *server, struct subscription *subscription, const char *uri)
{
	size_t room = (subscription->count + 1) * sizeof(char *);
	char **uris = realloc(subscription->uris, room), **revisions;

	if (!uris)
		return false;
	subscription->uris = uris;
	revisions = realloc(subscription->revisions, room);
	if (!revisions)
		return false;
	subscription->revisions = revisions;
	uris[subscription->count] = strdup(uri);
	revisions[subscription->count] = revision_of(server, uri);
	if (!uris[subscription->count] || !revisions[subscription->count]) {
		free(uris[subscription->count]);
		free(revisions[subscription->count]);
		return false;
	}
	subscription->count++;
	return true;
}

static struct subscription **find(struct server *server, const char *id)
{
	struct subscription **at = &server->subscriptions;

	while (*at && !(id && (*at)->id ? streq((*at)->id, id) : (*at)->id == id))
		at = &(*at)->next;
	return at;
}

static size_t count_all(const struct server *server)
{
	size_t count = 0;

	for (const struct subscription *at = server->subscriptions; at; at = at->next)
		count++;
	return count;
}

/* The personas' names and descriptions: what lists show. NULL when they cannot be read. */
static char *list_now(struct server *server)
{
	struct helios_error error = {0};
	struct persona *personas;
	struct buf text = {0};
	size_t count;

	if (personas_list(server, &personas, &count, &error) < 0)
		return NULL;
	buf_addstr(&text, "");
	for (size_t i = 0; i < count; i++)
		buf_addf(&text, "%s\n%s\n", personas[i].name, personas[i].description);
	personas_free(personas, count);
	return buf_take(&text);
}

/* ---- the modern era */

static void add_tag(struct buf *out, const struct subscription *subscription)
{
	json_key(out, "io.modelcontextprotocol/subscriptionId");
	json_raw(out, subscription->id, strlen(subscription->id));
}

static bool wants(struct slice filter, const char *key)
{
	struct slice value = slice_get(filter, key);

	return slice_kind(value) == SLICE_BOOL && *value.at == 't';
}

static int read_filter(struct server *server, struct slice filter,
		       struct subscription *subscription, struct fault *fault)
{
	struct slice uris = slice_get(filter, "resourceSubscriptions"), uri;
	size_t at = 0;

	subscription->prompts = wants(filter, "promptsListChanged");
	subscription->resources = wants(filter, "resourcesListChanged");
	if (uris.at && slice_kind(uris) != SLICE_LIST)
		return fail(fault, RPC_PARAMS, "resourceSubscriptions must be an array");
	while (slice_next(uris, &at, NULL, &uri)) {
		cleanup_free char *text = slice_strdup(uri);

		if (!text)
			return fail(fault, RPC_PARAMS, "resourceSubscriptions holds URIs");
		if (subscription->count == URIS_AT_MOST)
			return fail(fault, RPC_PARAMS, "more than %d URIs", URIS_AT_MOST);
		if (resource_can_be(text) && !add_uri(server, subscription, text))
			return fail(fault, RPC_INTERNAL, "memory ran out");
	}
	return 0;
}

static void acknowledge(struct server *server, const struct subscription *subscription)
{
	cleanup_buf struct buf out = {0};

	notification_open(&out, "notifications/subscriptions/acknowledged");
	json_key(&out, "_meta");
	json_open(&out, '{');
	add_tag(&out, subscription);
	json_close(&out, '}');
	json_key(&out, "notifications");
	json_open(&out, '{');
	if (subscription->prompts)
		json_member_bool(&out, "promptsListChanged", true);
	if (subscription->resources)
		json_member_bool(&out, "resourcesListChanged", true);
	if (subscription->count) {
		json_key(&out, "resourceSubscriptions");
		json_open(&out, '[');
		for (size_t i = 0; i < subscription->count; i++)
			json_text(&out, subscription->uris[i]);
		json_close(&out, ']');
	}
	json_close(&out, '}');
	notification_send(server, &out);
}

int method_listen(struct server *server, const struct message *message, struct buf *result,
		  struct fault *fault)
{
	struct slice filter = slice_get(message->params, "notifications");
	struct subscription *subscription;

	(void)result;
	if (slice_kind(filter) != SLICE_MAP)
		return fail(fault, RPC_PARAMS, "params.notifications must be an object");
	if (count_all(server) >= SUBSCRIPTIONS_AT_MOST)
		return fail(fault, RPC_INTERNAL, "more than %d subscriptions are open",
			    SUBSCRIPTIONS_AT_MOST);
	subscription = calloc(1, sizeof(*subscription));
	if (subscription)
		subscription->id = strndup(message->id.at, message->id.length);
	if (!subscription || !subscription->id) {
		free(subscription);
		return fail(fault, RPC_INTERNAL, "memory ran out");
	}
	if (*find(server, subscription->id)) {
		subscription_free(subscription);
		return fail(fault, RPC_INVALID, "a subscription with this id is open");
	}
	if (!server->names) /* changes are told from now on */
		server->names = list_now(server);
	if (read_filter(server, filter, subscription, fault) < 0) {
		subscription_free(subscription);
		return -1;
	}
	subscription->next = server->subscriptions;
	server->subscriptions = subscription;
	acknowledge(server, subscription);
	return 1; /* it stays open; its answer comes at the end */
}

void subscription_cancel(struct server *server, struct slice id)
{
	cleanup_free char *text = id.at ? strndup(id.at, id.length) : NULL;
	struct subscription **at = text ? find(server, text) : NULL, *gone = at ? *at : NULL;

	if (!gone)
		return;
	*at = gone->next;
	subscription_free(gone);
}

static void end_one(struct server *server, const struct subscription *subscription)
{
	cleanup_buf struct buf out = {0};

	json_open(&out, '{');
	json_member(&out, "jsonrpc", "2.0");
	json_key(&out, "id");
	json_raw(&out, subscription->id, strlen(subscription->id));
	json_key(&out, "result");
	json_open(&out, '{');
	json_member(&out, "resultType", "complete");
	json_key(&out, "_meta");
	json_open(&out, '{');
	add_tag(&out, subscription);
	add_server_info(&out, META_SERVER);
	json_close(&out, '}');
	json_close(&out, '}');
	json_close(&out, '}');
	server_send(server, &out);
}

void subscriptions_end(struct server *server)
{
	while (server->subscriptions) {
		struct subscription *first = server->subscriptions;

		server->subscriptions = first->next;
		if (first->id)
			end_one(server, first);
		subscription_free(first);
	}
}

/* ---- the handshake */

/* The handshake's one subscription, made at the first need. */
static struct subscription *own(struct server *server)
{
	struct subscription **at = find(server, NULL);

	if (!*at)
		*at = calloc(1, sizeof(**at));
	return *at;
}

static size_t index_of(const struct subscription *subscription, const char *uri)
{
	size_t i = 0;

	while (i < subscription->count && !streq(subscription->uris[i], uri))
		i++;
	return i;
}

int method_subscribe(struct server *server, const struct message *message, struct buf *result,
		     struct fault *fault)
{
	cleanup_free char *uri = slice_strdup(slice_get(message->params, "uri"));
	struct subscription *subscription = own(server);

	(void)result;
	if (!uri)
		return fail(fault, RPC_PARAMS, "params.uri must be a string");
	if (!resource_can_be(uri))
		return resource_missing(message, uri, &(struct helios_error){0}, fault);
	if (!subscription)
		return fail(fault, RPC_INTERNAL, "memory ran out");
	if (index_of(subscription, uri) < subscription->count)
		return 0;
	if (subscription->count == URIS_AT_MOST)
		return fail(fault, RPC_PARAMS, "more than %d URIs", URIS_AT_MOST);
	return add_uri(server, subscription, uri) ? 0 : fail(fault, RPC_INTERNAL, "memory ran out");
}

int method_unsubscribe(struct server *server, const struct message *message, struct buf *result,
		       struct fault *fault)
{
	cleanup_free char *uri = slice_strdup(slice_get(message->params, "uri"));
	struct subscription *subscription = *find(server, NULL);
	size_t i;

	(void)result;
	if (!uri)
		return fail(fault, RPC_PARAMS, "params.uri must be a string");
	i = subscription ? index_of(subscription, uri) : 0;
	if (!subscription || i == subscription->count)
		return 0;
	free(subscription->uris[i]);
	free(subscription->revisions[i]);
	subscription->count--;
	subscription->uris[i] = subscription->uris[subscription->count];
	subscription->revisions[i] = subscription->revisions[subscription->count];
	return 0;
}

/* ---- telling */

static void tell(struct server *server, const struct subscription *subscription, const char *method,
		 const char *uri)
{
	cleanup_buf struct buf out = {0};

	notification_open(&out, method);
	if (subscription && subscription->id) {
		json_key(&out, "_meta");
		json_open(&out, '{');
		add_tag(&out, subscription);
		json_close(&out, '}');
	}
	json_member(&out, "uri", uri);
	notification_send(server, &out);
}

static void tell_updates(struct server *server, struct subscription *subscription)
{
	for (size_t i = 0; i < subscription->count; i++) {
		char *now = revision_of(server, subscription->uris[i]);

		if (!now || streq(now, subscription->revisions[i])) {
			free(now);
			continue;
		}
		free(subscription->revisions[i]);
		subscription->revisions[i] = now;
		tell(server, subscription, "notifications/resources/updated",
		     subscription->uris[i]);
	}
}

static void tell_lists(struct server *server)
{
	static const char prompts[] = "notifications/prompts/list_changed";
	static const char resources[] = "notifications/resources/list_changed";

	for (const struct subscription *at = server->subscriptions; at; at = at->next) {
		if (at->prompts)
			tell(server, at, prompts, NULL);
		if (at->resources)
			tell(server, at, resources, NULL);
	}
	if (server->version && server->initialized) {
		tell(server, NULL, prompts, NULL);
		tell(server, NULL, resources, NULL);
	}
}

void subscriptions_tell(struct server *server)
{
	char *names = list_now(server);

	if (names && server->names && !streq(names, server->names))
		tell_lists(server);
	if (names) {
		free(server->names);
		server->names = names;
	}
	for (struct subscription *at = server->subscriptions; at; at = at->next)
		if (!at->id && !server->initialized)
			continue;
		else
			tell_updates(server, at);
}
