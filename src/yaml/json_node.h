/* Documents as JSON, and JSON as nodes. Relies on base/json_write, base/slice and yaml/node. */
#pragma once

#include "base/json_write.h"
#include "base/slice.h"
#include "yaml/node.h"

/* A whole node; a number JSON cannot hold becomes the string YAML shows. Tags are not shown. */
void json_node(struct buf *out, const struct node *node);

/* A value of checked JSON; numbers keep every digit. NULL when memory is out. */
struct node *node_of_json(struct arena *arena, struct slice value);
