/* Sessions and counts of a home; see store/observe.h. */
#include "store/observe.h"

#include <time.h>

#include "store/runtime.h"
#include "store/settings.h"
#include "store/txn.h"

/* The lock is held for a fraction of a millisecond; who waits longer waits for a stopped program.
 */
#define WAIT_MS 1000
#define WAIT_IN_CHANGE_MS 50

static uint64_t operations(const struct helios_home *home)
{
	return metrics_own(home->metrics, METRIC_OPERATIONS);
}

/* Whether this program has changed anything, or has tried to. */
static bool is_writer(struct helios_home *home)
{
	HOLD(&home->state);

	return home->generation_writable;
}

static struct node *list_sessions(const struct helios_home *home, struct arena *arena,
				  int64_t *ret_uptime)
{
	return session_list(&home->session, home->directory, operations(home), arena, ret_uptime);
}

int64_t observe_uptime(struct helios_home *home)
{
	cleanup(arena_done) struct arena arena = {0};
	int64_t uptime;

	list_sessions(home, &arena, &uptime);
	return uptime;
}

/* Writes what is new; of the session only where that is wanted. With home->telling held. */
static void write_down(struct helios_home *home, bool session, enum session_word word,
		       int64_t wait_ms)
{
	bool counts = metrics_are_new(home->metrics);
	cleanup_fd int lock = -1;

	if (session || counts)
		lock = runtime_lock(home->directory, wait_ms);
	if (lock < 0)
		return;
	if (session)
		session_write(&home->session, home->directory, word, operations(home));
	if (counts)
		metrics_write(home->metrics, home->directory, observe_uptime(home));
}

static bool session_is_due(const struct session *session, uint64_t operations)
{
	return session->wanted && !session->ended &&
	       (!session->written || operations != session->operations);
}

void observe_change(struct helios_home *home)
{
	HOLD(&home->telling);
	struct session *session = &home->session;

	if (!*session->id || session->wanted)
		return;
	session->wanted = true;
	session->previous = settings_sessions_kept(home);
	write_down(home, true, SESSION_LIVES, WAIT_IN_CHANGE_MS);
}

static bool is_document(const char *path)
{
	return strncmp(path, "base/", 5) == 0 || strncmp(path, "personas/", 9) == 0;
}

void observe_commit(const struct txn *txn, int64_t git_us)
{
	struct metrics *metrics = txn->home->metrics;
	uint64_t documents = 0;

	for (size_t i = 0; i < txn->count; i++)
		documents += txn->files[i].content && is_document(txn->files[i].path);
	metrics_count(metrics, METRIC_COMMITS, 1);
	metrics_count(metrics, METRIC_VALIDATIONS, documents); /* else none comes so far */
	metrics_time(metrics, TIMING_GIT, git_us);
}

void observe_tick(struct helios_home *home)
{
	HOLD(&home->telling);

	write_down(home, session_is_due(&home->session, operations(home)), SESSION_LIVES, WAIT_MS);
}

struct node *observe_sessions(struct helios_home *home, struct arena *arena)
{
	int64_t uptime;

	return list_sessions(home, arena, &uptime);
}

void observe_values(struct helios_home *home, struct metric_values *ret)
{
	metrics_read(home->metrics, home->directory, ret);
}

struct node *observe_health(struct helios_home *home, struct arena *arena)
{
	struct metric_values values;

	observe_values(home, &values);
	return metrics_node(&values, observe_uptime(home), arena);
}

const char *helios_session_begin(struct helios_home *home, bool now)
{
	pthread_mutex_lock(&home->telling);
	if (!*home->session.id) {
		txn_make_id(home->session.id);
		home->session.started = (int64_t)time(NULL);
	}
	pthread_mutex_unlock(&home->telling);
	if (now && home_writable(home, NULL) == 0)
		observe_change(home);
	return home->session.id;
}

void helios_note_operation(struct helios_home *home, const struct helios_error *failure)
{
	metrics_count(home->metrics, METRIC_OPERATIONS, 1);
	if (failure)
		metrics_fail(home->metrics, failure->code);
}

void helios_note_tool(struct helios_home *home, int64_t microseconds)
{
	metrics_time(home->metrics, TIMING_TOOLS, microseconds);
}

void helios_leave(struct helios_home *home)
{
	HOLD(&home->telling);
	const struct session *session = &home->session;

	if (is_writer(home))
		write_down(home, session->written && !session->ended, SESSION_ENDS, WAIT_MS);
}
