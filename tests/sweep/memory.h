/* Memory that runs out on demand: memory.c takes the C library's allocator's place in a test. */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

struct memory {
	_Atomic long fail_at;	/* the allocation that fails first, counted from 1; 0: none */
	_Atomic long fail_last; /* and the last one that fails */
	_Atomic long seen;	/* allocations since it was last set to 0 */
	_Atomic long failed;	/* of them */
	_Atomic long live;	/* blocks that were not freed */
};

extern struct memory *memory;

/* From now on the calls that each allocation is made by are told apart in places, count of them. */
void memory_places(uint64_t *places, long count);

/* Tells the standard error where each block was allocated that is live and newer than the mark. */
void memory_mark(void);
void memory_tell_live(void);

/* From now on it is kept where blocks were allocated, and told which allocation failed. */
void memory_trace(void);
