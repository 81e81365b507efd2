/* The file of store/session.h. Entries are kept as nodes: what a newer version adds to one stays.
 */
#include "store/session.h"

#include <time.h>

#include "base/clock.h"
#include "base/harden.h"
#include "store/process.h"
#include "store/runtime.h"
#include "yaml/make.h"

#define SESSION_FILE ".session_state.yaml"
#define SILENT_S                                                                                   \
	(24 * 3600) /* a session elsewhere is gone when it was not heard of for so long            \
		     */

static const char heading[] =
	"# Which programs work on this home. Helios writes it; it may be removed.\n";

static bool is_list(const struct node *list)
{
	if (!node_is(list, NODE_LIST))
		return false;
	for (size_t i = 0; i < list->count; i++)
		if (!node_is(node_get(list->items[i], "id"), NODE_STRING))
			return false;
	return true;
}

static bool is_valid(const struct node *root)
{
	return is_list(node_get(root, "live_sessions")) &&
	       is_list(node_get(root, "previous_sessions"));
}

static int64_t number(const struct node *entry, const char *key)
{
	const struct node *node = node_get(entry, key);

	return node_is(node, NODE_INT) ? node->integer : -1;
}

static const char *text(const struct node *entry, const char *key)
{
	const struct node *node = node_get(entry, key);

	return node_is(node, NODE_STRING) ? node->text : "";
}

static bool is_own(const struct session *session, const struct node *entry)
{
	return streq(text(entry, "id"), session->id);
}

/* Whether the entry's process runs. Of one we cannot see, only how long it has been silent. */
static bool is_alive(const struct node *entry)
{
	bool same_boot = streq(text(entry, "boot"), process_boot_id());
	char host[256] = "";

	gethostname(host, sizeof(host) - 1);
	if (same_boot && number(entry, "namespace") == process_namespace())
		return process_runs((pid_t)number(entry, "pid"), number(entry, "process_started"));
	if (!same_boot && streq(text(entry, "host"), host))
		return false;
	return (int64_t)time(NULL) - time_parse(text(entry, "last_heartbeat")) < SILENT_S;
}

/* ---- building */

static void put_time(struct maker *maker, struct node *map, const char *key, int64_t seconds)
{
	char stamp[32];

	time_format(stamp, seconds);
	make_text(maker, map, key, stamp);
}

static struct node *own_entry(struct maker *maker, const struct session *session,
			      uint64_t operations)
{
	struct node *entry = node_map(maker->arena);
	char host[256] = "";

	gethostname(host, sizeof(host) - 1);
	make_text(maker, entry, "id", session->id);
	make_text(maker, entry, "program", program_invocation_short_name);
	make_int(maker, entry, "pid", getpid());
	make_int(maker, entry, "process_started", process_own_start_time());
	make_text(maker, entry, "host", host);
	make_text(maker, entry, "boot", process_boot_id());
	make_int(maker, entry, "namespace", process_namespace());
	make_entry(maker, entry, "landlock", node_bool(maker->arena, harden_has_files()));
	put_time(maker, entry, "started_at", session->started);
	put_time(maker, entry, "last_heartbeat", (int64_t)time(NULL));
	make_int(maker, entry, "operations_count", (int64_t)operations);
	return entry;
}

static struct node *ended_entry(struct maker *maker, struct node *entry, bool clean)
{
	struct node *ended = entry ? node_copy(maker->arena, entry) : NULL;

	make_entry(maker, ended, "clean_shutdown", node_bool(maker->arena, clean));
	return ended;
}

/* The live sessions but the own one; those that are gone go to the previous ones. */
static void sort_live(struct maker *maker, const struct session *session, const struct node *old,
		      struct node *live, struct node *previous)
{
	for (size_t i = 0; old && i < old->count; i++) {
		if (is_own(session, old->items[i]))
			continue;
		if (is_alive(old->items[i]))
			make_item(maker, live, old->items[i]);
		else
			make_item(maker, previous, ended_entry(maker, old->items[i], false));
	}
}

static void keep_previous(struct maker *maker, const struct session *session,
			  const struct node *old, struct node *previous)
{
	for (size_t i = 0; old && previous && i < old->count; i++)
		if (!is_own(session, old->items[i]))
			make_item(maker, previous, old->items[i]);
	if (previous && previous->count > session->previous)
		previous->count = session->previous; /* the newest come first */
}

