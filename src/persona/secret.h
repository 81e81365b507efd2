/*
 * What looks like a key, token or password in a text. The rules are those of the issuers' published
 * formats - a prefix nobody writes by chance, and how many of which characters follow - and of
 * values whose key says what they are. Pure: knows nothing of files.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct secret {
	const char *rule;      /* its name, static: "github-token" */
	size_t offset, length; /* of the secret itself, in bytes */
};

/* The first secret at or after *position, which is set behind it; false when there is none. */
bool secret_find(const char *text, size_t length, size_t *position, struct secret *ret);
