/* The records of readers; see fs/ancestor.h. Relies on .scratch to outlive the daemon. */
#include "fs/ancestor.h"

#include <fcntl.h>

#include "base/buf.h"
#include "base/file.h"

#define RECORDS 1024
#define RECORD_MS (24 * 3600 * 1000)
#define RECORDS_FILE ".ancestors"
#define RECORDS_BYTES (8u << 20) /* of that file */

struct record {
	struct process process; /* tgid 0: the slot is free */
	struct name name;
	int64_t when;
	struct ancestor *text;
};

struct records {
	pthread_rwlock_t arriving; /* held for reading while a reader's record is being made */
	pthread_mutex_t mutex;
	struct record list[RECORDS];
	bool changed; /* since the file was written */
};

struct ancestor *ancestor_of_text(struct helios_text *text)
{
	struct ancestor *ancestor = calloc(1, sizeof(*ancestor));

	if (!ancestor)
		return NULL;
	atomic_init(&ancestor->refs, 1);
	ancestor->shared = helios_text_ref(text);
	return ancestor;
}

struct ancestor *ancestor_of_bytes(const char *bytes, size_t length)
{
	struct ancestor *ancestor = calloc(1, sizeof(*ancestor));
	char *copy = malloc(length + 1);

	if (!ancestor || !copy) {
		free(ancestor);
		free(copy);
		return NULL;
	}
	atomic_init(&ancestor->refs, 1);
	memcpy(copy, bytes, length);
	copy[length] = '\0';
	ancestor->own.data = copy;
	ancestor->own.length = length;
	return ancestor;
}

struct ancestor *ancestor_ref(struct ancestor *ancestor)
{
	if (ancestor)
		atomic_fetch_add(&ancestor->refs, 1);
	return ancestor;
}

void ancestor_unref(struct ancestor *ancestor)
{
	if (!ancestor || atomic_fetch_sub(&ancestor->refs, 1) > 1)
		return;
	helios_text_unref(ancestor->shared);
	free((char *)ancestor->own.data);
	free(ancestor);
}

const struct helios_text *ancestor_text(const struct ancestor *ancestor)
{
	if (!ancestor)
		return NULL;
	return ancestor->shared ? ancestor->shared : &ancestor->own;
}

