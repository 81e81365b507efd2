/* The last refused saves; see fs/problem.h. */
#include "fs/problem.h"

#define PROBLEMS 64

struct problem {
	struct name name; /* file "": free */
	int64_t when;
	struct helios_error why;
};

struct problems {
	pthread_mutex_t mutex;
	struct problem list[PROBLEMS];
};

int problems_new(struct fs *fs)
{
	fs->problems = calloc(1, sizeof(*fs->problems));
	if (!fs->problems)
		return -ENOMEM;
	pthread_mutex_init(&fs->problems->mutex, NULL);
	return 0;
}

void problems_free(struct fs *fs)
{
	if (!fs->problems)
		return;
	pthread_mutex_destroy(&fs->problems->mutex);
	free(fs->problems);
	fs->problems = NULL;
}

static struct problem *find(struct problems *problems, const struct name *name)
{
	for (size_t i = 0; i < PROBLEMS; i++)
		if (name_equal(&problems->list[i].name, name))
			return &problems->list[i];
	return NULL;
}

static struct problem *oldest(struct problems *problems)
{
	struct problem *found = &problems->list[0];

	for (size_t i = 1; i < PROBLEMS; i++)
		if (problems->list[i].when < found->when)
			found = &problems->list[i];
	return found;
}

/* "personas/coder.yaml", as a person would type it in the view. */
static void path_of(const struct name *name, char path[320])
{
	snprintf(path, 320, "%s/%s", dir_name(name->dir), name->file);
}

void problem_set(struct fs *fs, const struct name *name, const struct helios_error *why)
{
	struct problem *problem;
	char path[320];

	pthread_mutex_lock(&fs->problems->mutex);
	problem = find(fs->problems, name);
	if (!problem)
		problem = oldest(fs->problems);
	*problem = (struct problem){.name = *name, .when = now_ms(), .why = *why};
	pthread_mutex_unlock(&fs->problems->mutex);
	path_of(name, path);
	helios_note_problem(fs->home, path, why);
}

void problem_clear(struct fs *fs, const struct name *name)
{
	struct problem *problem;
	char path[320];

	pthread_mutex_lock(&fs->problems->mutex);
	problem = find(fs->problems, name);
	if (problem)
		*problem = (struct problem){0};
	pthread_mutex_unlock(&fs->problems->mutex);
	if (!problem)
		return;
	path_of(name, path);
	helios_note_problem(fs->home, path, NULL);
}

char *problem_get(struct fs *fs, const struct name *name)
{
	struct problem *problem;
	char *text = NULL;
	char where[64] = "";

	pthread_mutex_lock(&fs->problems->mutex);
	problem = find(fs->problems, name);
	if (problem) {
		const struct helios_error *why = &problem->why;

		if (why->line)
			snprintf(where, sizeof(where), "line %u, column %u\n", why->line,
				 why->column);
		if (asprintf(&text, "%s\n%shint: %s\n", why->message, where, why->hint) < 0)
			text = NULL;
	}
	pthread_mutex_unlock(&fs->problems->mutex);
	return text;
}
