/*
 * The tools that change something; each answers with one JSON object: what it was, what it is, the
 * revision it reads as now and the commit that says so.
 */
#include "op/ops.h"

#include "base/slice.h"
#include "store/agents.h"
#include "store/learn.h"

/* The value at a path of a text as a member; null where there is none. */
static void add_value(struct buf *json, const char *key, const struct helios_text *text,
		      const char *written)
{
	cleanup_document struct document *document = NULL;
	const struct node *node = NULL;
	struct path path;
	int err = text ? yaml_try(text->data, text->length, "", &document, NULL) : 0;

	if (document)
		err = path_parse(&document->arena, written, &path, NULL);
	if (document && err == 0)
		node = path_lookup(document->root, &path);
	json->failed |= err == -ENOMEM;
	json_key(json, key);
	if (node)
		json_node(json, node);
	else
		json_text(json, NULL);
}

/* status 1 with the current value: somebody changed it since it was read. */
static void add_conflict(struct buf *json, const struct learn_request *request,
			 const struct learn_result *result)
{
	char message[256];

	snprintf(message, sizeof(message),
		 "%s has changed since revision %.12s; look at current, and call again with "
		 "expect set to revision if the change is still wanted",
		 request->name, request->expect);
	json_member(json, "error", message);
	json_member_bool(json, "conflict", true);
	add_value(json, "current", result->before, request->path);
	json_member(json, "revision", result->before->revision);
}

static void add_learned(struct buf *json, const struct learn_request *request,
			const struct learn_result *result)
{
	add_value(json, "old", result->before, request->path);
	add_value(json, "new", result->after, request->path);
	json_member(json, "revision", result->after ? result->after->revision : "");
	json_member_bool(json, "changed", result->changed);
	json_key(json, "commit");
	json_text(json, *result->commit ? result->commit : NULL);
}

static int give_learned(const struct learn_request *request, struct learn_result *result, int err,
			struct helios_answer *answer, struct helios_error *error)
{
	cleanup_buf struct buf json = {0};

	json_open(&json, '{');
	json_member(&json, "name", request->name);
	json_member(&json, "path", request->path);
	if (err == 0 && result->conflict)
		add_conflict(&json, request, result);
	else if (err == 0)
		add_learned(&json, request, result);
	json_close(&json, '}');
	answer->status = result->conflict ? 1 : 0;
	learn_done(result);
	return err == 0 ? answer_give_json(answer, &json, error) : err;
}

static int learn(const struct helios_call *call, const struct learn_request *request,
		 struct helios_answer *answer, struct helios_error *error)
{
	struct learn_result result = {0};
	int err = learn_set(call->home, call->client, request, &result, error);

	return give_learned(request, &result, err, answer, error);
}

int op_tool_learn(const struct helios_call *call, struct helios_answer *answer,
		  struct helios_error *error)
{
	return learn(call,
		     &(struct learn_request){.name = call->values[0],
					     .path = call->values[1],
					     .value = call->values[2],
					     .expect = call->values[3]},
		     answer, error);
}

int op_tool_propose(const struct helios_call *call, struct helios_answer *answer,
		    struct helios_error *error)
{
	return learn(call,
		     &(struct learn_request){.name = call->values[0],
					     .path = call->values[1],
					     .value = call->values[2],
					     .reason = call->values[3],
					     .expect = call->values[4],
					     .proposes = true},
		     answer, error);
}

/* domain is one key of the base; key a path below it. */
int op_tool_preference(const struct helios_call *call, struct helios_answer *answer,
		       struct helios_error *error)
{
	const char *domain = call->values[0], *key = call->values[1];
	const struct helios_place place = {.key = "key"};
	cleanup_buf struct buf path = {0};

	if (!*key)
		return helios_fail(error, HELIOS_BAD_PATH, &place, "name one value of the domain",
				   "the argument 'key' is empty");
	if (*domain)
		path_add_key(&path, domain);
	buf_addf(&path, "%s%s", path.length ? "." : "", key);
	if (path.failed)
		return op_no_memory(error);
	return learn(call,
		     &(struct learn_request){.name = "base",
					     .path = buf_text(&path),
					     .value = call->values[2],
					     .expect = call->values[3]},
		     answer, error);
}

int op_tool_weight(const struct helios_call *call, struct helios_answer *answer,
		   struct helios_error *error)
{
	const char *parameter = call->values[1];

	if (!streq(parameter, "specialization_level") && !streq(parameter, "base_importance"))
		return helios_fail(error, HELIOS_USAGE, NULL,
				   "parameter is specialization_level or base_importance",
				   "there is no weight '%s'", parameter);
	return learn(call,
		     &(struct learn_request){.name = call->values[0],
					     .path = parameter,
					     .value = call->values[2],
					     .expect = call->values[3]},
		     answer, error);
}

int op_tool_evolve(const struct helios_call *call, struct helios_answer *answer,
		   struct helios_error *error)
{
	const struct learn_request request = {
		.name = call->values[1], .path = call->values[2], .expect = call->values[3]};
	struct learn_result result = {0};
	int err = learn_evolve(call->home, call->client, call->values[0], &request, &result, error);

