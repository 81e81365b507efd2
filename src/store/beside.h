/*
 * Two things that do not depend on each other, done at the same time: one waits for the disk
 * while the other works.
 */
#pragma once

typedef int beside_fn(void *context);

/*
 * Runs other in a thread and this in the caller's; both have ended on return. Gives the first
 * negative result, this one's before other's. Without a thread to be had, one after the other.
 */
int beside(beside_fn *this, void *this_context, beside_fn *other, void *other_context);
