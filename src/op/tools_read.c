/* The tools that read; each answers with one JSON object and no text. */
#include "op/ops.h"

#include "store/effective.h"
#include "store/read.h"
#include "store/served.h"
#include "store/settings.h"

bool helios_all_tools(struct helios_home *home)
{
	return home && settings_all_tools(home);
}

/* "config" and "revision" of a text that was read. */
static int add_config(struct buf *json, const struct helios_text *text, struct helios_error *error)
{
	cleanup_document struct document *document = NULL;
	int err = yaml_parse(text->data, text->length, "", &document, error);

	if (err < 0)
		return err;
	json_key(json, "config");
	json_node(json, document->root);
	json_member(json, "revision", text->revision);
	return 0;
}

int op_tool_base(const struct helios_call *call, struct helios_answer *answer,
		 struct helios_error *error)
{
	cleanup_buf struct buf json = {0};
	struct helios_text *text;
	int err = helios_read(call->home, HELIOS_STORED, "base", &text, error);

	if (err < 0)
		return err;
	json_open(&json, '{');
	err = add_config(&json, text, error);
	json_close(&json, '}');
	helios_text_unref(text);
	return err == 0 ? answer_give_json(answer, &json, error) : err;
}

/* The document, the weight that took effect, its band, and what the persona is made of. */
static int add_resolved(const struct helios_call *call, const char *name, struct buf *json,
			struct helios_error *error)
{
	cleanup(arena_done) struct arena arena = {0};
	cleanup_effective struct effective layers = {0};
	struct resolution resolution;
	int err = effective_get(call->home, name, &layers, error);

	if (err == 0)
		err = resolve(&arena, layers.layers, layers.count, &resolution, error);
	if (err)
		return err;
	json_key(json, "config");
	json_node(json, resolution.root);
	json_member_real(json, "weight", resolution.weight);
	json_member(json, "band", resolve_band(resolution.weight));
	json_key(json, "layers");
	json_open(json, '[');
	for (size_t i = 0; i < layers.count; i++)
		json_text(json, layers.layers[i].name);
	json_close(json, ']');
	return 0;
}

static int give_persona(const struct helios_call *call, const char *name,
			struct helios_answer *answer, struct helios_error *error)
{
	cleanup_free char *active = NULL;
	cleanup_buf struct buf json = {0};
	struct helios_text *text;
	int err = helios_read(call->home, HELIOS_RESOLVED, name, &text, error);

	if (err < 0)
		return err;
	err = helios_active(call->home, &active, error);
	json_open(&json, '{');
	json_member(&json, "name", name);
	json_member_bool(&json, "active", active && streq(active, name));
	json_member(&json, "revision", text->revision);
	if (err == 0)
		err = add_resolved(call, name, &json, error);
	json_close(&json, '}');
	helios_text_unref(text);
	return err == 0 ? answer_give_json(answer, &json, error) : err;
}

/* Which persona to name, in the hint of an error. */
static int none_active(const struct helios_call *call, struct helios_error *error)
{
	cleanup(helios_names_free) struct helios_names names = {0};
	cleanup_buf struct buf hint = {0};

	buf_addstr(&hint, "name one with persona_name");
	if (helios_names(call->home, HELIOS_RESOLVED, &names, NULL) == 0)
		for (size_t i = 0; i < names.count && hint.length < 200; i++)
			buf_addf(&hint, "%s%s", i ? ", " : ": ", names.entries[i]);
	return helios_fail(error, HELIOS_NO_PERSONA, NULL, buf_text(&hint), "no persona is active");
}

int op_tool_persona(const struct helios_call *call, struct helios_answer *answer,
		    struct helios_error *error)
{
	cleanup_free char *active = NULL;
	const char *name = call->values[0];
	int err = name ? 0 : helios_active(call->home, &active, error);

	if (err < 0)
		return err;
	if (!name && !active)
		return none_active(call, error);
	return give_persona(call, name ?: active, answer, error);
}

int op_tool_merge(const struct helios_call *call, struct helios_answer *answer,
		  struct helios_error *error)
{
	return give_persona(call, call->values[0], answer, error);
}
