/* Beginning, filling and ending a transaction; carrying it out is in txn_commit.c. */
#include "store/txn.h"

#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/limits.h"
#include "store/agents.h"
#include "store/bootstrap.h"
#include "store/external.h"
#include "store/lock.h"
#include "store/metrics.h"
#include "store/observe.h"
#include "store/recover.h"
#include "store/rendered.h"
#include "store/version.h"

/* Whether each part of a path is a name of its own: a history from elsewhere may hold others. */
static bool stays_inside(const char *path)
{
	size_t length;

	for (const char *at = path;; at += length + 1) {
		length = strcspn(at, "/");
		if (length == 0 || (length == 1 && *at == '.') ||
		    (length == 2 && memcmp(at, "..", 2) == 0))
			return false;
		if (!at[length])
			return true;
	}
}

bool txn_is_tracked(const char *path)
{
	static const char *const directories[] = {"base/", "personas/", "learned/"};
	static const char *const files[] = {".helios_version", ".gitignore", "settings.yaml"};

	if (!stays_inside(path))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(directories); i++)
		if (strncmp(path, directories[i], strlen(directories[i])) == 0)
			return true;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		if (streq(path, files[i]))
			return true;
	return false;
}

const char *source_name(enum helios_source source)
{
	static const char *const names[] = {"view", "mcp", "cli", "external", "recovery"};

	return names[source];
}

int home_writable(struct helios_home *home, struct helios_error *error)
{
	HOLD(&home->state);
	struct generation *generation;
	int err;

	if (home->generation_writable) {
		err = generation_check(home->generation, home->directory);
		return err < 0 ? helios_fail_errno(error, -err, home->path,
						   "cannot map .generation")
			       : 0;
	}
	err = version_check(home->directory, error);
	if (err == 0)
		err = bootstrap_heal(home, error);
	if (err < 0)
		return err;
	err = generation_open(home->directory, true, &generation, error);
	if (err < 0)
		return err;
	generation_close(home->generation);
	home->generation = generation;
	home->generation_writable = true;
	return 0;
}

void txn_make_id(char id[17])
{
	uint64_t random = 0;

	if (getrandom(&random, sizeof(random), 0) < 0)
		random = (uint64_t)time(NULL) << 20 ^ (uint64_t)getpid();
	snprintf(id, 17, "%016llx", (unsigned long long)random);
}

/* The home must still be where its path leads: not removed or replaced under a daemon. */
static int check_still_there(struct helios_home *home, struct helios_error *error)
{
	struct stat ours, there;

	if (fstat(home->directory, &ours) < 0 || stat(home->path, &there) < 0 ||
	    ours.st_dev != there.st_dev || ours.st_ino != there.st_ino)
		return helios_fail(error, HELIOS_HOME_MOVED,
				   &(struct helios_place){.file = home->path}, NULL,
				   "the home %s was removed or replaced", home->path);
	return 0;
}

/*
 * A git that only works on the index is waited for, and its lock is cleared when it turns out
 * to be dead; a merge or rebase is a person's to end.
 */
static int wait_for_git(const struct helios_home *home, struct helios_error *error)
{
	const struct timespec pause = {.tv_nsec = 5000000};
	int64_t begin = now_ms(), clear_at = LIMIT_DEAD_LOCK_MS;
	const char *busy;

	while ((busy = repo_busy(home->directory))) {
		if (now_ms() - begin >= clear_at) { /* looks at every process: not too often */
			repo_clear_leftovers(home->directory, NULL);
			clear_at += LIMIT_DEAD_LOCK_MS;
		}
		if (!strstr(busy, "index.lock") || now_ms() - begin >= LIMIT_LOCK_WAIT_MS)
			return helios_fail(error, HELIOS_GIT_BUSY, NULL, NULL,
					   "%s is under way in the home", busy);
		nanosleep(&pause, NULL);
	}
	return 0;
}

/* A person's git moves the branch without telling: what was read before is old then. */
static int notice_git(struct helios_home *home, struct helios_error *error)
{
	cleanup_served struct served_reference now = {.home = home};
	struct object_id head;
	int err = served_get(home, &now.served, error);

	if (err == 0)
		err = repo_head(home->repo, &head, error);
	if (err == 0 && !object_id_equal(&head, &now.served->head))
		generation_touch(home->generation);
	return err;
}

static int prepare(struct txn *txn, unsigned flags, struct helios_error *error)
{
	struct helios_home *home = txn->home;
	int err = home_writable(home, error);

	external_set_noticed(home); /* what follows looks, and reading inside must not begin anew */
	if (err == 0)
		err = recover_if_needed(home, error);
	if (err == 0)
		err = wait_for_git(home, error); /* before the state is read that the change is made to */
	if (err == 0)
		err = notice_git(home, error);
	if (err == 0 && !(flags & TXN_NO_EXTERNAL))
		err = external_take(txn, NULL, error);
	if (err == 0)
		err = served_get(home, &txn->served, error);
	return err;
}

int txn_begin(struct helios_home *home, const struct helios_client *client,
	      const char *operation, unsigned flags, struct txn *txn,
	      struct helios_error *error)
{
	int err;

