/* The records of readers; see fs/ancestor.h. Relies on .scratch to outlive the daemon. */
#include "fs/ancestor.h"

#include <fcntl.h>

#include "base/buf.h"
#include "base/file.h"

#define RECORDS 1024
#define BUCKETS 512
#define RECORD_MS (24 * 3600 * 1000)
#define RECORDS_FILE ".ancestors"
#define RECORDS_BYTES (8u << 20) /* of that file */

struct record {
	struct process process; /* tgid 0: the slot is free */
	struct name name;
	int64_t when;
	struct ancestor *text;
	unsigned opens; /* for reading that text; 0: it was saved, or read before a restart */
	struct ancestor *before; /* what was the text until it was opened; NULL: nothing */
	struct record *next;	 /* of the same bucket */
};

struct records {
	pthread_rwlock_t arriving; /* held for reading while a reader's record is being made */
	pthread_mutex_t mutex;
	struct record list[RECORDS], *buckets[BUCKETS];
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

static const struct helios_text *text_of(const struct ancestor *ancestor)
{
	return ancestor->shared ? ancestor->shared : &ancestor->own;
}

const struct helios_text *ancestor_text(const struct ancestor *ancestor)
{
	return ancestor ? text_of(ancestor) : NULL;
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

static struct record **bucket(struct records *records, const struct process *process,
			      const struct name *name)
{
	return &records->buckets[((uint64_t)process->tgid ^ name_number(name)) % BUCKETS];
}

/* Makes the slot free. */
static void clear(struct records *records, struct record *record)
{
	struct record **at = bucket(records, &record->process, &record->name);

	while (*at && *at != record)
		at = &(*at)->next;
	if (*at)
		*at = record->next;
	ancestor_unref(record->text);
	ancestor_unref(record->before);
	*record = (struct record){0};
}

void records_free(struct fs *fs)
{
	if (!fs->records)
		return;
	for (size_t i = 0; i < RECORDS; i++)
		clear(fs->records, &fs->records->list[i]);
	pthread_rwlock_destroy(&fs->records->arriving);
	pthread_mutex_destroy(&fs->records->mutex);
	free(fs->records);
	fs->records = NULL;
}

static bool is_of(const struct record *record, const struct process *process,
		  const struct name *name)
{
	return caller_equal(&record->process, process) && name_equal(&record->name, name);
}

static struct record *find(struct records *records, const struct process *process,
			   const struct name *name)
{
	struct record *record = *bucket(records, process, name);

	while (record && !is_of(record, process, name))
		record = record->next;
	return record;
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

/* A new or emptied record of the process; *ret_old takes what an old one had, if it is not NULL. */
static struct record *put(struct records *records, const struct process *process,
			  const struct name *name, struct ancestor *text, struct ancestor **ret_old)
{
	struct record *record = find(records, process, name);
	struct record **at = bucket(records, process, name);

	if (!record)
		record = find_room(records);
	else if (ret_old)
		*ret_old = take_ptr(record->text);
	clear(records, record);
	*record = (struct record){
		.process = *process, .name = *name, .when = now_ms(), .text = text, .next = *at};
	*at = record;
	records->changed = true;
	return record;
}

void records_begin(struct fs *fs)
{
	pthread_rwlock_rdlock(&fs->records->arriving);
}

void records_read(struct fs *fs, const struct process *process, const struct name *name,
		  struct helios_text *text)
{
	struct ancestor *ancestor, *before = NULL;
	struct record *record;

	if (process->tgid) {
		pthread_mutex_lock(&fs->records->mutex);
		record = find(fs->records, process, name);
		if (record && record->text->shared == text) {
			record->when = now_ms();
			record->opens++;
		} else if ((ancestor = ancestor_of_text(text))) {
			record = put(fs->records, process, name, ancestor, &before);
			record->before = before;
			record->opens = 1;
		}
		pthread_mutex_unlock(&fs->records->mutex);
	}
	pthread_rwlock_unlock(&fs->records->arriving);
}

bool records_await_read(struct fs *fs, const struct process *process, const struct name *name,
			const struct helios_text *text)
{
	const struct helios_text *saved;
	const struct record *record;
	bool other = false;

	pthread_mutex_lock(&fs->records->mutex);
	record = process->tgid ? find(fs->records, process, name) : NULL;
	if (record && !record->opens) {
		saved = text_of(record->text);
		other = saved->length != text->length ||
			memcmp(saved->data, text->data, text->length) != 0;
	}
	pthread_mutex_unlock(&fs->records->mutex);
	return other;
}

/* For records that are being made. */
static void wait_for_readers(struct records *records)
{
	pthread_rwlock_wrlock(&records->arriving);
	pthread_rwlock_unlock(&records->arriving);
}

struct ancestor *records_find(struct fs *fs, const struct process *process, const struct name *name)
{
	struct ancestor *found = NULL;
	struct record *record;

	wait_for_readers(fs->records);
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
	pthread_mutex_lock(&fs->records->mutex);
	if (process->tgid && find(fs->records, process, name))
		put(fs->records, process, name, ancestor_ref(text), NULL);
	pthread_mutex_unlock(&fs->records->mutex);
}

/* Whether the text was opened once, and what was edited may be the one before. */
static bool may_be_backup(const struct record *record, size_t length)
{
	return record->before && record->opens == 1 && text_of(record->text)->length == length;
}

bool records_await_copy(struct fs *fs, size_t length)
{
	bool found = false;

	wait_for_readers(fs->records);
	pthread_mutex_lock(&fs->records->mutex);
	for (size_t i = 0; i < RECORDS && !found; i++)
		found = may_be_backup(&fs->records->list[i], length);
	pthread_mutex_unlock(&fs->records->mutex);
	return found;
}

void records_copied(struct fs *fs, const struct process *process, const struct buf *bytes)
{
	pthread_mutex_lock(&fs->records->mutex);
	for (size_t i = 0; i < RECORDS; i++) {
		struct record *record = &fs->records->list[i];

		if (!may_be_backup(record, bytes->length) ||
		    !caller_equal(&record->process, process) ||
		    memcmp(text_of(record->text)->data, bytes->data, bytes->length) != 0)
			continue;
		ancestor_unref(record->text);
		record->text = take_ptr(record->before);
		fs->records->changed = true;
	}
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

		if (!record->process.tgid ||
		    (now_ms() - record->when < RECORD_MS && caller_alive(&record->process, false)))
			continue;
		clear(records, record);
	}
}

static void format(struct records *records, struct buf *out)
{
	char boot[64];

	boot_id(boot);
	buf_addf(out, "%s\n", boot);
	for (size_t i = 0; i < RECORDS; i++) {
		const struct record *record = &records->list[i];
		const struct helios_text *text;

		if (!record->process.tgid)
			continue;
		text = text_of(record->text);
		if (out->length + text->length > RECORDS_BYTES)
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

	if (sscanf(*at, "%d %llu %d %lld %zu %255[^\n]%n", &tgid, &start, &dir, &when, &length,
		   file, &header) != 6 ||
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
			put(records, &process, &name, text, NULL);
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
