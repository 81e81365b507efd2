/*
 * watch: a line for each change as it happens, whichever program makes it. Lines are those of log,
 * oldest first; a switch of the active persona, which is in no history, has one of its own.
 */
#include "cli/commands.h"

#include <poll.h>
#include <time.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"

/* A transaction makes a dozen signs and raises the generation last, without one. */
#define LOOK_MS 10
#define LOOK_FOR_MS 200
#define IDLE_MS 5000

#define ASKED_FIRST 16
#define ASKED_AT_MOST 65536 /* changes between two looks; of more only the newest is told */

struct watching {
	const struct command_call *call;
	char commit[41]; /* of the newest change that was told */
	char *active;
};

static const char *or_none(const char *name)
{
	return name ? name : "";
}

/* The newest changes as log answers them: its lines, and its list, which the caller deletes. */
static int ask_log(const struct watching *watching, size_t count, struct helios_answer *answer,
		   cJSON **ret, struct helios_error *error)
{
	char number[24];
	const char *values[] = {NULL, NULL, number};
	const struct helios_call call = {
		.home = watching->call->home,
		.path = watching->call->path,
		.client = watching->call->client,
		.values = values,
		.colour = !watching->call->request->json && wants_colour(STDOUT_FILENO),
	};
	int err;

	snprintf(number, sizeof(number), "%zu", count);
	err = helios_op_find("log")->run(&call, answer, error);
	*ret = err == 0 && answer->json ? json_parse(answer->json, strlen(answer->json)) : NULL;
	return err;
}

/* How many of the changes are newer than the one told last; -1 when that is not among them. */
static int count_new(const struct watching *watching, const cJSON *changes)
{
	int count = 0;
	const cJSON *change;

	cJSON_ArrayForEach(change, changes)
	{
		if (streq(or_none(json_string(change, "commit")), watching->commit))
			return count;
		count++;
	}
	return -1;
}

static void tell_change(const struct watching *watching, const cJSON *changes, const char *text,
			int number)
{
	cleanup_free char *json = NULL, *line = NULL;

	if (watching->call->request->json) {
		json = cJSON_PrintUnformatted(cJSON_GetArrayItem(changes, number));
		say(json ? json : "null");
		say("\n");
		return;
	}
	for (int i = 0; i < number && text; i++) {
		text = strchr(text, '\n');
		text = text ? text + 1 : NULL;
	}
	line = text ? strndup(text, strcspn(text, "\n") + 1) : NULL;
	say(line ? line : "");
}

/* Tells what is new, oldest first; quiet only remembers where we are. */
static int tell_changes(struct watching *watching, bool quiet, struct helios_error *error)
{
	int count = -1, err = 0;

	for (size_t asked = quiet ? 1 : ASKED_FIRST; count < 0 && asked <= ASKED_AT_MOST;
	     asked *= 8) {
		struct helios_answer answer = {0};
		cleanup_json cJSON *root = NULL;
		const cJSON *changes;

		err = ask_log(watching, asked, &answer, &root, error);
		if (err < 0)
			return err;
		changes = cJSON_GetObjectItemCaseSensitive(root, "changes");
		count = count_new(watching, changes);
		if (count < 0 && (quiet || cJSON_GetArraySize(changes) < (int)asked ||
				  asked * 8 > ASKED_AT_MOST))
			count = cJSON_GetArraySize(changes) > 0; /* history was set back */
		for (int i = count; i-- > 0 && !quiet;)
			tell_change(watching, changes, answer.text, i);
		if (count > 0)
			snprintf(watching->commit, sizeof(watching->commit), "%s",
				 or_none(json_string(cJSON_GetArrayItem(changes, 0), "commit")));
		helios_answer_done(&answer);
	}
	return 0;
}

static void say_active(const struct watching *watching, const char *active)
{
	cleanup_json cJSON *object = NULL;
	cleanup_free char *json = NULL;
	time_t now = time(NULL);
	char when[40] = "";
	struct tm tm;

	if (watching->call->request->json) {
		object = cJSON_CreateObject();
		cJSON_AddItemToObject(object, "active",
				      active ? cJSON_CreateString(active) : cJSON_CreateNull());
		json = cJSON_PrintUnformatted(object);
		say(json ? json : "null");
	} else {
		if (localtime_r(&now, &tm))
			strftime(when, sizeof(when), "%Y-%m-%d %H:%M", &tm);
		say(when);
		say("           active: ");
		say(active ? active : "none");
	}
	say("\n");
}

static int tell_active(struct watching *watching, bool quiet, struct helios_error *error)
{
	char *active = NULL;
	int err = helios_active(watching->call->home, &active, error);

	if (err < 0)
		return err;
	if (!quiet && !streq(or_none(active), or_none(watching->active)))
		say_active(watching, active);
	free(watching->active);
	watching->active = active;
	return 0;
}

static int tell(struct watching *watching, bool quiet, struct helios_error *error)
{
	int err = tell_changes(watching, quiet, error);

	if (err == 0)
		err = tell_active(watching, quiet, error);
	fflush(stdout);
	return err;
}

/* Until nobody reads what we say any more, or an error. */
static int watch(struct watching *watching, int fd, struct helios_error *error)
{
	struct helios_home *home = watching->call->home;
	struct pollfd ready[] = {{.fd = fd, .events = POLLIN}, {.fd = STDOUT_FILENO}};
	uint64_t seen = helios_generation(home);
	int64_t often_until = 0, look_at = now_ms();
	int err = tell(watching, true, error);

	while (err == 0) {
		int64_t now = now_ms();
		int64_t wait = now < often_until ? LOOK_MS : IDLE_MS;

		if (look_at && look_at - now < wait)
			wait = look_at > now ? look_at - now : 0;
		ready[0].fd = look_at && look_at <= now + LOOK_MS ? -1 : fd;
		poll(ready, ARRAY_SIZE(ready), (int)wait);
		if (ready[1].revents & (POLLERR | POLLHUP | POLLNVAL))
			return 0;
		if (ready[0].revents) {
			look_at = now_ms() + LOOK_MS;
			often_until = now_ms() + LOOK_FOR_MS;
		}
		if (look_at && now_ms() >= look_at) {
			int again = -1;

			err = helios_refresh(home, &again, error);
			look_at = again < 0 ? 0 : now_ms() + again;
		}
		if (err == 0 && helios_generation(home) != seen) {
			seen = helios_generation(home);
			err = tell(watching, false, error);
		}
	}
	return err;
}

int command_watch(const struct command_call *call)
{
	struct watching watching = {.call = call};
	struct helios_error error = {0};
	int err, fd = helios_watch(call->home, &error);

	err = fd < 0 ? fd : watch(&watching, fd, &error);
	free(watching.active);
	return err < 0 ? show_error(&error, &call->context) : 0;
}