	return give_learned(&request, &result, err, answer, error);
}

/* A JSON list of strings. */
static int read_texts(const char *value, struct helios_names *ret)
{
	struct slice list, item;
	size_t at = 0, count = 0;
	int err = slice_parse(value, strlen(value), &list);

	while (err == 0 && slice_next(list, &at, NULL, &item))
		count++;
	ret->entries = err == 0 ? calloc(count + 1, sizeof(*ret->entries)) : NULL;
	for (at = 0; ret->entries && slice_next(list, &at, NULL, &item);) {
		ret->entries[ret->count] = slice_strdup(item);
		if (!ret->entries[ret->count])
			return -ENOMEM;
		ret->count++;
	}
	return ret->entries ? 0 : -ENOMEM;
}

int op_tool_commit(const struct helios_call *call, struct helios_answer *answer,
		   struct helios_error *error)
{
	cleanup(helios_names_free) struct helios_names paths = {0};
	const char *message = call->values[0], *files = call->values[1];
	cleanup_buf struct buf json = {0};
	char commit[41] = "";
	int err = files ? read_texts(files, &paths) : 0;

	if (err < 0)
		return op_no_memory(error);
	err = learn_commit(call->home, call->client, message, files ? &paths : NULL, commit, error);
	if (err < 0)
		return err;
	json_open(&json, '{');
	json_member_bool(&json, "committed", *commit != '\0');
	json_key(&json, "commit");
	json_text(&json, *commit ? commit : NULL);
	json_close(&json, '}');
	return answer_give_json(answer, &json, error);
}

int op_tool_create(const struct helios_call *call, struct helios_answer *answer,
		   struct helios_error *error)
{
	int err = agents_check(call->home, error);

	return err < 0 ? err : op_new(call, answer, error);
}

int op_tool_delete(const struct helios_call *call, struct helios_answer *answer,
		   struct helios_error *error)
{
	int err = agents_check(call->home, error);

	return err < 0 ? err : op_remove(call, answer, error);
}

int op_tool_activate(const struct helios_call *call, struct helios_answer *answer,
		     struct helios_error *error)
{
	const struct helios_call use = {
		.home = call->home,
		.path = call->path,
		.client = call->client,
		.values = (const char *const[]){call->values[0], NULL},
	};
	int err = agents_check(call->home, error);

	return err < 0 ? err : op_use(&use, answer, error);
}

static int add_text(struct arena *arena, struct node *map, const char *key, const char *text)
{
	struct node *node = text ? node_string(arena, text, strlen(text)) : NULL;

	return !text ? 0 : node ? node_put(arena, map, key, node) : -ENOMEM;
}

/* pattern, confidence, persona and evidence as a document. */
static int make_pattern(const struct helios_call *call, struct document *confidence,
			struct arena *arena, struct node **ret)
{
	struct node *map = node_map(arena);
	int err = map ? add_text(arena, map, "pattern", call->values[0]) : -ENOMEM;

	if (err == 0)
		err = node_put(arena, map, "confidence", confidence->root);
	if (err == 0)
		err = add_text(arena, map, "persona", call->values[2]);
	if (err == 0)
		err = add_text(arena, map, "evidence", call->values[3]);
	*ret = map;
	return err;
}

/* There is something to record, about a persona that is there. */
static int check_pattern(const struct helios_call *call, struct helios_error *error)
{
	const struct helios_place place = {.key = "pattern"};
	cleanup_document struct document *document = NULL;

	if (!call->values[0][strspn(call->values[0], " \t\r\n")])
		return helios_fail(error, HELIOS_USAGE, &place, "write what was observed",
				   "the pattern is empty");
	return call->values[2] ? op_document(call, HELIOS_STORED, call->values[2], &document, error)
			       : 0;
}

int op_tool_record(const struct helios_call *call, struct helios_answer *answer,
		   struct helios_error *error)
{
	const char *number = call->values[1] ?: "0.5";
	cleanup_document struct document *confidence = NULL;
	cleanup(arena_done) struct arena arena = {0};
	cleanup_buf struct buf json = {0};
	cleanup_free char *path = NULL;
	char commit[41] = "";
	struct node *pattern;
	int err = check_pattern(call, error);

	if (err == 0)
		err = yaml_parse_value(number, strlen(number), &confidence, error);
	if (err)
		return err;
	if (!node_is_number(confidence->root) || node_number(confidence->root) < 0 ||
	    node_number(confidence->root) > 1)
		return helios_fail(error, HELIOS_OUT_OF_RANGE, NULL, "write a number from 0 to 1",
				   "confidence is %s", number);
	if (make_pattern(call, confidence, &arena, &pattern) < 0)
		return op_no_memory(error);
	err = learn_record(call->home, call->client, pattern, &path, commit, error);
	if (err < 0)
		return err;
	json_open(&json, '{');
	json_member(&json, "file", path);
	json_member(&json, "commit", commit);
	json_close(&json, '}');
	return answer_give_json(answer, &json, error);
}
