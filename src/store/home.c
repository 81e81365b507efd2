/* Finding, opening and closing a home. Opening writes nothing. */
#include "store/home_private.h"

#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/limits.h"
#include "persona/schema.h"
#include "store/bootstrap.h"
#include "store/external.h"
#include "store/gc.h"
#include "store/layers.h"
#include "store/metrics.h"
#include "store/lock.h"
#include "store/migrate.h"
#include "store/rebuild.h"
#include "store/recover.h"
#include "store/txn.h"
#include "store/version.h"
#include "store/versions.h"

int helios_home_path(const char *dir, char **ret, struct helios_error *error)
{
	const char *home = getenv("HOME");
	const struct passwd *user;

	if (dir && !*dir) /* an unset variable must not mean another home */
		return helios_fail(error, HELIOS_USAGE, NULL, "name the home, or leave --dir out",
				   "--dir is empty");
	if (!dir)
		dir = getenv("HELIOS_DIR");
	if (dir && *dir) {
		*ret = strdup(dir);
		return *ret ? 0 : helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "no memory");
	}
	if (!home || !*home) {
		user = getpwuid(geteuid());
		home = user ? user->pw_dir : NULL;
	}
	if (!home)
		return helios_fail(error, HELIOS_NO_HOME, NULL, NULL,
				   "nothing says where your home directory is");
	if (asprintf(ret, "%s/.helios", home) < 0)
		return helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "no memory");
	return 0;
}

/* Others must not be able to change what an agent is told to be. */
static int check_owner(int directory, const char *path, struct helios_error *error)
{
	const struct helios_place place = {.file = path};
	struct stat st;

	if (fstat(directory, &st) < 0)
		return helios_fail_errno(error, errno, path, "cannot look at %s", path);
	if (st.st_uid != geteuid())
		return helios_fail(error, HELIOS_UNSAFE_HOME, &place, NULL,
				   "%s belongs to another user", path);
	if (st.st_mode & (S_IWGRP | S_IWOTH))
		return helios_fail(error, HELIOS_UNSAFE_HOME, &place,
				   "make it yours alone: chmod 700", "%s can be written by others",
				   path);
	return 0;
}

/* Opens the directory; 0 with *ret -1 when it is missing. */
static int open_directory(const char *path, int *ret, struct helios_error *error)
{
	*ret = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (*ret >= 0) {
		close(*ret);
		*ret = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	if (*ret < 0 && errno == ENOENT)
		return 0;
	if (*ret < 0)
		return helios_fail_errno(error, errno, path, "cannot open the home");
	return check_owner(*ret, path, error);
}

static bool has_history(const struct helios_home *home)
{
	struct stat st;

	return home->directory >= 0 &&
	       (file_stat(home->directory, ".git/HEAD", &st) == 0 || errno != ENOENT);
}

/* There is no .git: nothing is there, or the Python server's files, or it was removed. */
static int no_history(const struct helios_home *home, struct helios_error *error)
{
	const struct helios_place place = {.file = home->path};
	struct home_version version = {0};
	struct stat st;
	int err;

	if (home->directory < 0 || file_stat(home->directory, VERSION_FILE, &st) < 0)
		return helios_fail(error, HELIOS_NO_HOME, &place, NULL,
				   "there is no Helios home in %s", home->path);
	err = version_read(home->directory, &version, error);
	if (err < 0)
		return err;
	if (version.schema == 0)
		return helios_fail(error, HELIOS_OLD_HOME, &place, NULL,
				   "the home in %s was made by an older Helios", home->path);
	return helios_fail(error, HELIOS_GIT_DAMAGED, &place,
			   "'helios doctor --fix' makes it again from the journal and the files",
			   "the home in %s has no git repository", home->path);
}

static const struct helios_client healer = {.source = HELIOS_RECOVERY};

/* What is wrong with the parts of .git is mended by whoever meets it. */
static void mend_repository(struct helios_home *home)
{
	int lock = lock_acquire(home->directory, &healer, "mend", NULL);

	if (lock < 0)
		return;
	repo_mend(home->directory, true, repo_tell_mended, NULL);
	close(lock);
}

static bool is_git_there(int directory)
{
	struct stat st;

	return directory >= 0 && file_stat(directory, ".git", &st) == 0 && S_ISDIR(st.st_mode);
}

int home_check_ours(int directory, const char *path, struct helios_error *error)
{
	static const char *const ours[] = {VERSION_FILE, "base", "personas", ".journal"};

	if (!is_git_there(directory))
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(ours); i++)
		if (faccessat(directory, ours[i], F_OK, AT_SYMLINK_NOFOLLOW) == 0)
			return 0;
	return helios_fail(error, HELIOS_NO_HOME, &(struct helios_place){.file = path},
			   "--dir or HELIOS_DIR names another place",
			   "%s is the git repository of something else", path);
}

