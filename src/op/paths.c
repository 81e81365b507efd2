/* helios_paths(): which PATHs a document has, for completion. Relies on yaml/. */
#include "op/ops.h"

static int add_name(struct helios_names *names, size_t *capacity, const char *text)
{
	char **grown = names->entries;

	if (names->count == *capacity) {
		*capacity = *capacity ? 2 * *capacity : 64;
		grown = reallocarray(names->entries, *capacity, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		names->entries = grown;
	}
	grown[names->count] = strdup(text);
	if (!grown[names->count])
		return -ENOMEM;
	names->count++;
	return 0;
}

/* The keys below node; path is the text of node's own path and is left as it was. */
static int add_paths(struct helios_names *names, size_t *capacity, struct buf *path,
		     const struct node *node)
{
	size_t length = path->length;
	int err = 0;

	if (node->kind != NODE_MAP)
		return 0;
	for (size_t i = 0; i < node->count && err == 0; i++) {
		path_add_key(path, node->entries[i].key);
		err = path->failed ? -ENOMEM : add_name(names, capacity, buf_text(path));
		if (err == 0)
			err = add_paths(names, capacity, path, node->entries[i].value);
		buf_splice(path, length, path->length, "", 0);
	}
	return err;
}

int helios_paths(struct helios_home *home, const char *name, struct helios_names *ret,
		 struct helios_error *error)
{
	const struct helios_call call = {.home = home};
	cleanup_document struct document *document = NULL;
	cleanup_buf struct buf path = {0};
	size_t capacity = 0;
	int err = op_document(&call, HELIOS_RESOLVED, name, &document, error);

	*ret = (struct helios_names){0};
	if (err < 0)
		return err;
	if (add_paths(ret, &capacity, &path, document->root) == 0)
		return 0;
	helios_names_free(ret);
	return op_no_memory(error);
}
