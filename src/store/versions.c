/* Renderings and their cache, one version a persona. */
#include "store/versions.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/file.h"
#include "store/metrics.h"
#include "store/text.h"

#define BUCKETS 1024u

struct version {
	struct version *next;
	char *name;
	uint64_t generation; /* at which it was known to be current */
	struct object_id key; /* of everything it was made from */
	struct helios_text *text;
};

struct version_cache {
	struct version *buckets[BUCKETS];
};

static void free_version(struct version *version)
{
	helios_text_unref(version->text);
	free(version->name);
	free(version);
}

void version_cache_free(struct version_cache *cache)
{
	for (size_t i = 0; cache && i < BUCKETS; i++) {
		while (cache->buckets[i]) {
			struct version *next = cache->buckets[i]->next;

			free_version(cache->buckets[i]);
			cache->buckets[i] = next;
		}
	}
	free(cache);
}

static struct version **slot(struct helios_home *home, const char *name)
{
	uint32_t hash = 2166136261u; /* FNV-1a */
	struct version **at;

	for (const char *c = name; *c; c++)
		hash = (hash ^ (unsigned char)*c) * 16777619u;
	at = &home->versions->buckets[hash % BUCKETS];
	while (*at && !streq((*at)->name, name))
		at = &(*at)->next;
	return at;
}

/* A current version without looking at anything but memory, or NULL. */
static struct helios_text *find_fast(struct helios_home *home, const char *name,
				     uint64_t generation)
{
	HOLD(&home->state);
	struct version *version;

	if (!home->versions)
		home->versions = calloc(1, sizeof(*home->versions));
	if (!home->versions || home->watch < 0 || generation == 0 || (generation & 1))
		return NULL;
	version = *slot(home, name);
	return version && version->generation == generation ? helios_text_ref(version->text) : NULL;
}

static struct helios_text *find_by_key(struct helios_home *home, const char *name,
				       const struct object_id *key, uint64_t generation)
{
	HOLD(&home->state);
	struct version *version = home->versions ? *slot(home, name) : NULL;

	if (!version || !object_id_equal(&version->key, key))
		return NULL;
	version->generation = generation;
	return helios_text_ref(version->text);
}

static void remember(struct helios_home *home, const char *name, const struct object_id *key,
		     uint64_t generation, struct helios_text *text)
{
	HOLD(&home->state);
	struct version **at = home->versions ? slot(home, name) : NULL;

	if (!at)
		return;
	if (!*at) {
		*at = calloc(1, sizeof(**at));
		if (*at)
			(*at)->name = strdup(name);
		if (*at && !(*at)->name) {
			free(*at);
			*at = NULL;
		}
		if (!*at)
			return;
	}
	helios_text_unref((*at)->text);
	(*at)->text = helios_text_ref(text);
	(*at)->key = *key;
	(*at)->generation = generation;
}

int version_find(struct helios_home *home, const char *text, size_t length, char **ret)
{
	HOLD(&home->state);

	*ret = NULL;
	for (size_t i = 0; home->versions && i < BUCKETS; i++) {
		for (struct version *at = home->versions->buckets[i]; at; at = at->next) {
			if (at->text->length != length || memcmp(at->text->data, text, length) != 0)
				continue;
			*ret = strdup(at->name);
			return *ret ? 0 : -ENOMEM;
		}
	}
	return 0;
}

struct timespec version_mtime(const struct store_layers *layers)
{
	struct timespec newest = {0};
	struct stat st;

	for (size_t i = 0; i < layers->count; i++) {
		if (file_stat(layers->home->directory, layers->layers[i].file, &st) < 0)
			continue;
		if (st.st_mtim.tv_sec > newest.tv_sec ||
		    (st.st_mtim.tv_sec == newest.tv_sec && st.st_mtim.tv_nsec > newest.tv_nsec))
			newest = st.st_mtim;
	}
	return newest;
}

/* Bytes of the comment lines a text begins with: they speak of the file, not of a key. */
static size_t heading_length(const struct document *document)
{
	const char *at = document->text;

	while (*at == '#') {
		at += strcspn(at, "\n");
		at += *at == '\n';
	}
	return (size_t)(at - document->text);
}

/* The persona's own heading and the base's text below its heading. */
static int patch_base(const struct store_layers *layers, const struct node *root,
		      const struct document *const donors[], size_t count, struct buf *out,
		      struct helios_error *error)
{
	const struct document *base = store_layer_document(layers, 0), *own = donors[0];
	cleanup_document struct document *headed = NULL;
	cleanup_buf struct buf text = {0};
	size_t heading = heading_length(base);
	int err;

