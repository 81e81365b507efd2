/* The topics of cli/topics.h, from cli/topics.def. */
#include "cli/topics.h"

#include <stddef.h>

const struct topic topics[] = {
#define TOPIC(name, summary, text) {#name, summary, text},
#include "cli/topics.def"
#undef TOPIC
	{NULL, NULL, NULL},
};
