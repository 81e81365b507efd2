/* What the checks share: each adds what it finds to the report, and mends it with fix. */
#pragma once

#include "store/doctor.h"

struct examination {
	const char *path;
	int directory;
	struct helios_home *home; /* NULL before it is opened, or when it cannot be */
	const struct helios_client *client;
	bool fix;
	unsigned missing;   /* directories, a bit each */
	bool no_repository;
	bool objects; /* damaged ones were set aside */
	bool damaged; /* the repository is, and nobody was to mend it: reading on would mend */
	const char *check; /* which one runs */
	struct doctor_report *report;
};

/* what was found; err: 0 when it was mended, -EAGAIN when nobody was to, else why it could not be. */
void examination_tell(struct examination *exam, const char *what, int err, const char *guidance);

/* The same as a repo_tell; context is the examination. */
void examination_tell_part(void *context, const char *what, int outcome);

/* Of the directory alone. */
void check_permissions(struct examination *exam);
void check_directories(struct examination *exam);
void check_plain_files(struct examination *exam);
void check_space(struct examination *exam);
void check_repository(struct examination *exam);
void check_git_locks(struct examination *exam);

void check_objects(struct examination *exam);

/* After the home was opened, or could not be. */
void check_made_directories(struct examination *exam);
void check_made_repository(struct examination *exam);

/* Of the opened home. */
void mend_objects(struct examination *exam);
void check_history(struct examination *exam);
void check_missing(struct examination *exam);
void check_tags(struct examination *exam);
void check_branch(struct examination *exam);
void check_files(struct examination *exam);
void check_settings(struct examination *exam);
void check_personas(struct examination *exam);
void check_version(struct examination *exam);
void check_reading(struct examination *exam);
