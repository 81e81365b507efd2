/* All layers, and the texts made of them; see store/effective.h. */
#include "store/effective.h"

#include <time.h>

#include "persona/explain.h"
#include "persona/prompt.h"
#include "store/text.h"
#include "store/versions.h"
#include "yaml/json_node.h"

static bool concerns(const struct temporary *temporary, const char *name)
{
	return streq(temporary->persona, "*") || streq(temporary->persona, name);
}

static int gather(struct helios_home *home, const char *name, bool with_project,
		  struct effective *ret, struct helios_error *error)
{
	int64_t now = (int64_t)time(NULL);
	size_t most;
	int err;

	*ret = (struct effective){0};
	err = store_layers(home, name, &ret->stored, NULL, error);
	if (err < 0)
		return err;
	memcpy(ret->layers, ret->stored.layers, ret->stored.count * sizeof(*ret->layers));
	ret->count = ret->stored.count;
	if (streq(name, "base"))
		return 0;
	err = with_project ? project_read(home, &ret->project, error) : 0;
	if (err == 0 && ret->project.trusted)
		ret->layers[ret->count++] = (struct layer){.name = "project",
							   .file = ret->project.path,
							   .root = ret->project.document->root,
							   .on_top = true};
	if (err == 0)
		err = temporaries_list(home, &ret->temporaries, error);
	most = ret->count + LIMIT_TEMPORARY;
	for (size_t i = 0; i < ret->temporaries.count && ret->count < most; i++) {
		const struct temporary *temporary = &ret->temporaries.items[i];

		if (!temporary_is_in_force(temporary, now) || !concerns(temporary, name))
			continue;
		ret->layers[ret->count++] = (struct layer){.name = TEMPORARY_DIRECTORY,
							   .file = temporary->path,
							   .root = temporary->overlay,
							   .on_top = true};
		if (!ret->until || temporary->expires < ret->until)
			ret->until = temporary->expires;
	}
	if (err < 0)
		effective_done(ret);
	return err;
}

int effective_get(struct helios_home *home, const char *name, struct effective *ret,
		  struct helios_error *error)
{
	return gather(home, name, true, ret, error);
}

int effective_anywhere(struct helios_home *home, const char *name, struct effective *ret,
		       struct helios_error *error)
{
	return gather(home, name, false, ret, error);
}

void effective_done(struct effective *effective)
{
	store_layers_done(&effective->stored);
	project_done(&effective->project);
	temporaries_done(&effective->temporaries);
}

/* Appends the text of the stored layers, patched to the root of all. */
static int patch_text(const struct helios_text *text, const char *name, const struct node *root,
		      struct buf *out, struct helios_error *error)
{
	cleanup_document struct document *document = NULL;
	int err = yaml_parse(text->data, text->length, name, &document, error);

	return err < 0 ? err : yaml_patch(document, root, NULL, 0, out, error);
}

int effective_read(struct helios_home *home, const char *name, struct helios_text **ret,
		   struct helios_error *error)
{
	cleanup_effective struct effective effective = {0};
	cleanup(arena_done) struct arena arena = {0};
	cleanup_buf struct buf out = {0};
	struct resolution resolution;
	struct helios_text *text;
	int err = version_get(home, name, &text, error);

	*ret = NULL;
	if (err < 0)
		return err;
	err = effective_get(home, name, &effective, error);
	if (err == 0 && effective.count == effective.stored.count) { /* nothing lies on top */
		*ret = text;
		return 0;
	}
	if (err == 0)
		err = resolve(&arena, effective.layers, effective.count, &resolution, error);
	if (err == 0)
		err = patch_text(text, name, resolution.root, &out, error);
	if (err == 0) {
		*ret = text_new_until(&out, text->mtime, effective.until);
		err = *ret ? 0
			   : helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "cannot read '%s'",
					 name);
	}
	helios_text_unref(text);
	return err;
}

static int render(enum helios_kind kind, const char *name, const struct effective *effective,
		  const struct resolution *resolution, struct buf *out, struct helios_error *error)
{
	if (kind == HELIOS_EXPLAINED)
		return explain(effective->layers, effective->count, resolution, NULL, out, error);
	if (kind == HELIOS_AS_JSON) {
		json_node(out, resolution->root);
		buf_addch(out, '\n');
	} else {
		prompt_render(resolution->root, name, out);
	}
	return 0;
}

int effective_render(struct helios_home *home, enum helios_kind kind, const char *name,
		     struct helios_text **ret, struct helios_error *error)
{
	cleanup_effective struct effective effective = {0};
	cleanup(arena_done) struct arena arena = {0};
	cleanup_buf struct buf out = {0};
	struct resolution resolution;
	int err = effective_get(home, name, &effective, error);

	if (err == 0)
		err = resolve(&arena, effective.layers, effective.count, &resolution, error);
	if (err == 0)
		err = render(kind, name, &effective, &resolution, &out, error);
	if (err < 0)
		return err;
	*ret = out.failed ? NULL
			  : text_new_until(&out, version_mtime(&effective.stored), effective.until);
	return *ret ? 0
		    : helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "cannot read '%s'", name);
}
