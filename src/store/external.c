/* Taking what store/external_scan.c found. */
#include "store/external.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "persona/schema.h"
#include "store/external_scan.h"
#include "store/gate.h"
#include "store/layers.h"
#include "store/recover.h"
#include "yaml/yaml.h"

static const struct helios_client outside = {.source = HELIOS_EXTERNAL};

static int check_document(const struct finding *finding, struct helios_error *error)
{
	cleanup_document struct document *document = NULL;
	bool base = strncmp(finding->path, "base/", 5) == 0;
	bool persona = strncmp(finding->path, "personas/", 9) == 0;
	int err = 0;

	if (persona) {
		cleanup_free char *name = strdup(finding->path + 9);

		if (!name)
			return helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "cannot look at %s",
					   finding->path);
		name[strlen(name) - 5] = '\0';
		err = schema_check_name(name, error);
	}
	if (err == 0)
		err = yaml_parse(finding->content, finding->length, finding->path, &document,
				 error);
	if (err == 0 && base)
		err = schema_check_base(document, error);
	else if (err == 0 && persona)
		err = schema_check_persona(document, error);
	return err;
}

/* Whether a finding can become part of history. */
static int check(const struct finding *finding, struct helios_error *error)
{
	const struct helios_place place = {.file = finding->path};
	size_t length = strlen(finding->path);

	if (finding->kind == FOUND_ODD)
		return helios_fail(error, HELIOS_INVALID_ON_DISK, &place,
				   "put a plain file of at most 1 MiB there",
				   "%s is no plain file, or too large", finding->path);
	if (finding->kind == FOUND_UNQUIET)
		return helios_fail(error, HELIOS_INVALID_ON_DISK, &place,
				   "try again when the other program has finished",
				   "%s is being written by another program", finding->path);
	if (finding->kind == FOUND_REMOVAL)
		return strncmp(finding->path, "base/", 5) == 0
			       ? helios_fail(error, HELIOS_IS_BASE, &place,
					     "bring it back, for example with git checkout",
					     "%s is missing", finding->path)
			       : 0;
	if (streq(finding->path + length - 5, ".yaml"))
		return check_document(finding, error);
	if (utf8_valid_prefix(finding->content, finding->length) != finding->length ||
	    memchr(finding->content, '\0', finding->length))
		return helios_fail(error, HELIOS_ENCODING, &place, NULL, "%s is not UTF-8 text",
				   finding->path);
	return 0;
}

void set_aside_free(struct set_aside *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(list[i].path);
	free(list);
}

