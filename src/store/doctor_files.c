/* Checks of the home's directory, before anything of it is opened. */
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "base/file.h"
#include "store/doctor_private.h"
#include "store/quarantine.h"

/* ---- permissions: directories 0700, files 0600, all of it the caller's */

static void check_mode(struct examination *exam, int directory, const char *name, const char *shown,
		       const struct stat *st)
{
	mode_t wanted = S_ISDIR(st->st_mode) ? 0700 : 0600;
	char what[400];
	int err = -EAGAIN;

	if (S_ISLNK(st->st_mode))
		return;
	if (st->st_uid != geteuid()) {
		snprintf(what, sizeof(what), "%s belongs to another user", shown);
		if (exam->fix)
			err = fchownat(directory, name, geteuid(), (gid_t)-1, AT_SYMLINK_NOFOLLOW) <
					      0
				      ? -errno
				      : 0;
		examination_tell(exam, what, err, "give it to yourself with chown, as root");
	}
	if (!(st->st_mode & 077) && (st->st_mode & wanted) == wanted)
		return;
	snprintf(what, sizeof(what), "%s has the mode %03o", shown, st->st_mode & 0777);
	err = -EAGAIN;
	if (exam->fix)
		err = file_chmod(directory, name, wanted | (st->st_mode & 0700));
	examination_tell(exam, what, err, NULL);
}

/* The mode first: what cannot be entered cannot be looked through. */
static void walk_modes(struct examination *exam, int directory, const char *path)
{
	int fd = file_open_beneath(directory, path, O_RDONLY | O_DIRECTORY, 0);
	DIR *stream = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;

	if (!stream && fd >= 0)
		close(fd);
	while (stream && (entry = readdir(stream))) {
		char shown[320];
		struct stat st;

		if (streq(entry->d_name, ".") || streq(entry->d_name, "..") ||
		    streq(entry->d_name, "view"))
			continue;
		snprintf(shown, sizeof(shown), "%s%s%.250s", streq(path, ".") ? "" : path,
			 streq(path, ".") ? "" : "/", entry->d_name);
		if (file_stat(fd, entry->d_name, &st) < 0)
			continue;
		check_mode(exam, fd, entry->d_name, shown, &st);
		if (S_ISDIR(st.st_mode) && streq(path, ".") && !streq(entry->d_name, ".git"))
			walk_modes(exam, directory, entry->d_name);
	}
	if (stream)
		closedir(stream);
}

void check_permissions(struct examination *exam)
{
	struct stat st;

	if (fstat(exam->directory, &st) == 0)
		check_mode(exam, exam->directory, ".", "the home", &st);
	walk_modes(exam, exam->directory, ".");
}

/* ---- directories and files that must be plain */

static const char *const directories[] = {
	"base",	    "personas", "learned", "temporary", ".journal",
	".backups", ".scratch", ".views",  ".rejected", ".recovery",
};

