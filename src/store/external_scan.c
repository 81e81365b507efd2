/* The scan of store/external_scan.h: a stat a file, and a read where the index does not know it. */
#include "store/external_scan.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <time.h>

#include "base/file.h"
#include "base/limits.h"
#include "store/txn.h"

struct scan {
	struct helios_home *home;
	const struct served *served;
	struct findings found;
	bool *seen; /* by index in served->files */
};

void findings_done(struct findings *findings)
{
	for (size_t i = 0; i < findings->count; i++) {
		free(findings->entries[i].path);
		free(findings->entries[i].content);
	}
	free(findings->entries);
	*findings = (struct findings){0};
}

/* Takes over content. */
static int report(struct scan *scan, enum finding_kind kind, const char *path, struct buf *content,
		  struct object_id id)
{
	struct finding *grown =
		realloc(scan->found.entries, (scan->found.count + 1) * sizeof(*grown));
	struct finding *finding;

	if (!grown)
		return -ENOMEM;
	scan->found.entries = grown;
	finding = &grown[scan->found.count++];
	*finding = (struct finding){.kind = kind, .path = strdup(path), .id = id};
	if (content) {
		finding->length = content->length;
		finding->content = buf_take(content);
	}
	return finding->path && (!content || finding->content) ? 0 : -ENOMEM;
}

static bool is_young(struct timespec changed)
{
	struct timespec now;
	int64_t age;

	clock_gettime(CLOCK_REALTIME, &now);
	age = (now.tv_sec - changed.tv_sec) * 1000 + (now.tv_nsec - changed.tv_nsec) / 1000000;
	return age >= 0 && age < LIMIT_QUIET_MS; /* a time in the future is a clock's fault */
}

static int look_at_content(struct scan *scan, const char *path, const struct repo_file *head)
{
	cleanup_buf struct buf text = {0};
	struct object_id id;
	struct stat st;
	int err = file_read(scan->home->directory, path, LIMIT_TEXT, &text, &st);

	if (err == -ENOENT)
		return 0; /* gone since: the next look decides */
	if (err == -EFBIG)
		return report(scan, FOUND_ODD, path, NULL, (struct object_id){{0}});
	if (err < 0)
		return err;
	id = object_id_of_blob(buf_text(&text), text.length);
	if (head && object_id_equal(&id, &head->id))
		return report(scan, FOUND_STALE, path, NULL, id);
	if (is_young(st.st_mtim) || is_young(st.st_ctim) ||
	    file_has_writer(scan->home->directory, path))
		return report(scan, FOUND_UNQUIET, path, NULL, id);
	return report(scan, FOUND_EDIT, path, &text, id);
}

/* name is path's last part, in the open directory: that is looked up quicker. */
static int look_at(struct scan *scan, const char *path, int directory, const char *name)
{
	const struct repo_file *head = repo_files_find(&scan->served->files, path);
	struct stat st;

	if (file_stat(directory, name, &st) < 0)
		return errno == ENOENT ? 0 : -errno; /* that is a removal, perhaps */
	if (head)
		scan->seen[head - scan->served->files.entries] = true;
	if (!S_ISREG(st.st_mode))
		return report(scan, FOUND_ODD, path, NULL, (struct object_id){{0}});
	if (head && repo_index_knows(scan->home->repo, path, &st, &head->id))
		return 0;
	return look_at_content(scan, path, head);
}

static bool is_document(const char *name)
{
	size_t length = strlen(name);

	return name[0] != '.' && name[0] != '#' && length > 5 && streq(name + length - 5, ".yaml");
}

/* A directory that is missing as a whole is damage, not a removal of all that was in it. */
static void forgive_missing(struct scan *scan, const char *directory)
{
	size_t length = strlen(directory);

	for (size_t i = 0; i < scan->served->files.count; i++)
		if (strncmp(scan->served->files.entries[i].path, directory, length) == 0 &&
		    scan->served->files.entries[i].path[length] == '/')
			scan->seen[i] = true;
}

