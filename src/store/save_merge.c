/*
 * A source saved while somebody else changed it: both changes stay where they touch different
 * keys, and the save wins where they do not (DESIGN.md section 4, three-way saves).
 */
#include "persona/merge3.h"
#include "store/history.h"
#include "store/save_kinds.h"
#include "yaml/yaml.h"

struct sources {
	struct document *ancestor, *current, *edited;
	struct text_span texts[3];
};

static void sources_done(struct sources *sources)
{
	document_free(sources->ancestor);
	document_free(sources->current);
	document_free(sources->edited);
}

/* Whether the text parses to the wanted document. */
static int reads_as(const struct buf *text, const struct node *wanted, bool *ret,
		    struct helios_error *error)
{
	cleanup_document struct document *document = NULL;
	int err = yaml_try(buf_text(text), text->length, "", &document, error);

	*ret = document && node_same(document->root, wanted);
	return err;
}

/*
 * Line by line keeps comments and order of both; it counts when it means what merging the
 * documents means. Else the save's text is patched, with what came in as the other wrote it.
 */
static int write_text(const struct sources *sources, const struct node *wanted, struct buf *out,
		      struct helios_error *error)
{
	const struct document *const donors[] = {sources->current};
	bool good;
	int err = history_merge(&sources->texts[0], &sources->texts[1], &sources->texts[2], out,
				&good, error);

	if (err == 0 && good)
		err = reads_as(out, wanted, &good, error);
	if (err < 0 || (good && !out->failed))
		return err;
	buf_clear(out);
	return yaml_patch(sources->edited, wanted, donors, 1, out, error);
}

static int merge(const struct sources *sources, const struct save_request *request,
		 struct source_merge *ret, struct helios_error *error)
{
	struct arena arena = {0};
	struct merge3_result result;
	int err = merge3(&arena, sources->ancestor->root, sources->current->root,
			 sources->edited->root, &result);

	if (err < 0)
		err = helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "cannot merge '%s'",
				  request->name);
	if (err == 0)
		err = write_text(sources, result.root, &ret->text, error);
	for (size_t i = 0; err == 0 && i < result.conflict_count; i++)
		buf_add(&ret->conflicts, result.conflicts[i], strlen(result.conflicts[i]) + 1);
	if (err == 0)
		ret->conflict_count = result.conflict_count;
	arena_done(&arena);
	return err;
}

int save_merge(const struct save_request *request, const struct buf *current,
	       struct source_merge *ret, struct helios_error *error)
{
	const struct helios_text *ancestor = request->ancestor;
	struct sources sources = {
		.texts = {{ancestor->data, ancestor->length},
			  {buf_text(current), current->length},
			  {request->text, request->length}},
	};
	int err = yaml_parse(request->text, request->length, request->name, &sources.edited, error);

	if (err == 0)
		err = yaml_try(ancestor->data, ancestor->length, "", &sources.ancestor, error);
	if (err == 0)
		err = yaml_try(buf_text(current), current->length, "", &sources.current, error);
	if (err == 0 && sources.ancestor && sources.current)
		err = merge(&sources, request, ret, error);
	else if (err == 0) /* nothing to merge against: the text replaces */
		buf_add(&ret->text, request->text, request->length);
	sources_done(&sources);
	if (err == 0 && (ret->text.failed || ret->conflicts.failed))
		err = helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "cannot merge '%s'",
				  request->name);
	return err;
}

void source_merge_done(struct source_merge *merge)
{
	buf_done(&merge->text);
	buf_done(&merge->conflicts);
}
