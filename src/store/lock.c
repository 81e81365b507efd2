/* The lock of store/lock.h: an open file description lock, so that threads and forks are safe. */
#include "store/lock.h"

#include <fcntl.h>
#include <time.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/limits.h"
#include "store/process.h"
#include "store/quarantine.h"

#define LOCK_FILE ".helios.lock"

static bool try_lock(int fd)
{
	struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	return fcntl(fd, F_OFD_SETLK, &whole) == 0;
}

/* Waiters try again soon at first, then less often; never less than 500 times a second. */
static void pause_before_retry(unsigned attempt)
{
	struct timespec pause = {.tv_nsec = attempt < 20 ? 100000 : 2000000};

	nanosleep(&pause, NULL);
}

static int give_up(int directory, struct helios_error *error)
{
	cleanup_buf struct buf text = {0};
	cleanup_json cJSON *holder = NULL;
	pid_t pid;

	if (file_read(directory, LOCK_FILE, 4096, &text, NULL) == 0)
		holder = json_parse(buf_text(&text), text.length);
	pid = (pid_t)json_int(holder, "pid", 0);
	if (pid > 0 && process_start_time(pid) == json_int(holder, "started", -1))
		return helios_fail(error, HELIOS_LOCK_WAIT, NULL, NULL,
				   "%s (process %d) has held the home's lock for over 5 s",
				   json_string(holder, "program") ?: "a program", (int)pid);
	return helios_fail(error, HELIOS_LOCK_WAIT, NULL, NULL,
			   "another program has held the home's lock for over 5 s");
}

bool lock_is_held(int directory)
{
	cleanup_fd int fd = file_open_beneath(directory, LOCK_FILE, O_RDWR, 0);
	struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	return fd >= 0 && fcntl(fd, F_OFD_GETLK, &whole) == 0 && whole.l_type != F_UNLCK;
}

/* For a waiter's message only: a failure here does not matter. */
static void write_holder(int fd, const struct helios_client *client, const char *operation)
{
	cleanup_json cJSON *holder = cJSON_CreateObject();
	cleanup_free char *text = NULL;
	char host[256] = "";
	struct stat st;

	if (fstat(fd, &st) < 0 || st.st_nlink != 1) /* another name may be a file of somebody's */
		return;
	gethostname(host, sizeof(host) - 1);
	json_add_int(holder, "pid", getpid());
	json_add_int(holder, "started", process_own_start_time());
	json_add_int(holder, "since", (int64_t)time(NULL));
	cJSON_AddStringToObject(holder, "program", program_invocation_short_name);
	cJSON_AddStringToObject(holder, "host", host);
	cJSON_AddStringToObject(holder, "client", client && client->name ? client->name : "");
	cJSON_AddStringToObject(holder, "operation", operation);
	text = cJSON_PrintUnformatted(holder);
	if (!text || pwrite(fd, text, strlen(text), 0) < 0 ||
	    ftruncate(fd, (off_t)strlen(text)) < 0)
		return;
}

/* What stands in the lock's place is no lock of anybody: it is moved out of the way. */
static int open_lock(int directory)
{
	int fd = file_open_beneath(directory, LOCK_FILE, O_RDWR | O_CREAT, 0600);

	if (fd != -EISDIR && fd != -ELOOP && fd != -EINVAL && fd != -ENXIO)
		return fd;
	if (quarantine(directory, LOCK_FILE) < 0)
		return fd;
	return file_open_beneath(directory, LOCK_FILE, O_RDWR | O_CREAT, 0600);
}

int lock_acquire(int directory, const struct helios_client *client, const char *operation,
		 struct helios_error *error)
{
	cleanup_fd int fd = open_lock(directory);
	int64_t deadline = now_ms() + LIMIT_LOCK_WAIT_MS;

	if (fd < 0)
		return helios_fail_errno(error, -fd, LOCK_FILE, "cannot open the home's lock");
	for (unsigned attempt = 0; !try_lock(fd); attempt++) {
		if (errno != EAGAIN && errno != EACCES && errno != EINTR)
			return helios_fail_errno(error, errno, LOCK_FILE,
						 "cannot lock the home");
		if (now_ms() >= deadline)
			return give_up(directory, error);
		pause_before_retry(attempt);
	}
	write_holder(fd, client, operation);
	return take_fd(&fd);
}
