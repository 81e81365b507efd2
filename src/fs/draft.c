/* What writers do to a draft; see fs/draft.h. */
#include "fs/draft.h"

#include <time.h>

#include "fs/problem.h"

/* Above this size a sequential text is inspected at each eighth of growth, not at each write. */
#define INSPECT_ALWAYS 65536u

struct draft *draft_new(struct fs *fs, const struct name *name, struct helios_text *text)
{
	struct draft *draft = calloc(1, sizeof(*draft));

	if (!draft)
		return NULL;
	pthread_mutex_init(&draft->mutex, NULL);
	draft->fs = fs;
	draft->name = *name;
	draft->truncated = text == NULL;
	clock_gettime(CLOCK_REALTIME, &draft->mtime);
	buf_add(&draft->content, text ? text->data : "", text ? text->length : 0);
	if (text) {
		draft->mtime = text->mtime;
		draft->opened = ancestor_of_text(text);
	}
	if (draft->content.failed || (text && !draft->opened)) {
		draft_free(draft);
		return NULL;
	}
	return draft;
}

void draft_free(struct draft *draft)
{
	if (!draft)
		return;
	ancestor_unref(draft->opened);
	ancestor_unref(draft->saved);
	buf_done(&draft->content);
	pthread_mutex_destroy(&draft->mutex);
	free(draft);
}

void draft_own(struct draft *draft, pid_t tid)
{
	pthread_mutex_lock(&draft->mutex);
	if (!draft->in_use) {
		draft->in_use = true;
		draft->owner = caller_of(tid);
		caller_name(tid, draft->client);
	}
	pthread_mutex_unlock(&draft->mutex);
}

/* From now on every write fails, so that nothing half written can be committed. */
static int poison(struct draft *draft, int err)
{
	if (!draft->poisoned) {
		draft->poisoned = -err;
		problem_set(draft->fs, &draft->name, &draft->why);
	}
	return -draft->poisoned;
}

/* Whether the text written from the start so far can still become a document. */
static int inspect(struct draft *draft)
{
	size_t length = draft->sequential, step = length > INSPECT_ALWAYS ? length / 8 : 0;

	if (length == SIZE_MAX || length - draft->inspected <= step)
		return 0;
	draft->inspected = length;
	return helios_check_prefix(draft->content.data, length, draft->name.persona, &draft->why);
}

static void note_sequence(struct draft *draft, size_t offset, size_t length)
{
	bool appends = !draft->sequential && offset == draft->content.length;

	if (offset == draft->sequential || appends)
		draft->sequential = offset + length;
	else
		draft->sequential = SIZE_MAX;
}

static int place_bytes(struct draft *draft, const char *bytes, size_t length, size_t offset)
{
	struct buf *content = &draft->content;
	size_t end = offset + length;

	if (end > LIMIT_TEXT)
		return helios_fail(&draft->why, HELIOS_LIMIT, NULL, NULL,
				   "the text is larger than %u bytes", LIMIT_TEXT);
	while (content->length < offset && !content->failed)
		buf_addch(content, '\0'); /* a hole reads as NULs, as in any file */
	buf_splice(content, offset, end < content->length ? end : content->length, bytes, length);
	if (content->failed)
		return helios_fail(&draft->why, HELIOS_NO_MEMORY, NULL, NULL,
				   "no memory for a text being written");
	return 0;
}

static int write_locked(struct draft *draft, const char *bytes, size_t length, size_t offset)
{
	int err;

	/* A refused write does not move its writer on: what it writes next came after all. */
	if (draft->poisoned && offset == draft->poisoned_at)
		offset = draft->content.length;
	note_sequence(draft, offset, length);
	err = place_bytes(draft, bytes, length, offset);
	if (err < 0)
		return poison(draft, err);
	clock_gettime(CLOCK_REALTIME, &draft->mtime);
	draft->dirty = true;
	draft->refused = 0;
	if (draft->poisoned) /* the text is collected all the same: rejected/ should have it whole
			      */
		return -draft->poisoned;
	err = inspect(draft);
	if (err == 0)
		return 0;
	draft->poisoned_at = offset;
	return poison(draft, err);
}

int draft_write(struct draft *draft, const char *bytes, size_t length, off_t offset, bool append)
{
	int err;

	if (offset < 0 || offset > (off_t)LIMIT_TEXT)
		offset = LIMIT_TEXT + 1;
	pthread_mutex_lock(&draft->mutex);
	if (append)
		offset = (off_t)draft->content.length;
	err = write_locked(draft, bytes, length, (size_t)offset);
	pthread_mutex_unlock(&draft->mutex);
	return err;
}

static int truncate_locked(struct draft *draft, size_t length)
{
	struct buf *content = &draft->content;

	if (length == content->length && length)
		return 0;
	if (length == 0) { /* a fresh start: nothing is known and nothing is wrong yet */
		buf_clear(content);
		draft->truncated = true;
		draft->sequential = draft->inspected = 0;
		draft->poisoned = draft->refused = 0;
		return 0;
	}
	if (length > content->length)
		return write_locked(draft, "", 0, length);
	buf_splice(content, length, content->length, "", 0);
	if (draft->sequential != SIZE_MAX && draft->sequential > length)
		draft->sequential = draft->inspected = length;
	draft->dirty = true;
	draft->refused = 0;
	return content->failed ? -ENOMEM : 0;
}

int draft_truncate(struct draft *draft, off_t length)
{
	int err;

	if (length < 0)
		return -EINVAL;
	if (length > (off_t)LIMIT_TEXT)
		return -EFBIG;
	pthread_mutex_lock(&draft->mutex);
	err = truncate_locked(draft, (size_t)length);
	clock_gettime(CLOCK_REALTIME, &draft->mtime);
	pthread_mutex_unlock(&draft->mutex);
	return err;
}

void draft_reply_read(fuse_req_t req, struct draft *draft, size_t size, off_t offset)
{
	pthread_mutex_lock(&draft->mutex);
	size_t length = draft->content.length,
	       at = (size_t)offset < length ? (size_t)offset : length;

	fuse_reply_buf(req, buf_text(&draft->content) + at,
		       size < length - at ? size : length - at);
	pthread_mutex_unlock(&draft->mutex);
}

void draft_attributes(struct draft *draft, struct stat *ret)
{
	pthread_mutex_lock(&draft->mutex);
	ret->st_size = (off_t)draft->content.length;
	ret->st_mtim = draft->mtime;
	pthread_mutex_unlock(&draft->mutex);
}
