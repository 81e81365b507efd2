/* The log of base/log.h: one line a message, written at once so that threads do not mix. */
#include "base/log.h"

#include <poll.h>
#include <stdarg.h>

#include "base/utf8.h"

static const char *log_program = "helios";
static enum log_level log_limit = LOG_LEVEL_WARNING;
static bool log_journald;

static const char *const level_names[] = {"error", "warning", "info", "debug"};
static const char journald_priorities[] = {'3', '4', '6', '7'};

void log_open(const char *program)
{
	const char *wanted = getenv("HELIOS_LOG");

	log_program = program;
	log_journald = getenv("JOURNAL_STREAM") != NULL;
	for (size_t i = 0; wanted && i < ARRAY_SIZE(level_names); i++)
		if (streq(wanted, level_names[i]))
			log_limit = (enum log_level)i;
}

/* Names of files come here, and a terminal does what a control character says. */
static void hide_invisible(char *text)
{
	size_t length = strlen(text), step;

	for (size_t at = 0; at < length; at += step) {
		uint32_t codepoint;

		step = utf8_decode(text + at, length - at, &codepoint);
		if (codepoint == 0xFFFD || utf8_is_invisible(codepoint))
			memset(text + at, '?', step);
	}
}

void log_message(enum log_level level, const char *format, ...)
{
	struct pollfd ready = {.fd = STDERR_FILENO, .events = POLLOUT};
	char text[1024], line[1200];
	va_list args;
	int length;

	if (level > log_limit)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	hide_invisible(text);
	if (log_journald)
		length = snprintf(line, sizeof(line), "<%c>%s\n", journald_priorities[level], text);
	else
		length = snprintf(line, sizeof(line), "%s: %s: %s\n", log_program,
				  level_names[level], text);
	/* A pipe that nobody empties must stop nobody: one that is ready takes a whole line. */
	if (poll(&ready, 1, 0) != 1 || write(STDERR_FILENO, line, (size_t)length) < 0)
		return; /* nobody listens: nowhere to say so */
}

void log_warning(const char *text)
{
	log_message(LOG_LEVEL_WARNING, "%s", text);
}
