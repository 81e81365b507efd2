/* Names that went away; see fs/away.h. */
#include "fs/away.h"

#include "fs/problem.h"
#include "fs/watch.h"

#define AWAYS 64
#define AWAY_MS 2000

struct aways {
	pthread_mutex_t mutex;
	struct away list[AWAYS];
	atomic_uint_fast64_t changes;
};

int aways_new(struct fs *fs)
{
	fs->aways = calloc(1, sizeof(*fs->aways));
	if (!fs->aways)
		return -ENOMEM;
	pthread_mutex_init(&fs->aways->mutex, NULL);
	return 0;
}

void away_done(struct away *away)
{
	helios_text_unref(away->stored);
	*away = (struct away){0};
}

void aways_free(struct fs *fs)
{
	if (!fs->aways)
		return;
	for (size_t i = 0; i < AWAYS; i++)
		away_done(&fs->aways->list[i]);
	pthread_mutex_destroy(&fs->aways->mutex);
	free(fs->aways);
	fs->aways = NULL;
}

static struct away *find(struct fs *fs, const struct name *name)
{
	for (size_t i = 0; i < AWAYS; i++) {
		struct away *at = &fs->aways->list[i];

		if (at->kind && name_equal(&at->name, name))
			return at;
	}
	return NULL;
}

/* A slot for a new entry; what waits longest gives way, but never what only we still know of. */
static struct away *find_room(struct fs *fs)
{
	struct away *room = NULL;

	for (size_t i = 0; i < AWAYS; i++) {
		struct away *at = &fs->aways->list[i];

		if (!at->kind)
			return at;
		if (at->kind != AWAY_HIDDEN && (!room || at->until < room->until))
			room = at;
	}
	return room;
}

bool away_add(struct fs *fs, const struct away *away)
{
	struct away *slot;
	bool room;

	pthread_mutex_lock(&fs->aways->mutex);
	slot = find(fs, &away->name);
	room = slot != NULL;
	if (slot && away->kind == AWAY_EMPTIED && slot->kind != AWAY_EMPTIED) {
		slot = NULL; /* it went away as a whole: that says more */
	} else if (!slot) {
		slot = find_room(fs);
		room = slot != NULL;
	}
	if (slot) {
		away_done(slot);
		*slot = *away;
		slot->stored = away->stored ? helios_text_ref(away->stored) : NULL;
		slot->until = now_ms() + AWAY_MS;
	}
	atomic_fetch_add(&fs->aways->changes, 1);
	pthread_mutex_unlock(&fs->aways->mutex);
	watch_wake(fs);
	return room;
}

uint64_t away_changes(struct fs *fs)
{
	return atomic_load(&fs->aways->changes);
}

bool away_hides(struct fs *fs, const struct name *name)
{
	const struct away *away;
	bool hides;

	pthread_mutex_lock(&fs->aways->mutex);
	away = find(fs, name);
	hides = away && away->kind == AWAY_HIDDEN;
	pthread_mutex_unlock(&fs->aways->mutex);
	return hides;
}

bool away_claim(struct fs *fs, const struct name *name)
{
	struct away *away;
	bool claimed;

	pthread_mutex_lock(&fs->aways->mutex);
	away = find(fs, name);
	claimed = away && (away->kind == AWAY_HIDDEN || away->claimed || now_ms() < away->until);
	if (claimed)
		away->claimed = true;
	pthread_mutex_unlock(&fs->aways->mutex);
	return claimed;
}

void away_release(struct fs *fs, const struct name *name)
{
	struct away *away;

	pthread_mutex_lock(&fs->aways->mutex);
	away = find(fs, name);
	if (away && away->claimed) {
		away->claimed = false;
		away->until = now_ms() + AWAY_MS;
	}
	pthread_mutex_unlock(&fs->aways->mutex);
	if (away)
		watch_wake(fs);
}

struct away away_get(struct fs *fs, const struct name *name)
{
	struct away copy = {0};
	const struct away *away;

