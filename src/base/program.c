/* Finding a program of ours; see base/program.h. */
#include "base/program.h"

#include <limits.h>

static char *find_sibling(const char *name)
{
	char own[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", own, sizeof(own) - 1);
	char *path = NULL, *slash;

	if (length < 0)
		return NULL;
	own[length] = '\0';
	slash = strrchr(own, '/');
	if (!slash || asprintf(&path, "%.*s/%s", (int)(slash - own), own, name) < 0)
		return NULL;
	if (access(path, X_OK) < 0) {
		free(path);
		return NULL;
	}
	return path;
}

char *program_find(const char *name)
{
	char *found = find_sibling(name), *rest = NULL;
	cleanup_free char *path = strdup(getenv("PATH") ?: "");

	for (char *part = path ? strtok_r(path, ":", &rest) : NULL; part && !found;
	     part = strtok_r(NULL, ":", &rest)) {
		if (part[0] != '/' || asprintf(&found, "%s/%s", part, name) < 0)
			found = NULL;
		if (found && access(found, X_OK) < 0) {
			free(found);
			found = NULL;
		}
	}
	return found;
}