int records_new(struct fs *fs)
{
	pthread_rwlockattr_t attributes;

	fs->records = calloc(1, sizeof(*fs->records));
	if (!fs->records)
		return -ENOMEM;
	pthread_rwlockattr_init(&attributes);
	/* else readers that keep coming could keep a saver waiting */
	pthread_rwlockattr_setkind_np(&attributes, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	pthread_rwlock_init(&fs->records->arriving, &attributes);
	pthread_rwlockattr_destroy(&attributes);
	pthread_mutex_init(&fs->records->mutex, NULL);
	return 0;
}

void records_free(struct fs *fs)
{
	if (!fs->records)
		return;
	for (size_t i = 0; i < RECORDS; i++)
		ancestor_unref(fs->records->list[i].text);
	pthread_rwlock_destroy(&fs->records->arriving);
	pthread_mutex_destroy(&fs->records->mutex);
	free(fs->records);
	fs->records = NULL;
}

static bool is_of(const struct record *record, const struct process *process,
		  const struct name *name)
{
	return record->process.tgid && caller_equal(&record->process, process) &&
	       record->name.dir == name->dir && streq(record->name.file, name->file);
}

static struct record *find(struct records *records, const struct process *process,
			   const struct name *name)
{
	for (size_t i = 0; i < RECORDS; i++)
		if (is_of(&records->list[i], process, name))
			return &records->list[i];
	return NULL;
}

/* A slot for a new record: a free one, else the oldest. */
static struct record *find_room(struct records *records)
{
	struct record *oldest = &records->list[0];

	for (size_t i = 0; i < RECORDS; i++) {
		if (!records->list[i].process.tgid)
			return &records->list[i];
		if (records->list[i].when < oldest->when)
			oldest = &records->list[i];
	}
	return oldest;
}

/* Takes over the reference to text; returns what it replaced, to be unreferenced unlocked. */
static struct ancestor *put(struct records *records, const struct process *process,
			    const struct name *name, struct ancestor *text)
{
	struct record *record = find(records, process, name);
	struct ancestor *old;

	if (!record)
		record = find_room(records);
	old = record->text;
	*record = (struct record){
		.process = *process, .name = *name, .when = now_ms(), .text = text};
	records->changed = true;
	return old;
}

void records_begin(struct fs *fs)
{
	pthread_rwlock_rdlock(&fs->records->arriving);
}

void records_read(struct fs *fs, const struct process *process, const struct name *name,
		  struct helios_text *text)
{
	cleanup_ancestor struct ancestor *ancestor = NULL;
	struct record *known;

	if (process->tgid) {
		pthread_mutex_lock(&fs->records->mutex);
		known = find(fs->records, process, name);
		if (known && known->text->shared == text)
			known->when = now_ms();
		else if ((ancestor = ancestor_of_text(text)))
			ancestor = put(fs->records, process, name, ancestor);
		pthread_mutex_unlock(&fs->records->mutex);
	}
	pthread_rwlock_unlock(&fs->records->arriving);
}

struct ancestor *records_find(struct fs *fs, const struct process *process,
			      const struct name *name)
{
	struct ancestor *found = NULL;
	struct record *record;

	pthread_rwlock_wrlock(&fs->records->arriving);
	pthread_rwlock_unlock(&fs->records->arriving);
	pthread_mutex_lock(&fs->records->mutex);
	record = process->tgid ? find(fs->records, process, name) : NULL;
	if (record && now_ms() - record->when < RECORD_MS)
		found = ancestor_ref(record->text);
	pthread_mutex_unlock(&fs->records->mutex);
	return found;
}

void records_saved(struct fs *fs, const struct process *process, const struct name *name,
		   struct ancestor *text)
{
	cleanup_ancestor struct ancestor *old = NULL;

	pthread_mutex_lock(&fs->records->mutex);
	if (process->tgid && find(fs->records, process, name))
		old = put(fs->records, process, name, ancestor_ref(text));
	pthread_mutex_unlock(&fs->records->mutex);
}

/* Which boot this is: thread groups of another one are not the same processes. */
static void boot_id(char id[64])
{
	cleanup_fd int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t got = fd >= 0 ? read(fd, id, 63) : 0;

	id[got > 0 ? got : 0] = '\0';
	id[strcspn(id, "\n")] = '\0';
}

static void drop_dead(struct records *records)
{
	for (size_t i = 0; i < RECORDS; i++) {
		struct record *record = &records->list[i];

		if (!record->process.tgid || (now_ms() - record->when < RECORD_MS &&
					      caller_alive(&record->process, false)))
			continue;
		ancestor_unref(record->text);
		*record = (struct record){0};
	}
}

static void format(struct records *records, struct buf *out)
{
	char boot[64];

	boot_id(boot);
	buf_addf(out, "%s\n", boot);
	for (size_t i = 0; i < RECORDS; i++) {
		const struct record *record = &records->list[i];
		const struct helios_text *text = ancestor_text(record->text);

		if (!record->process.tgid || out->length + text->length > RECORDS_BYTES)
			continue;
		buf_addf(out, "%d %llu %d %lld %zu %s\n", (int)record->process.tgid,
			 (unsigned long long)record->process.start, (int)record->name.dir,
			 (long long)record->when, text->length, record->name.file);
		buf_add(out, text->data, text->length);
	}
}

void records_tidy(struct fs *fs)
{
	cleanup_buf struct buf out = {0};
	cleanup_fd int scratch = -1;
	bool changed;

	pthread_mutex_lock(&fs->records->mutex);
	changed = fs->records->changed;
	if (changed) {
		drop_dead(fs->records);
		format(fs->records, &out);
		fs->records->changed = false;
	}
	pthread_mutex_unlock(&fs->records->mutex);
	if (!changed || out.failed)
		return;
	scratch = helios_scratch(fs->home, NULL);
	if (scratch < 0)
		return;
	unlinkat(scratch, RECORDS_FILE ".new", 0);
	if (file_create(scratch, RECORDS_FILE ".new", out.data, out.length) == 0)
		renameat(scratch, RECORDS_FILE ".new", scratch, RECORDS_FILE);
}

/* One record of the file; false at its end or when it makes no sense. */
static bool load_one(struct records *records, const char **at, const char *end)
{
	unsigned long long start;
	long long when;
	int tgid, dir, header = 0;
	size_t length;
	char file[256];
	struct process process;
	struct name name;

	if (sscanf(*at, "%d %llu %d %lld %zu %255[^\n]%n", &tgid, &start, &dir, &when, &length, file,
		   &header) != 6 ||
	    !dir_is_writable((enum fs_dir)dir) || (*at)[header] != '\n')
		return false;
	*at += header + 1;
	if (length > (size_t)(end - *at))
		return false;
	process = (struct process){tgid, start};
	name = name_parse((enum fs_dir)dir, file);
	if (caller_alive(&process, true) && name.kind == NAME_DOCUMENT && when <= now_ms()) {
		struct ancestor *text = ancestor_of_bytes(*at, length);

		if (text)
			ancestor_unref(put(records, &process, &name, text));
	}
	*at += length;
	return true;
}

void records_load(struct fs *fs)
{
	cleanup_buf struct buf in = {0};
	cleanup_fd int scratch = helios_scratch(fs->home, NULL);
	const char *at;
	char boot[64];

	if (scratch < 0 || file_read(scratch, RECORDS_FILE, 2 * RECORDS_BYTES, &in, NULL) < 0)
		return;
	boot_id(boot);
	at = buf_text(&in);
	if (strncmp(at, boot, strlen(boot)) != 0 || at[strlen(boot)] != '\n')
		return;
	at += strlen(boot) + 1;
	while (load_one(fs->records, &at, in.data + in.length))
		;
}
