/* Layers and the cache of parsed documents, keyed by content. */
#include "store/layers.h"

#include "persona/schema.h"

#define BUCKETS 1024u
#define CACHED_AT_MOST 512u
#define CACHED_BYTES (8u << 20) /* of their texts; parsed they take a few times that */

struct cached_document {
	struct cached_document *next;
	struct object_id id;
	char *path;    /* two files may hold the same bytes: messages must name the right one */
	unsigned refs; /* guarded by home->state */
	int err;       /* negative errno when it is not valid, explained in error */
	struct helios_error error;
	struct document *document;
	size_t length; /* of the text */
};

struct document_cache {
	struct cached_document *buckets[BUCKETS];
	size_t count, bytes;
};

static void free_cached(struct cached_document *cached)
{
	document_free(cached->document);
	free(cached->path);
	free(cached);
}

/* Drops every document nobody uses now. */
static void shrink(struct document_cache *cache)
{
	for (size_t i = 0; i < BUCKETS; i++) {
		struct cached_document **at = &cache->buckets[i];

		while (*at) {
			struct cached_document *cached = *at;

			if (cached->refs) {
				at = &cached->next;
				continue;
			}
			*at = cached->next;
			cache->count--;
			cache->bytes -= cached->length;
			free_cached(cached);
		}
	}
}

void document_cache_free(struct document_cache *cache)
{
	if (!cache)
		return;
	shrink(cache);
	free(cache);
}

static struct cached_document **bucket(struct helios_home *home, const struct object_id *id)
{
	return &home->documents
			->buckets[((unsigned)id->raw[0] | (unsigned)id->raw[1] << 8) % BUCKETS];
}

static struct cached_document *find(struct helios_home *home, const struct repo_file *file)
{
	HOLD(&home->state);
	if (!home->documents)
		home->documents = calloc(1, sizeof(*home->documents));
	if (!home->documents)
		return NULL;
	for (struct cached_document *at = *bucket(home, &file->id); at; at = at->next) {
		if (object_id_equal(&at->id, &file->id) && streq(at->path, file->path)) {
			at->refs++;
			return at;
		}
	}
	return NULL;
}

static void insert(struct helios_home *home, struct cached_document *cached)
{
	HOLD(&home->state);
	if (home->documents->count >= CACHED_AT_MOST ||
	    home->documents->bytes + cached->length > CACHED_BYTES)
		shrink(home->documents);
	cached->next = *bucket(home, &cached->id);
	*bucket(home, &cached->id) = cached;
	home->documents->count++;
	home->documents->bytes += cached->length;
}

static void unref(struct helios_home *home, struct cached_document *cached)
{
	HOLD(&home->state);
	cached->refs--;
}

static int load(struct helios_home *home, const struct repo_file *file, bool base,
		struct cached_document **ret, struct helios_error *error)
{
	cleanup_buf struct buf text = {0};
	struct cached_document *cached;
	int err = repo_read(home->repo, &file->id, &text, error);

	if (err < 0)
		return err;
	cached = calloc(1, sizeof(*cached));
	if (cached)
		cached->path = strdup(file->path);
	if (!cached || !cached->path) {
		free(cached);
		return helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "cannot read %s",
				   file->path);
	}
	cached->id = file->id;
	cached->length = text.length;
	cached->refs = 1;
	cached->err = yaml_parse(buf_text(&text), text.length, file->path, &cached->document,
				 &cached->error);
	if (cached->err == 0)
		cached->err = base ? schema_check_base(cached->document, &cached->error)
				   : schema_check_persona(cached->document, &cached->error);
	if (cached->err == -ENOMEM) { /* no fault of the document's: not to be remembered */
		if (error)
			*error = cached->error;
		free_cached(cached);
		return -ENOMEM;
	}
	*ret = cached;
	return 0;
}

/* Adds one layer; a document that is not valid is an error, told with its place. */
static int add(struct store_layers *layers, const struct repo_file *file, bool base,
	       const char *name, struct helios_error *error)
{
	struct cached_document *cached = find(layers->home, file);
	int err;

	if (!cached) {
		err = load(layers->home, file, base, &cached, error);
		if (err < 0)
			return err;
		if (!layers->home->documents) { /* find() had no memory: nobody would free it */
			free_cached(cached);
			return helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "cannot read %s",
					   file->path);
		}
		insert(layers->home, cached);
	}
	layers->documents[layers->count] = cached;
	layers->ids[layers->count] = file->id;
	layers->layers[layers->count++] = (struct layer){
		.name = name,
		.file = cached->path,
		.root = cached->document ? cached->document->root : NULL,
	};
	if (cached->err < 0 && error)
		*error = cached->error;
	return cached->err;
}

static int add_base(struct store_layers *layers, const struct served *served,
		    struct helios_error *error)
{
	const struct repo_file *file = served_base(served);

	if (!file)
		return helios_fail(error, HELIOS_NO_HOME, NULL, "'helios init' puts a base there",
				   "the home has no base/identity.yaml");
	return add(layers, file, true, "base", error);
}