	pthread_mutex_lock(&fs->aways->mutex);
	away = find(fs, name);
	if (away && away->claimed) {
		copy = *away;
		copy.stored = away->stored ? helios_text_ref(away->stored) : NULL;
	}
	pthread_mutex_unlock(&fs->aways->mutex);
	return copy;
}

/* What was hidden shows again. */
static void show_refused(struct away *away)
{
	away->kind = AWAY_REFUSED;
	away->claimed = false;
	away->until = now_ms() + AWAY_MS;
}

bool away_refuse(struct fs *fs, const struct name *name, struct away *ret)
{
	struct away *away;
	bool removed;

	pthread_mutex_lock(&fs->aways->mutex);
	away = find(fs, name);
	removed = away && away->kind == AWAY_REMOVED && away->claimed;
	if (removed) {
		*ret = *away;
		*away = (struct away){0};
	} else if (away && away->kind == AWAY_HIDDEN) {
		show_refused(away);
	}
	atomic_fetch_add(&fs->aways->changes, 1);
	pthread_mutex_unlock(&fs->aways->mutex);
	return removed;
}

bool away_hide_refused(struct fs *fs, const struct name *name)
{
	struct away *away;
	bool hidden;

	pthread_mutex_lock(&fs->aways->mutex);
	away = find(fs, name);
	hidden = away && away->kind == AWAY_REFUSED && now_ms() < away->until;
	if (hidden) {
		away->kind = AWAY_HIDDEN;
		away->until = now_ms() + AWAY_MS;
		atomic_fetch_add(&fs->aways->changes, 1);
	}
	pthread_mutex_unlock(&fs->aways->mutex);
	if (hidden)
		watch_wake(fs);
	return hidden;
}

bool away_take_emptied(struct fs *fs, const struct name *name)
{
	struct away *away;
	bool emptied;

	pthread_mutex_lock(&fs->aways->mutex);
	away = find(fs, name);
	emptied = away && away->kind == AWAY_EMPTIED && now_ms() < away->until;
	if (emptied)
		away_done(away);
	pthread_mutex_unlock(&fs->aways->mutex);
	return emptied;
}

void away_drop(struct fs *fs, const struct name *name)
{
	struct away *away;

	pthread_mutex_lock(&fs->aways->mutex);
	away = find(fs, name);
	if (away) {
		away_done(away);
		atomic_fetch_add(&fs->aways->changes, 1);
	}
	pthread_mutex_unlock(&fs->aways->mutex);
}

static void remove_hidden(struct fs *fs, const struct name *name)
{
	const struct helios_client client = client_of(fs, NULL);
	struct helios_error why = {0};
	int err = helios_remove(fs->home, &client, name->persona, &why);

	helios_note_operation(fs->home, err < 0 ? &why : NULL);
	if (err < 0)
		problem_set(fs, name, &why); /* and the name is there again */
	watch_changed(fs);
}

/* Takes one entry whose time is up out of the list. */
static struct away take_due(struct fs *fs, bool all, int64_t *next)
{
	struct away due = {0};

	pthread_mutex_lock(&fs->aways->mutex);
	for (size_t i = 0; i < AWAYS && !due.kind; i++) {
		struct away *at = &fs->aways->list[i];

		if (!at->kind || (at->claimed && !all))
			continue;
		if (all || now_ms() >= at->until) {
			due = *at;
			*at = (struct away){0};
			atomic_fetch_add(&fs->aways->changes, 1);
		} else if (*next < 0 || at->until < *next) {
			*next = at->until;
		}
	}
	pthread_mutex_unlock(&fs->aways->mutex);
	return due;
}

int aways_expire(struct fs *fs, bool all)
{
	int64_t next = -1, wait;

	for (;;) {
		struct away due = take_due(fs, all, &next);

		if (!due.kind)
			break;
		if (due.kind == AWAY_HIDDEN && !due.claimed)
			remove_hidden(fs, &due.name);
		away_done(&due);
	}
	if (next < 0)
		return -1;
	wait = next - now_ms();
	return wait > 0 ? (int)wait : 0;
}
