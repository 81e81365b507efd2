/*
 * search_patterns: recorded patterns by how well they fit a query's words (words.h); what matters
 * most is the pattern itself. Among equals the more certain one comes first.
 */
#include "op/words.h"

#include "op/ops.h"
#include "store/served.h"

struct found {
	const char *file;
	struct document *document;
	double confidence, rank;
};

struct search {
	const struct helios_call *call;
	struct words words;
	double confidence_min;
	struct found *found;
	struct fits *fits; /* one for each found */
	size_t count;
};

static void search_done(struct search *search)
{
	for (size_t i = 0; i < search->count; i++)
		document_free(search->found[i].document);
	free(search->found);
	free(search->fits);
	words_done(&search->words);
}

static int fit_node(const struct search *search, struct fits *fits, const struct node *node,
		    enum where where)
{
	int err = 0;

	if (node->kind == NODE_STRING)
		return words_fit(&search->words, node->text, where, fits);
	for (size_t i = 0; err == 0 && i < node->count; i++) {
		const struct node_entry *entry = node->kind == NODE_MAP ? &node->entries[i] : NULL;

		if (!entry) {
			err = fit_node(search, fits, node->items[i], where);
			continue;
		}
		err = words_fit(&search->words, entry->key, IN_REST, fits);
		if (err == 0)
			err = fit_node(search, fits, entry->value,
				       streq(entry->key, "pattern") ? IN_HEART : where);
	}
	return err;
}

/* Reads one file; what cannot be read or is not certain enough is passed over. */
static int look_at(struct search *search, const struct repo_file *file)
{
	struct found *found = &search->found[search->count];
	cleanup_document struct document *document = NULL;
	cleanup_buf struct buf text = {0};
	const struct node *confidence;
	int err;

	err = repo_read(search->call->home->repo, &file->id, &text, NULL);
	if (err == 0)
		err = yaml_try(buf_text(&text), text.length, file->path, &document, NULL);
	if (!document)
		return err == -ENOMEM ? err : 0;
	confidence = node_get(document->root, "confidence");
	*found = (struct found){.file = file->path};
	found->confidence = node_is_number(confidence) ? node_number(confidence) : 0;
	if (found->confidence < search->confidence_min)
		return 0;
	err = fit_node(search, &search->fits[search->count], document->root, IN_REST);
	found->document = take_ptr(document);
	search->count++;
	return err;
}

static int look_at_all(struct search *search, const struct served *served)
{
	const struct repo_files *files = &served->files;
	int err = 0;

	search->found = calloc(files->count + 1, sizeof(*search->found));
	search->fits = calloc(files->count + 1, sizeof(*search->fits));
	if (!search->found || !search->fits)
		return -ENOMEM;
	for (size_t i = 0; err == 0 && i < files->count; i++)
		if (strncmp(files->entries[i].path, "learned/", 8) == 0)
			err = look_at(search, &files->entries[i]);
	return err;
}

static int compare_found(const void *a, const void *b)
{
	const struct found *one = a, *other = b;

	if (one->rank != other->rank)
		return one->rank > other->rank ? -1 : 1;
	if (one->confidence != other->confidence)
		return one->confidence > other->confidence ? -1 : 1;
	return strcmp(one->file, other->file);
}

static void add_found(struct buf *json, const struct found *found)
{
	json_open(json, '{');
	json_member(json, "file", found->file);
	json_member_real(json, "confidence", found->confidence);
	json_key(json, "content");
	json_node(json, found->document->root);
	json_close(json, '}');
}

int op_tool_patterns(const struct helios_call *call, struct helios_answer *answer,
		     struct helios_error *error)
{
	cleanup_served struct served_reference now = {.home = call->home};
	cleanup(search_done) struct search search = {
		.call = call,
		.confidence_min = call->values[1] ? strtod(call->values[1], NULL) : 0};
	const struct helios_place place = {.key = "confidence_min"};
	cleanup_buf struct buf json = {0};
	int err = served_get(call->home, &now.served, error);

	if (err < 0)
		return err;
	if (!(search.confidence_min >= 0 && search.confidence_min <= 1))
		return helios_fail(error, HELIOS_OUT_OF_RANGE, &place, "write a number from 0 to 1",
				   "confidence_min is %s", call->values[1]);
	if (words_read(&search.words, call->values[0]) < 0 || look_at_all(&search, now.served) < 0)
		return op_no_memory(error);
	words_rank(&search.words, search.fits, search.count);
	for (size_t i = 0; i < search.count; i++)
		search.found[i].rank = search.fits[i].rank;
	qsort(search.found, search.count, sizeof(*search.found), compare_found);
	json_open(&json, '{');
	json_key(&json, "patterns");
	json_open(&json, '[');
	for (size_t i = 0; i < search.count; i++)
		if (!search.words.count || search.found[i].rank > 0)
			add_found(&json, &search.found[i]);
	json_close(&json, ']');
	json_close(&json, '}');
	return answer_give_json(answer, &json, error);
}
