/* A thread that wakes each second and writes the line of cli/progress.h. */
#include "cli/progress.h"

#include <pthread.h>
#include <time.h>

struct progress {
	const char *what;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t ended;
	bool end;
};

static void *show(void *context)
{
	struct progress *progress = context;
	struct timespec next;
	int shown = 0;

	pthread_mutex_lock(&progress->lock);
	clock_gettime(CLOCK_MONOTONIC, &next);
	for (int seconds = 1; !progress->end; seconds++) {
		next.tv_sec++;
		while (!progress->end && pthread_cond_timedwait(&progress->ended, &progress->lock,
								&next) != ETIMEDOUT)
			;
		if (!progress->end)
			shown = fprintf(stderr, "\r%s: %d s ", progress->what, seconds);
	}
	pthread_mutex_unlock(&progress->lock);
	if (shown > 0)
		fprintf(stderr, "\r%*s\r", shown - 1, "");
	return NULL;
}

struct progress *progress_begin(const char *what)
{
	struct progress *progress = isatty(STDERR_FILENO) ? calloc(1, sizeof(*progress)) : NULL;
	pthread_condattr_t attributes;

	if (!progress)
		return NULL;
	progress->what = what;
	pthread_mutex_init(&progress->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&progress->ended, &attributes);
	pthread_condattr_destroy(&attributes);
	if (pthread_create(&progress->thread, NULL, show, progress) == 0)
		return progress;
	pthread_cond_destroy(&progress->ended);
	pthread_mutex_destroy(&progress->lock);
	free(progress);
	return NULL;
}

void progress_end(struct progress *progress)
{
	if (!progress)
		return;
	pthread_mutex_lock(&progress->lock);
	progress->end = true;
	pthread_cond_signal(&progress->ended);
	pthread_mutex_unlock(&progress->lock);
	pthread_join(progress->thread, NULL);
	pthread_cond_destroy(&progress->ended);
	pthread_mutex_destroy(&progress->lock);
	free(progress);
}
