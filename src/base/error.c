/* Fills the report of <helios/error.h>; relies on base/utf8 to keep it printable. */
#include <helios/error.h>

#include <stdarg.h>

#include "base/base.h"
#include "base/utf8.h"

static const struct {
	enum helios_code code;
	int errnum;
	const char *name, *meaning, *guidance;
} codes[] = {
#define HELIOS_CODE(number, name, errnum, meaning, guidance)                                       \
	{HELIOS_##name, errnum, #name, meaning, guidance},
#include <helios/codes.def>
#undef HELIOS_CODE
};

static size_t find(enum helios_code code)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(codes) && codes[i].code != code; i++)
		;
	return i;
}

/* Copies text, cut at a character's edge, with what a terminal could obey made visible. */
static void copy_printable(char *to, size_t size, const char *text)
{
	size_t length = strlen(text), at = 0, used = 0;

	while (at < length) {
		uint32_t codepoint;
		size_t step = utf8_decode(text + at, length - at, &codepoint);
		bool bad = codepoint == 0xFFFD || utf8_is_invisible(codepoint);
		size_t need = bad ? 1 : step;

		if (used + need >= size)
			break;
		if (bad)
			to[used] = '?';
		else
			memcpy(to + used, text + at, step);
		used += need;
		at += step;
	}
	to[used] = '\0';
}

static void fill(struct helios_error *error, enum helios_code code, int errnum,
		 const struct helios_place *place, const char *hint, const char *message)
{
	if (!error)
		return;
	memset(error, 0, sizeof(*error));
	error->code = code;
	error->errnum = errnum;
	copy_printable(error->message, sizeof(error->message), message);
	copy_printable(error->hint, sizeof(error->hint), hint ? hint : helios_code_guidance(code));
	if (!place)
		return;
	error->line = place->line;
	error->column = place->column;
	copy_printable(error->file, sizeof(error->file), place->file ? place->file : "");
	copy_printable(error->key, sizeof(error->key), place->key ? place->key : "");
}

/* In parentheses: contrib/analyze.h has macros of these two names. */
int(helios_fail)(struct helios_error *error, enum helios_code code,
		 const struct helios_place *place, const char *hint, const char *format, ...)
{
	size_t row = find(code);
	int errnum = row < ARRAY_SIZE(codes) ? codes[row].errnum : EINVAL;
	char message[2048];
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	fill(error, code, errnum, place, hint, message);
	return -errnum;
}

static const char *errno_hint(int errnum)
{
	switch (errnum) {
	case ENOSPC:
	case EDQUOT:
		return "free space on the disk, then try again; nothing was changed";
	case ENOENT:
	case ENOTDIR:
		return "look at how the name is written";
	case EROFS:
		return "the disk is read-only; reading still works";
	case EACCES:
	case EPERM:
		return "mend the permissions of the file named; it must belong to you";
	case EMFILE:
	case ENFILE:
		return "too many files are open; close programs or raise 'ulimit -n'";
	case ELOOP:
		return "Helios follows no symbolic links inside the home; put a plain file there";
	default:
		return NULL;
	}
}

int(helios_fail_errno)(struct helios_error *error, int errnum, const char *file, const char *format,
		       ...)
{
	const struct helios_place place = {.file = file};
	enum helios_code code = errnum == ENOMEM ? HELIOS_NO_MEMORY : HELIOS_IO;
	char message[1024], whole[1200], reason[128];
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	snprintf(whole, sizeof(whole), "%s: %s", message,
		 strerror_r(errnum, reason, sizeof(reason)));
	fill(error, code, errnum, &place, errno_hint(errnum), whole);
	return -errnum;
}

const char *helios_code_name(enum helios_code code)
{
	size_t row = find(code);

	return row < ARRAY_SIZE(codes) ? codes[row].name : "UNKNOWN";
}

const char *helios_code_meaning(enum helios_code code)
{
	size_t row = find(code);

	return row < ARRAY_SIZE(codes) ? codes[row].meaning : "an unknown error";
}

const char *helios_code_guidance(enum helios_code code)
{
	size_t row = find(code);

	return row < ARRAY_SIZE(codes) ? codes[row].guidance : "";
}

enum helios_code helios_code_at(size_t index)
{
	return index < ARRAY_SIZE(codes) ? codes[index].code : HELIOS_OK;
}
