/* The judgement of store/agents.h. */
#include "store/agents.h"

#include "base/limits.h"
#include "store/external.h"
#include "store/settings.h"
#include "store/temporary.h"
#include "yaml/path.h"
#include "yaml/yaml.h"

#define SETTING "agent_writes"
#define RULES_AT_MOST 256

struct rule {
	struct path path;
	enum agent_word word;
};

struct rules {
	struct document *settings; /* the paths live in it */
	struct rule list[RULES_AT_MOST];
	size_t count;
	enum agent_word other; /* for what no path leads to */
};

static int not_understood(const char *what, struct helios_error *error)
{
	return helios_fail(error, HELIOS_AGENTS,
			   &(struct helios_place){.file = SETTINGS_FILE, .key = SETTING},
			   "write 'allow', 'propose' or 'deny', or a mapping of paths to these",
			   "'" SETTING "' in settings.yaml cannot be understood: %s", what);
}

static int read_word(const struct node *node, enum agent_word *ret, struct helios_error *error)
{
	static const char *const words[] = {"allow", "propose", "deny"};

	for (size_t i = 0; node_is(node, NODE_STRING) && i < ARRAY_SIZE(words); i++) {
		if (!streq(node->text, words[i]))
			continue;
		*ret = (enum agent_word)i;
		return 0;
	}
	return not_understood(node_is(node, NODE_STRING) ? node->text : "no word", error);
}

static int read_rule(struct rules *rules, const struct node_entry *entry,
		     struct helios_error *error)
{
	struct rule *rule = &rules->list[rules->count];
	struct helios_error reason;
	int err;

	if (streq(entry->key, "*"))
		return read_word(entry->value, &rules->other, error);
	if (rules->count == RULES_AT_MOST)
		return not_understood("too many paths", error);
	err = path_parse(&rules->settings->arena, entry->key, &rule->path, &reason);
	if (err == -ENOMEM)
		return helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "cannot read the settings");
	if (err < 0)
		return not_understood(entry->key, error);
	err = read_word(entry->value, &rule->word, error);
	rules->count += err == 0;
	return err;
}

/* What cannot be read may have said no: also an edit that is not in service, for it is not valid.
 */
static int read_settings(struct helios_home *home, struct rules *rules, struct helios_error *error)
{
	cleanup_document struct document *edited = NULL;
	struct helios_error reason = {0};

	external_notice_file(home, SETTINGS_FILE); /* a person may just have said no */
	rules->settings = settings_read(home, &reason);
	if (!reason.code)
		settings_read_disk(home, &edited, &reason);
	if (reason.code == HELIOS_NO_MEMORY)
		return helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "cannot read the settings");
	return reason.code ? not_understood(reason.message, error) : 0;
}

static int read_rules(struct helios_home *home, struct rules *ret, struct helios_error *error)
{
	const struct node *set;
	int err;

	*ret = (struct rules){.other = AGENT_ALLOW};
	err = read_settings(home, ret, error);
	if (err < 0)
		return err;
	set = ret->settings ? node_get(ret->settings->root, SETTING) : NULL;
	if (set && set->kind != NODE_MAP)
		return read_word(set, &ret->other, error);
	for (size_t i = 0; set && err == 0 && i < set->count; i++)
		err = read_rule(ret, &set->entries[i], error);
	return err;
}

static void rules_done(struct rules *rules)
{
	document_free(rules->settings);
}

static int denied(const char *key, struct helios_error *error)
{
	return helios_fail(
		error, HELIOS_AGENTS, &(struct helios_place){.file = SETTINGS_FILE, .key = key},
		NULL, "settings.yaml says '" SETTING ": deny' for %s: tools do not write", key);
}

int agents_check(struct helios_home *home, struct helios_error *error)
{
	cleanup(rules_done) struct rules rules;
	int err = read_rules(home, &rules, error);

	return err == 0 && rules.other == AGENT_DENY && !rules.count ? denied("everything", error)
								     : err;
}

int agents_understand(struct helios_home *home, struct helios_error *error)
{
	cleanup(rules_done) struct rules rules;

	return read_rules(home, &rules, error);
}

int agents_check_rest(struct helios_home *home, struct helios_error *error)
{
	cleanup(rules_done) struct rules rules;
	int err = read_rules(home, &rules, error);

	return err == 0 && rules.other == AGENT_DENY ? denied("what has no path", error) : err;
}

/* ---- which values differ, and what is said of them */

struct judging {
	const struct rules *rules;
	const char *keys[LIMIT_DEPTH + 1]; /* to where the walk is */
	size_t depth;
	enum agent_word word;
	struct buf denied; /* the first path that is */
};

/* How many keys of the rule's path lead along the walk's; SIZE_MAX when it goes elsewhere. */
static size_t common(const struct judging *judging, const struct path *path)
{
	size_t depth = path->count < judging->depth ? path->count : judging->depth;

	for (size_t i = 0; i < depth; i++)
		if (!path->steps[i].key || !streq(path->steps[i].key, judging->keys[i]))
			return SIZE_MAX;
	return path->count;
}