	*txn = (struct txn){.home = home,
			    .client = client,
			    .lock = -1,
			    .mends = flags & TXN_MENDS,
			    .began_us = now_us()};
	txn_make_id(txn->id);
	err = check_still_there(home, error);
	if (err < 0)
		return err;
	pthread_mutex_lock(&home->writer);
	txn->lock = lock_acquire(home->directory, client, operation, error);
	err = txn->lock < 0 ? txn->lock : prepare(txn, flags, error);
	if (err == 0 && client && client->tool) /* also by what the person has only just written */
		err = agents_check(home, error);
	if (err < 0)
		txn_end(txn);
	return err;
}

static void free_file(struct txn_file *file)
{
	free(file->path);
	free(file->content);
}

void txn_free_files(struct txn *txn)
{
	for (size_t i = 0; i < txn->count; i++)
		free_file(&txn->files[i]);
	free(txn->files);
	free(txn->changes);
	txn->files = NULL;
	txn->changes = NULL;
	txn->count = 0;
}

void txn_end(struct txn *txn)
{
	struct helios_home *home = txn->home;
	bool changed = txn->changed;

	txn_free_files(txn);
	if (txn->served)
		served_unref(txn->home, txn->served);
	if (txn->lock >= 0)
		close(txn->lock);
	pthread_mutex_unlock(&home->writer);
	if (changed) {
		metrics_time(home->metrics, TIMING_CHANGES, now_us() - txn->began_us);
		observe_change(home);
		rendered_refresh(home);
	}
	*txn = (struct txn){.lock = -1};
}

/* The file's slot in the transaction: a path may be put more than once, the last one counts. */
static struct txn_file *slot(struct txn *txn, const char *path)
{
	struct txn_file *grown;

	for (size_t i = 0; i < txn->count; i++)
		if (streq(txn->files[i].path, path))
			return &txn->files[i];
	grown = realloc(txn->files, (txn->count + 1) * sizeof(*grown));
	if (!grown)
		return NULL;
	txn->files = grown;
	grown[txn->count] = (struct txn_file){.path = strdup(path)};
	return grown[txn->count].path ? &grown[txn->count++] : NULL;
}

static int set(struct txn *txn, const char *path, const char *bytes, size_t length, bool in_place,
	       struct helios_error *error)
{
	const struct repo_file *head;
	struct txn_file *file;
	char *copy;

	if (!stays_inside(path))
		return helios_fail(error, HELIOS_BAD_PATH, NULL, NULL,
				   "'%s' leads out of its directory", path);
	file = slot(txn, path);
	copy = bytes ? malloc(length + 1) : NULL;
	if (!file || (bytes && !copy)) {
		free(copy);
		return helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "cannot change %s", path);
	}
	if (copy) {
		memcpy(copy, bytes, length);
		copy[length] = '\0';
	}
	free(file->content);
	file->content = copy;
	file->length = length;
	file->in_place = in_place;
	file->tracked = txn_is_tracked(path);
	file->after = copy ? object_id_of_blob(copy, length) : (struct object_id){{0}};
	head = file->tracked && txn->served ? repo_files_find(&txn->served->files, path) : NULL;
	file->before = head ? head->id : (struct object_id){{0}};
	return 0;
}

/* What an untracked file holds now; only there the working file is the truth. */
static int note_untracked(struct txn *txn, const char *path, struct helios_error *error)
{
	struct txn_file *file = slot(txn, path);
	cleanup_buf struct buf text = {0};
	int err;

	if (file->tracked)
		return 0;
	err = file_read(txn->home->directory, path, LIMIT_TEXT, &text, NULL);
	if (err < 0 && err != -ENOENT && err != -EFBIG)
		return helios_fail_errno(error, -err, path, "cannot read %s", path);
	file->before = err == 0 ? object_id_of_blob(buf_text(&text), text.length)
				: (struct object_id){{0}};
	return 0;
}

static int put(struct txn *txn, const char *path, const char *bytes, size_t length,
	       struct helios_error *error)
{
	bool mends = txn->mends && external_check(txn->home, path, NULL) < 0;
	int err = mends ? 0 : external_check(txn->home, path, error);

	if (err == 0)
		err = set(txn, path, bytes, length, false, error);
	if (err == 0)
		err = note_untracked(txn, path, error);
	if (err == 0)
		slot(txn, path)->mends = mends;
	return err;
}

int txn_put(struct txn *txn, const char *path, const char *bytes, size_t length,
	    struct helios_error *error)
{
	return put(txn, path, bytes, length, error);
}

int txn_remove(struct txn *txn, const char *path, struct helios_error *error)
{
	return put(txn, path, NULL, 0, error);
}

void txn_leave(struct txn *txn, size_t index)
{
	free_file(&txn->files[index]);
	txn->count--;
	memmove(&txn->files[index], &txn->files[index + 1],
		(txn->count - index) * sizeof(*txn->files));
}

int txn_adopt(struct txn *txn, const char *path, const char *bytes, size_t length,
	      struct helios_error *error)
{
	return set(txn, path, bytes, length, true, error);
}
