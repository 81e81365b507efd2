/* trust: which project files count. */
#include "op/ops.h"

#include "store/project.h"

struct listing {
	struct buf *text, *json;
};

static void add_trusted(void *context, const char *path)
{
	struct listing *listing = context;

	add_one_line(listing->text, path, strlen(path));
	buf_addch(listing->text, '\n');
	json_text(listing->json, path);
}

static int list(const struct helios_call *call, struct helios_answer *answer,
		struct helios_error *error)
{
	cleanup_buf struct buf text = {0}, json = {0};
	struct listing listing = {&text, &json};
	int err;

	json_open(&json, '{');
	json_key(&json, "trusted");
	json_open(&json, '[');
	err = project_each_trusted(call->home, add_trusted, &listing, error);
	if (err < 0)
		return err;
	json_close(&json, ']');
	json_close(&json, '}');
	if (!text.length)
		buf_addstr(&text, "no project is trusted\n");
	return answer_give(answer, &text, &json, error);
}

static int find(const struct helios_call *call, const char *place, struct project *ret,
		struct helios_error *error)
{
	int err = place ? project_read_at(call->home, place, ret, error)
			: project_read(call->home, ret, error);

	if (err == 0 && !ret->path)
		err = helios_fail(error, HELIOS_NO_PROJECT, NULL, NULL,
				  "there is no " PROJECT_FILE " here");
	return err;
}

int op_trust(const struct helios_call *call, struct helios_answer *answer,
	     struct helios_error *error)
{
	bool revoke = call->values[0], changed = false;
	cleanup(project_done) struct project project = {0};
	cleanup_buf struct buf text = {0}, json = {0};
	int err;

	if (call->values[1])
		return list(call, answer, error);
	err = find(call, call->values[2], &project, error);
	if (err == 0)
		err = project_trust(call->home, call->client, &project, revoke, &changed, error);
	if (err < 0)
		return err;
	buf_addf(&text, "%s %s%s\n", revoke ? "no longer trusted:" : "trusted:", project.path,
		 changed ? "" : ", as before");
	if (!revoke) { /* what has been trusted is to be seen */
		buf_addstr(&text, "it says:\n");
		text.failed |= yaml_emit(project.document->root, &text) < 0;
	}
	json_open(&json, '{');
	json_member(&json, "file", project.path);
	json_member_bool(&json, "trusted", !revoke);
	json_member_bool(&json, "changed", changed);
	json_close(&json, '}');
	answer->notice = true;
	return answer_give(answer, &text, &json, error);
}