static int set_aside_add(struct set_aside **list, size_t *count, const struct set_aside *entry)
{
	struct set_aside *grown = realloc(*list, (*count + 1) * sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	*list = grown;
	grown[*count] = *entry;
	grown[*count].path = strdup(entry->path);
	return grown[*count].path ? (++*count, 0) : -ENOMEM;
}

static void set_aside_publish(struct helios_home *home, struct set_aside *list, size_t count)
{
	struct set_aside *old;
	size_t old_count;

	pthread_mutex_lock(&home->state);
	old = home->set_aside;
	old_count = home->set_aside_count;
	home->set_aside = list;
	home->set_aside_count = count;
	pthread_mutex_unlock(&home->state);
	set_aside_free(old, old_count);
}

int external_set_aside(struct helios_home *home, struct set_aside **ret, size_t *ret_count)
{
	HOLD(&home->state);
	int err = 0;

	*ret = NULL;
	*ret_count = 0;
	for (size_t i = 0; i < home->set_aside_count && err == 0; i++)
		err = set_aside_add(ret, ret_count, &home->set_aside[i]);
	return err;
}

int external_check(struct helios_home *home, const char *path, struct helios_error *error)
{
	HOLD(&home->state);

	for (size_t i = 0; i < home->set_aside_count; i++) {
		const struct helios_error *reason = &home->set_aside[i].reason;
		struct helios_place place = {
			.file = path, .line = reason->line, .column = reason->column};

		if (!streq(home->set_aside[i].path, path))
			continue;
		if (reason->code == HELIOS_SECRET) /* its line is not to be shown */
			place = (struct helios_place){.file = path};
		return helios_fail(error, HELIOS_INVALID_ON_DISK, &place, NULL,
				   "%s was edited outside and cannot be taken: %s", path,
				   reason->message);
	}
	return 0;
}

static char *summarise(const struct txn *sub)
{
	const char *path = sub->count ? sub->files[0].path : "", *name = strrchr(path, '/');
	size_t length = strlen(name ? name + 1 : path);
	char *summary;

	name = name ? name + 1 : path;
	if (length > 5 && streq(name + length - 5, ".yaml"))
		length -= 5;
	if (sub->count == 1)
		return asprintf(&summary, "%.*s: %s outside", (int)length, name,
				sub->files[0].content ? "edited" : "removed") < 0
			       ? NULL
			       : summary;
	return asprintf(&summary, "%.*s and %zu more: edited outside", (int)length, name,
			sub->count - 1) < 0
		       ? NULL
		       : summary;
}

/* A transaction within the lock of another one. */
static int commit_findings(struct txn *txn, struct txn *sub, const struct external_choice *choice,
			   struct helios_error *error)
{
	cleanup_free char *summary = choice ? strdup(choice->summary) : summarise(sub);
	int err = 0;

	sub->client = choice ? choice->client : &outside;
	txn_make_id(sub->id); /* an operation of its own */
	if (sub->count)
		err = txn_commit(sub, summary ? summary : "edited outside", error);
	if (choice) { /* the transaction is about these edits */
		memcpy(txn->commit, sub->commit, sizeof(txn->commit));
		txn->changed = sub->changed;
	}
	return err;
}

static bool is_chosen(const struct external_choice *choice, const char *path)
{
	if (!choice || !choice->paths)
		return true;
	for (size_t i = 0; i < choice->paths->count; i++)
		if (streq(choice->paths->entries[i], path))
			return true;
	return false;
}

/* The program's own files, which nobody means to remove: they come back as they were. */
static int bring_back(struct txn *sub, const struct finding *finding, struct helios_error *error)
{
	const struct repo_file *file = repo_files_find(&sub->served->files, finding->path);
	cleanup_buf struct buf text = {0};
	int err = file ? repo_read(sub->home->repo, &file->id, &text, error) : 0;

	if (err < 0 || !file)
		return err;
	err = file_create(sub->home->directory, finding->path, buf_text(&text), text.length);
	return err < 0 && err != -EEXIST ? helios_fail_errno(error, -err, finding->path,
							     "cannot bring back %s", finding->path)
					 : 0;
}

static bool is_own_file(const struct finding *finding)
{
	return finding->path[0] == '.';
}

/* Whether a finding must stay as it stands there: *ret_reason says why. */
static int judge(struct txn *sub, const struct finding *finding, bool *ret_stays,
		 struct helios_error *ret_reason)
{
	int err = check(finding, ret_reason);

	if (err == 0 && finding->content)
		err = gate_check(sub->home, sub->served, finding->path, finding->content,
				 finding->length, ret_reason);
	*ret_stays = err < 0;
	return err == -ENOMEM ? err : 0;
}

static int sort_findings(struct txn *sub, const struct findings *found, struct set_aside **aside,
			 size_t *aside_count, struct helios_error *error)
{
	int err = 0;

	for (size_t i = 0; i < found->count && err == 0; i++) {
		const struct finding *finding = &found->entries[i];
		struct helios_error reason = {0};
		bool stays;

		if (finding->kind == FOUND_STALE)
			continue;
		if (finding->kind == FOUND_REMOVAL && is_own_file(finding)) {
			err = bring_back(sub, finding, error);
			continue;
		}
		err = judge(sub, finding, &stays, &reason);
		if (err == 0 && stays)
			err = set_aside_add(
				aside, aside_count,
				&(struct set_aside){.path = finding->path,
						    .id = finding->id,
						    .unquiet = finding->kind == FOUND_UNQUIET,
						    .reason = reason});
		else if (err == 0)
			err = txn_adopt(sub, finding->path, finding->content, finding->length,
					error);
	}
	return err == -ENOMEM ? helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL,
					    "cannot look at the home's files")
			      : err;
}