static int no_parent(const char *child, const char *parent, struct helios_error *error)
{
	cleanup_free char *path = child ? persona_path(child) : NULL;
	const struct helios_place place = {.file = path, .key = "inherits_from"};

	return helios_fail(error, HELIOS_PARENT, &place, NULL,
			   "inherits_from names '%s', which is no persona", parent);
}

/*
 * Finds the files from name up to, not including, the base; nearest first. A persona's own
 * inherits_from is only known once it is parsed, so each is loaded on the way.
 */
static int climb(struct store_layers *chain, const struct served *served, const char *name,
		 size_t most, struct helios_error *error)
{
	const char *child = NULL;

	while (name) {
		const struct repo_file *file = served_persona(served, name);
		int err;

		if (!file && !child)
			return served_no_persona(served, name, error);
		if (!file)
			return no_parent(child, name, error);
		for (size_t i = 0; i < chain->count; i++)
			if (streq(chain->layers[i].name, name))
				return helios_fail(error, HELIOS_PARENT_CYCLE,
						   &(struct helios_place){.file = file->path,
									  .key = "inherits_from"},
						   NULL, "'%s' inherits from itself", name);
		if (chain->count == most)
			return helios_fail(error, HELIOS_PARENT_CYCLE,
					   &(struct helios_place){.file = file->path}, NULL,
					   "more than %u personas inherit from each other in a row",
					   LIMIT_PARENTS);
		err = add(chain, file, false, name, error);
		if (err < 0)
			return err;
		/* the name lives as long as the document that says it */
		child = name;
		name = schema_parent(chain->layers[chain->count - 1].root);
	}
	return 0;
}

/* Appends a chain, nearest first, behind the base in to, nearest last; moves the references. */
static void append_reversed(struct store_layers *to, struct store_layers *chain)
{
	while (chain->count) {
		size_t from = --chain->count;

		to->layers[to->count] = chain->layers[from];
		to->documents[to->count] = chain->documents[from];
		to->ids[to->count++] = chain->ids[from];
	}
}

/* The base and a chain of at most so many personas. */
static int layers_up_to(struct helios_home *home, const struct served *served, const char *name,
			size_t most, struct store_layers *ret, struct helios_error *error)
{
	cleanup_layers struct store_layers chain = {.home = home};
	struct store_layers layers = {.home = home};
	int err = add_base(&layers, served, error);

	if (err == 0 && name)
		err = climb(&chain, served, name, most, error);
	if (err < 0) {
		store_layers_done(&layers);
		return err;
	}
	append_reversed(&layers, &chain);
	*ret = layers;
	return 0;
}

/* Whose parents they are has room behind them. */
int store_layers_parents(struct helios_home *home, const struct served *served, const char *parent,
			 struct store_layers *ret, struct helios_error *error)
{
	return layers_up_to(home, served, parent, LIMIT_PARENTS, ret, error);
}

int store_layers_in(struct helios_home *home, const struct served *served, const char *name,
		    struct store_layers *ret, struct helios_error *error)
{
	return layers_up_to(home, served, streq(name, "base") ? NULL : name, LIMIT_PARENTS + 1, ret,
			    error);
}

#define SEARCHED_COMMITS 1000

/* The newest commit before served's at which name resolves, with its layers. */
static int last_good(struct helios_home *home, const struct served *served, const char *name,
		     struct store_layers *ret)
{
	struct object_id commit = served->head;

	for (unsigned i = 0; i < SEARCHED_COMMITS; i++) {
		cleanup_free char *message = NULL;
		struct repo_commit details;
		struct served *older;
		int err;

		if (repo_read_commit(home->repo, &commit, &details, &message, NULL) < 0 ||
		    object_id_is_zero(&details.parent) ||
		    served_at(home, &details.parent, &older, NULL) < 0)
			return -ENOENT;
		err = store_layers_in(home, older, name, ret, NULL);
		served_unref(home, older);
		if (err == 0 || err == -ENOMEM)
			return err;
		commit = details.parent;
	}
	return -ENOENT;
}

int store_layers(struct helios_home *home, const char *name, struct store_layers *ret,
		 struct helios_error *ret_fault, struct helios_error *error)
{
	cleanup_served struct served_reference now = {.home = home};
	struct helios_error fault = {0};
	int err = served_get(home, &now.served, error);

	if (err < 0)
		return err;
	err = store_layers_in(home, now.served, name, ret, &fault);
	if (err < 0 && err != -ENOMEM && fault.code != HELIOS_NO_PERSONA &&
	    last_good(home, now.served, name, ret) == 0)
		err = 0;
	if (ret_fault)
		*ret_fault = fault;
	if (err < 0 && error)
		*error = fault;
	return err;
}

void store_layers_done(struct store_layers *layers)
{
	for (size_t i = 0; i < layers->count; i++)
		unref(layers->home, layers->documents[i]);
	layers->count = 0;
}

const struct document *store_layer_document(const struct store_layers *layers, size_t index)
{
	return layers->documents[index]->document;
}
