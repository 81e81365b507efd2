/*
 * UTF-8: validity, code points, and what must not stand in names and one-line texts.
 * Relies on utf8proc for normal forms and categories.
 */
#pragma once

#include "base/base.h"

/* The offset of the first byte that is not valid UTF-8, or length when all are. */
size_t utf8_valid_prefix(const char *text, size_t length);

/* Decodes the character at text (valid UTF-8, length > 0); returns its size in bytes. */
size_t utf8_decode(const char *text, size_t length, uint32_t *ret);

/* True for C0, DEL, C1, bidi controls, zero-width characters, line separators and BOM. */
bool utf8_is_invisible(uint32_t codepoint);

/* True for what makes text run the other way, or marks its direction: it is not seen itself. */
bool utf8_is_bidi_control(uint32_t codepoint);

/*
 * The text without differences of case or of equivalent characters, for comparing (Unicode's
 * NFKC_Casefold). The caller frees it; NULL when memory is out or it is no valid UTF-8.
 */
char *utf8_fold(const char *text);

/* Writes a character's small letter, or itself where it has none; returns its size in bytes. */
size_t utf8_lower(uint32_t codepoint, char out[4]);

/* True when the text equals its canonical composition (NFC). */
bool utf8_is_nfc(const char *text, size_t length);
