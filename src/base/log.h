/*
 * Messages of the programs, on stderr; the library itself logs nothing above debug.
 * Relies on base/utf8.
 */
#pragma once

#include "base/base.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* The name messages begin with. HELIOS_LOG=debug|info|warning|error sets the level (warning). */
void log_open(const char *program);

/*
 * One line, with '?' for what cannot be seen; under journald (JOURNAL_STREAM) with its priority
 * prefix instead of the name.
 */
void log_message(enum log_level level, const char *format, ...) printf_like(2, 3);

/* The same of a text as it is, as a warning. */
void log_warning(const char *text);
