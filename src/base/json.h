/*
 * JSON: the one home of cJSON. cJSON's own names are used as they are.
 */
#pragma once

#include <cjson/cJSON.h>

#include "base/base.h"

static inline void cleanup_json_pointer(cJSON **json)
{
	cJSON_Delete(*json);
}

#define cleanup_json cleanup(cleanup_json_pointer)

/*
 * Parses one JSON value that fills the whole text (cJSON accepts invalid UTF-8 and "\u0000":
 * both are refused here). NULL when it is not JSON, or with errno ENOMEM when memory ran out. The
 * caller deletes it.
 */
cJSON *json_parse(const char *text, size_t length);

/* The string of a member, or NULL when it is absent or no string. Borrowed from object. */
const char *json_string(const cJSON *object, const char *member);

/* Adds an integer exactly (cJSON's numbers are doubles). False when memory is out. */
bool json_add_int(cJSON *object, const char *member, int64_t value);

/* Reads an integer member; fallback when it is absent or no int64. Exact up to 2^53. */
int64_t json_int(const cJSON *object, const char *member, int64_t fallback);