static void mend_index(struct helios_home *home, const struct findings *found)
{
	cleanup_free struct repo_change *changes = calloc(found->count + 1, sizeof(*changes));
	size_t count = 0;

	for (size_t i = 0; changes && i < found->count; i++)
		if (found->entries[i].kind == FOUND_STALE)
			changes[count++] =
				(struct repo_change){.path = found->entries[i].path,
						     .id = object_id_is_zero(&found->entries[i].id)
								   ? NULL
								   : &found->entries[i].id};
	if (!count)
		return;
	generation_begin(home->generation); /* a kill may leave index.lock behind */
	repo_update_index(home->repo, home->directory, changes, count, NULL);
	generation_end(home->generation);
}

static int take(struct txn *txn, const struct served *served, const struct findings *found,
		const struct external_choice *choice, struct helios_error *error)
{
	struct txn sub = {.home = txn->home, .lock = -1, .served = (struct served *)served};
	struct set_aside *aside = NULL;
	size_t aside_count = 0;
	int err;

	mend_index(txn->home, found);
	err = sort_findings(&sub, found, &aside, &aside_count, error);
	if (err == -ENOMEM) { /* what was set aside before still is */
		txn_free_files(&sub);
		set_aside_free(aside, aside_count);
		return err;
	}
	for (size_t i = sub.count; i-- > 0;)
		if (!is_chosen(choice, sub.files[i].path))
			txn_leave(&sub, i);
	if (err == 0)
		err = commit_findings(txn, &sub, choice, error);
	txn_free_files(&sub);
	set_aside_publish(txn->home, aside, aside_count);
	return err;
}

static bool any_unquiet(const struct findings *found)
{
	for (size_t i = 0; i < found->count; i++)
		if (found->entries[i].kind == FOUND_UNQUIET)
			return true;
	return false;
}

#define QUIET_TRIES 12
static const struct timespec quiet_pause = {.tv_nsec = 25000000};

int external_take(struct txn *txn, const struct external_choice *choice, struct helios_error *error)
{
	cleanup_served struct served_reference now = {.home = txn->home};
	struct findings found = {0};
	int err = served_get(txn->home, &now.served, error);

	if (err < 0 || object_id_is_zero(&now.served->head) || repo_busy(txn->home->directory))
		return err; /* a home being made, or a merge: nothing is taken */
	for (unsigned i = 0; i < QUIET_TRIES; i++) {
		findings_done(&found);
		err = external_scan(txn->home, now.served, &found, error);
		if (err < 0 || !any_unquiet(&found))
			break;
		nanosleep(&quiet_pause, NULL);
	}
	if (err == 0)
		err = take(txn, now.served, &found, choice, error);
	findings_done(&found);
	return err;
}

/* Whether the finding was set aside already, as it is now: looking again would not help. */
static bool is_set_aside(struct helios_home *home, const struct finding *finding)
{
	HOLD(&home->state);

	for (size_t i = 0; i < home->set_aside_count; i++)
		if (streq(home->set_aside[i].path, finding->path))
			return !home->set_aside[i].unquiet &&
			       object_id_equal(&home->set_aside[i].id, &finding->id);
	return false;
}

static size_t count_set_aside(struct helios_home *home)
{
	HOLD(&home->state);
	return home->set_aside_count;
}

