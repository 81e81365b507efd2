/*
 * The allocator of memory.h, over the C library's own. A block carries a header, so that freeing it
 * twice, or what is none, aborts; freed memory is overwritten, so that its use is noticed.
 */
#include "memory.h"

#include <errno.h>
#include <execinfo.h>
#include <link.h>
#include <malloc.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ALIGNMENT _Alignof(max_align_t)
#define LIVE 0x48656c696f73206dull
#define FREED 0xdeadf5eedeadf5eeull
#define FRESH 0xa5 /* what new memory holds that nobody has cleared */
#define STALE 0xd9
#define FRAMES 24
#define CALLS 12 /* the innermost ones, by which places are told apart */

extern void *__libc_malloc(size_t size);
extern void __libc_free(void *block);

struct header {
	struct header *next, *previous; /* while tracing */
	void **frames;
	void *start; /* what the C library gave */
	size_t size;
	_Alignas(ALIGNMENT) uint64_t state;
	bool counted;
	uint64_t mark; /* how often memory_mark() had been called */
};

static struct memory own;
struct memory *memory = &own;

/*
 * Libraries whose allocations neither fail nor count. libgit2 1.5.1 crashes, or leaks, at half of
 * them when they fail (measured: at 195 of 402 while a home is opened and its personas listed), and
 * forgets what pcre2 gave it when a pattern does not match.
 */
static struct library {
	const char *name;
	uintptr_t start, end; /* of its code */
} spared[] = {{.name = "/libgit2."}, {.name = "/libpcre2-8."}};

/*
 * What libgit2 has these allocate is spared, too: it takes their failure for damage of the
 * repository, or for the end of a directory.
 */
static struct library helpers[] = {{.name = "/libz."}, {.name = "/libc."}};

static bool tracing;
static uint64_t *places;
static long place_count;
static uint64_t marks;
static struct header all = {.next = &all, .previous = &all};
static _Atomic bool busy; /* the list's lock, with tracing */

static void say(const char *text)
{
	if (write(STDERR_FILENO, text, strlen(text)) < 0)
		_exit(3);
}

static void tell_frames(const char *what, void *const *frames, int count)
{
	say(what);
	backtrace_symbols_fd(frames, count, STDERR_FILENO);
}

static int count_frames(void *const *frames)
{
	int count = 0;

	while (frames[count])
		count++;
	return count;
}

static void hold(void)
{
	while (atomic_exchange(&busy, true))
		;
}

static void trace(struct header *header)
{
	header->frames = __libc_malloc((FRAMES + 1) * sizeof(void *));
	memset(header->frames, 0, (FRAMES + 1) * sizeof(void *));
	backtrace(header->frames, FRAMES);
	hold();
	header->next = all.next;
	header->previous = &all;
	all.next->previous = header;
	all.next = header;
	busy = false;
}

static void forget(struct header *header)
{
	hold();
	header->next->previous = header->previous;
	header->previous->next = header->next;
	busy = false;
	__libc_free(header->frames);
}

static bool is_in(const struct library *library, const void *caller)
{
	return (uintptr_t)caller >= library->start && (uintptr_t)caller < library->end;
}

static bool is_helper(const void *caller)
{
	return is_in(&helpers[0], caller) || is_in(&helpers[1], caller);
}

static bool is_spared(const void *caller)
{
	void *frames[FRAMES];
	int count, at = 0;

	for (size_t i = 0; i < sizeof(spared) / sizeof(*spared); i++)
		if (is_in(&spared[i], caller))
			return true;
	if (!is_helper(caller))
		return false;
	count = backtrace(frames, FRAMES);
	while (at < count && !is_helper(frames[at]))
		at++;
	while (at < count && is_helper(frames[at]))
		at++;
	return at < count && is_in(&spared[0], frames[at]);
}

static uint64_t sum_of_calls(void)
{
	void *frames[CALLS];
	int count = backtrace(frames, CALLS);
	uint64_t sum = 0xcbf29ce484222325ull;

	for (int i = 0; i < count; i++)
		sum = (sum ^ (uintptr_t)frames[i]) * 0x100000001b3ull;
	return sum;
}

static bool fails(void)
{
	long number = atomic_fetch_add(&memory->seen, 1) + 1;
	long first = memory->fail_at;

	if (number <= place_count)
		places[number - 1] = sum_of_calls();
	if (first == 0 || number < first || number > memory->fail_last)
		return false;
	memory->failed++;
	if (tracing) {
		void *frames[FRAMES];

		tell_frames("this allocation fails:\n", frames, backtrace(frames, FRAMES));
	}
	errno = ENOMEM;
	return true;
}

