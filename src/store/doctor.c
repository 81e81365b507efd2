/* The table of checks, and the report; see store/doctor.h. */
#include <fcntl.h>

#include "base/file.h"
#include "store/doctor_private.h"
#include "store/lock.h"
#include "store/rebuild.h"
#include "store/version.h"

/* Before the home's lock is taken, before the home is opened, after that was tried, and in it. */
enum stage { ALONE, CLOSED, TRIED, OPENED };

static const struct {
	const char *name;
	enum stage stage;
	void (*run)(struct examination *exam);
} checks[] = {
	{"files", ALONE, check_plain_files},
	{"permissions", CLOSED, check_permissions},
	{"directories", CLOSED, check_directories},
	{"space", CLOSED, check_space},
	{"repository", CLOSED, check_repository},
	{"git locks", CLOSED, check_git_locks},
	{"objects", CLOSED, check_objects},
	{"directories", TRIED, check_made_directories},
	{"repository", TRIED, check_made_repository},
	{"objects", OPENED, mend_objects},
	{"history", OPENED, check_history},
	{"objects", OPENED, check_missing},
	{"snapshots", OPENED, check_tags},
	{"branch", OPENED, check_branch},
	{"edits", OPENED, check_files},
	{"settings", OPENED, check_settings},
	{"personas", OPENED, check_personas},
	{"version", OPENED, check_version},
	{"reading", OPENED, check_reading},
};

void doctor_add(struct doctor_report *report, const char *check, enum doctor_outcome outcome,
		const char *what, const char *guidance)
{
	struct doctor_entry *grown = realloc(report->entries, (report->count + 1) * sizeof(*grown));

	if (!grown)
		return;
	report->entries = grown;
	grown[report->count] = (struct doctor_entry){
		.check = check,
		.outcome = outcome,
		.what = strdup(what),
		.guidance = guidance ? strdup(guidance) : NULL,
	};
	if (grown[report->count].what)
		report->count++;
	else
		free(grown[report->count].guidance);
}

void doctor_report_done(struct doctor_report *report)
{
	for (size_t i = 0; i < report->count; i++) {
		free(report->entries[i].what);
		free(report->entries[i].guidance);
	}
	free(report->entries);
	*report = (struct doctor_report){0};
}

void examination_tell(struct examination *exam, const char *what, int err, const char *guidance)
{
	char text[512];

	if (err == -EAGAIN || err == 0) {
		doctor_add(exam->report, exam->check, err == 0 ? DOCTOR_HEALED : DOCTOR_FOUND, what,
			   err == 0 ? NULL : guidance ?: "'helios doctor --fix' mends it");
		return;
	}
	snprintf(text, sizeof(text), "%s (%s)", what, strerror(-err));
	doctor_add(exam->report, exam->check, DOCTOR_FAILED, text,
		   guidance ?: "look at the reason given; free space or mend permissions");
}

static void run_checks(struct examination *exam, enum stage stage)
{
	for (size_t i = 0; i < ARRAY_SIZE(checks); i++) {
		exam->check = checks[i].name;
		if (checks[i].stage == stage)
			checks[i].run(exam);
	}
}

/* Opening mends, so it is only done to mend; else the home is opened without a word of it. */
static void open_home(struct examination *exam)
{
	struct helios_error why = {0};
	int err = exam->fix ? helios_open(exam->path, HELIOS_CREATE, &exam->home, &why)
			    : home_open(exam->path, false, &exam->home, &why);

	exam->check = "home";
	if (err == 0 && exam->fix)
		err = home_writable(exam->home, &why); /* makes directories that are missing */
	if (err < 0)
		doctor_add(exam->report, exam->check, exam->fix ? DOCTOR_FAILED : DOCTOR_FOUND,
			   why.message, why.hint);
}

static int open_directory(const char *path, int *ret, struct helios_error *error)
{
	*ret = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*ret >= 0)
		return 0;
	if (errno == ENOENT)
		return helios_fail(error, HELIOS_NO_HOME, &(struct helios_place){.file = path},
				   NULL, "there is no Helios home in %s", path);
	return helios_fail_errno(error, errno, path, "cannot open the home");
}

/* Only a home is looked at, and only its owner mends it: all that is in it becomes theirs. */
static int check_home(int directory, const char *path, bool fix, struct helios_error *error)
{
	static const char *const signs[] = {VERSION_FILE, ".journal", ".generation", ".helios.lock",
					    "base/identity.yaml"};
	const struct helios_place place = {.file = path};
	struct stat st;
	bool found = false;
	int err = home_check_ours(directory, path, error);

	if (err < 0)
		return err;
	for (size_t i = 0; i < ARRAY_SIZE(signs); i++)
		found = found || file_stat(directory, signs[i], &st) == 0;
	if (!found)
		return helios_fail(error, HELIOS_NO_HOME, &place, NULL,
				   "there is no Helios home in %s", path);
	if (fix && fstat(directory, &st) == 0 && st.st_uid != geteuid())
		return helios_fail(error, HELIOS_UNSAFE_HOME, &place,
				   "run it as the user whose home it is",
				   "%s belongs to another user", path);
	return 0;
}

int doctor(const char *path, const struct helios_client *client, bool fix,
	   struct doctor_report *ret, struct helios_error *error)
{
	struct examination exam = {.path = path, .client = client, .fix = fix, .report = ret};
	int lock = -1, err = open_directory(path, &exam.directory, error);

	if (err < 0)
		return err;
	err = check_home(exam.directory, path, fix, error);
	if (err < 0) {
		close(exam.directory);
		return err;
	}
	run_checks(&exam, ALONE);
	if (fix)
		lock = lock_acquire(exam.directory, client, "doctor", error);
	err = fix && lock < 0 ? lock : 0;
	if (err == 0)
		run_checks(&exam, CLOSED);
	if (lock >= 0)
		close(lock);
	if (err == 0 && !exam.damaged)
		open_home(&exam);
	if (err == 0)
		run_checks(&exam, TRIED);
	if (exam.home)
		run_checks(&exam, OPENED);
	helios_close(exam.home);
	close(exam.directory);
	return err;
}
