/* What the formats of client/entry.h share. */
#include "client/entry.h"

#include "yaml/text.h"

int config_refuse(const struct config_text *text, size_t at, struct helios_error *error,
		  const char *message)
{
	struct helios_place place = {.file = text->file};

	text_position(text->bytes, at, &place.line, &place.column);
	return helios_fail(error, HELIOS_CLIENT_FILE, &place, NULL, "%s", message);
}

const char *config_line_end(const struct config_text *text)
{
	const char *end = text->bytes ? strchr(text->bytes, '\n') : NULL;

	return end && end > text->bytes && end[-1] == '\r' ? "\r\n" : "\n";
}

bool config_is_blank(const struct config_text *text)
{
	size_t at = 0;

	if (!text->bytes)
		return true;
	if (strncmp(text->bytes, TEXT_BOM, strlen(TEXT_BOM)) == 0)
		at = strlen(TEXT_BOM);
	return at + strspn(text->bytes + at, " \t\r\n") == text->length;
}
