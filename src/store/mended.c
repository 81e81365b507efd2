/* The sentences of store/mended.h, handed to who asked for them. */
#include "store/mended.h"

#include <stdarg.h>
#include <stdatomic.h>

#include <helios/home.h>

static _Atomic(helios_mended) asked;

void helios_on_mended(helios_mended told)
{
	atomic_store(&asked, told);
}

void mended_tell(const char *format, ...)
{
	helios_mended told = atomic_load(&asked);
	char what[600];
	va_list arguments;

	if (!told)
		return;
	va_start(arguments, format);
	vsnprintf(what, sizeof(what), format, arguments);
	va_end(arguments);
	told(what);
}
