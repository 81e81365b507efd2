/*
 * Noticing changes: one inotify descriptor on what other programs touch, and the refresh that
 * follows. The kernel's events only say "look again"; what is true is read from the files.
 */
#include <fcntl.h>
#include <limits.h>
#include <sys/inotify.h>
#include <time.h>

#include "base/limits.h"
#include "store/external.h"
#include "store/recover.h"
#include "store/rendered.h"
#include "store/temporary.h"

#define LOOKED_AHEAD_S 3600 /* no timer is longer: the clock may be set */

static int add_watches(const struct helios_home *home, int watch)
{
	static const struct {
		const char *path;
		bool required;
	} places[] = {
		{".", true},
		{"base", true},
		{"personas", true},
		{"learned", false},
		{TEMPORARY_DIRECTORY, false},
		{".git", true},
		{".git/refs/heads", true},
		{REJECTED_DIRECTORY, false},
	};
	const uint32_t events = IN_CLOSE_WRITE | IN_MODIFY | IN_MOVED_TO | IN_MOVED_FROM |
				IN_CREATE | IN_DELETE | IN_ONLYDIR;

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		char path[PATH_MAX];

		snprintf(path, sizeof(path), "%s/%s", home->path, places[i].path);
		if (inotify_add_watch(watch, path, events) < 0 && places[i].required)
			return -errno;
	}
	return 0;
}

int helios_watch(struct helios_home *home, struct helios_error *error)
{
	HOLD(&home->state);
	int watch, err;

	if (home->watch >= 0)
		return home->watch;
	watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	err = watch < 0 ? -errno : add_watches(home, watch);
	if (err < 0) {
		if (watch >= 0)
			close(watch);
		return helios_fail_errno(error, -err, home->path, "cannot watch the home");
	}
	home->watch = watch;
	return watch;
}

static void drain(int watch)
{
	char events[16384] __attribute__((aligned(__alignof__(struct inotify_event))));

	while (watch >= 0 && read(watch, events, sizeof(events)) > 0)
		;
}

/* git may have moved HEAD without us: the counter must say so to every cache. */
static void notice_head(struct helios_home *home)
{
	struct object_id head, served = {{0}};
	bool known = false;

	pthread_mutex_lock(&home->state);
	if (home->served) {
		served = home->served->head;
		known = true;
	}
	pthread_mutex_unlock(&home->state);
	if (known && repo_head(home->repo, &head, NULL) == 0 && !object_id_equal(&head, &served) &&
	    home_writable(home, NULL) == 0) {
		generation_touch(home->generation);
		rendered_refresh(home);
	}
}

/* Of the overlays' names and texts; an unreadable one counts by what is wrong with it. */
static struct object_id digest_of(const struct temporaries *list)
{
	cleanup_buf struct buf all = {0};

	for (size_t i = 0; i < list->count; i++) {
		const struct temporary *temporary = &list->items[i];

		buf_addf(&all, "%s\n", temporary->path);
		if (temporary->document)
			buf_add(&all, temporary->document->text, temporary->document->length);
		else
			buf_addstr(&all, temporary->fault.message);
	}
	return object_id_of_blob(buf_text(&all), all.length);
}

/*
 * An overlay's end is a change nobody makes, and one that is made by hand is in no transaction: the
 * counter must say so. Milliseconds to the next end, or -1.
 */
static int notice_overlays(struct helios_home *home)
{
	cleanup(temporaries_done) struct temporaries list = {0};
	int64_t now = (int64_t)time(NULL), ended, next = 0;
	struct object_id digest;
	bool differ, first;

	if (temporaries_list(home, &list, NULL) < 0)
		return -1;
	digest = digest_of(&list);
	for (size_t i = 0; i < list.count; i++)
		if (temporary_is_in_force(&list.items[i], now) &&
		    (!next || list.items[i].expires < next))
			next = list.items[i].expires;
	pthread_mutex_lock(&home->state);
	ended = home->overlay_ends;
	home->overlay_ends = next;
	first = object_id_is_zero(&home->overlays);
	differ = !first && !object_id_equal(&home->overlays, &digest);
	home->overlays = digest;
	pthread_mutex_unlock(&home->state);
	differ |= ended && ended <= now;
	if (differ && home_writable(home, NULL) == 0)
		generation_touch(home->generation);
	if (differ || first) /* one may have ended while no program looked */
		rendered_refresh(home);
	return !next ? -1 : (int)(next - now < LOOKED_AHEAD_S ? next - now : LOOKED_AHEAD_S) * 1000;
}

/* A transaction alone: it recovers and takes what waits. */
static int begin_and_end(struct helios_home *home, struct helios_error *error)
{
	static const struct helios_client refresher = {.source = HELIOS_RECOVERY};
	struct txn txn;
	int err = txn_begin(home, &refresher, "refresh", 0, &txn, error);

	if (err == 0)
		txn_end(&txn);
	return err;
}

int helios_refresh(struct helios_home *home, int *ret_again_ms, struct helios_error *error)
{
	bool waiting = false, unquiet = false, first = external_set_noticed(home);
	int err = 0, expiry;

	drain(home->watch);
	if (ret_again_ms)
		*ret_again_ms = -1;
	if (recover_is_needed(home)) /* before anything is read that may be torn */
		err = begin_and_end(home, error);
	if (err < 0)
		return err;
	notice_head(home);
	err = external_look(home, &waiting, &unquiet, error);
	expiry = notice_overlays(home);
	if (ret_again_ms)
		*ret_again_ms = unquiet ? LIMIT_QUIET_MS : expiry;
	/* of what was before the watch, or is without one, no later sign will tell */
	if (err < 0 || (!waiting && !(unquiet && (first || home->watch < 0))))
		return err;
	return begin_and_end(home, error);
}
