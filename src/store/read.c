/* What programs read: texts, names, the active persona. */
#include "store/read.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/limits.h"
#include "persona/schema.h"
#include "store/effective.h"
#include "store/external.h"
#include "store/proposal.h"
#include "store/reject.h"
#include "store/status.h"
#include "store/text.h"
#include "store/versions.h"
#include "yaml/yaml.h"

static int read_stored(struct helios_home *home, const char *name, struct helios_text **ret,
		       struct helios_error *error)
{
	cleanup_served struct served_reference now = {.home = home};
	cleanup_buf struct buf text = {0};
	const struct repo_file *file;
	struct stat st = {0};
	int err = served_get(home, &now.served, error);

	if (err < 0)
		return err;
	file = streq(name, "base") ? served_base(now.served) : served_persona(now.served, name);
	if (!file)
		return served_no_persona(now.served, name, error);
	err = repo_read(home->repo, &file->id, &text, error);
	if (err < 0)
		return err;
	if (file_stat(home->directory, file->path, &st) < 0)
		st.st_mtim = (struct timespec){0};
	*ret = text_new(&text, st.st_mtim);
	return *ret ? 0
		    : helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "cannot read '%s'", name);
}

int helios_read(struct helios_home *home, enum helios_kind kind, const char *name,
		struct helios_text **ret, struct helios_error *error)
{
	external_notice(home, kind == HELIOS_REJECTED || kind == HELIOS_STATUS ||
					      kind == HELIOS_PROPOSAL
				      ? NULL
				      : name);
	switch (kind) {
	case HELIOS_RESOLVED:
		return version_get(home, name, ret, error);
	case HELIOS_STORED:
		return read_stored(home, name, ret, error);
	case HELIOS_REJECTED:
		return reject_read(home, name, ret, error);
	case HELIOS_STATUS:
		return status_read(home, ret, error);
	case HELIOS_EFFECTIVE:
		return effective_read(home, name, ret, error);
	case HELIOS_PROMPT:
	case HELIOS_AS_JSON:
	case HELIOS_EXPLAINED:
		return effective_render(home, kind, name, ret, error);
	case HELIOS_PROPOSAL:
		return proposal_text(home, name, ret, error);
	}
	return helios_fail(error, HELIOS_USAGE, NULL, NULL, "that cannot be read");
}

int list_add(struct helios_names *names, const char *name)
{
	char **grown = realloc(names->entries, (names->count + 1) * sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	names->entries = grown;
	grown[names->count] = strdup(name);
	return grown[names->count] ? (names->count++, 0) : -ENOMEM;
}

void helios_names_free(struct helios_names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->entries[i]);
	free(names->entries);
	*names = (struct helios_names){0};
}

static int list_personas(struct helios_home *home, bool base, struct helios_names *ret,
			 struct helios_error *error)
{
	cleanup_served struct served_reference now = {.home = home};
	size_t position = 0;
	char name[LIMIT_NAME + 1];
	int err = served_get(home, &now.served, error);

	if (err < 0)
		return err;
	if (base)
		err = list_add(ret, "base");
	while (err == 0 && served_next(now.served, &position, name))
		err = list_add(ret, name);
	return err < 0 ? helios_fail_errno(error, -err, NULL, "cannot list the personas") : 0;
}

static int is_yaml(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return entry->d_name[0] != '.' && length > 5 && streq(entry->d_name + length - 5, ".yaml");
}

static int compare_names(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

int store_list_files(struct helios_home *home, const char *directory, struct helios_names *ret,
		     struct helios_error *error)
{
	struct dirent **entries;
	int count = file_scan(home->directory, directory, &entries, is_yaml, compare_names),
	    err = 0;

	*ret = (struct helios_names){0};
	if (count < 0)
		return errno == ENOENT ? 0
				       : helios_fail_errno(error, errno, directory,
							   "cannot list %s", directory);
	for (int i = 0; i < count; i++) {
		if (err == 0)
			err = list_add(ret, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	if (err == 0)
		return 0;
	helios_names_free(ret);
	return helios_fail_errno(error, -err, directory, "cannot list %s", directory);
}

int helios_names(struct helios_home *home, enum helios_kind kind, struct helios_names *ret,
		 struct helios_error *error)
{
	int err;

	*ret = (struct helios_names){0};
	external_notice(home, NULL);
	if (kind == HELIOS_REJECTED)
		err = store_list_files(home, REJECTED_DIRECTORY, ret, error);
	else if (kind == HELIOS_PROPOSAL)
		err = proposals_names(home, ret, error);
	else
		err = list_personas(home, kind == HELIOS_STORED, ret, error);
	if (err < 0)
		helios_names_free(ret);
	return err;
}

int helios_active(struct helios_home *home, char **ret, struct helios_error *error)
{
	cleanup_served struct served_reference now = {.home = home};
	int err;

	external_notice(home, NULL);
	err = served_get(home, &now.served, error);
	if (err < 0)
		return err;
	*ret = now.served->active ? strdup(now.served->active) : NULL;
	return now.served->active && !*ret
		       ? helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "no memory")
		       : 0;
}

int helios_check_prefix(const char *text, size_t length, const char *name,
			struct helios_error *error)
{
	cleanup_free char *path = persona_path(name);

	return path ? yaml_check_prefix(text, length, path, error)
		    : helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "no memory");
}

int helios_scratch(struct helios_home *home, struct helios_error *error)
{
	int err = file_make_directory(home->directory, SCRATCH_DIRECTORY);
	int fd = err < 0 ? err
			 : file_open_beneath(home->directory, SCRATCH_DIRECTORY,
					     O_RDONLY | O_DIRECTORY, 0);

	return fd < 0 ? helios_fail_errno(error, -fd, SCRATCH_DIRECTORY,
					  "cannot open the scratch directory")
		      : fd;
}

int store_list_documents(struct helios_home *home, struct helios_names *ret,
			 struct helios_error *error)
{
	static const char *const directories[] = {"base", "personas", "learned"};
	struct helios_names all = {0};
	int err = 0;

	for (size_t i = 0; err == 0 && i < ARRAY_SIZE(directories); i++) {
		struct helios_names names = {0};

		err = store_list_files(home, directories[i], &names, error);
		for (size_t j = 0; err == 0 && j < names.count; j++) {
			cleanup_free char *path = NULL;

			if (asprintf(&path, "%s/%s", directories[i], names.entries[j]) < 0)
				path = NULL;
			err = path ? list_add(&all, path) : -ENOMEM;
		}
		helios_names_free(&names);
	}
	if (err < 0)
		helios_names_free(&all);
	*ret = all;
	return err == -ENOMEM ? helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL,
					    "cannot list the documents")
			      : err;
}
