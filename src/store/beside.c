/* One short-lived thread a call: tens of microseconds, against a wait of hundreds. */
#include "store/beside.h"

#include <pthread.h>

#include "base/base.h"

struct job {
	beside_fn *run;
	void *context;
	int result;
};

static void *run_job(void *argument)
{
	struct job *job = argument;

	job->result = job->run(job->context);
	return NULL;
}

int beside(beside_fn *this, void *this_context, beside_fn *other, void *other_context)
{
	struct job job = {.run = other, .context = other_context};
	pthread_t thread;
	bool threaded = pthread_create(&thread, NULL, run_job, &job) == 0;
	int result = this(this_context);

	if (threaded)
		pthread_join(thread, NULL);
	else
		run_job(&job);
	return result < 0 ? result : job.result;
}
