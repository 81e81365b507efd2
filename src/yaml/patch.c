/* The smallest edit of a text whose parse is the target. */
#include "yaml/yaml.h"

int yaml_patch(const char *text, size_t length, const struct node *target,
	       const struct document *const donors[], size_t donor_count, struct buf *out,
	       struct helios_error *error)
{
	cleanup_document struct document *document = NULL;
	int r = yaml_parse(text, length, "", &document, error);

	(void)donors;
	(void)donor_count;
	if (r < 0)
		return r;
	if (!node_same(document->root, target))
		return yaml_emit(target, out);
	buf_add(out, text, length);
	return out->failed ? -ENOMEM : 0;
}
