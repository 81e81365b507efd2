/* The clocks of base/clock.h. */
#include "base/clock.h"

#include <string.h>
#include <time.h>

#define TIME_FORMAT "%Y-%m-%dT%H:%M:%SZ"

int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t now_ms(void)
{
	return now_us() / 1000;
}

void time_format(char out[32], int64_t seconds)
{
	time_t when = (time_t)seconds;
	struct tm parts = {0};

	gmtime_r(&when, &parts);
	strftime(out, 32, TIME_FORMAT, &parts);
}

int64_t time_parse(const char *text)
{
	struct tm parts = {0};
	const char *end = strptime(text, "%Y-%m-%dT%H:%M:%S", &parts);
	int64_t offset;

	if (end && *end == '.')
		end += 1 + strspn(end + 1, "0123456789");
	end = end ? strptime(end, "%z", &parts) : NULL;
	if (!end || *end)
		return -1;
	offset = parts.tm_gmtoff; /* timegm() takes no account of it, and clears it */
	return (int64_t)timegm(&parts) - offset;
}
