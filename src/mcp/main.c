/*
 * helios-mcp: an MCP server on standard input and output. One thread listens, so that it hears a
 * cancellation and the end of its client at any time; one works. Nothing is touched on disk before
 * a client asks for something: clients start servers only to see what they are.
 */
#include <fcntl.h>
#include <getopt.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <time.h>

#include "base/clock.h"
#include "base/harden.h"
#include "base/limits.h"
#include "base/log.h"
#include "mcp/input.h"
#include "mcp/server.h"

#define END_MS 900	   /* to finish what is at work when the client is gone */
#define FULL_MS 5	   /* how often a full queue is looked at */
#define PROGRESS_MS 500	   /* how often a request at work says so, where that was asked for */
#define LOOK_MS 10	   /* how often the generation is looked at after a sign of a change */
#define LOOK_FOR_MS 200	   /* and for how long */
#define CHECKPOINT_MS 5000 /* what was written is synced so much later at most */

static const char help[] =
	"usage: helios-mcp [--dir D] [--project P]\n"
	"\n"
	"Serves a Helios home to an AI client as MCP tools, resources, prompts and skills,\n"
	"on standard input and output. The client starts it; see 'man helios-mcp'.\n"
	"\n"
	"  --dir D      the home; else $HELIOS_DIR, else ~/.helios\n"
	"  --project P  the project; else $CLAUDE_PROJECT_DIR, else upward from here\n"
	"  --help, --version\n";

struct listener {
	struct server *server;
	struct input input;
	int wake;	     /* the worker has looked at the home */
	atomic_int again_ms; /* when it wants to look again; -1: not by itself */
	_Atomic(struct helios_home *) home;
	bool confined; /* this thread, to the home's files */
	bool looking; /* the worker has been told of a sign and has not looked yet */
	uint64_t generation;
	int64_t often_until, look_at, checkpoint_at;
	int64_t ends_at; /* when to stop, the client being gone; 0: it is there */
};

static void hear(void *data, const char *line, size_t length)
{
	struct listener *listener = data;
	struct queue *queue = &listener->server->queue;
	struct message *message = line ? message_new(line, length) : message_too_long();

	if (message)
		queue_cancel(queue, message_cancels(message));
	queue_add(queue, message);
}

/* ---- the thread that works */

static void look_at_home(struct listener *listener)
{
	struct server *server = listener->server;
	const uint64_t one = 1;
	int again = -1;

	if (server->home) {
		helios_refresh(server->home, &again, NULL);
		subscriptions_tell(server);
	}
	if (atomic_exchange(&server->checkpoint, false) && server->home)
		helios_checkpoint(server->home, NULL);
	atomic_store(&listener->again_ms, again);
	if (write(listener->wake, &one, sizeof(one)) < 0)
		return; /* full: the listener is awake */
}

static void *work(void *data)
{
	struct listener *listener = data;
	struct server *server = listener->server;
	const uint64_t one = 1;
	struct job *job;

	while ((job = queue_next(&server->queue))) {
		server->job = job;
		if (!job->message)
			look_at_home(listener);
		else if (!queue_is_cancelled(&server->queue, job))
			server_handle(server, job->message);
		if (server->home && !atomic_load(&listener->home)) {
			atomic_store(&listener->home, server->home);
			if (write(listener->wake, &one, sizeof(one)) < 0)
				continue;
		}
	}
	subscriptions_end(server);
	return NULL;
}

/* ---- the thread that listens */

static int soonest(int a, int64_t b)
{
	int64_t left = b < 0 ? 0 : b;

	return a < 0 || left < a ? (int)left : a;
}

/* Whether a look is due so soon that signs of a change can wait for it. */
static bool is_near(const struct listener *listener)
{
	return listener->look_at && listener->look_at <= now_ms() + LIMIT_QUIET_MS;
}

static int timeout_of(const struct listener *listener)
{
	int timeout = -1;
	int64_t now = now_ms();

	if (!atomic_load(&listener->home))
		return timeout;
	timeout = soonest(timeout, CHECKPOINT_MS);
	if (listener->look_at)
		timeout = soonest(timeout, listener->look_at - now);
	if (now < listener->often_until)
		timeout = soonest(timeout, LOOK_MS);
	return timeout;
}

