/* Reading settings.yaml as it is at HEAD; see store/settings.h. */
#include "store/settings.h"

#include "store/external.h"
#include "store/served.h"
#include "yaml/yaml.h"

#define SETTINGS_FILE "settings.yaml"
#define SESSIONS_KEPT 20
#define SESSIONS_AT_MOST 1000
#define JOURNAL_DAYS 90
#define JOURNAL_DAYS_AT_MOST 100000

/* The settings, or NULL when there are none that can be read. The caller frees them. */
static struct document *read_settings(struct helios_home *home, struct helios_error *error)
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

int settings_check_agents(struct helios_home *home, struct helios_error *error)
{
	static const struct helios_place place = {.file = SETTINGS_FILE, .key = "agent_writes"};
	struct helios_error reason = {0};
	cleanup_document struct document *settings = NULL;
	const struct node *set;
	const char *word;

	external_notice_file(home, SETTINGS_FILE); /* a person may just have said no */
	settings = read_settings(home, &reason);
	set = settings ? node_get(settings->root, "agent_writes") : NULL;
	word = set ? text_of(settings, "agent_writes", "no word") : "allow";
	if (reason.code) /* settings that cannot be read may have said no */
		return helios_fail(error, HELIOS_AGENTS, &place, "mend settings.yaml",
				   "settings.yaml cannot be read: %s", reason.message);
	if (streq(word, "allow"))
		return 0;
	return helios_fail(error, HELIOS_AGENTS, &place, NULL,
			   "settings.yaml says 'agent_writes: %s': tools do not write", word);
}

bool settings_all_tools(struct helios_home *home)
{
	cleanup_document struct document *settings = NULL;

	external_notice_file(home, SETTINGS_FILE);
	settings = read_settings(home, NULL);
	return streq(text_of(settings, "tools", "core"), "all");
}

/* A whole number below retention:, from least to most; fallback for anything else. */
static size_t retention(struct helios_home *home, const char *key, int64_t least, int64_t most,
			size_t fallback)
{
	cleanup_document struct document *settings = read_settings(home, NULL);
	const struct node *set = settings ? node_get(settings->root, "retention") : NULL;

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
