/*
 * Where views of a home are mounted: /proc/self/mountinfo, read and matched. A view's mount has
 * the type fuse.heliosfs and the home's path as its source. Relies on proc(5).
 */
#include <sys/statvfs.h>

#include <helios/op.h>

#include "base/base.h"
#include "base/buf.h"

static void unescape(char *text)
{
	char *to = text;

	for (const char *from = text; *from; from++) {
		if (from[0] == '\\' && from[1] >= '0' && from[1] <= '3' && from[2] && from[3]) {
			*to++ = (char)((from[1] - '0') * 64 + (from[2] - '0') * 8 +
				       (from[3] - '0'));
			from += 3;
		} else {
			*to++ = *from;
		}
	}
	*to = '\0';
}

/* Cuts the field at *at off and moves on to the next; NULL past the end of the line. */
static char *field(char **at)
{
	char *start = *at;

	if (!start || !*start)
		return NULL;
	*at = strchr(start, ' ');
	if (*at)
		*(*at)++ = '\0';
	unescape(start);
	return start;
}

/* The mountpoint of one line, when it is a view of the home; cut out of the line in place. */
static char *view_of_line(char *line, const char *home, const char *real)
{
	char *dash = strstr(line, " - "), *rest, *type, *source, *point = NULL;

	if (!dash)
		return NULL;
	*dash = '\0';
	rest = dash + 3;
	type = field(&rest);
	source = field(&rest);
	if (!type || !source || !streq(type, "fuse.heliosfs"))
		return NULL;
	if (!streq(source, home) && !streq(source, real))
		return NULL;
	rest = line;
	for (int i = 0; i < 5; i++)
		point = field(&rest);
	return point;
}

static int add(struct helios_names *names, const char *name)
{
	char **grown = reallocarray(names->entries, names->count + 1, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	names->entries = grown;
	grown[names->count] = strdup(name);
	if (!grown[names->count])
		return -ENOMEM;
	names->count++;
	return 0;
}

static void cleanup_stream(FILE **stream)
{
	if (*stream)
		fclose(*stream);
}

int helios_mounts(const char *path, struct helios_names *ret, struct helios_error *error)
{
	cleanup(cleanup_stream) FILE *stream = fopen("/proc/self/mountinfo", "re");
	cleanup(helios_names_free) struct helios_names names = {0};
	cleanup_free char *line = NULL, *real = realpath(path, NULL);
	size_t size = 0;

	if (!stream)
		return helios_fail_errno(error, errno, "/proc/self/mountinfo",
					 "cannot see what is mounted");
	while (getline(&line, &size, stream) > 0) {
		char *point;

		line[strcspn(line, "\n")] = '\0';
		point = view_of_line(line, path, real ? real : path);
		if (point && add(&names, point) < 0)
			return helios_fail_errno(error, ENOMEM, NULL, "cannot list mounts");
	}
	*ret = names;
	names = (struct helios_names){0};
	return 0;
}

bool helios_mount_is_dead(const char *point)
{
	struct statvfs st; /* unlike attributes, never answered from the kernel's memory */

	return statvfs(point, &st) < 0 && (errno == ENOTCONN || errno == ECONNABORTED);
}
