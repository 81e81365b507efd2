/*
 * Which slots of a collection stay, and for which children of the target. Relies on yaml/align and
 * edit.
 */
#pragma once

#include "yaml/align.h"
#include "yaml/edit.h"

#define MATCH_MISSING ALIGN_NONE    /* to be added */
#define MATCH_MERGED (SIZE_MAX - 1) /* it comes in through a << that stays */

struct match {
	size_t *slot_of;    /* of each child of the target: a slot, or one of these */
	bool *kept;	    /* of each slot */
	size_t first, last; /* slots that stay; NOWHERE when none does */
};

/* Keys by name, items by yaml/align.h. What is returned lives in the edit's arena. 0 or -ENOMEM. */
int match_children(const struct edit *edit, const struct node *node, const struct slots *slots,
		   const struct node *target, struct match *ret) must_use;
