/* Reading settings.yaml as it is at HEAD; see store/settings.h. */
#include "store/settings.h"

#include "base/file.h"
#include "base/nearest.h"
#include "store/external.h"
#include "store/served.h"
#include "yaml/yaml.h"

#define SESSIONS_KEPT 20
#define SESSIONS_AT_MOST 1000
#define JOURNAL_DAYS 90
#define JOURNAL_DAYS_AT_MOST 100000

struct document *settings_read(struct helios_home *home, struct helios_error *error)
{
	cleanup_served struct served_reference now = {.home = home};
	struct document *document = NULL;
	const struct repo_file *file;
	cleanup_buf struct buf text = {0};

	if (served_get(home, &now.served, error) < 0)
		return NULL;
	file = repo_files_find(&now.served->files, SETTINGS_FILE);
	if (!file || repo_read(home->repo, &file->id, &text, error) < 0 ||
	    yaml_parse(buf_text(&text), text.length, SETTINGS_FILE, &document, error) < 0)
		return NULL;
	return document;
}

/* The text of a setting; fallback when it is not there or no text. */
static const char *text_of(const struct document *settings, const char *key, const char *fallback)
{
	const struct node *value = settings ? node_get(settings->root, key) : NULL;

	return node_is(value, NODE_STRING) ? value->text : fallback;
}

bool settings_all_tools(struct helios_home *home)
{
	cleanup_document struct document *settings = NULL;

	external_notice_file(home, SETTINGS_FILE);
	settings = settings_read(home, NULL);
	return streq(text_of(settings, "tools", "core"), "all");
}

int settings_allow_secret(struct helios_home *home, const char *rule, bool *ret,
			  struct helios_error *error)
{
	struct helios_error reason = {0};
	cleanup_document struct document *settings = settings_read(home, &reason);
	const struct node *allowed = settings ? node_get(settings->root, "allow_secrets") : NULL;

	*ret = node_is(allowed, NODE_BOOL) && allowed->boolean;
	for (size_t i = 0; node_is(allowed, NODE_LIST) && i < allowed->count; i++)
		*ret = *ret || (node_is(allowed->items[i], NODE_STRING) &&
				streq(allowed->items[i]->text, rule));
	return reason.code == HELIOS_NO_MEMORY ? helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL,
							     "cannot read the settings")
					       : 0;
}

/*
 * A whole number below retention:, from least to most; fallback for anything else. Without memory
 * to read what the person wants to keep nothing is given up: most.
 */
static size_t retention(struct helios_home *home, const char *key, int64_t least, int64_t most,
			size_t fallback)
{
	struct helios_error reason = {0};
	cleanup_document struct document *settings = settings_read(home, &reason);
	const struct node *set = settings ? node_get(settings->root, "retention") : NULL;

	if (reason.code == HELIOS_NO_MEMORY)
		return (size_t)most;
	set = node_get(set, key);
	if (!node_is(set, NODE_INT) || set->integer < least || set->integer > most)
		return fallback;
	return (size_t)set->integer;
}

size_t settings_sessions_kept(struct helios_home *home)
{
	return retention(home, "sessions", 0, SESSIONS_AT_MOST, SESSIONS_KEPT);
}

size_t settings_journal_days(struct helios_home *home)
{
	return retention(home, "journal_days", 2, JOURNAL_DAYS_AT_MOST, JOURNAL_DAYS);
}

int settings_read_disk(struct helios_home *home, struct document **ret, struct helios_error *error)
{
	cleanup_buf struct buf text = {0};
	int err = file_read(home->directory, SETTINGS_FILE, LIMIT_TEXT, &text, NULL);

	*ret = NULL;
	if (err == -ENOENT)
		return 0;
	if (err < 0)
		return helios_fail_errno(error, -err, SETTINGS_FILE, "cannot read the settings");
	return yaml_parse(buf_text(&text), text.length, SETTINGS_FILE, ret, error);
}

int settings_check(struct helios_home *home, struct helios_error *error)
{
	static const char *const known[] = {"agent_writes", "allow_secrets", "retention", "tools"};
	cleanup_document struct document *settings = NULL;
	int err = settings_read_disk(home, &settings, error);

	for (size_t i = 0; err == 0 && settings && i < settings->root->count; i++) {
		const struct node_entry *entry = &settings->root->entries[i];
		const struct helios_place place = {.file = SETTINGS_FILE,
						   .line = entry->key_place.line,
						   .column = entry->key_place.column,
						   .key = entry->key};
		const char *near = nearest(entry->key, known, ARRAY_SIZE(known));
		char hint[64];

		snprintf(hint, sizeof(hint), "did you mean '%s'?", near ? near : "");
		for (size_t j = 0; j < ARRAY_SIZE(known); j++)
			if (streq(entry->key, known[j]))
				near = entry->key;
		if (near != entry->key)
			err = helios_fail(error, HELIOS_NO_KEY, &place, near ? hint : NULL,
					  "there is no setting '%s'", entry->key);
	}
	return err;
}
