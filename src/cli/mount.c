/*
 * mount and umount: starting heliosfs, and taking its mounts away again. What is mounted is read
 * from the kernel every time; no process is ever looked for by name.
 */
#include "cli/commands.h"

#include <libgen.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <time.h>

#include "base/json.h"
#include "base/program.h"
#include "cli/child.h"
#include "cli/login.h"

#define WAIT_MS 5000
#define WAIT_STEP_MS 20

/* "VERB PLACE", or as JSON a member key. */
static void say_place(const struct command_call *call, const char *key, const char *verb,
		      const char *place)
{
	cleanup_json cJSON *root = cJSON_CreateObject();
	cleanup_free char *json = NULL;

	if (call->request->json) {
		cJSON_AddStringToObject(root, key, place);
		json = cJSON_PrintUnformatted(root);
		say(json ? json : "null");
		say("\n");
	} else if (!call->request->quiet) {
		say(verb);
		say(" ");
		say(place);
		say("\n");
	}
}

static bool is_listed(const struct helios_names *mounts, const char *place)
{
	for (size_t i = 0; i < mounts->count; i++)
		if (streq(mounts->entries[i], place))
			return true;
	return false;
}

static bool is_mounted(const char *home, const char *place)
{
	cleanup(helios_names_free) struct helios_names mounts = {0};

	return helios_mounts(home, &mounts, NULL) == 0 && is_listed(&mounts, place);
}

/*
 * Where place is, as mountinfo spells it. Nothing is asked of the directory itself where that
 * can be helped: behind a dead mount it would fail, behind a stuck one hang.
 */
static char *canonical(const char *place)
{
	cleanup_free char *copy = strdup(place), *again = strdup(place), *parent = NULL;
	char *last, *path = NULL, link[2];

	if (!copy || !again)
		return NULL;
	last = basename(copy);
	if (streq(last, ".") || streq(last, "..") || streq(last, "/") ||
	    readlink(place, link, sizeof(link)) >= 0)
		return realpath(place, NULL);
	parent = realpath(dirname(again), NULL);
	if (!parent || asprintf(&path, "%s/%s", streq(parent, "/") ? "" : parent, last) < 0)
		return NULL;
	return path;
}

static int run_heliosfs(const char *home, const char *place, struct helios_error *error)
{
	cleanup_free char *program = program_find("heliosfs");
	char option[] = "--dir";
	char *argv[] = {program, option, (char *)home, (char *)place, NULL};
	int status = program ? child_run(argv) : -ENOENT;

	if (status < 0)
		return helios_fail(error, HELIOS_MOUNT, NULL,
				   "install heliosfs beside helios, or put it into PATH",
				   "heliosfs could not be started: %s", strerror(-status));
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return helios_fail(error, HELIOS_MOUNT, &(struct helios_place){.file = place}, NULL,
				   "heliosfs did not mount the view");
	return 0;
}

/* heliosfs makes the home's own directories; here only the way to a view elsewhere is checked. */
static int mount_view(const struct command_call *call, const char *place,
		      struct helios_error *error)
{
	int err;

	if (is_mounted(call->path, place) && !helios_mount_is_dead(place))
		return helios_fail(error, HELIOS_MOUNT, &(struct helios_place){.file = place},
				   "'helios umount' unmounts it",
				   "the view is mounted there already");
	err = run_heliosfs(call->path, place, error);
	if (err < 0)
		return err;
	if (!is_mounted(call->path, place))
		return helios_fail(error, HELIOS_MOUNT, &(struct helios_place){.file = place},
				   "run 'heliosfs -f' there to see what it says",
				   "heliosfs ended without mounting the view");
	return 0;
}

static int end_logins(const struct command_call *call)
{
	struct helios_error error = {0};
	bool removed;

	if (login_remove(&removed, &error) < 0)
		return show_error(&error, &call->context);
	say_place(call, "no_login", removed ? "no login mounts any more" : "no login mounted",
		  call->path);
	return 0;
}

/* Lets each login do what was done now: the home and the place are there. */
static int begin_logins(const struct command_call *call, const char *place,
			struct helios_error *error)
{
	cleanup_free char *program = program_find("heliosfs");
	cleanup_free char *home = realpath(call->path, NULL);

