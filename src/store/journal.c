/* Writing the journal of store/journal.h. */
#include "store/journal.h"

#include <fcntl.h>
#include <time.h>
#include <zlib.h>

#include "base/file.h"
#include "store/journal_format.h"
#include "store/quarantine.h"

/* "…,\"sum\":\"crc32\"}": the checksum is over the line's bytes before it. */
static char *seal(cJSON *record, size_t *ret_length)
{
	cleanup_free char *text = cJSON_PrintUnformatted(record);
	cleanup_buf struct buf line = {0};

	if (!text)
		return NULL;
	buf_add(&line, text, strlen(text) - 1); /* without the closing brace */
	buf_addf(&line, JOURNAL_SUM "%08lx\"}\n",
		 crc32(0, (const unsigned char *)line.data, (unsigned)line.length));
	*ret_length = line.length;
	return buf_take(&line);
}

static int open_for_append(int directory, const char *name, off_t *ret_size)
{
	char path[64];
	struct stat st;
	int fd, err;

	snprintf(path, sizeof(path), JOURNAL_DIRECTORY "/%s", name);
	fd = file_open_beneath(directory, path, O_RDWR | O_APPEND, 0);
	if ((fd == -ELOOP || fd == -EISDIR || fd == -EINVAL || fd == -ENXIO) &&
	    quarantine(directory, path) == 0) /* no plain file */
		fd = -ENOENT;
	if (fd == -ENOENT) { /* a new day: its name must survive, too */
		cleanup_fd int parent =
			file_open_beneath(directory, JOURNAL_DIRECTORY, O_RDONLY | O_DIRECTORY, 0);

		if (parent < 0)
			return parent;
		fd = file_open_beneath(directory, path, O_RDWR | O_APPEND | O_CREAT, 0600);
		if (fd >= 0 && fsync(parent) < 0) {
			err = -errno;
			close(fd);
			return err;
		}
	}
	if (fd >= 0 && fstat(fd, &st) < 0) {
		err = -errno;
		close(fd);
		return err;
	}
	*ret_size = fd >= 0 ? st.st_size : 0;
	return fd;
}

/* A torn tail stays as it is; the new record begins on a line of its own. */
static bool needs_newline(int fd, off_t size)
{
	char last;

	return size > 0 && pread(fd, &last, 1, size - 1) == 1 && last != '\n';
}

static int append(int directory, const char *name, cJSON *record, bool sync,
		  struct journal_end *ret_end)
{
	size_t length = 0;
	cleanup_free char *line = seal(record, &length);
	off_t size = 0;
	cleanup_fd int fd = -1;
	int err;

	if (!line)
		return -ENOMEM;
	fd = open_for_append(directory, name, &size);
	if (fd < 0)
		return fd;
	if (needs_newline(fd, size)) {
		err = file_write_all(fd, "\n", 1);
		if (err < 0)
			return err;
		size++;
	}
	err = file_write_all(fd, line, length);
	if (err == 0 && sync && fdatasync(fd) < 0)
		err = -errno;
	if (ret_end) {
		snprintf(ret_end->name, sizeof(ret_end->name), "%s", name);
		ret_end->size = (uint64_t)size + length;
	}
	return err;
}

/* Today's file, or a later one that is there already: a clock set back must not mix the order. */
static void current_name(const struct journal_end *newest, char name[32])
{
	time_t now = time(NULL);
	struct tm utc;

	strftime(name, 32, "%Y%m%d" JOURNAL_SUFFIX, gmtime_r(&now, &utc));
	if (strcmp(newest->name, name) > 0)
		memcpy(name, newest->name, sizeof(newest->name));
}

static cJSON *new_record(const char *kind, const char *id)
{
	cJSON *record = cJSON_CreateObject();
	time_t now = time(NULL);
	struct tm utc;
	char stamp[32];

	strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
	cJSON_AddStringToObject(record, "timestamp", stamp);
	cJSON_AddStringToObject(record, "kind", kind);
	if (id)
		cJSON_AddStringToObject(record, "id", id);
	return record;
}

static void add_id(cJSON *object, const char *member, const struct object_id *id)
{
	char hex[OBJECT_ID_HEX + 1];

	if (object_id_is_zero(id)) {
		cJSON_AddNullToObject(object, member);
		return;
	}
	object_id_format(id, hex);
	cJSON_AddStringToObject(object, member, hex);
}

static void add_text(cJSON *object, const char *member, const char *text)
{
	if (text)
		cJSON_AddStringToObject(object, member, text);
	else
		cJSON_AddNullToObject(object, member);
}

static cJSON *describe(const struct journal_change *change)
{
	cJSON *record = new_record("change", change->id), *files;

	add_text(record, "boot_id", change->boot_id);
	add_text(record, "session_id", change->session);
	add_text(record, "source", change->source);
	add_text(record, "client", change->client);
	add_text(record, "operation", change->operation);
	add_id(record, "parent", &change->parent);
	add_id(record, "tree", &change->tree);
	add_id(record, "commit", &change->commit);
	json_add_int(record, "author_time", change->time);
	add_text(record, "message", change->message);
	cJSON_AddTrueToObject(record, "success");
	files = cJSON_AddArrayToObject(record, "files");
	for (size_t i = 0; i < change->count; i++) {
		cJSON *file = cJSON_CreateObject();

		add_text(file, "path", change->files[i].path);
		add_id(file, "before", &change->files[i].before);
		add_id(file, "after", &change->files[i].after);
		add_text(file, "content", change->files[i].content);
		if (!cJSON_AddItemToArray(files, file))
			cJSON_Delete(file);
	}
	return record;
}

static int write_record(int directory, cJSON *record, bool sync, struct journal_end *end,
			struct helios_error *error)
{
	char name[32];
	int err = record ? 0 : -ENOMEM;

	current_name(end, name);
	if (err == 0)
		err = append(directory, name, record, sync, end);
	if (err < 0)
		return helios_fail_errno(error, -err, JOURNAL_DIRECTORY,
					 "cannot write the journal");
	return 0;
}

int journal_append(int directory, const struct journal_change *change, struct journal_end *end,
		   struct helios_error *error)
{
	cleanup_json cJSON *record = describe(change);

	return write_record(directory, record, true, end, error);
}

int journal_abort(int directory, const char *id, struct helios_error *error)
{
	cleanup_json cJSON *record = new_record("abort", id);
	struct journal_end end;
	char name[32], own[80];
	int err = journal_find_end(directory, &end, error);

	if (err < 0)
		return err;
	current_name(&end, name);
	name[strcspn(name, "-.")] = '\0';
	snprintf(own, sizeof(own), "%s-%s" JOURNAL_SUFFIX, name, id);
	err = append(directory, own, record, true, NULL);
	if (err < 0)
		return helios_fail_errno(error, -err, JOURNAL_DIRECTORY,
					 "cannot write the journal");
	return 0;
}

int journal_checkpoint(int directory, const char *upto, const struct object_id *head,
		       struct journal_end *end, struct helios_error *error)
{
	cleanup_json cJSON *record = new_record("checkpoint", upto);

	add_id(record, "head", head);
	return write_record(directory, record, false, end, error);
}
