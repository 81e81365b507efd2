/*
 * A program that uses the Helios library: lists the personas of a home, or sets a value of one.
 *
 *   cc -o personas personas.c $(pkg-config --cflags --libs helios)
 *   ./personas
 *   ./personas coder communication.tone terse
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <helios/helios.h>

/* Whatever fails has explained itself, once, into the error that was passed to it. */
static int failed(const struct helios_error *error)
{
	fprintf(stderr, "personas: %s [H%d]\n", error->message, (int)error->code);
	if (*error->hint)
		fprintf(stderr, "hint: %s\n", error->hint);
	return EXIT_FAILURE;
}

static int list(struct helios_home *home)
{
	struct helios_error error;
	struct helios_names names;
	struct helios_text *text;
	char *active;

	if (helios_active(home, &active, &error) < 0)
		return failed(&error);
	if (helios_names(home, HELIOS_RESOLVED, &names, &error) < 0) {
		free(active);
		return failed(&error);
	}
	for (size_t i = 0; i < names.count; i++) {
		const char *name = names.entries[i];

		if (helios_read(home, HELIOS_RESOLVED, name, &text, &error) < 0) {
			failed(&error); /* the others are no worse for it */
			continue;
		}
		printf("%c %s: %zu bytes, revision %.7s\n",
		       active && strcmp(active, name) == 0 ? '*' : ' ', name, text->length,
		       text->revision);
		helios_text_unref(text);
	}
	helios_names_free(&names);
	free(active);
	return EXIT_SUCCESS;
}

static int set(struct helios_home *home, const char *name, const char *path, const char *value)
{
	/* It is in the commit, so that people can see who made a change. */
	const struct helios_client client = {.source = HELIOS_CLI, .name = "personas"};
	struct helios_error error;
	struct helios_saved saved;

	if (helios_set(home, &client, name, path, value, &saved, &error) < 0)
		return failed(&error);
	/* It is durable now, whatever happens to this program or the machine. */
	printf("%s\n", saved.changed ? saved.commit : "it was so already");
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	struct helios_error error;
	struct helios_home *home;
	char *path;
	int status;

	if (argc != 1 && argc != 4) {
		fprintf(stderr, "usage: personas [NAME PATH VALUE]\n");
		return 2;
	}
	if (helios_home_path(NULL, &path, &error) < 0)
		return failed(&error);
	status = helios_open(path, 0, &home, &error);
	free(path);
	if (status < 0)
		return failed(&error);
	status = argc == 1 ? list(home) : set(home, argv[1], argv[2], argv[3]);
	helios_close(home);
	return status;
}
