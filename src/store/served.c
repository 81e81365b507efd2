/* The served state of store/served.h. */
#include "store/served.h"

#include "base/file.h"
#include "base/limits.h"
#include "base/nearest.h"
#include "persona/schema.h"
#include "store/read.h"
#include "store/txn.h"

#define PERSONA_PREFIX "personas/"
#define PERSONA_SUFFIX ".yaml"

char *persona_path(const char *name)
{
	char *path;

	return asprintf(&path, PERSONA_PREFIX "%s" PERSONA_SUFFIX, name) < 0 ? NULL : path;
}

const char *served_name_of(const char *path, char room[NAME_MAX + 1])
{
	size_t prefix = strlen(PERSONA_PREFIX), around = prefix + strlen(PERSONA_SUFFIX);
	size_t length = strlen(path);

	if (strncmp(path, "base/", 5) == 0)
		return "base";
	if (strncmp(path, PERSONA_PREFIX, prefix) != 0 || length <= around ||
	    length - around > NAME_MAX)
		return NULL;
	snprintf(room, NAME_MAX + 1, "%.*s", (int)(length - around), path + prefix);
	return room;
}

char *view_path(const char *name)
{
	char *path;

	return asprintf(&path, VIEWS_DIRECTORY "/%s" PERSONA_SUFFIX, name) < 0 ? NULL : path;
}

static void free_served(struct served *served)
{
	repo_files_done(&served->files);
	free(served->active);
	free(served);
}

void served_unref(struct helios_home *home, struct served *served)
{
	HOLD(&home->state);
	if (served && --served->refs == 0)
		free_served(served);
}

/* What is no plain file with a name is none; a failing read is no evidence of that. */
static int read_active(struct helios_home *home, char **ret)
{
	static const int nothing[] = {ENOENT, ELOOP, EISDIR, EINVAL, EFBIG, EXDEV, ENXIO};
	cleanup_buf struct buf text = {0};
	cleanup_free char *name = NULL;
	int err = file_read(home->directory, ACTIVE_FILE, LIMIT_NAME + 1, &text, NULL);

	*ret = NULL;
	for (size_t i = 0; err < 0 && i < ARRAY_SIZE(nothing); i++)
		if (err == -nothing[i])
			return 0;
	if (err < 0)
		return err;
	name = buf_take(&text);
	if (!name)
		return text.failed ? -ENOMEM : 0;
	name[strcspn(name, "\n")] = '\0';
	if (schema_check_name(name, NULL) == 0)
		*ret = take_ptr(name);
	return 0;
}

/* What .active names, if that is a persona of served's. */
static int read_active_persona(struct helios_home *home, const struct served *served, char **ret)
{
	int err = read_active(home, ret);

	if (err == 0 && *ret && !served_persona(served, *ret)) {
		free(*ret);
		*ret = NULL;
	}
	return err;
}

int served_at(struct helios_home *home, const struct object_id *commit, struct served **ret,
	      struct helios_error *error)
{
	struct served *served = calloc(1, sizeof(*served));
	int err;

	if (!served)
		return helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "cannot read the home");
	served->refs = 1;
	served->head = *commit;
	err = repo_list(home->repo, commit, &served->files, error);
	if (err < 0) {
		free_served(served);
		return err;
	}
	err = read_active_persona(home, served, &served->active);
	if (err < 0) {
		free_served(served);
		return helios_fail_errno(error, -err, ACTIVE_FILE, "cannot read " ACTIVE_FILE);
	}
	*ret = served;
	return 0;
}

static bool same_name(const char *a, const char *b)
{
	return a && b ? streq(a, b) : a == b;
}

/* Without a watch HEAD may have been moved, and .active changed, by others unseen. */
static bool is_as_read(struct helios_home *home, const struct served *served)
{
	cleanup_free char *active = NULL;
	struct object_id head;

	return repo_head(home->repo, &head, NULL) == 0 && object_id_equal(&head, &served->head) &&
	       read_active_persona(home, served, &active) == 0 && same_name(active, served->active);
}

/* The state read last, if it is that of now: with a watch the counter alone decides. */
static struct served *share_current(struct helios_home *home, uint64_t generation)
{
	struct served *served = NULL;
	bool watched;

	pthread_mutex_lock(&home->state);
	watched = home->watch >= 0;
	if (home->served && generation != 0 && !(generation & 1) &&
	    home->served->generation == generation) {
		served = home->served;
		served->refs++;
	}
	pthread_mutex_unlock(&home->state);
	if (served && !watched && !is_as_read(home, served)) {
		served_unref(home, served);
		return NULL;
	}
	return served;
}

