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

static int open_for_writing(int directory, const char *name, off_t *ret_size)
{
	char path[64];
	struct stat st;
	int fd, err;

	snprintf(path, sizeof(path), JOURNAL_DIRECTORY "/%s", name);
	fd = file_open_beneath(directory, path, O_RDWR, 0);
	if ((fd == -ELOOP || fd == -EISDIR || fd == -EINVAL || fd == -ENXIO) &&
	    quarantine(directory, path) == 0) /* no plain file */
		fd = -ENOENT;
	if (fd == -ENOENT) { /* a new day: its name must survive, too */
		cleanup_fd int parent =
			file_open_beneath(directory, JOURNAL_DIRECTORY, O_RDONLY | O_DIRECTORY, 0);

		if (parent < 0)
			return parent;
		fd = file_open_beneath(directory, path, O_RDWR | O_CREAT, 0600);
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

/*
 * Where the next record begins: behind the last line there is, before the room. A torn tail stays
 * as it is; *ret_torn: the new record must begin on a line of its own.
 */
static int find_place(int fd, off_t size, off_t *ret, bool *ret_torn)
{
	size_t length = size < (off_t)JOURNAL_ROOM ? (size_t)size : JOURNAL_ROOM, end = length;
	cleanup_free char *tail = malloc(length + 1);
	int err = tail ? file_read_at(fd, tail, length, size - (off_t)length) : -ENOMEM;

	if (err < 0)
		return err;
	while (end && tail[end - 1] == '\n')
		end--;
	*ret_torn = end && end == length;
	*ret = size - (off_t)(length - end) + (end < length ? 1 : 0);
	return 0;
}

/*
 * A record that is written over empty lines is synced with one write to the disk; one that makes
 * the file longer needs the file system's own journal, too. It can be done without: on a full disk,
 * and when memory ran out.
 */
static int make_room(int fd, off_t size)
{
	size_t length = JOURNAL_ROOM - (size_t)size % JOURNAL_ROOM;
	cleanup_free char *room = malloc(length);
	int err;

	if (!room)
		return 0;
	memset(room, '\n', length);
	err = file_write_all(fd, room, length);
	return err == -ENOSPC || err == -EDQUOT || err == -EFBIG ? 0 : err;
}

/* room: more records will follow in this file. */
static int append(int directory, const char *name, cJSON *record, bool sync, bool room)
{
	size_t length = 0;
	cleanup_free char *line = seal(record, &length);
	off_t size = 0, at = 0;
	cleanup_fd int fd = -1;
	bool torn = false;
	int err;

	if (!line)
		return -ENOMEM;
	fd = open_for_writing(directory, name, &size);
	if (fd < 0)
		return fd;
	err = find_place(fd, size, &at, &torn);
	if (err == 0 && lseek(fd, at, SEEK_SET) < 0)
		err = -errno;
	if (err == 0 && torn)
		err = file_write_all(fd, "\n", 1);
	if (err == 0)
		err = file_write_all(fd, line, length);
	at += (off_t)length + torn;
	if (err == 0 && room && at > size)
		err = make_room(fd, at);
	if (err == 0 && sync && fdatasync(fd) < 0)
		err = -errno;
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

static bool add_text(cJSON *object, const char *member, const char *text)
{
	return text ? cJSON_AddStringToObject(object, member, text) != NULL
		    : cJSON_AddNullToObject(object, member) != NULL;
}

static bool add_id(cJSON *object, const char *member, const struct object_id *id)
{
	char hex[OBJECT_ID_HEX + 1];

	object_id_format(id, hex);
	return add_text(object, member, object_id_is_zero(id) ? NULL : hex);
}

/* Without memory to say all of it there is no record: one that says less is another. */
static cJSON *new_record(const char *kind, const char *id)
{
	cleanup_json cJSON *record = cJSON_CreateObject();
	time_t now = time(NULL);
	struct tm utc;
	char stamp[32];

	strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
	return add_text(record, "timestamp", stamp) && add_text(record, "kind", kind) &&
			       (!id || add_text(record, "id", id))
		       ? take_ptr(record)
		       : NULL;
}

static bool add_file(cJSON *files, const struct journal_file *file)
{
	cJSON *object = cJSON_CreateObject();

	if (!cJSON_AddItemToArray(files, object)) {
		cJSON_Delete(object);
		return false;
	}
	return add_text(object, "path", file->path) && add_id(object, "before", &file->before) &&
	       add_id(object, "after", &file->after) && add_text(object, "content", file->content);
}

static cJSON *describe(const struct journal_change *change)
{
	cleanup_json cJSON *record = new_record("change", change->id);
	cJSON *files;
	bool whole = add_text(record, "boot_id", change->boot_id) &&
		     add_text(record, "session_id", change->session) &&
		     add_text(record, "source", change->source) &&
		     add_text(record, "client", change->client) &&
		     add_text(record, "operation", change->operation) &&
		     add_id(record, "parent", &change->parent) &&
		     add_id(record, "tree", &change->tree) &&
		     add_id(record, "commit", &change->commit) &&
		     json_add_int(record, "author_time", change->time) &&
		     add_text(record, "message", change->message) &&
		     cJSON_AddTrueToObject(record, "success");

	files = whole ? cJSON_AddArrayToObject(record, "files") : NULL;
	for (size_t i = 0; files && whole && i < change->count; i++)
		whole = add_file(files, &change->files[i]);
	return files && whole ? take_ptr(record) : NULL;
}

static int write_record(int directory, cJSON *record, bool sync, struct journal_end *end,
			struct helios_error *error)
{
	char name[32];
	int err = record ? 0 : -ENOMEM;

	current_name(end, name);
	if (err == 0)
		err = append(directory, name, record, sync, true);
	memcpy(end->name, name, sizeof(end->name));
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
	err = record ? append(directory, own, record, true, false) : -ENOMEM;
	if (err < 0)
		return helios_fail_errno(error, -err, JOURNAL_DIRECTORY,
					 "cannot write the journal");
	return 0;
}

int journal_checkpoint(int directory, const char *upto, const struct object_id *head,
		       struct journal_end *end, struct helios_error *error)
{
	cleanup_json cJSON *record = new_record("checkpoint", upto);
	bool whole = record && add_id(record, "head", head);

	return write_record(directory, whole ? record : NULL, false, end, error);
}