	buf_add(&text, own->text, own == base ? 0 : heading_length(own));
	buf_add(&text, base->text + heading, base->length - heading);
	if (text.failed)
		return helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "cannot render a persona");
	err = yaml_parse(buf_text(&text), text.length, base->file, &headed, error);
	return err < 0 ? err : yaml_patch(headed, root, donors, count, out, error);
}

static int patch_view(const struct store_layers *layers, const struct node *root, const char *view,
		      size_t length, struct buf *out, struct helios_error *error)
{
	const struct document *donors[LIMIT_PARENTS + 2];
	cleanup_document struct document *saved = NULL;
	size_t count = 0;
	int err = view ? yaml_try(view, length, "", &saved, error) : 0;

	for (size_t i = layers->count; i-- > 0;)
		donors[count++] = store_layer_document(layers, i);
	if (err == 0 && saved) {
		err = yaml_patch(saved, root, donors, count, out, error);
		if (err == 0)
			return 0;
	}
	if (err == -ENOMEM)
		return err;
	buf_clear(out); /* a damaged view text only costs its comments */
	return patch_base(layers, root, donors, count - 1, out, error);
}

int version_render(const struct store_layers *layers, const char *view, size_t length,
		   struct buf *out, struct helios_error *error)
{
	struct arena arena = {0};
	struct resolution resolution;
	int err = resolve(&arena, layers->layers, layers->count, &resolution, error);

	if (err == 0)
		err = patch_view(layers, resolution.root, view, length, out, error);
	arena_done(&arena);
	return err;
}

static int make(const struct store_layers *layers, const struct buf *view, struct helios_text **ret, struct helios_error *error)
{
	cleanup_buf struct buf out = {0};
	int err = version_render(layers, view->length ? buf_text(view) : NULL, view->length, &out,
				 error);

	if (err < 0)
		return err;
	*ret = text_new(&out, version_mtime(layers));
	return *ret ? 0 : helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "cannot render a persona");
}

static struct object_id key_of(const struct store_layers *layers, const struct buf *view)
{
	struct object_id ids[LIMIT_PARENTS + 3];

	memcpy(ids, layers->ids, layers->count * sizeof(ids[0]));
	ids[layers->count] = object_id_of_blob(buf_text(view), view->length);
	return object_id_of_blob((const char *)ids, (layers->count + 1) * sizeof(ids[0]));
}

void version_saved(struct helios_home *home, const char *name, const struct store_layers *parents,
		   const struct repo_file *overlay, const struct buf *text)
{
	struct store_layers layers = *parents; /* its documents are not looked at, so not shared */
	struct helios_text *version;
	struct object_id key;
	cleanup_buf struct buf copy = {0};

	layers.ids[layers.count] = overlay->id;
	layers.layers[layers.count++].file = overlay->path;
	key = key_of(&layers, text);
	buf_add(&copy, text->data, text->length);
	version = copy.failed ? NULL : text_new(&copy, version_mtime(&layers));
	if (version)
		remember(home, name, &key, helios_generation(home), version);
	helios_text_unref(version);
}

int version_get(struct helios_home *home, const char *name, struct helios_text **ret,
		struct helios_error *error)
{
	uint64_t generation = helios_generation(home);
	cleanup_layers struct store_layers layers = {0};
	cleanup_free char *path = view_path(name);
	cleanup_buf struct buf view = {0};
	int64_t began = now_us();
	struct object_id key;
	int err, there;

	*ret = find_fast(home, name, generation);
	if (*ret)
		return 0;
	err = store_layers(home, name, &layers, NULL, error);
	if (err < 0)
		return err;
	there = path ? file_read(home->directory, path, LIMIT_TEXT, &view, NULL) : -ENOMEM;
	if (there == -ENOMEM)
		return helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "cannot read '%s'", name);
	if (there < 0)
		buf_clear(&view);
	key = key_of(&layers, &view);
	*ret = find_by_key(home, name, &key, generation);
	if (*ret)
		return 0;
	err = make(&layers, &view, ret, error);
	if (err < 0)
		return err;
	remember(home, name, &key, generation, *ret);
	metrics_time(home->metrics, TIMING_LOADS, now_us() - began);
	return 0;
}