int external_look(struct helios_home *home, bool *ret_waiting, bool *ret_unquiet,
		  struct helios_error *error)
{
	cleanup_served struct served_reference now = {.home = home};
	struct findings found = {0};
	size_t known = 0;
	int err = served_get(home, &now.served, error);

	*ret_waiting = *ret_unquiet = false;
	if (err < 0 || repo_busy(home->directory))
		return err;
	err = external_scan(home, now.served, &found, error);
	for (size_t i = 0; err == 0 && i < found.count; i++) {
		struct finding *finding = &found.entries[i];

		if (finding->kind == FOUND_UNQUIET)
			*ret_unquiet = true;
		else if (is_set_aside(home, finding))
			known++;
		else if (finding->kind != FOUND_STALE)
			*ret_waiting = true;
	}
	if (err == 0 && known != count_set_aside(home))
		*ret_waiting = true; /* one of them was mended */
	findings_done(&found);
	return err;
}

int external_examine(struct helios_home *home, struct set_aside **ret, size_t *ret_count,
		     size_t *ret_waiting, struct helios_error *error)
{
	cleanup_served struct served_reference now = {.home = home};
	struct findings found = {0};
	int err = served_get(home, &now.served, error);

	if (err == 0)
		err = external_scan(home, now.served, &found, error);
	for (size_t i = 0; err == 0 && i < found.count; i++) {
		const struct finding *finding = &found.entries[i];
		struct set_aside entry = {.path = finding->path,
					  .unquiet = finding->kind == FOUND_UNQUIET};

		if (finding->kind == FOUND_STALE)
			continue;
		if (check(finding, &entry.reason) < 0 ||
		    (finding->content &&
		     gate_check(home, now.served, finding->path, finding->content, finding->length,
				&entry.reason) < 0))
			err = set_aside_add(ret, ret_count, &entry);
		else
			++*ret_waiting;
	}
	findings_done(&found);
	return err;
}

bool external_set_noticed(struct helios_home *home)
{
	HOLD(&home->state);
	bool first = !home->noticed;

	home->noticed = true;
	return first;
}

static bool is_noticed(struct helios_home *home)
{
	HOLD(&home->state);
	return home->noticed;
}

/* Whether a file of the home still holds what is served of it. */
static bool is_as_served(struct helios_home *home, const char *path, const struct object_id *id)
{
	cleanup_buf struct buf text = {0};
	struct object_id now;

	if (file_read(home->directory, path, LIMIT_TEXT, &text, NULL) < 0)
		return false;
	now = object_id_of_blob(buf_text(&text), text.length);
	return object_id_equal(&now, id);
}

/* Whether all that name is made of is as it was; in doubt not. */
static bool is_untouched(struct helios_home *home, const char *name)
{
	cleanup_served struct served_reference now = {.home = home};
	cleanup_layers struct store_layers layers = {0};
	bool same = !recover_is_needed(home) && served_get(home, &now.served, NULL) == 0 &&
		    store_layers_in(home, now.served, name, &layers, NULL) == 0;

	for (size_t i = 0; same && i < layers.count; i++)
		same = is_as_served(home, layers.layers[i].file, &layers.ids[i]);
	return same;
}

void external_notice(struct helios_home *home, const char *name)
{
	if (home->watch >= 0 || is_noticed(home) || (name && is_untouched(home, name)))
		return;
	helios_refresh(home, NULL, NULL); /* best effort: reading goes on without */
}

void external_notice_file(struct helios_home *home, const char *path)
{
	cleanup_served struct served_reference now = {.home = home};
	const struct repo_file *file;
	struct stat st;
	bool there;

	if (is_noticed(home) || served_get(home, &now.served, NULL) < 0)
		return;
	file = repo_files_find(&now.served->files, path);
	there = file_stat(home->directory, path, &st) == 0;
	if (file ? !is_as_served(home, path, &file->id) : there)
		helios_refresh(home, NULL, NULL);
}
