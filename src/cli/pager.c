/* The pager of cli/pager.h. */
#include "cli/pager.h"

#include <sys/ioctl.h>
#include <sys/wait.h>

#include "cli/child.h"

/* May hold arguments, which the shell splits. */
static const char *pager_command(void)
{
	static const char *const names[] = {"HELIOS_PAGER", "PAGER"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (getenv(names[i]))
			return getenv(names[i]);
	return "less";
}

/* Whether text has more lines than the terminal; one that does not say how many has enough. */
static bool is_long(const char *text)
{
	struct winsize size = {0};
	size_t lines = 1; /* the prompt's */

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || !size.ws_row)
		return false;
	for (; *text; text++)
		lines += *text == '\n';
	return lines > size.ws_row;
}

bool pager_shows(const char *text)
{
	char shell[] = "/bin/sh", option[] = "-c";
	const char *command = pager_command();
	cleanup_free char *copy = NULL;
	int status;

	if (!*command || streq(command, "cat") || !is_long(text) || !(copy = strdup(command)))
		return false;
	setenv("LESS", "FRX", 0); /* colours as they are, and gone when it fits */
	fflush(stdout);
	status = child_feed((char *[]){shell, option, copy, NULL}, text);
	return status >= 0 && !(WIFEXITED(status) && WEXITSTATUS(status) >= 126);
}