static bool is_directory(const struct examination *exam, const char *path)
{
	struct stat st;

	return file_stat(exam->directory, path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* Opening the home for writing makes them, with what HEAD has: until then they are noted. */
void check_directories(struct examination *exam)
{
	for (size_t i = 0; i < ARRAY_SIZE(directories); i++) {
		char what[128];

		if (is_directory(exam, directories[i]))
			continue;
		exam->missing |= 1u << i;
		snprintf(what, sizeof(what), "%s is missing, or no directory", directories[i]);
		if (!exam->fix)
			examination_tell(exam, what, -EAGAIN, NULL);
	}
}

void check_made_directories(struct examination *exam)
{
	for (size_t i = 0; exam->fix && i < ARRAY_SIZE(directories); i++) {
		char what[128];

		if (!(exam->missing & 1u << i))
			continue;
		snprintf(what, sizeof(what), "%s was missing, or no directory", directories[i]);
		examination_tell(exam, what, is_directory(exam, directories[i]) ? 0 : -ENOTDIR,
				 "put a directory there; Helios follows no links");
	}
}

void check_made_repository(struct examination *exam)
{
	if (exam->fix && exam->no_repository)
		examination_tell(exam, ".git was missing", is_directory(exam, ".git") ? 0 : -ENOENT,
				 NULL);
}

static void check_plain(struct examination *exam, const char *path)
{
	char what[340];
	struct stat st;

	if (file_stat(exam->directory, path, &st) < 0 || S_ISREG(st.st_mode))
		return;
	snprintf(what, sizeof(what), "%s is no plain file", path);
	examination_tell(exam, what, exam->fix ? quarantine(exam->directory, path) : -EAGAIN, NULL);
}

void check_plain_files(struct examination *exam)
{
	static const char *const files[] = {
		".helios.lock",	       ".generation",	       ".active",
		".session_state.yaml", ".health_metrics.yaml",
	};
	int fd = file_open_beneath(exam->directory, ".journal", O_RDONLY | O_DIRECTORY, 0);
	DIR *stream = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;

	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		check_plain(exam, files[i]);
	if (!stream && fd >= 0)
		close(fd);
	while (stream && (entry = readdir(stream))) {
		char path[300];

		snprintf(path, sizeof(path), ".journal/%s", entry->d_name);
		if (entry->d_name[0] != '.')
			check_plain(exam, path);
	}
	if (stream)
		closedir(stream);
}

/* ---- the disk */

#define LITTLE_BYTES (16u << 20)

void check_space(struct examination *exam)
{
	struct statvfs st;
	char what[128];

	if (fstatvfs(exam->directory, &st) < 0)
		return;
	if (st.f_flag & ST_RDONLY)
		examination_tell(exam, "the file system is read-only", -EAGAIN,
				 "mount it for writing; reading works meanwhile");
	if ((uint64_t)st.f_bavail * st.f_frsize < LITTLE_BYTES) {
		snprintf(what, sizeof(what), "the disk is full: %llu KiB are left",
			 (unsigned long long)st.f_bavail * st.f_frsize / 1024);
		examination_tell(exam, what, -EAGAIN, "make room; changes are refused without");
	}
	if (st.f_files && st.f_favail < 64)
		examination_tell(exam, "the file system has no room for more files", -EAGAIN,
				 "remove some files; changes are refused without");
}

/* ---- .git */

void examination_tell_part(void *context, const char *what, int outcome)
{
	struct examination *exam = context;

	exam->damaged = exam->damaged || outcome == 0;
	examination_tell(exam, what, outcome == 0 ? -EAGAIN : outcome < 0 ? outcome : 0, NULL);
}

void check_repository(struct examination *exam)
{
	exam->no_repository = !is_directory(exam, ".git");
	if (exam->no_repository && !exam->fix)
		examination_tell(exam, ".git is missing", -EAGAIN, NULL);
	repo_mend(exam->directory, exam->fix, examination_tell_part, exam);
}

static void tell_object(void *context, const char *what, int outcome)
{
	struct examination *exam = context;

	exam->objects = exam->objects || outcome == 1;
	examination_tell_part(context, what, outcome);
}

void check_objects(struct examination *exam)
{
	repo_mend_packs(exam->directory, exam->fix, tell_object, exam);
	repo_mend_objects(exam->directory, exam->fix, tell_object, exam);
}

static void check_locks_in(struct examination *exam, const char *directory)
{
	int fd = file_open_beneath(exam->directory, directory, O_RDONLY | O_DIRECTORY, 0);
	DIR *stream = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;

	if (!stream && fd >= 0)
		close(fd);
	while (stream && (entry = readdir(stream))) {
		size_t length = strlen(entry->d_name);
		char what[400];
		struct stat st;
		int err = -EAGAIN;

		if (length < 5 || !streq(entry->d_name + length - 5, ".lock"))
			continue;
		snprintf(what, sizeof(what), "%s/%s is left over, or git is at work", directory,
			 entry->d_name);
		if (exam->fix) {
			repo_clear_leftovers(exam->directory, NULL);
			err = file_stat(fd, entry->d_name, &st) < 0 ? 0 : -EBUSY;
		}
		examination_tell(exam, what, err,
				 err == -EBUSY ? "end the git that works there" : NULL);
	}
	if (stream)
		closedir(stream);
}

void check_git_locks(struct examination *exam)
{
	check_locks_in(exam, ".git");
	check_locks_in(exam, ".git/refs/heads");
	check_locks_in(exam, ".git/refs/tags");
}