static void publish(struct helios_home *home, struct served *served)
{
	HOLD(&home->state);

	if (home->served && --home->served->refs == 0)
		free_served(home->served);
	home->served = served;
}

int served_get(struct helios_home *home, struct served **ret, struct helios_error *error)
{
	uint64_t generation = helios_generation(home);
	struct object_id head;
	struct served *served = share_current(home, generation);
	int err;

	if (served) {
		*ret = served;
		return 0;
	}
	err = repo_head(home->repo, &head, error);
	if (err == 0)
		err = served_at(home, &head, &served, error);
	if (err < 0)
		return err;
	served->generation = generation;
	served->refs++;
	publish(home, served);
	*ret = served;
	return 0;
}

static bool is_touched(const struct txn *txn, const char *path)
{
	for (size_t i = 0; i < txn->count; i++)
		if (txn->files[i].tracked && streq(txn->files[i].path, path))
			return true;
	return false;
}

static int compare_files(const void *a, const void *b)
{
	return strcmp(((const struct repo_file *)a)->path, ((const struct repo_file *)b)->path);
}

static bool add_file(struct repo_files *files, const char *path, const struct object_id *id)
{
	files->entries[files->count].path = strdup(path);
	files->entries[files->count].id = *id;
	return files->entries[files->count].path && ++files->count;
}

/* The files of the old state with the transaction's changes. */
static bool apply(struct repo_files *files, const struct txn *txn)
{
	const struct repo_files *old = &txn->served->files;
	bool whole = true;

	files->entries = calloc(old->count + txn->count + 1, sizeof(*files->entries));
	if (!files->entries)
		return false;
	for (size_t i = 0; i < old->count && whole; i++)
		if (!is_touched(txn, old->entries[i].path))
			whole = add_file(files, old->entries[i].path, &old->entries[i].id);
	for (size_t i = 0; i < txn->count && whole; i++)
		if (txn->files[i].tracked && txn->files[i].content)
			whole = add_file(files, txn->files[i].path, &txn->files[i].after);
	qsort(files->entries, files->count, sizeof(*files->entries), compare_files);
	return whole;
}

void served_follow(struct txn *txn, const struct object_id *commit, uint64_t generation)
{
	struct served *served = calloc(1, sizeof(*served));

	if (!served)
		return; /* the next reader reads it back */
	served->refs = 1;
	served->head = object_id_is_zero(commit) ? txn->served->head : *commit;
	served->generation = generation;
	if (!apply(&served->files, txn) ||
	    read_active_persona(txn->home, served, &served->active) < 0) {
		free_served(served);
		return;
	}
	publish(txn->home, served);
}

const struct repo_file *served_base(const struct served *served)
{
	return repo_files_find(&served->files, "base/identity.yaml")
		       ?: repo_files_find(&served->files, "base/config.yaml");
}

const struct repo_file *served_persona(const struct served *served, const char *name)
{
	char path[sizeof(PERSONA_PREFIX PERSONA_SUFFIX) + NAME_MAX];
	int length = snprintf(path, sizeof(path), PERSONA_PREFIX "%s" PERSONA_SUFFIX, name);

	/* without an allocation that could make a persona look missing */
	return (size_t)length < sizeof(path) ? repo_files_find(&served->files, path) : NULL;
}

bool served_next(const struct served *served, size_t *position, char name[LIMIT_NAME + 1])
{
	const size_t prefix = strlen(PERSONA_PREFIX), suffix = strlen(PERSONA_SUFFIX);

	while (*position < served->files.count) {
		const char *path = served->files.entries[(*position)++].path;
		size_t length = strlen(path);

		if (strncmp(path, PERSONA_PREFIX, prefix) != 0 || length <= prefix + suffix ||
		    length > prefix + LIMIT_NAME + suffix ||
		    !streq(path + length - suffix, PERSONA_SUFFIX))
			continue;
		length -= prefix + suffix;
		memcpy(name, path + prefix, length);
		name[length] = '\0';
		if (schema_check_name(name, NULL) == 0)
			return true;
	}
	return false;
}

int served_no_persona(const struct served *served, const char *name, struct helios_error *error)
{
	struct helios_names names = {0};
	const char *near;
	char hint[LIMIT_NAME + 32], other[LIMIT_NAME + 1];
	size_t position = 0;

	while (served_next(served, &position, other))
		list_add(&names, other); /* without memory there is no suggestion */
	near = nearest(name, (const char *const *)names.entries, names.count);
	if (near)
		snprintf(hint, sizeof(hint), "did you mean '%s'?", near);
	helios_fail(error, HELIOS_NO_PERSONA, NULL, near ? hint : NULL, "there is no persona '%s'",
		    name);
	helios_names_free(&names);
	return -ENOENT;
}
