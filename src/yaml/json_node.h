/* Documents as JSON. Relies on base/json_write and yaml/node. */
#pragma once

#include "base/json_write.h"
#include "yaml/node.h"

/* A whole node; a number JSON cannot hold becomes the string YAML shows. Tags are not shown. */
void json_node(struct buf *out, const struct node *node);