/* Tells the worker to look at the home when there was a sign, or the generation has risen. */
static void watch(struct listener *listener, bool sign)
{
	struct helios_home *home = atomic_load(&listener->home);
	uint64_t generation = home ? helios_generation(home) : 0;
	int64_t now = now_ms();

	if (!home || listener->looking)
		return;
	if (sign) {
		listener->often_until = now + LOOK_FOR_MS;
		if (!is_near(listener))
			listener->look_at = now + LOOK_MS;
	}
	if (generation == listener->generation && (!listener->look_at || now < listener->look_at))
		return;
	listener->generation = generation;
	listener->look_at = 0;
	listener->looking = true;
	queue_add_change(&listener->server->queue);
}

/* The worker has looked. */
static void looked(struct listener *listener)
{
	uint64_t drained;
	int again = atomic_load(&listener->again_ms);

	if (read(listener->wake, &drained, sizeof(drained)) < 0)
		return;
	listener->looking = false;
	if (again >= 0)
		listener->look_at = now_ms() + again;
}

/*
 * Syncs what was written, now and then. The worker does it: it may have to wait for the disk or
 * for the home's lock, and the listener must not.
 */
static void checkpoint(struct listener *listener)
{
	struct server *server = listener->server;
	int64_t now = now_ms();

	if (now < listener->checkpoint_at || !atomic_exchange(&server->wrote, false))
		return;
	listener->checkpoint_at = now + CHECKPOINT_MS;
	atomic_store(&server->checkpoint, true);
	queue_add_change(&server->queue);
}

/* False at the end of the input. */
static bool read_input(struct listener *listener)
{
	char bytes[65536];
	ssize_t got = read(STDIN_FILENO, bytes, sizeof(bytes));

	if (got < 0)
		return errno == EINTR || errno == EAGAIN;
	input_feed(&listener->input, bytes, (size_t)got, hear, listener);
	return got > 0;
}

/* Whether the client has gone and the time for what it left behind is over. */
static bool is_over(struct listener *listener, short input)
{
	if (!listener->ends_at && (input & (POLLHUP | POLLRDHUP)))
		listener->ends_at = now_ms() + END_MS;
	return listener->ends_at && now_ms() >= listener->ends_at;
}

/* How long what is waiting may still take. */
static unsigned left_ms(const struct listener *listener)
{
	return listener->ends_at ? (unsigned)soonest(END_MS, listener->ends_at - now_ms()) : END_MS;
}

/* Only of what takes long: clients that are told just before the answer mix the two up. */
static void tell_progress(struct listener *listener)
{
	cleanup_buf struct buf token = {0}, out = {0};
	int64_t ms;

	if (!queue_progress(&listener->server->queue, PROGRESS_MS, &token, &ms))
		return;
	notification_open(&out, "notifications/progress");
	json_key(&out, "progressToken");
	json_raw(&out, buf_text(&token), token.length);
	json_member_real(&out, "progress", (double)ms / 1000);
	json_member(&out, "message", "still at work, or waiting for another program");
	json_close(&out, '}');
	json_close(&out, '}');
	server_try_send(listener->server, &out);
}

/* The home once it is open; then files elsewhere are no more for this thread than for the other. */
static struct helios_home *confine(struct listener *listener)
{
	struct helios_home *home = atomic_load(&listener->home);

	if (home && !listener->confined)
		server_confine(home);
	listener->confined = home != NULL;
	return home;
}