static void *take(size_t alignment, size_t size, const void *caller)
{
	struct header *header;
	uintptr_t at;
	char *start;

	if (!is_spared(caller) && fails())
		return NULL;
	if (size > PTRDIFF_MAX - sizeof(*header) - alignment)
		start = NULL;
	else
		start = __libc_malloc(size + sizeof(*header) + alignment);
	if (!start) {
		errno = ENOMEM;
		return NULL;
	}
	at = ((uintptr_t)start + sizeof(*header) + alignment - 1) & ~(uintptr_t)(alignment - 1);
	header = (struct header *)at - 1;
	*header = (struct header){.start = start, .size = size, .state = LIVE, .mark = marks};
	header->counted = !is_spared(caller);
	memory->live += header->counted;
	if (tracing && header->counted)
		trace(header);
	return memset(header + 1, FRESH, size);
}

static struct header *header_of(void *block)
{
	struct header *header = (struct header *)block - 1;

	if (header->state == LIVE)
		return header;
	say(header->state == FREED ? "memory: freed twice\n" : "memory: no block\n");
	abort();
}

void *malloc(size_t size)
{
	return take(ALIGNMENT, size, __builtin_return_address(0));
}

void free(void *block)
{
	int saved = errno;
	struct header *header;

	if (!block)
		return;
	header = header_of(block);
	memory->live -= header->counted;
	if (header->frames)
		forget(header);
	memset(block, STALE, header->size);
	header->state = FREED;
	__libc_free(header->start);
	errno = saved;
}

void *calloc(size_t count, size_t size)
{
	size_t whole;
	void *block;

	if (__builtin_mul_overflow(count, size, &whole)) {
		errno = ENOMEM;
		return NULL;
	}
	block = take(ALIGNMENT, whole, __builtin_return_address(0));
	return block ? memset(block, 0, whole) : NULL;
}

void *realloc(void *block, size_t size)
{
	void *moved;
	size_t before;

	if (block && size == 0) {
		free(block);
		return NULL;
	}
	before = block ? header_of(block)->size : 0;
	moved = take(ALIGNMENT, size, __builtin_return_address(0));
	if (moved && block) {
		memcpy(moved, block, before < size ? before : size);
		free(block);
	}
	return moved;
}

/* Here, so that it is known who asks for the copy. */
char *strdup(const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy = take(ALIGNMENT, size, __builtin_return_address(0));

	return copy ? memcpy(copy, text, size) : NULL;
}

void *memalign(size_t alignment, size_t size)
{
	return take(alignment < ALIGNMENT ? ALIGNMENT : alignment, size,
		    __builtin_return_address(0));
}

void *aligned_alloc(size_t alignment, size_t size)
{
	return memalign(alignment, size);
}

int posix_memalign(void **ret, size_t alignment, size_t size)
{
	void *block = memalign(alignment, size);

	if (block)
		*ret = block;
	return block ? 0 : ENOMEM;
}

size_t malloc_usable_size(void *block)
{
	return block ? header_of(block)->size : 0;
}

void memory_mark(void)
{
	marks++;
}

void memory_tell_live(void)
{
	for (struct header *at = all.next; at != &all; at = at->next)
		if (at->mark == marks)
			tell_frames("not freed:\n", at->frames, count_frames(at->frames));
}

static void tell_crash(int number)
{
	void *frames[FRAMES];

	tell_frames("it crashes:\n", frames, backtrace(frames, FRAMES));
	signal(number, SIG_DFL);
	raise(number);
}

void memory_places(uint64_t *room, long count)
{
	places = room;
	place_count = count;
}

void memory_trace(void)
{
	signal(SIGSEGV, tell_crash);
	signal(SIGABRT, tell_crash);
	tracing = true;
}

static int find_library(struct dl_phdr_info *object, size_t size, void *which)
{
	struct library *library = which;

	(void)size;
	if (!strstr(object->dlpi_name, library->name))
		return 0;
	for (int i = 0; i < object->dlpi_phnum; i++) {
		const ElfW(Phdr) *part = &object->dlpi_phdr[i];

		if (part->p_type != PT_LOAD || !(part->p_flags & PF_X))
			continue;
		library->start = object->dlpi_addr + part->p_vaddr;
		library->end = library->start + part->p_memsz;
	}
	return 1;
}

__attribute__((constructor)) static void begin(void)
{
	void *frames[FRAMES];

	backtrace(frames, FRAMES); /* its first call allocates */
	for (size_t i = 0; i < sizeof(spared) / sizeof(*spared); i++)
		dl_iterate_phdr(find_library, &spared[i]);
	for (size_t i = 0; i < sizeof(helpers) / sizeof(*helpers); i++)
		dl_iterate_phdr(find_library, &helpers[i]);
	if (getenv("HELIOS_MEMORY_TRACE"))
		memory_trace();
}
