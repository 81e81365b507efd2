/* The mapped counter of store/generation.h. */
#include "store/generation.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <time.h>

#include "base/file.h"
#include "store/quarantine.h"

#define GENERATION_FILE ".generation"

struct shared {
	_Atomic uint64_t counter;
	char boot_id[40], journal[32]; /* of struct generation_mark, as is the next */
	_Atomic uint64_t uncheckpointed;
};

/* A mapping stays until the end: other threads may be reading it when the file is replaced. */
struct mapping {
	struct mapping *older;
	struct shared *shared;
};

struct generation {
	_Atomic(struct shared *) shared;
	struct shared lost; /* in its place while there is no file to map */
	struct mapping *mappings;
	int fd;
	bool writable;
};

/* A new counter begins where no earlier one has been: no value may come twice. */
static void begin_anew(struct shared *shared)
{
	uint64_t none = 0;

	atomic_compare_exchange_strong(&shared->counter, &none, (uint64_t)time(NULL) << 24);
}

static int keep_mapping(struct generation *generation, int fd)
{
	struct mapping *mapping = malloc(sizeof(*mapping));
	void *mapped;

	if (!mapping)
		return -ENOMEM;
	mapped = mmap(NULL, sizeof(struct shared),
		      generation->writable ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED, fd, 0);
	if (mapped == MAP_FAILED) {
		free(mapping);
		return -errno;
	}
	if (generation->writable)
		begin_anew(mapped);
	*mapping = (struct mapping){.older = generation->mappings, .shared = mapped};
	generation->mappings = mapping;
	generation->shared = mapped;
	return 0;
}

static int open_file(int directory, bool writable)
{
	int flags = writable ? O_RDWR | O_CREAT : O_RDONLY;
	int fd = file_open_beneath(directory, GENERATION_FILE, flags, 0600);

	if (!writable || fd >= 0 || fd == -EACCES || quarantine(directory, GENERATION_FILE) < 0)
		return fd;
	return file_open_beneath(directory, GENERATION_FILE, flags, 0600);
}

static int map(struct generation *generation, int directory)
{
	cleanup_fd int fd = open_file(directory, generation->writable);
	struct stat st;
	int err;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (st.st_size < (off_t)sizeof(struct shared) && !generation->writable)
		return -EINVAL;
	if (st.st_size < (off_t)sizeof(struct shared) && ftruncate(fd, sizeof(struct shared)) < 0)
		return -errno;
	err = keep_mapping(generation, fd);
	if (err == 0) {
		if (generation->fd >= 0)
			close(generation->fd);
		generation->fd = take_fd(&fd);
	}
	return err;
}

int generation_open(int directory, bool writable, struct generation **ret,
		    struct helios_error *error)
{
	struct generation *generation = calloc(1, sizeof(*generation));
	int err;

	if (!generation)
		return helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "cannot map the counter");
	generation->fd = -1;
	generation->shared = &generation->lost;
	generation->writable = writable;
	err = map(generation, directory);
	if (err < 0) {
		generation_close(generation);
		return helios_fail_errno(error, -err, GENERATION_FILE, "cannot map the counter");
	}
	*ret = generation;
	return 0;
}

void generation_close(struct generation *generation)
{
	if (!generation)
		return;
	for (struct mapping *at = generation->mappings, *older; at; at = older) {
		older = at->older;
		munmap(at->shared, sizeof(struct shared));
		free(at);
	}
	if (generation->fd >= 0)
		close(generation->fd);
	free(generation);
}

int generation_check(struct generation *generation, int directory)
{
	struct stat st;

	if (generation->shared != &generation->lost && fstat(generation->fd, &st) == 0 &&
	    st.st_nlink > 0 && st.st_size >= (off_t)sizeof(struct shared))
		return 0;
	generation->shared = &generation->lost; /* reading beyond the file's end would kill us */
	return map(generation, directory);
}

uint64_t generation_read(const struct generation *generation)
{
	const struct shared *shared = generation ? generation->shared : NULL;

	return shared && shared != &generation->lost
		       ? atomic_load_explicit(&shared->counter, memory_order_acquire)
		       : 0;
}

void generation_begin(struct generation *generation)
{
	struct shared *shared = generation->shared;
	uint64_t now = atomic_load(&shared->counter);

	/* by exchange: others touch it without the lock, and no value may come twice */
	while (!atomic_compare_exchange_weak(&shared->counter, &now, now & 1 ? now + 2 : now + 1))
		;
}

uint64_t generation_end(struct generation *generation)
{
	struct shared *shared = generation->shared;
	uint64_t now = atomic_load(&shared->counter);

	while (!atomic_compare_exchange_weak(&shared->counter, &now, (now | 1) + 1))
		;
	return (now | 1) + 1;
}

void generation_touch(struct generation *generation)
{
	if (generation)
		atomic_fetch_add_explicit(&generation->shared->counter, 2, memory_order_acq_rel);
}

uint64_t generation_uncheckpointed(const struct generation *generation)
{
	return atomic_load(&generation->shared->uncheckpointed);
}

struct generation_mark generation_mark(const struct generation *generation)
{
	const struct shared *shared = generation->shared;
	struct generation_mark mark = {.uncheckpointed = generation_uncheckpointed(generation)};

	memcpy(mark.boot_id, shared->boot_id, sizeof(mark.boot_id));
	memcpy(mark.journal, shared->journal, sizeof(mark.journal));
	return mark;
}

void generation_set_mark(struct generation *generation, const struct generation_mark *mark)
{
	struct shared *shared = generation->shared;

	memcpy(shared->boot_id, mark->boot_id, sizeof(mark->boot_id));
	memcpy(shared->journal, mark->journal, sizeof(mark->journal));
	atomic_store(&shared->uncheckpointed, mark->uncheckpointed);
}
