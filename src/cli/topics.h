/* What 'helios help TOPIC' tells beside commands and error codes; helios-topics(7) is made of it.
 */
#pragma once

struct topic {
	const char *name;
	const char *summary; /* one line, no full stop */
	const char *text;    /* ends with a newline */
};

/* Ends with a NULL name. */
extern const struct topic topics[];
