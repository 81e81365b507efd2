/*
 * What gcc -fanalyzer and scan-build cannot see, since they look at one file at a time: the two
 * functions of base/error.c that explain a failure return a negative number. contrib/analyze.sh
 * puts this before every file; it is never part of a build.
 */
#include <helios/error.h>

static inline int analyze_negative(int err)
{
	if (err >= 0)
		__builtin_unreachable();
	return err;
}

#define helios_fail(...) analyze_negative(helios_fail(__VA_ARGS__))
#define helios_fail_errno(...) analyze_negative(helios_fail_errno(__VA_ARGS__))
