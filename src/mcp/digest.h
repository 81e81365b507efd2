/* SHA-256, which the skills extension asks for. The one home of libmd. */
#pragma once

#include "base/base.h"

#define DIGEST_HEX 64

void digest_hex(const char *bytes, size_t length, char hex[DIGEST_HEX + 1]);
