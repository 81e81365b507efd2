/* SHA-256 by libmd; see mcp/digest.h. */
#include "mcp/digest.h"

#include <sys/types.h>

#include <sha2.h>

void digest_hex(const char *bytes, size_t length, char hex[DIGEST_HEX + 1])
{
	_Static_assert(SHA256_DIGEST_STRING_LENGTH == DIGEST_HEX + 1, "SHA-256 in hexadecimal");
	SHA256Data((const uint8_t *)bytes, length, hex);
}
