/*
 * search_patterns: recorded patterns by how well they fit a query's words. A word counts more the
 * fewer patterns mention it, as a whole word, and in the pattern itself; among equals the more
 * certain pattern comes first.
 */
#include "op/ops.h"

#include <ctype.h>

#include "base/utf8.h"
#include "store/served.h"

#define WORDS_AT_MOST 32u

/* How well a word fits, from nowhere to the whole word in the pattern itself. */
enum fit { FIT_NONE, FIT_PART, FIT_WORD, FIT_PATTERN_PART, FIT_PATTERN_WORD };

struct found {
	const char *file;
	struct document *document;
	double confidence, rank;
	unsigned char fits[WORDS_AT_MOST];
};

struct search {
	const struct helios_call *call;
	char *query; /* folded; the words point into it */
	const char *words[WORDS_AT_MOST];
	size_t word_count;
	double confidence_min;
	struct found *found;
	size_t count;
};

static void search_done(struct search *search)
{
	for (size_t i = 0; i < search->count; i++)
		document_free(search->found[i].document);
	free(search->found);
	free(search->query);
}

static bool is_word_byte(char c)
{
	return (c & 0x80) || isalnum((unsigned char)c) || c == '_';
}

/* Whether text has word: 0 no, 1 within others, 2 as a word. */
static unsigned mentions(const char *text, const char *word)
{
	size_t length = strlen(word);
	unsigned best = 0;

	for (const char *at = strstr(text, word); at && best < 2; at = strstr(at + 1, word))
		best = (at > text && is_word_byte(at[-1])) || is_word_byte(at[length]) ? 1 : 2;
	return best;
}

/* Raises the fits to what this text gives; in_pattern: it is the pattern itself. */
static int fit_text(const struct search *search, struct found *found, const char *text,
		    bool in_pattern)
{
	cleanup_free char *folded = utf8_fold(text);

	for (size_t i = 0; folded && i < search->word_count; i++) {
		unsigned how = mentions(folded, search->words[i]);
		unsigned fit = how == 0 ? FIT_NONE : how + (in_pattern ? FIT_WORD : FIT_NONE);

		if (fit > found->fits[i])
			found->fits[i] = (unsigned char)fit;
	}
	return folded ? 0 : -ENOMEM;
}

static int fit_node(const struct search *search, struct found *found, const struct node *node,
		    bool in_pattern)
{
	int err = 0;

	if (node->kind == NODE_STRING)
		return fit_text(search, found, node->text, in_pattern);
	for (size_t i = 0; err == 0 && i < node->count; i++) {
		const struct node_entry *entry = node->kind == NODE_MAP ? &node->entries[i] : NULL;

		if (!entry) {
			err = fit_node(search, found, node->items[i], in_pattern);
			continue;
		}
		err = fit_text(search, found, entry->key, false);
		if (err == 0)
			err = fit_node(search, found, entry->value,
				       in_pattern || streq(entry->key, "pattern"));
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

	if (repo_read(search->call->home->repo, &file->id, &text, NULL) < 0 ||
	    yaml_parse(buf_text(&text), text.length, file->path, &document, NULL) < 0)
		return 0;
	confidence = node_get(document->root, "confidence");
	*found = (struct found){.file = file->path};
	found->confidence = node_is_number(confidence) ? node_number(confidence) : 0;
	if (found->confidence < search->confidence_min)
		return 0;
	err = fit_node(search, found, document->root, false);
	found->document = take_ptr(document);
	search->count++;
	return err;
}

static int look_at_all(struct search *search, const struct served *served)
{
	const struct repo_files *files = &served->files;
	int err = 0;

	search->found = calloc(files->count + 1, sizeof(*search->found));
	if (!search->found)
		return -ENOMEM;
	for (size_t i = 0; err == 0 && i < files->count; i++)
		if (strncmp(files->entries[i].path, "learned/", 8) == 0)
			err = look_at(search, &files->entries[i]);
	return err;
}

/* Adds to each pattern's rank what one word gives: a word of all counts half of a rare one. */
static void weigh(struct search *search, size_t word)
{
	size_t without = 0;

	for (size_t i = 0; i < search->count; i++)
		without += search->found[i].fits[word] == FIT_NONE;
	for (size_t i = 0; i < search->count; i++)
		search->found[i].rank += search->found[i].fits[word] *
					 (1 + (double)without / (double)search->count);
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

static void read_words(struct search *search)
{
	char *rest = NULL;

	for (char *word = strtok_r(search->query, " \t\r\n,;:?!\"()", &rest);
	     word && search->word_count < WORDS_AT_MOST;
	     word = strtok_r(NULL, " \t\r\n,;:?!\"()", &rest))
		search->words[search->word_count++] = word;
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
		.query = utf8_fold(call->values[0]),
		.confidence_min = call->values[1] ? strtod(call->values[1], NULL) : 0};
	cleanup_buf struct buf json = {0};
	int err = served_get(call->home, &now.served, error);

	if (err < 0)
		return err;
	if (search.query)
		read_words(&search);
	if (!search.query || look_at_all(&search, now.served) < 0)
		return op_no_memory(error);
	for (size_t i = 0; i < search.word_count; i++)
		weigh(&search, i);
	qsort(search.found, search.count, sizeof(*search.found), compare_found);
	json_open(&json, '{');
	json_key(&json, "patterns");
	json_open(&json, '[');
	for (size_t i = 0; i < search.count; i++)
		if (!search.word_count || search.found[i].rank > 0)
			add_found(&json, &search.found[i]);
	json_close(&json, ']');
	json_close(&json, '}');
	return answer_give_json(answer, &json, error);
}
