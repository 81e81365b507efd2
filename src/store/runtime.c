/* Files of store/runtime.h. The lock is the kernel's on the home's directory itself. */
#include "store/runtime.h"

#include <fcntl.h>
#include <sys/file.h>
#include <time.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/limits.h"
#include "store/home_private.h"
#include "store/quarantine.h"

int runtime_lock(int directory, int64_t wait_ms)
{
	const struct timespec pause = {.tv_nsec = 500000};
	cleanup_fd int fd = file_open_beneath(directory, ".", O_RDONLY | O_DIRECTORY, 0);
	int64_t deadline = now_ms() + wait_ms;

	if (fd < 0)
		return fd;
	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if ((errno != EWOULDBLOCK && errno != EINTR) || now_ms() >= deadline)
			return -errno;
		nanosleep(&pause, NULL);
	}
	return take_fd(&fd);
}

/* 0 and *ret, NULL for what is not there or empty; -EBADMSG for what is no state of ours. */
static int load(int directory, const char *file, runtime_valid *valid, struct document **ret)
{
	cleanup_document struct document *document = NULL;
	cleanup_buf struct buf text = {0};
	struct helios_error reason = {0};
	int err = file_read(directory, file, LIMIT_TEXT, &text, NULL);

	*ret = NULL;
	if (err == -ENOENT || (err == 0 && text.length == 0)) /* empty: what a power cut leaves */
		return 0;
	if (err == 0)
		err = yaml_parse(buf_text(&text), text.length, file, &document, &reason);
	if (err == 0 && !valid(document->root))
		err = -EBADMSG;
	if (err == 0)
		*ret = take_ptr(document);
	return reason.code && reason.code != HELIOS_NO_MEMORY ? -EBADMSG : err;
}

struct document *runtime_read(int directory, const char *file, runtime_valid *valid)
{
	struct document *document = NULL;

	return load(directory, file, valid, &document) == 0 ? document : NULL;
}

/* Whether that says what stands there, and not how the machine is. */
static bool is_damage(int err)
{
	static const int faults[] = {EBADMSG, ELOOP, EXDEV, EINVAL, EFBIG, EACCES, EISDIR, ENXIO};

	for (size_t i = 0; i < ARRAY_SIZE(faults); i++)
		if (err == -faults[i])
			return true;
	return false;
}

int runtime_take(int directory, const char *file, runtime_valid *valid, struct document **ret)
{
	int err = load(directory, file, valid, ret);

	return is_damage(err) ? quarantine(directory, file) : err;
}

int runtime_replace(int directory, const char *file, const char *heading, const struct node *root)
{
	cleanup_buf struct buf text = {0};
	char aside[128];
	int err;

	buf_addstr(&text, heading);
	err = yaml_emit(root, &text);
	if (err < 0)
		return err;
	/* one name, under the lock: what a kill leaves there the next one takes away */
	snprintf(aside, sizeof(aside), RECOVERY_DIRECTORY "/new%s", file);
	file_unlink(directory, aside, 0);
	err = file_create(directory, aside, buf_text(&text), text.length);
	if (err == 0 && file_rename(directory, aside, file, 0) < 0) {
		err = -errno;
		file_unlink(directory, aside, 0);
	}
	return err;
}
