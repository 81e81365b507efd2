/*
 * The inverse of a step: which overlay makes a wanted document out of a base, with the least
 * change to the overlay there is. Every value that is not certain by construction is tried with
 * step_value(). Pure; relies on step.h.
 */
#pragma once

#include "persona/step.h"

/*
 * The overlay that gives target on top of base: own, the overlay there is, where it gives that
 * already. merge: and the control keys of own stay as they are. step is set up for the layer
 * with its weight; locks have been checked.
 */
struct node *solve_root(struct step *step, struct node *base, struct node *own,
			struct node *target);

/*
 * The mapping at the path entered. *changed says whether any key differs from own's; if not,
 * own is returned. base, own: mappings or NULL; target: a mapping.
 */
struct node *solve_map(struct step *step, struct scope scope, struct node *base, struct node *own,
		       struct node *target, bool *changed);

/* Whether value, on top of base, becomes target. Any may be NULL: absent. */
bool solve_gives(struct step *step, struct scope scope, struct node *base, const struct node *value,
		 const struct node *target);

/* solve_list.c: a plain list that becomes target, or NULL when a whole list must be stored. */
struct node *solve_list(struct step *step, struct scope scope, struct node *base, struct node *own,
			struct node *target);
