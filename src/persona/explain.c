/*
 * Explaining: the resolved document is emitted and read back, so that the place of each value
 * is known, and the origins are set behind the lines. See persona/explain.h.
 */
#include "persona/explain.h"

#include "yaml/yaml.h"

#define COMMENT_COLUMN 40u

void explain_origin(const struct origin *origin, struct buf *out)
{
	buf_addf(out, "%s (%s", origin->layer->name, origin->layer->file);
	if (origin->line)
		buf_addf(out, ":%u", origin->line);
	buf_addf(out, "), %s", resolve_rule_name(origin->rule));
	if (origin->rule == RULE_STRATEGY && origin->strategy)
		buf_addf(out, " %s", origin->strategy);
	buf_addf(out, ", w %.3g", origin->weight);
}

/* A text being explained: comments are set from its end, so that offsets before stay true. */
struct notes {
	struct buf text;
	struct helios_error *error;
};

static size_t end_of_line(const struct buf *text, size_t at)
{
	return at + strcspn(buf_text(text) + at, "\n");
}

static void set_note(struct notes *notes, size_t at, const struct origin *origin)
{
	cleanup_buf struct buf note = {0};
	size_t end = end_of_line(&notes->text, at), begin = end;

	while (begin > 0 && notes->text.data[begin - 1] != '\n')
		begin--;
	do
		buf_addch(&note, ' ');
	while (end - begin + note.length < COMMENT_COLUMN);
	buf_addstr(&note, "# ");
	explain_origin(origin, &note);
	buf_splice(&notes->text, end, end, buf_text(&note), note.length);
	notes->text.failed |= note.failed;
}

static void add_notes(struct notes *notes, const struct node *written,
		      const struct node *resolved)
{
	for (size_t i = written->count; i-- > 0;) {
		const struct node_entry *entry = &written->entries[i];
		const struct node *value = node_get(resolved, entry->key);
		bool same_line = entry->value->place.line == entry->key_place.line;

		if (node_is(value, NODE_MAP) && value->count)
			add_notes(notes, entry->value, value);
		else if (value && value->origin) /* a list's note stands behind its key */
			set_note(notes,
				 same_line ? entry->value->place.start : entry->key_place.start,
				 value->origin);
	}
}

/* A root that holds only what path leads to; a list item shows with its whole list. */
static struct node *only(struct arena *arena, const struct node *root, const struct path *path)
{
	struct node *top = node_map(arena), *at = top;

	for (size_t i = 0; top && i < path->count; i++) {
		const char *key = path->steps[i].key;
		struct node *value = node_get(root, key), *next = value;
		bool last = i + 1 == path->count || !path->steps[i + 1].key;

		if (!last)
			next = node_map(arena);
		if (node_put(arena, at, key, next) < 0)
			return NULL;
		if (last)
			break;
		at = next;
		root = value;
	}
	return top;
}

static void add_heading(const struct layer *layers, size_t count,
			const struct resolution *resolution, struct buf *out)
{
	buf_addstr(out, "# layers:");
	for (size_t i = 0; i < count; i++)
		buf_addf(out, "%s %s (%s)", i ? " ->" : "", layers[i].name, layers[i].file);
	buf_addf(out, "\n# weight of what lies below the persona: %.4g, %s\n", resolution->weight,
		 resolve_band(resolution->weight));
}

static void add_dead(const struct resolution *resolution, struct buf *out)
{
	for (size_t i = 0; i < resolution->dead_count; i++) {
		const struct dead_value *dead = &resolution->dead[i];

		buf_addf(out, "# %s in %s:%u has no effect: locked by %s\n", dead->path,
			 dead->layer->file, dead->line, dead->locker->name);
	}
}

static int annotate(const struct node *root, struct notes *notes)
{
	cleanup_document struct document *written = NULL;
	int err = yaml_emit(root, &notes->text);

	if (err < 0)
		return helios_fail(notes->error, HELIOS_NO_MEMORY, NULL, NULL, "cannot explain");
	err = yaml_parse(buf_text(&notes->text), notes->text.length, "explanation", &written,
			 notes->error);
	if (err == 0)
		add_notes(notes, written->root, root);
	return err;
}

int explain(const struct layer *layers, size_t count, const struct resolution *resolution,
	    const struct path *path, struct buf *out, struct helios_error *error)
{
	struct notes notes = {.error = error};
	const struct node *root = resolution->root;
	struct arena arena = {0};
	int err = 0;

	if (path && !path_lookup(root, path)) {
		cleanup_buf struct buf text = {0};

		path_format(&text, path);
		return helios_fail(error, HELIOS_NO_KEY, NULL, NULL, "there is no %s",
				   buf_text(&text));
	}
	if (path)
		root = only(&arena, root, path);
	if (root)
		err = annotate(root, &notes);
	if (err == 0) {
		add_heading(layers, count, resolution, out);
		buf_add(out, buf_text(&notes.text), notes.text.length);
		add_dead(resolution, out);
	}
	if (!root || notes.text.failed || out->failed)
		err = helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "cannot explain");
	buf_done(&notes.text);
	arena_done(&arena);
	return err;
}