	if (!home)
		return helios_fail_errno(error, errno, call->path, "cannot find the home");
	if (!program)
		return helios_fail_errno(error, ENOENT, "heliosfs", "cannot find heliosfs");
	return login_install(&(struct login){.program = program, .home = home, .place = place},
			     error);
}

int command_mount(const struct command_call *call)
{
	const char *wanted = call->request->values[0];
	bool at_login = call->request->values[1], is_there;
	cleanup_free char *view = NULL, *place = NULL;
	struct helios_error error = {0};

	if (call->request->values[2])
		return end_logins(call);

	if (!wanted) {
		if (asprintf(&view, "%s/view", call->path) < 0)
			view = NULL;
		wanted = view;
	}
	/* The parent may be a home that heliosfs makes only now. */
	place = wanted ? canonical(wanted) : NULL;
	if (!place && view)
		place = strdup(view);
	if (!place) {
		helios_fail_errno(&error, errno, wanted, "the view cannot be mounted there");
		return show_error(&error, &call->context);
	}
	is_there = is_mounted(call->path, place) && !helios_mount_is_dead(place);
	if (!(at_login && is_there) && mount_view(call, place, &error) < 0)
		return show_error(&error, &call->context);
	if (at_login && begin_logins(call, place, &error) < 0)
		return show_error(&error, &call->context);
	say_place(call, "mounted", at_login ? "mounted, now and at each login:" : "mounted", place);
	return 0;
}

static int detach(const char *place)
{
	char program[] = "fusermount3", option[] = "-u", quiet[] = "-q", end[] = "--";
	char *argv[] = {program, option, quiet, end, (char *)place, NULL};
	int status;

	if (geteuid() == 0 && umount2(place, UMOUNT_NOFOLLOW) == 0)
		return 0;
	if (geteuid() == 0 && errno == EBUSY)
		return -EBUSY;
	status = child_run(argv);
	if (status < 0)
		return status;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -EBUSY;
}

static bool wait_until_gone(const char *home, const char *place)
{
	const struct timespec pause = {.tv_nsec = WAIT_STEP_MS * 1000000L};

	for (int waited = 0; waited < WAIT_MS; waited += WAIT_STEP_MS) {
		if (!is_mounted(home, place))
			return true;
		nanosleep(&pause, NULL);
	}
	return false;
}

static int unmount_view(const struct command_call *call, const char *place,
			struct helios_error *error)
{
	const struct helios_place where = {.file = place};
	int err = detach(place);

	/* Somebody else may have been faster. */
	if (err < 0 && !is_mounted(call->path, place))
		err = 0;
	if (err == -ENOENT)
		return helios_fail(error, HELIOS_MOUNT, &where, "install fuse3",
				   "fusermount3 is not there to unmount it");
	if (err < 0)
		return helios_fail(error, HELIOS_MOUNT, &where,
				   "leave the directory and close its files in every program; "
				   "'fuser -vm DIR' names them",
				   "the view is in use and stays mounted");
	if (!wait_until_gone(call->path, place))
		return helios_fail(error, HELIOS_MOUNT, &where, NULL,
				   "the view is still mounted after %d s", WAIT_MS / 1000);
	return 0;
}

int command_umount(const struct command_call *call)
{
	const char *wanted = call->request->values[0];
	cleanup(helios_names_free) struct helios_names mounts = {0};
	cleanup_free char *only = wanted ? canonical(wanted) : NULL;
	struct helios_error error = {0};
	int status = 0;

	if (helios_mounts(call->path, &mounts, &error) < 0)
		return show_error(&error, &call->context);
	if (!mounts.count || (wanted && !(only && is_listed(&mounts, only)))) {
		helios_fail(&error, HELIOS_NOT_MOUNTED, &(struct helios_place){.file = wanted},
			    NULL, "no view of %s is mounted%s", call->path, wanted ? " there" : "");
		return show_error(&error, &call->context);
	}
	for (size_t i = mounts.count; i > 0; i--) {
		const char *place = mounts.entries[i - 1];

		if (only && !streq(only, place))
			continue;
		if (unmount_view(call, place, &error) < 0)
			status = show_error(&error, &call->context);
		else
			say_place(call, "unmounted", "unmounted", place);
	}
	return status;
}