static void judge(struct judging *judging, enum agent_word word)
{
	if (word == AGENT_DENY && judging->word != AGENT_DENY)
		for (size_t i = 0; i < judging->depth; i++)
			path_add_key(&judging->denied, judging->keys[i]);
	if (word > judging->word)
		judging->word = word;
}

/* The value where the walk is has changed: what leads to it decides, and what is said of its parts.
 */
static void judge_value(struct judging *judging)
{
	enum agent_word word = judging->rules->other;
	size_t longest = 0;

	for (size_t i = 0; i < judging->rules->count; i++) {
		const struct rule *rule = &judging->rules->list[i];
		size_t length = common(judging, &rule->path);

		if (length == SIZE_MAX)
			continue;
		if (length > judging->depth) {
			judge(judging, rule->word);
		} else if (length >= longest) {
			longest = length;
			word = rule->word;
		}
	}
	judge(judging, word);
}

static bool is_empty(const struct node *node)
{
	return !node || (node->kind == NODE_MAP && node->count == 0);
}

/* What is not there is like a mapping without keys. */
static void compare(struct judging *judging, const struct node *old, const struct node *new)
{
	const struct node *sides[] = {old, new};

	if (old && new &&node_same(old, new))
		return;
	if ((old && old->kind != NODE_MAP) || (new &&new->kind != NODE_MAP) ||
	    (is_empty(old) && is_empty(new)) || judging->depth == LIMIT_DEPTH) {
		judge_value(judging);
		return;
	}
	if (old && new && old->override_tag != new->override_tag)
		judge_value(judging);
	for (size_t side = 0; side < ARRAY_SIZE(sides); side++) {
		size_t at_old = 0, at_new = 0;

		for (size_t i = 0; sides[side] && i < sides[side]->count; i++) {
			const char *key = sides[side]->entries[i].key;

			const struct node *before = node_get_next(old, key, &at_old);

			if (side == 1 && before)
				continue;
			judging->keys[judging->depth++] = key;
			compare(judging, before, node_get_next(new, key, &at_new));
			judging->depth--;
		}
	}
}

/* What lies on top for a time is judged as if it were changed below; a removal is no value. */
static int judge_overlay(const struct txn_file *file, struct judging *judging,
			 struct helios_error *error)
{
	cleanup_document struct document *document = NULL;
	int err = file->content ? yaml_try(file->content, file->length, "", &document, error) : 0;

	if (err < 0)
		return err;
	if (document)
		compare(judging, NULL, node_get(document->root, "overlay"));
	else
		judge(judging, judging->rules->other);
	return 0;
}

static int judge_file(struct txn *txn, const struct txn_file *file, struct judging *judging,
		      struct helios_error *error)
{
	char room[NAME_MAX + 1];
	const char *name = served_name_of(file->path, room);
	cleanup_document struct document *old = NULL, *new = NULL;
	cleanup_buf struct buf before = {0};
	int err = 0;

	if (strncmp(file->path, TEMPORARY_DIRECTORY "/", strlen(TEMPORARY_DIRECTORY "/")) == 0)
		return judge_overlay(file, judging, error);
	if (!file->tracked || !name) {
		judge(judging, judging->rules->other);
		return 0;
	}
	if (!object_id_is_zero(&file->before))
		err = repo_read(txn->home->repo, &file->before, &before, error);
	if (err == 0 && before.length)
		err = yaml_try(buf_text(&before), before.length, "", &old, error);
	if (err == 0 && file->content)
		err = yaml_try(file->content, file->length, "", &new, error);
	if (err < 0)
		return err;
	/* one that does not parse is a change of everything */
	if ((before.length && !old) || (file->content && !new))
		judge_value(judging);
	if (!old || !new) /* made, or removed */
		judge(judging, judging->rules->other);
	compare(judging, old ? old->root : NULL, new ? new->root : NULL);
	return 0;
}

/* The last saved text of a view says nothing that its persona does not. */
static bool is_view(const struct txn_file *file)
{
	return strncmp(file->path, ".views/", 7) == 0;
}

int agents_judge(struct txn *txn, enum agent_word *ret, struct helios_error *error)
{
	cleanup(rules_done) struct rules rules;
	struct judging judging = {.rules = &rules};
	int err = read_rules(txn->home, &rules, error);

	for (size_t i = 0; err == 0 && i < txn->count; i++)
		if (!is_view(&txn->files[i]))
			err = judge_file(txn, &txn->files[i], &judging, error);
	if (err == 0 && judging.word == AGENT_DENY)
		err = denied(judging.denied.length ? buf_text(&judging.denied) : "this", error);
	*ret = judging.word;
	buf_done(&judging.denied);
	return err;
}
