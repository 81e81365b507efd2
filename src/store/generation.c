/* The mapped counter of store/generation.h. */
#include "store/generation.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <sys/mman.h>

#include "base/file.h"

#define GENERATION_FILE ".generation"

struct shared {
	_Atomic uint64_t counter;
	struct generation_mark mark;
};

struct generation {
	struct shared *shared;
};

int generation_open(int directory, bool writable, struct generation **ret,
		    struct helios_error *error)
{
	cleanup_fd int fd = file_open_beneath(directory, GENERATION_FILE,
					      writable ? O_RDWR | O_CREAT : O_RDONLY, 0600);
	struct generation *generation;
	struct stat st;
	void *mapped;

	if (fd < 0)
		return helios_fail_errno(error, -fd, GENERATION_FILE, "cannot open the counter");
	if (fstat(fd, &st) < 0 ||
	    (st.st_size < (off_t)sizeof(struct shared) &&
	     (!writable || ftruncate(fd, sizeof(struct shared)) < 0)))
		return helios_fail_errno(error, errno ? errno : EINVAL, GENERATION_FILE,
					 "cannot size the counter");
	mapped = mmap(NULL, sizeof(struct shared), writable ? PROT_READ | PROT_WRITE : PROT_READ,
		      MAP_SHARED, fd, 0);
	if (mapped == MAP_FAILED)
		return helios_fail_errno(error, errno, GENERATION_FILE, "cannot map the counter");
	generation = malloc(sizeof(*generation));
	if (!generation) {
		munmap(mapped, sizeof(struct shared));
		return helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "cannot map the counter");
	}
	generation->shared = mapped;
	*ret = generation;
	return 0;
}

void generation_close(struct generation *generation)
{
	if (!generation)
		return;
	munmap(generation->shared, sizeof(struct shared));
	free(generation);
}

uint64_t generation_read(const struct generation *generation)
{
	return generation ? atomic_load_explicit(&generation->shared->counter,
						 memory_order_acquire)
			  : 0;
}

void generation_begin(struct generation *generation)
{
	uint64_t now = generation_read(generation);

	/* by exchange: others touch it without the lock, and no value may come twice */
	while (!atomic_compare_exchange_weak(&generation->shared->counter, &now,
					     now & 1 ? now + 2 : now + 1))
		;
}

uint64_t generation_end(struct generation *generation)
{
	uint64_t now = generation_read(generation);

	while (!atomic_compare_exchange_weak(&generation->shared->counter, &now, (now | 1) + 1))
		;
	return (now | 1) + 1;
}

void generation_touch(struct generation *generation)
{
	if (generation)
		atomic_fetch_add_explicit(&generation->shared->counter, 2, memory_order_acq_rel);
}

struct generation_mark generation_mark(const struct generation *generation)
{
	return generation->shared->mark;
}

void generation_set_mark(struct generation *generation, const struct generation_mark *mark)
{
	generation->shared->mark = *mark;
}
