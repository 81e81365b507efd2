/* Reference-counted texts. */
#include "store/text.h"

#include <stdatomic.h>

#include "store/repo.h"

struct counted_text {
	struct helios_text text; /* first: what callers see */
	atomic_uint refs;
};

struct helios_text *text_new(struct buf *bytes, struct timespec mtime)
{
	struct counted_text *counted = calloc(1, sizeof(*counted));
	struct object_id id;

	if (!counted)
		return NULL;
	counted->text.length = bytes->length;
	counted->text.data = buf_take(bytes);
	if (!counted->text.data) {
		free(counted);
		return NULL;
	}
	counted->text.mtime = mtime;
	id = object_id_of_blob(counted->text.data, counted->text.length);
	object_id_format(&id, counted->text.revision);
	atomic_init(&counted->refs, 1);
	return &counted->text;
}

struct helios_text *text_new_until(struct buf *bytes, struct timespec mtime, int64_t until)
{
	struct helios_text *text = text_new(bytes, mtime);

	if (text)
		text->until = until;
	return text;
}

struct helios_text *helios_text_ref(struct helios_text *text)
{
	atomic_fetch_add(&((struct counted_text *)text)->refs, 1);
	return text;
}

void helios_text_unref(struct helios_text *text)
{
	struct counted_text *counted = (struct counted_text *)text;

	if (!text || atomic_fetch_sub(&counted->refs, 1) != 1)
		return;
	free((char *)text->data);
	free(counted);
}
