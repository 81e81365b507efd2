/* What a persona may be called (DESIGN.md section 1). */
#include "base/limits.h"
#include "base/utf8.h"
#include "persona/schema.h"

static bool is_space(uint32_t c)
{
	return c == ' ' || c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) ||
	       c == 0x202f || c == 0x205f || c == 0x3000;
}

static const char *bad_characters(const char *name, size_t length)
{
	uint32_t c = 0;

	for (size_t at = 0; at < length; at += utf8_decode(name + at, length - at, &c)) {
		uint32_t next;

		utf8_decode(name + at, length - at, &next);
		if (at == 0 && is_space(next))
			return "it begins with a space";
		if (next == '/' || next == '\\')
			return "it holds a slash or backslash";
		if (utf8_is_invisible(next))
			return "it holds a control or invisible character";
	}
	return is_space(c) ? "it ends with a space" : NULL;
}

/* Why name cannot be a persona's, or NULL. */
static const char *objection(const char *name)
{
	size_t length = strlen(name);

	if (length == 0)
		return "it is empty";
	if (length > LIMIT_NAME)
		return "it is longer than 64 bytes";
	if (utf8_valid_prefix(name, length) != length)
		return "it is not valid UTF-8";
	if (name[0] == '.' || name[0] == '-' || name[0] == '#')
		return "it begins with '.', '-' or '#'";
	if (!utf8_is_nfc(name, length))
		return "it is not in Unicode's composed form (NFC)";
	if (streq(name, "base"))
		return "the base is called so";
	return bad_characters(name, length);
}

int schema_check_name(const char *name, struct helios_error *error)
{
	const char *why = objection(name);

	if (!why)
		return 0;
	return helios_fail(error, HELIOS_BAD_NAME, NULL, NULL,
			   "'%s' cannot be the name of a persona: %s", name, why);
}
