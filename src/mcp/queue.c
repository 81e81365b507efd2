/* The queue of mcp/queue.h. */
#include "mcp/queue.h"

#include "base/clock.h"

#include <time.h>

#define WAITING_AT_MOST 256
#define BYTES_AT_MOST (16u << 20)

static void job_free(struct job *job)
{
	if (!job)
		return;
	message_free(job->message);
	free(job);
}

void queue_init(struct queue *queue)
{
	pthread_condattr_t attributes;

	*queue = (struct queue){0};
	queue->last = &queue->first;
	pthread_mutex_init(&queue->mutex, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&queue->changed, &attributes);
	pthread_condattr_destroy(&attributes);
}

void queue_done(struct queue *queue)
{
	while (queue->first) {
		struct job *job = queue->first;

		queue->first = job->next;
		job_free(job);
	}
	job_free(queue->running);
	pthread_cond_destroy(&queue->changed);
	pthread_mutex_destroy(&queue->mutex);
}

static void append(struct queue *queue, struct job *job)
{
	*queue->last = job;
	queue->last = &job->next;
	queue->waiting++;
	queue->bytes += job->message ? job->message->length : 0;
	pthread_cond_broadcast(&queue->changed);
}

bool queue_add(struct queue *queue, struct message *message)
{
	struct job *job = calloc(1, sizeof(*job));

	if (!job || !message) {
		message_free(message);
		free(job);
		return false;
	}
	job->message = message;
	pthread_mutex_lock(&queue->mutex);
	append(queue, job);
	pthread_mutex_unlock(&queue->mutex);
	return true;
}

bool queue_is_full(struct queue *queue)
{
	bool full;

	pthread_mutex_lock(&queue->mutex);
	full = queue->waiting >= WAITING_AT_MOST || queue->bytes >= BYTES_AT_MOST;
	pthread_mutex_unlock(&queue->mutex);
	return full;
}

void queue_add_change(struct queue *queue)
{
	struct job *job = calloc(1, sizeof(*job)), *at;

	if (!job)
		return;
	pthread_mutex_lock(&queue->mutex);
	for (at = queue->first; at && at->message; at = at->next)
		;
	if (at)
		free(job);
	else
		append(queue, job);
	pthread_mutex_unlock(&queue->mutex);
}

static bool has_id(const struct job *job, struct slice id)
{
	struct slice own = job->message ? job->message->id : (struct slice){NULL, 0};

	return own.at && own.length == id.length && memcmp(own.at, id.at, id.length) == 0;
}

void queue_cancel(struct queue *queue, struct slice id)
{
	if (!id.at)
		return;
	pthread_mutex_lock(&queue->mutex);
	for (struct job *job = queue->first; job; job = job->next)
		if (has_id(job, id))
			job->cancelled = true;
	if (queue->running && has_id(queue->running, id))
		queue->running->cancelled = true;
	pthread_mutex_unlock(&queue->mutex);
}

struct job *queue_next(struct queue *queue)
{
	struct job *done;

	pthread_mutex_lock(&queue->mutex);
	done = queue->running;
	queue->running = NULL;
	pthread_cond_broadcast(&queue->changed);
	while (!queue->first && !queue->closed)
		pthread_cond_wait(&queue->changed, &queue->mutex);
	queue->running = queue->first;
	if (queue->running) {
		queue->first = queue->running->next;
		if (!queue->first)
			queue->last = &queue->first;
		queue->waiting--;
		queue->since = queue->told = now_ms();
		queue->bytes -= queue->running->message ? queue->running->message->length : 0;
	}
	pthread_cond_broadcast(&queue->changed);
	pthread_mutex_unlock(&queue->mutex);
	job_free(done);
	return queue->running;
}

static struct slice token_of(const struct job *job)
{
	struct slice none = {NULL, 0};

	return job && job->message && !job->cancelled && job->message->kind == MESSAGE_REQUEST
		       ? slice_get(job->message->meta, "progressToken")
		       : none;
}

bool queue_wants_progress(struct queue *queue)
{
	bool wants;

	pthread_mutex_lock(&queue->mutex);
	wants = token_of(queue->running).at || token_of(queue->first).at;
	pthread_mutex_unlock(&queue->mutex);
	return wants;
}

bool queue_progress(struct queue *queue, unsigned milliseconds, struct buf *token, int64_t *ret_ms)
{
	struct slice asked;
	int64_t now = now_ms();
	bool due;

	pthread_mutex_lock(&queue->mutex);
	asked = token_of(queue->running);
	due = asked.at && now - queue->told >= milliseconds &&
	      (slice_kind(asked) == SLICE_STRING || slice_kind(asked) == SLICE_NUMBER);
	if (due) {
		buf_add(token, asked.at, asked.length);
		queue->told = now;
		*ret_ms = now - queue->since;
	}
	pthread_mutex_unlock(&queue->mutex);
	return due;
}

bool queue_is_cancelled(struct queue *queue, const struct job *job)
{
	bool cancelled;

	pthread_mutex_lock(&queue->mutex);
	cancelled = job->cancelled;
	pthread_mutex_unlock(&queue->mutex);
	return cancelled;
}

void queue_close(struct queue *queue)
{
	pthread_mutex_lock(&queue->mutex);
	queue->closed = true;
	pthread_cond_broadcast(&queue->changed);
	pthread_mutex_unlock(&queue->mutex);
}

bool queue_drain(struct queue *queue, unsigned milliseconds)
{
	int64_t end = now_ms() + milliseconds;
	const struct timespec until = {.tv_sec = end / 1000, .tv_nsec = end % 1000 * 1000000};
	bool drained = true;

	pthread_mutex_lock(&queue->mutex);
	while (drained && (queue->first || queue->running))
		drained = pthread_cond_timedwait(&queue->changed, &queue->mutex, &until) == 0;
	drained = !queue->first && !queue->running;
	pthread_mutex_unlock(&queue->mutex);
	return drained;
}
