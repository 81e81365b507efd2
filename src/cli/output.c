/* The output of cli/output.h. */
#include "cli/output.h"

#include <fcntl.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "cli/pager.h"

bool wants_colour(int fd)
{
	const char *no_colour = getenv("NO_COLOR");

	return !(no_colour && *no_colour) && isatty(fd);
}

/* The length of ESC [ digits and ; m at text, the only sequence we write ourselves; else 0. */
static size_t colour_sequence(const char *text)
{
	size_t length;

	if (text[0] != '\033' || text[1] != '[')
		return 0;
	length = 2 + strspn(text + 2, "0123456789;");
	return text[length] == 'm' ? length + 1 : 0;
}

static void add_visible(struct buf *out, const char *text)
{
	size_t length = strlen(text);

	for (size_t at = 0; at < length;) {
		uint32_t codepoint;
		size_t size = colour_sequence(text + at);

		if (!size) {
			size = utf8_decode(text + at, length - at, &codepoint);
			if (codepoint != '\n' && codepoint != '\t' &&
			    utf8_is_invisible(codepoint)) {
				buf_addf(out, "<U+%04X>", codepoint);
				at += size;
				continue;
			}
		}
		buf_add(out, text + at, size);
		at += size;
	}
}

/* What a terminal gets, perhaps through a pager. */
static void show(const char *text, bool page)
{
	cleanup_buf struct buf visible = {0};

	add_visible(&visible, text);
	text = visible.failed ? "" : buf_text(&visible);
	if (!page || !pager_shows(text))
		fputs(text, stdout);
}

void say(const char *text)
{
	if (isatty(STDOUT_FILENO))
		show(text, false);
	else
		fputs(text, stdout);
}

void say_long(const char *text)
{
	if (isatty(STDOUT_FILENO))
		show(text, true);
	else
		fputs(text, stdout);
}

int output_end(int status)
{
	errno = EIO; /* when an earlier write failed */
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	if (errno != EPIPE)
		fprintf(stderr, "helios: the output could not be written: %m\n");
	return status ? status : 1;
}

/* The text of the file an error names, which may be beneath the home; empty when unreadable. */
static void read_source(const char *home, const char *file, struct buf *source)
{
	cleanup_fd int directory = -1;
	cleanup_fd int fd = -1;
	char block[8192];
	ssize_t got;

	if (*file != '/') {
		directory = home ? open(home, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
		if (directory < 0 || file_read(directory, file, LIMIT_TEXT, source, NULL) < 0)
			buf_clear(source);
		return;
	}
	fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	while (fd >= 0 && source->length <= LIMIT_TEXT &&
	       (got = read(fd, block, sizeof(block))) > 0)
		buf_add(source, block, (size_t)got);
}

static void show_error_json(const struct helios_error *error)
{
	cleanup_free char *json = helios_error_json(error);

	printf("{\"error\":%s}\n", json ? json : "{}");
}

int show_error(const struct helios_error *error, const struct error_context *context)
{
	cleanup_buf struct buf read = {0};
	cleanup_free char *text = NULL;
	const char *source = context->source;

	if (context->json) {
		show_error_json(error);
		return error->code == HELIOS_USAGE ? 2 : 1;
	}
	if (!source && error->line && *error->file) {
		read_source(context->home, error->file, &read);
		source = read.length ? buf_text(&read) : NULL;
	}
	text = helios_error_text(error, source, wants_colour(STDERR_FILENO));
	fflush(stdout);
	if (!*error->file && !error->line)
		fputs("helios: ", stderr);
	fputs(text ? text : error->message, stderr);
	return error->code == HELIOS_USAGE ? 2 : 1;
}
