/* Reaching and replacing the file of client/link_place.h. */
#include "client/link_place.h"

#include <fcntl.h>
#include <libgen.h>
#include <limits.h>

#include "base/file.h"
#include "base/limits.h"

#define NEW_NAME ".helios-link.new"

static int open_step(int at, const char *name, bool strict)
{
	int fd;

	if (strict)
		return file_open_beneath(at, name, O_RDONLY | O_DIRECTORY, 0);
	fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* One directory further; the one before is closed. */
static int step(struct link_place *place, const char *name, bool make)
{
	int next = open_step(place->directory, name, place->strict);

	if (next == -ENOENT && make) {
		if (mkdirat(place->directory, name, 0755) < 0 && errno != EEXIST)
			return -errno;
		place->made++;
		next = open_step(place->directory, name, place->strict);
	}
	close(place->directory);
	place->directory = next;
	return next < 0 ? next : 0;
}

static int look(struct link_place *place)
{
	place->there = fstatat(place->directory, place->name, &place->st, AT_SYMLINK_NOFOLLOW) == 0;
	return place->there || errno == ENOENT ? 0 : -errno;
}

static int walk(struct link_place *place, char *path, bool make)
{
	char *slash;
	int err = 0;

	while (err == 0 && (slash = strchr(path, '/'))) {
		*slash = '\0';
		err = step(place, path, make);
		path = slash + 1;
	}
	if (err < 0)
		return err;
	snprintf(place->name, sizeof(place->name), "%s", path);
	return look(place);
}

int link_place_open(const char *root, const char *path, bool strict, bool make,
		    struct link_place *ret, struct helios_error *error)
{
	cleanup_free char *copy = strdup(path);
	int err;

	*ret = (struct link_place){.strict = strict};
	ret->directory = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	err = ret->directory < 0 ? -errno : copy ? walk(ret, copy, make) : -ENOMEM;
	if (err == -ENOENT && !make) {
		ret->directory = -1;
		return 0;
	}
	if (err == -ELOOP)
		return helios_fail(error, HELIOS_IO, &(struct helios_place){.file = path},
				   "a project's files are not written through symbolic links",
				   "%s in %s leads through a symbolic link", path, root);
	return err < 0 ? helios_fail_errno(error, -err, path, "cannot get to %s in %s", path, root)
		       : 0;
}

void link_place_done(struct link_place *place)
{
	if (place->directory >= 0)
		close(place->directory);
	place->directory = -1;
}

int link_place_follow(struct link_place *place, struct helios_error *error)
{
	char way[300];
	cleanup_free char *whole = NULL, *copy = NULL;
	int directory;

	if (!place->there || !S_ISLNK(place->st.st_mode))
		return 0;
	if (place->strict)
		return helios_fail(error, HELIOS_IO, &(struct helios_place){.file = place->name},
				   "a project's files are not written through symbolic links",
				   "%s is a symbolic link", place->name);
	snprintf(way, sizeof(way), "/proc/self/fd/%d/%s", place->directory, place->name);
	whole = realpath(way, NULL);
	copy = whole ? strdup(whole) : NULL;
	directory = copy ? open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	if (directory < 0)
		return helios_fail_errno(error, errno, place->name, "%s leads nowhere",
					 place->name);
	link_place_done(place);
	place->directory = directory;
	snprintf(place->name, sizeof(place->name), "%s", strrchr(whole, '/') + 1);
	return look(place) < 0 ? helios_fail_errno(error, errno, place->name, "cannot look") : 0;
}

int link_place_read(const struct link_place *place, struct buf *out, struct helios_error *error)
{
	int err = file_read(place->directory, place->name, 4 * LIMIT_TEXT, out, NULL);

	return err < 0 ? helios_fail_errno(error, -err, place->name, "cannot read %s", place->name)
		       : 0;
}

static int write_new(const struct link_place *place, const struct buf *text)
{
	cleanup_fd int fd =
		file_open_beneath(place->directory, NEW_NAME, O_WRONLY | O_CREAT | O_EXCL, 0600);
	mode_t mode = place->there ? place->st.st_mode & 07777 : 0644;
	int err = fd < 0 ? fd : file_write_all(fd, buf_text(text), text->length);

	if (err == 0 && (fchmod(fd, mode) < 0 || fsync(fd) < 0))
		err = -errno;
	return err;
}

/* Whether the file is still what was looked at: a person may have saved it since. */
static bool is_same(const struct link_place *place)
{
	struct stat now;
	bool there = fstatat(place->directory, place->name, &now, AT_SYMLINK_NOFOLLOW) == 0;

	return there == place->there &&
	       (!there || (now.st_ino == place->st.st_ino && now.st_size == place->st.st_size &&
			   now.st_mtim.tv_sec == place->st.st_mtim.tv_sec &&
			   now.st_mtim.tv_nsec == place->st.st_mtim.tv_nsec));
}

/* Renames what was made aside over the file. */
static int put(const struct link_place *place, int err, struct helios_error *error)
{
	if (err == 0 && !is_same(place)) {
		unlinkat(place->directory, NEW_NAME, 0);
		return helios_fail(error, HELIOS_CONFLICT,
				   &(struct helios_place){.file = place->name}, "try again",
				   "%s was changed at the same moment", place->name);
	}
	if (err == 0 && renameat(place->directory, NEW_NAME, place->directory, place->name) < 0)
		err = -errno;
	if (err == 0 && fsync(place->directory) < 0)
		err = -errno;
	if (err == 0)
		return 0;
	unlinkat(place->directory, NEW_NAME, 0);
	return helios_fail_errno(error, -err, place->name, "cannot write %s", place->name);
}

int link_place_write(const struct link_place *place, const struct buf *text,
		     struct helios_error *error)
{
	unlinkat(place->directory, NEW_NAME, 0); /* of one that was killed */
	return put(place, write_new(place, text), error);
}

int link_place_symlink(const struct link_place *place, const char *target,
		       struct helios_error *error)
{
	unlinkat(place->directory, NEW_NAME, 0);
	return put(place, symlinkat(target, place->directory, NEW_NAME) < 0 ? -errno : 0, error);
}

int link_place_remove(const char *root, const char *path, const struct link_place *place,
		      size_t made, struct helios_error *error)
{
	cleanup_free char *way = strdup(path);

	if (unlinkat(place->directory, place->name, 0) < 0 && errno != ENOENT)
		return helios_fail_errno(error, errno, path, "cannot remove %s", path);
	for (char *slash; made && way && (slash = strrchr(way, '/')); made--) {
		struct link_place parent;
		int err;

		*slash = '\0';
		if (link_place_open(root, way, place->strict, false, &parent, NULL) < 0)
			break;
		err = parent.directory < 0 ||
		      unlinkat(parent.directory, parent.name, AT_REMOVEDIR) < 0;
		link_place_done(&parent);
		if (err)
			break;
	}
	return 0;
}
