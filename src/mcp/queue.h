/*
 * What is to be done, handed from the thread that listens to the one that works. The listener
 * stays free to hear that the client cancels a request, or that it is gone.
 */
#pragma once

#include <pthread.h>

#include "mcp/message.h"

struct job {
	struct job *next;
	struct message *message; /* NULL: something in the home may have changed */
	bool cancelled;
};

struct queue {
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	struct job *first, **last, *running;
	size_t waiting, bytes; /* of messages that wait */
	int64_t since, told;   /* when the job at work began, and was told of last; in ms */
	bool closed;
};

void queue_init(struct queue *queue);
void queue_done(struct queue *queue);

/* Takes over the message. False when memory is out. */
bool queue_add(struct queue *queue, struct message *message);

/* Whether so much waits that nothing more should be read from the client. */
bool queue_is_full(struct queue *queue);

/* The home may have changed; one such job waits at most. */
void queue_add_change(struct queue *queue);

/* Forgets the request with that id, waiting or at work: it will not be answered. */
void queue_cancel(struct queue *queue, struct slice id);

/* The next job, or NULL at the end. The one before it is done and freed. */
struct job *queue_next(struct queue *queue);

/* Whether the job at work was cancelled. */
bool queue_is_cancelled(struct queue *queue, const struct job *job);

/* Whether a job that asked for progress is at work or waits. */
bool queue_wants_progress(struct queue *queue);

/*
 * The progress token (raw JSON, appended) of the request at work, when nothing was told of it for
 * so long; *ret_ms is how long it has been at work. False: there is nothing to tell.
 */
bool queue_progress(struct queue *queue, unsigned milliseconds, struct buf *token, int64_t *ret_ms);

/* No more will come. */
void queue_close(struct queue *queue);

/* Waits until all is done, a time at most; whether it is. */
bool queue_drain(struct queue *queue, unsigned milliseconds);
