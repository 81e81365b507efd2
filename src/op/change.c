/* The operations that change something: each is one call of <helios/home.h> and one sentence. */
#include "op/ops.h"

/* What the document of the call reads as now, and the steps of its PATH. */
static int read_now(const struct helios_call *call, struct document **ret, struct path *path)
{
	int err = op_document(call, HELIOS_RESOLVED, call->values[0], ret, NULL);

	return err == 0 ? path_parse(&(*ret)->arena, call->values[1], path, NULL) : err;
}

/*
 * What the value reads as now; where the base or a strategy had a say in it, people are told. A
 * base reads as it is stored.
 */
static void add_effect(const struct helios_call *call, const char *value, struct buf *text,
		       struct buf *json)
{
	cleanup_document struct document *document = NULL, *typed = NULL;
	struct node *node, *plain;
	struct path path;

	if (op_is_base(call->values[0]) || read_now(call, &document, &path) < 0)
		return;
	node = path_lookup(document->root, &path);
	json_key(json, "resolved");
	if (node)
		json_node(json, node);
	else
		json_text(json, NULL);
	if (!node || !value || yaml_parse_value(value, strlen(value), &typed, NULL) < 0)
		return;
	plain = node_copy(&typed->arena, typed->root);
	if (!plain || plain->override_tag || node_same(plain, node))
		return;
	buf_addstr(text, "it reads as ");
	text->failed |= yaml_emit_flow(node, text) < 0;
	buf_addf(text, ", blended with what it inherits; '!override %s' makes it the persona's\n",
		 value);
}

/* Which key of those there were may have been meant by one that is new: appended, or nothing. */
static void near_key(const struct helios_call *call, struct buf *out)
{
	cleanup_document struct document *document = NULL;
	struct path path;

	if (read_now(call, &document, &path) == 0 && !path_lookup(document->root, &path))
		path_near(document->root, &path, out);
}

/* What is only inherited cannot be unset; how it can be taken away all the same. */
static int not_own(const struct helios_call *call, struct helios_error *error)
{
	const char *name = call->values[0], *written = call->values[1];
	const struct helios_place place = {.key = written};
	cleanup_document struct document *document = NULL;
	cleanup_buf struct buf hint = {0};
	struct path path;

	if (op_is_base(name) || read_now(call, &document, &path) < 0 ||
	    !path_lookup(document->root, &path))
		return -ENOENT;
	buf_addf(&hint, "'helios set %s %s null' takes it away from %s", name, written, name);
	return helios_fail(error, HELIOS_NO_KEY, &place, buf_text(&hint), "'%s' only inherits '%s'",
			   name, written);
}

static int set_path(const struct helios_call *call, const char *value, struct helios_answer *answer,
		    struct helios_error *error)
{
	const char *name = call->values[0], *path = call->values[1];
	struct helios_saved saved = {0};
	cleanup_buf struct buf text = {0}, json = {0}, near = {0};
	int err;

	if (value)
		near_key(call, &near);
	err = helios_set(call->home, call->client, name, path, value, &saved, error);
	if (err < 0)
		return !value && error && error->code == HELIOS_NO_KEY ? not_own(call, error) : err;
	buf_addf(&text, "%s: %s ", name, path);
	if (!saved.changed)
		buf_addstr(&text, "is so already; nothing changed\n");
	else if (value)
		buf_addf(&text, "set to %s\n", value);
	else
		buf_addstr(&text, "unset\n");
	json_open(&json, '{');
	json_member(&json, "name", name);
	json_member(&json, "path", path);
	json_saved(&json, &saved);
	add_effect(call, value, &text, &json);
	if (near.length)
		buf_addf(&text, "this key is new; did you mean %s?\n", buf_text(&near));
	json_close(&json, '}');
	answer->notice = true;
	return answer_give(answer, &text, &json, error);
}

int op_set(const struct helios_call *call, struct helios_answer *answer, struct helios_error *error)
{
	return set_path(call, call->values[2], answer, error);
}

int op_unset(const struct helios_call *call, struct helios_answer *answer,
	     struct helios_error *error)
{
	return set_path(call, NULL, answer, error);
}

