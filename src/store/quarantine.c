/* The moves of store/quarantine.h. */
#include "store/quarantine.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/file.h"
#include "store/mended.h"
#include "store/txn.h"

#define ASIDE 400 /* bytes of a name in .recovery */

static bool is_directory(int directory, const char *path)
{
	struct stat st;

	return file_stat(directory, path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* What is kept is nobody else's, as far as we may say so. */
static void make_private(int directory, const char *path, const struct stat *st)
{
	if (S_ISLNK(st->st_mode) ||
	    file_chmod(directory, path, S_ISDIR(st->st_mode) ? 0700 : 0600) < 0)
		return;
}

/* aside is where it went. */
static int move(int directory, const char *path, char aside[ASIDE])
{
	const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	bool own = is_directory(directory, RECOVERY_DIRECTORY);
	char id[17];
	struct stat st;

	if (!own && !streq(path, RECOVERY_DIRECTORY) &&
	    file_mkdir(directory, RECOVERY_DIRECTORY) < 0)
		return -errno;
	own = is_directory(directory, RECOVERY_DIRECTORY);
	if (file_stat(directory, path, &st) < 0)
		return -errno;
	make_private(directory, path, &st);
	txn_make_id(id);
	snprintf(aside, ASIDE, "%s%s-%s-%.300s", own ? RECOVERY_DIRECTORY "/" : "",
		 own ? "damaged" : ".recovery-damaged", id, name);
	return file_rename(directory, path, aside, RENAME_NOREPLACE) < 0 ? -errno : 0;
}

int quarantine(int directory, const char *path)
{
	char aside[ASIDE];
	int err = move(directory, path, aside);

	if (err == 0)
		mended_tell("%s was not as it must be; it is kept as %s", path, aside);
	return err;
}

int quarantine_unwanted(int directory, const char *path)
{
	char aside[ASIDE];

	return move(directory, path, aside);
}

int quarantine_make_directory(int directory, const char *path)
{
	struct stat st;
	int err;

	if (file_mkdir(directory, path) == 0)
		return 1;
	if (errno != EEXIST)
		return -errno;
	if (file_stat(directory, path, &st) < 0 || S_ISDIR(st.st_mode))
		return 0;
	err = S_ISLNK(st.st_mode) ? -ELOOP : quarantine(directory, path);
	if (err < 0)
		return err;
	return file_mkdir(directory, path) < 0 ? -errno : 1;
}