static void listen_to(struct listener *listener, int signals)
{
	enum { INPUT, SIGNALS, WAKE, WATCH, COUNT };
	struct pollfd ready[COUNT] = {
		[INPUT] = {.fd = STDIN_FILENO, .events = POLLIN},
		[SIGNALS] = {.fd = signals, .events = POLLIN},
		[WAKE] = {.fd = listener->wake, .events = POLLIN},
		[WATCH] = {.fd = -1, .events = POLLIN},
	};

	for (;;) {
		struct helios_home *home = confine(listener);
		bool waiting = listener->looking || is_near(listener);
		bool full = queue_is_full(&listener->server->queue);
		int timeout = timeout_of(listener);

		if (queue_wants_progress(&listener->server->queue))
			timeout = soonest(timeout, PROGRESS_MS);

		/* signs wait in the descriptor until they are looked at */
		ready[WATCH].fd = home && !waiting ? helios_watch(home, NULL) : -1;
		ready[INPUT].events = POLLRDHUP | (full ? 0 : POLLIN);
		ready[INPUT].fd = full && listener->ends_at ? -1 : STDIN_FILENO;
		if (poll(ready, COUNT, full ? soonest(timeout, FULL_MS) : timeout) < 0 &&
		    errno != EINTR)
			return;
		checkpoint(listener);
		tell_progress(listener);
		if (ready[SIGNALS].revents)
			return;
		if (is_over(listener, ready[INPUT].revents) ||
		    (ready[INPUT].revents && !full && !read_input(listener)))
			return;
		if (ready[WAKE].revents)
			looked(listener);
		watch(listener, ready[WATCH].revents & POLLIN);
	}
}

/* Standard output is for the protocol alone: whatever else writes to it goes to stderr. */
static int take_output(void)
{
	int output = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);

	if (output >= 0)
		dup2(STDERR_FILENO, STDOUT_FILENO);
	return output;
}

static int serve(struct server *server)
{
	struct listener listener = {.server = server,
				    .wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
	pthread_t worker;
	sigset_t ends;
	int signals;

	sigemptyset(&ends);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &ends, NULL);
	signals = signalfd(-1, &ends, SFD_CLOEXEC);
	atomic_store(&listener.again_ms, -1);
	if (listener.wake < 0 || signals < 0 || server->output < 0 ||
	    pthread_create(&worker, NULL, work, &listener) != 0)
		return 1;
	listen_to(&listener, signals);
	queue_close(&server->queue);
	if (!queue_drain(&server->queue, left_ms(&listener)))
		server_leave(server);
	pthread_join(worker, NULL);
	buf_done(&listener.input.line);
	close(listener.wake);
	close(signals);
	return 0;
}

static int parse(int argc, char **argv, struct server *server)
{
	enum { DIR_OPTION = 256, PROJECT_OPTION, HELP_OPTION, VERSION_OPTION };
	static const struct option known[] = {
		{"dir", required_argument, NULL, DIR_OPTION},
		{"project", required_argument, NULL, PROJECT_OPTION},
		{"help", no_argument, NULL, HELP_OPTION},
		{"version", no_argument, NULL, VERSION_OPTION},
		{0},
	};
	int option = 0;

	opterr = 0;
	while (option != '?' && (option = getopt_long(argc, argv, "h", known, NULL)) != -1) {
		switch (option) {
		case DIR_OPTION:
			server->dir = optarg;
			break;
		case PROJECT_OPTION:
			server->project = optarg;
			break;
		case 'h':
		case HELP_OPTION:
			fputs(help, stdout);
			return 0;
		case VERSION_OPTION:
			puts("helios-mcp " HELIOS_VERSION);
			return 0;
		default:
			break;
		}
	}
	if (option != '?' && optind == argc)
		return -1;
	fprintf(stderr, "helios-mcp: this is not understood: %s\nTry 'helios-mcp --help'.\n",
		argv[argc - 1]);
	return 2;
}

int main(int argc, char **argv)
{
	struct server server = {.log_level = -1};
	int status;

	log_open("helios-mcp");
	helios_on_mended(log_warning);
	status = parse(argc, argv, &server);
	if (status >= 0)
		return status;
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) < 0)
			return 1;
	mallopt(M_TRIM_THRESHOLD, 1 << 20); /* each request parses: giving pages back costs more */
	mallopt(M_ARENA_MAX, 1);	    /* there may be many of us, and one thread works */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	umask(077);
	harden_process();
	pthread_mutex_init(&server.output_mutex, NULL);
	queue_init(&server.queue);
	server.output = take_output();
	status = serve(&server);
	if (server.home)
		helios_close(server.home);
	free(server.client);
	free(server.handshake_client);
	free(server.names);
	queue_done(&server.queue);
	pthread_mutex_destroy(&server.output_mutex);
	close(server.output);
	return status;
}