static int open_repository(struct helios_home *home, struct helios_error *error)
{
	struct helios_error why = {0};
	int err = repo_open(home->path, home->directory, &home->repo, &why);

	if (err == 0)
		return 0;
	if (why.code == HELIOS_GIT_DAMAGED || why.code == HELIOS_GIT_UNSAFE) {
		mend_repository(home);
		return repo_open(home->path, home->directory, &home->repo, error);
	}
	if (error)
		*error = why;
	return err;
}

static int open_parts(struct helios_home *home, bool make, struct helios_error *error)
{
	int err = open_directory(home->path, &home->directory, error);

	if (err == 0)
		err = home_check_ours(home->directory, home->path, error);
	if (err == 0 && !has_history(home) && is_git_there(home->directory))
		mend_repository(home);
	if (err == 0 && !has_history(home))
		err = make ? bootstrap_directories(home, error) : no_history(home, error);
	if (err == 0)
		err = open_repository(home, error);
	/* A home nobody has written to since it was copied has no counter, nor one whose disk lost
	 * it. */
	if (err == 0)
		generation_open(home->directory, false, &home->generation, NULL);
	return err;
}

int home_open(const char *path, bool make, struct helios_home **ret, struct helios_error *error)
{
	struct helios_home *home = calloc(1, sizeof(*home));
	int err;

	if (!home)
		return helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "cannot open the home");
	home->directory = home->watch = -1;
	pthread_mutex_init(&home->writer, NULL);
	pthread_mutex_init(&home->telling, NULL);
	pthread_mutex_init(&home->state, NULL);
	home->metrics = metrics_new();
	err = home->metrics ? file_absolute(path, &home->path) : -ENOMEM;
	if (err < 0)
		helios_fail_errno(error, -err, path, "cannot open the home");
	else
		err = open_parts(home, make, error);
	if (err < 0) {
		helios_close(home);
		return err;
	}
	*ret = home;
	return 0;
}

/* A home that was written to has a counter beside its journal, unless a disk lost it. */
static bool has_lost_counter(const struct helios_home *home)
{
	return !home->generation &&
	       faccessat(home->directory, ".journal", F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/*
 * What a dead process or a power cut left is mended before anything is read. Where that cannot be
 * (a disk that is read-only), what can be read is read all the same.
 */
static void recover_now(struct helios_home *home)
{
	struct txn txn;

	if ((has_lost_counter(home) || recover_is_needed(home)) &&
	    txn_begin(home, &healer, "recovery", TXN_NO_EXTERNAL, &txn, NULL) == 0)
		txn_end(&txn);
	if (!history_is_whole(home)) {
		mend_repository(home);
		repo_mend_packs(home->directory, true, repo_tell_mended, NULL);
		rebuild_history(home, NULL);
	}
}

int helios_open(const char *path, unsigned flags, struct helios_home **ret,
		struct helios_error *error)
{
	bool make = flags & HELIOS_CREATE, old = false;
	struct helios_home *home = NULL;
	int err = home_open(path, make, &home, error);

	if (err == 0)
		recover_now(home);
	if (err == 0 && make)
		err = bootstrap_if_empty(home, NULL, error);
	else if (err == 0)
		err = install_is_unadopted(home, &old, error);
	if (err == 0 && old) /* reading would show an empty home */
		err = helios_fail(error, HELIOS_OLD_HOME, &(struct helios_place){.file = path},
				  NULL, "the home in %s was made by an older Helios", path);
	if (err == 0 && make) /* what cannot be written can be read all the same */
		migrate(home, &healer, NULL, NULL);
	if (err < 0) {
		helios_close(home);
		return err;
	}
	*ret = home;
	return 0;
}

void helios_close(struct helios_home *home)
{
	if (!home)
		return;
	gc_stop(home);
	if (home->generation_writable &&
	    generation_uncheckpointed(home->generation) >= LIMIT_CHECKPOINT_OPS)
		helios_checkpoint(home, NULL);
	if (home->metrics)
		helios_leave(home);
	if (home->served)
		served_unref(home, home->served);
	version_cache_free(home->versions);
	document_cache_free(home->documents);
	set_aside_free(home->set_aside, home->set_aside_count);
	generation_close(home->generation);
	repo_close(home->repo);
	if (home->watch >= 0)
		close(home->watch);
	if (home->directory >= 0)
		close(home->directory);
	metrics_free(home->metrics);
	pthread_mutex_destroy(&home->writer);
	pthread_mutex_destroy(&home->telling);
	pthread_mutex_destroy(&home->state);
	for (size_t i = 0; i < CONFLICTS_KEPT; i++)
		free(home->conflicts[i]);
	free(home->project);
	free(home->problem_where);
	free(home->path);
	free(home);
}

const char *helios_path(const struct helios_home *home)
{
	return home->path;
}

uint64_t helios_generation(struct helios_home *home)
{
	HOLD(&home->state);

	if (!home->generation) /* another program may have written since we opened */
		generation_open(home->directory, false, &home->generation, NULL);
	else /* cut, removed or replaced: reading is not knowing then */
		generation_check(home->generation, home->directory);
	return generation_read(home->generation);
}

int helios_check_name(const char *name, struct helios_error *error)
{
	return schema_check_name(name, error);
}