/* One sentence for people, and {"name": name, "from": from} for programs. */
static int say(struct helios_answer *answer, const char *sentence, const char *name,
	       const char *from, struct helios_error *error)
{
	cleanup_buf struct buf text = {0}, json = {0};

	buf_addstr(&text, sentence);
	buf_addch(&text, '\n');
	json_open(&json, '{');
	json_member(&json, "name", name);
	json_member(&json, "from", from);
	json_close(&json, '}');
	answer->notice = true;
	return answer_give(answer, &text, &json, error);
}

static int make(const struct helios_call *call, const char *name, const char *from,
		struct helios_answer *answer, struct helios_error *error)
{
	char sentence[256];
	int err = helios_new(call->home, call->client, name, from, error);

	if (err < 0)
		return err;
	if (from)
		snprintf(sentence, sizeof(sentence), "made %s, a copy of %s", name, from);
	else
		snprintf(sentence, sizeof(sentence), "made %s; 'helios edit %s' gives it content",
			 name, name);
	return say(answer, sentence, name, from, error);
}

int op_new(const struct helios_call *call, struct helios_answer *answer, struct helios_error *error)
{
	return make(call, call->values[0], call->values[1], answer, error);
}

int op_copy(const struct helios_call *call, struct helios_answer *answer,
	    struct helios_error *error)
{
	return make(call, call->values[1], call->values[0], answer, error);
}

int op_remove(const struct helios_call *call, struct helios_answer *answer,
	      struct helios_error *error)
{
	const char *name = call->values[0];
	cleanup_free char *active = NULL;
	char sentence[256];
	int err = helios_active(call->home, &active, error);

	if (err == 0)
		err = helios_remove(call->home, call->client, name, error);
	if (err < 0)
		return err;
	snprintf(sentence, sizeof(sentence), "removed %s; its history stays%s", name,
		 active && streq(active, name) ? ", and no persona is active now" : "");
	return say(answer, sentence, name, NULL, error);
}

int op_rename(const struct helios_call *call, struct helios_answer *answer,
	      struct helios_error *error)
{
	const char *from = call->values[0], *to = call->values[1], *replace = call->values[2];
	char sentence[256];
	int err;

	if (replace)
		err = helios_replace(call->home, call->client, from, to, error);
	else
		err = helios_rename(call->home, call->client, from, to, error);
	if (err < 0)
		return err;
	if (replace)
		snprintf(sentence, sizeof(sentence), "saved %s in %s, and removed it", from, to);
	else
		snprintf(sentence, sizeof(sentence), "renamed %s to %s", from, to);
	return say(answer, sentence, to, from, error);
}

/* Without a name: says which persona is active. */
static int tell_active(const struct helios_call *call, struct helios_answer *answer,
		       struct helios_error *error)
{
	cleanup_buf struct buf text = {0}, json = {0};
	cleanup_free char *name = NULL;
	int err = helios_active(call->home, &name, error);

	if (err < 0)
		return err;
	buf_addf(&text, "%s\n", name ? name : "no persona is active");
	json_open(&json, '{');
	json_key(&json, "name");
	json_text(&json, name);
	json_close(&json, '}');
	answer->status = name ? 0 : 1;
	return answer_give(answer, &text, &json, error);
}

int op_use(const struct helios_call *call, struct helios_answer *answer, struct helios_error *error)
{
	const char *name = call->values[0], *none = call->values[1];
	char sentence[256];
	int err;

	if (name && none)
		return helios_fail(error, HELIOS_USAGE, NULL, NULL,
				   "a name and --none cannot go together");
	if (!name && !none)
		return tell_active(call, answer, error);
	err = helios_use(call->home, call->client, name, error);
	if (err < 0)
		return err;
	snprintf(sentence, sizeof(sentence), "%s is active now", name ? name : "no persona");
	return say(answer, sentence, name, NULL, error);
}

int op_init(const struct helios_call *call, struct helios_answer *answer,
	    struct helios_error *error)
{
	cleanup_buf struct buf text = {0}, json = {0};
	int err = helios_init(call->path, call->values[0], call->client, error);

	if (err < 0)
		return err;
	buf_addf(&text,
		 "made a home at %s\n"
		 "'helios list' shows the personas, 'helios mount' the files to edit\n",
		 call->path);
	json_open(&json, '{');
	json_member(&json, "home", call->path);
	json_close(&json, '}');
	answer->notice = true;
	return answer_give(answer, &text, &json, error);
}
