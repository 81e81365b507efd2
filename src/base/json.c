/* The few JSON calls that cJSON itself gets wrong for us. */
#include "base/json.h"

#include <inttypes.h>

#include "base/utf8.h"

/* Whether some string has \u0000, which cJSON would cut it at; not where the \ is one itself. */
static bool has_nul_escape(const char *text, size_t length)
{
	for (size_t at = 0; at + 1 < length; at++) {
		if (text[at] != '\\')
			continue;
		if (length - at >= 6 && memcmp(text + at, "\\u0000", 6) == 0)
			return true;
		at++; /* what it escapes begins no escape */
	}
	return false;
}

cJSON *json_parse(const char *text, size_t length)
{
	errno = 0;
	if (utf8_valid_prefix(text, length) != length || memchr(text, '\0', length))
		return NULL;
	if (has_nul_escape(text, length))
		return NULL;
	cleanup_free char *copy = strndup(text, length);

	return copy ? cJSON_ParseWithOpts(copy, NULL, true) : NULL;
}

const char *json_string(const cJSON *object, const char *member)
{
	return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, member));
}

bool json_add_int(cJSON *object, const char *member, int64_t value)
{
	char digits[32];

	snprintf(digits, sizeof(digits), "%" PRId64, value);
	return cJSON_AddRawToObject(object, member, digits) != NULL;
}

int64_t json_int(const cJSON *object, const char *member, int64_t fallback)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, member);

	/* written so that what is no number at all (NaN) is not within either */
	if (!cJSON_IsNumber(item) || !(item->valuedouble >= -0x1p63 && item->valuedouble < 0x1p63))
		return fallback;
	return (int64_t)item->valuedouble;
}