static struct node *state(struct maker *maker, const struct session *session,
			  enum session_word word, uint64_t operations, const struct node *old)
{
	struct node *root = node_map(maker->arena), *live = node_list(maker->arena);
	struct node *previous = node_list(maker->arena);
	struct node *own = own_entry(maker, session, operations);

	if (word == SESSION_ENDS)
		make_item(maker, previous, ended_entry(maker, own, true));
	sort_live(maker, session, node_get(old, "live_sessions"), live, previous);
	if (word == SESSION_LIVES)
		make_item(maker, live, own);
	keep_previous(maker, session, node_get(old, "previous_sessions"), previous);
	if (live && live->count) /* who was heard of last */
		make_text(maker, root, "current_session", text(live->items[live->count - 1], "id"));
	else
		make_entry(maker, root, "current_session", node_null(maker->arena));
	make_entry(maker, root, "live_sessions", live);
	make_entry(maker, root, "previous_sessions", previous);
	return root;
}

int session_write(struct session *session, int directory, enum session_word word,
		  uint64_t operations)
{
	cleanup_document struct document *document = NULL;
	cleanup(arena_done) struct arena arena = {0};
	struct maker maker = {.arena = &arena};
	const struct node *root;
	int err = runtime_take(directory, SESSION_FILE, is_valid, &document);

	if (err < 0)
		return err;
	root = state(&maker, session, word, operations, document ? document->root : NULL);
	err = maker.err < 0 ? maker.err : runtime_replace(directory, SESSION_FILE, heading, root);
	if (err < 0)
		return err;
	session->written = true;
	session->ended = word == SESSION_ENDS;
	session->operations = operations;
	return 0;
}

/* ---- reading */

/* What the session's process has given up: by the kernel's word, but for what only it can know. */
static void show_hardening(struct maker *maker, struct node *shown, const struct node *entry)
{
	struct process_hardening process;
	struct node *list = node_list(maker->arena);
	const struct node *landlock = node_get(entry, "landlock");

	if (!process_hardening((pid_t)number(entry, "pid"), &process))
		return;
	if (process.no_new_privs)
		make_item(maker, list, node_string(maker->arena, "no_new_privs", 12));
	if (process.seccomp)
		make_item(maker, list, node_string(maker->arena, "seccomp", 7));
	if (node_is(landlock, NODE_BOOL) && landlock->boolean)
		make_item(maker, list, node_string(maker->arena, "landlock", 8));
	if (process.no_core)
		make_item(maker, list, node_string(maker->arena, "no_core_dumps", 13));
	make_entry(maker, shown, "hardening", list);
}

static struct node *shown_entry(struct maker *maker, const struct session *session,
				const struct node *entry, uint64_t operations)
{
	struct node *shown = node_deep_copy(maker->arena, entry);

	if (!shown)
		maker->err = -ENOMEM;
	else if (is_own(session, entry))
		make_int(maker, shown, "operations_count", (int64_t)operations);
	if (shown && number(entry, "namespace") == process_namespace() &&
	    streq(text(entry, "boot"), process_boot_id()))
		show_hardening(maker, shown, entry);
	if (shown) { /* what only tells processes apart, and what is said better */
		node_remove(shown, "landlock");
		node_remove(shown, "process_started");
		node_remove(shown, "boot");
		node_remove(shown, "namespace");
	}
	return shown;
}

struct node *session_list(const struct session *session, int directory, uint64_t operations,
			  struct arena *arena, int64_t *ret_uptime)
{
	cleanup_document struct document *document =
		runtime_read(directory, SESSION_FILE, is_valid);
	const struct node *live = document ? node_get(document->root, "live_sessions") : NULL;
	int64_t now = (int64_t)time(NULL), oldest = *session->id ? session->started : now;
	struct maker maker = {.arena = arena};
	struct node *list = node_list(arena);

	for (size_t i = 0; live && i < live->count; i++) {
		int64_t started = time_parse(text(live->items[i], "started_at"));

		if (!is_alive(live->items[i]))
			continue;
		if (started >= 0 && started < oldest)
			oldest = started;
		make_item(&maker, list, shown_entry(&maker, session, live->items[i], operations));
	}
	*ret_uptime = now - oldest;
	return maker.err == 0 ? list : NULL;
}