static int scan_directory(struct scan *scan, const char *directory)
{
	int fd = file_open_beneath(scan->home->directory, directory, O_RDONLY | O_DIRECTORY, 0);
	DIR *stream = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;
	int err = 0;

	if (!stream) {
		if (fd >= 0)
			close(fd);
		forgive_missing(scan, directory);
		return fd == -ENOENT || fd == -ELOOP || fd == -ENOTDIR ? 0 : fd >= 0 ? -ENOMEM : fd;
	}
	while (err == 0 && (errno = 0, entry = readdir(stream))) {
		char path[NAME_MAX * 2];

		if (!is_document(entry->d_name))
			continue;
		snprintf(path, sizeof(path), "%s/%s", directory, entry->d_name);
		err = look_at(scan, path, fd, entry->d_name);
	}
	if (err == 0 && errno)
		err = -errno; /* an error is not the end of the directory */
	closedir(stream);
	return err;
}

/* When the directory a removal happened in was changed last. */
static bool removed_just_now(struct scan *scan, const char *path)
{
	cleanup_free char *directory = strdup(path);
	struct stat st;
	char *slash;

	if (!directory)
		return false;
	slash = strchr(directory, '/');
	if (slash)
		*slash = '\0';
	return file_stat(scan->home->directory, slash ? directory : ".", &st) == 0 &&
	       is_young(st.st_mtim);
}

static int find_removals(struct scan *scan)
{
	int err = 0;

	for (size_t i = 0; i < scan->served->files.count && err == 0; i++) {
		const struct repo_file *file = &scan->served->files.entries[i];
		struct stat st;

		if (scan->seen[i] || !txn_is_tracked(file->path))
			continue;
		if (file_stat(scan->home->directory, file->path, &st) == 0)
			continue;
		if (errno != ENOENT)
			return -errno;
		err = report(scan,
			     removed_just_now(scan, file->path) ? FOUND_UNQUIET : FOUND_REMOVAL,
			     file->path, NULL, (struct object_id){{0}});
	}
	return err;
}

/* Files that are gone from HEAD and from the directory, but not from the index. */
static int find_leftovers(struct scan *scan)
{
	struct helios_names names = {0};
	bool doubt = false; /* an index that missed one thing may have missed another */
	struct stat st;
	int err;

	for (size_t i = 0; i < scan->found.count; i++)
		doubt = doubt || scan->found.entries[i].kind == FOUND_STALE;
	err = repo_index_leftovers(scan->home->repo, &scan->served->files, doubt, &names);

	for (size_t i = 0; err == 0 && i < names.count; i++)
		if (txn_is_tracked(names.entries[i]) &&
		    file_stat(scan->home->directory, names.entries[i], &st) < 0 && errno == ENOENT)
			err = report(scan, FOUND_STALE, names.entries[i], NULL,
				     (struct object_id){{0}});
	helios_names_free(&names);
	return err;
}

int external_scan(struct helios_home *home, const struct served *served, struct findings *ret,
		  struct helios_error *error)
{
	static const char *const directories[] = {"base", "personas", "learned"};
	static const char *const files[] = {".gitignore", ".helios_version", "settings.yaml"};
	cleanup_free bool *seen = calloc(served->files.count + 1, sizeof(*seen));
	struct scan scan = {.home = home, .served = served, .seen = seen};
	int err = seen ? 0 : -ENOMEM;

	repo_refresh_index(home->repo);
	for (size_t i = 0; i < ARRAY_SIZE(directories) && err == 0; i++)
		err = scan_directory(&scan, directories[i]);
	for (size_t i = 0; i < ARRAY_SIZE(files) && err == 0; i++)
		err = look_at(&scan, files[i], home->directory, files[i]);
	if (err == 0)
		err = find_removals(&scan);
	if (err == 0)
		err = find_leftovers(&scan);
	if (err < 0) {
		findings_done(&scan.found);
		return helios_fail_errno(error, -err, home->path,
					 "cannot look at the home's files");
	}
	*ret = scan.found;
	return 0;
}
