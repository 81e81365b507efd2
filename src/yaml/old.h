/* What YAML 1.1 reads otherwise than YAML 1.2. Pure. */
#pragma once

#include "yaml/node.h"

/* What the Python server, which reads YAML 1.1, takes a plain scalar for; NULL: the same. */
const char *node_read_before(const struct node *node);
