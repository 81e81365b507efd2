/*
 * The stack of open collections. Aliases share the nodes of their anchor; each is charged with
 * all the nodes and bytes it stands for, so that no text can ask for more than LIMIT_NODES and
 * LIMIT_EXPANDED.
 */
#include "yaml/build.h"

#include "yaml/path.h"
#include "yaml/scalar.h"

#define CORE_TAG "tag:yaml.org,2002:"
#define FEW_KEYS 16u

struct anchor {
	struct node *node;
	size_t weight;	 /* nodes it stands for */
	size_t bytes;	 /* of their keys and texts */
	unsigned height; /* collections one in the other */
	bool open;	 /* its collection has not ended */
};

static struct build_frame *top(struct build *build)
{
	return build->depth ? &build->frames[build->depth - 1] : NULL;
}

static int no_memory(struct build *build)
{
	return helios_fail(build->error, HELIOS_NO_MEMORY, NULL, NULL, "memory ran out");
}

static void format_path(const struct build *build, struct buf *path)
{
	for (unsigned i = 0; i < build->depth; i++) {
		const struct build_frame *frame = &build->frames[i];

		if (frame->node->kind == NODE_LIST)
			path_add_index(path, frame->node->count);
		else if (frame->has_key)
			path_add_key(path, frame->key.key);
	}
}

static int fail(struct build *build, enum helios_code code, const struct node_place *at,
		const char *hint, const char *format, ...) printf_like(5, 6);

static int fail(struct build *build, enum helios_code code, const struct node_place *at,
		const char *hint, const char *format, ...)
{
	cleanup_buf struct buf path = {0};
	char message[sizeof(build->error->message)];
	struct helios_place place = {.file = build->document->file};
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	format_path(build, &path);
	place.line = at->line;
	place.column = at->column;
	place.key = buf_text(&path);
	return helios_fail(build->error, code, &place, hint, "%s", message);
}

static int charge(struct build *build, size_t nodes, size_t bytes, const struct node_place *at)
{
	build->nodes += nodes;
	build->bytes += bytes;
	if (build->bytes > LIMIT_EXPANDED)
		return fail(build, HELIOS_LIMIT, at, "write what is long once",
			    "the document has more than %u bytes, aliases expanded",
			    LIMIT_EXPANDED);
	if (build->nodes <= LIMIT_NODES)
		return 0;
	return fail(build, HELIOS_LIMIT, at, NULL, "the document has more than %u values",
		    LIMIT_NODES);
}

static int check_depth(struct build *build, unsigned levels, const struct node_place *at)
{
	if (build->depth + levels <= LIMIT_DEPTH)
		return 0;
	return fail(build, HELIOS_LIMIT, at, "nest less deeply",
		    "the document is nested more than %u levels deep", LIMIT_DEPTH);
}

/* What may stand here at all: kinds of keys and of the root. */
static int check_position(struct build *build, enum node_kind kind, const struct node_place *at)
{
	const struct build_frame *frame = top(build);

	if (!frame && !build->any_root && kind != NODE_MAP)
		return fail(build, HELIOS_NOT_A_MAPPING, at, NULL,
			    "the document is %s, not a mapping of keys to values",
			    kind == NODE_LIST ? "a list" : "a single value");
	if (frame && frame->node->kind == NODE_MAP && !frame->has_key && kind > NODE_STRING)
		return fail(build, HELIOS_KEY_KIND, at, NULL, "a key is %s",
			    kind == NODE_LIST ? "a list" : "a mapping");
	return 0;
}

/* Where !override may stand: on the value of a key, but not of <<; and on a value alone. */
static int check_override(struct build *build, const struct node_place *at)
{
	const struct build_frame *frame = top(build);

	if (!frame && build->any_root)
		return 0;
	if (!frame)
		return fail(build, HELIOS_TAG, at, "put !override on single keys",
			    "!override stands on the whole document");
	if (frame->node->kind == NODE_LIST)
		return fail(build, HELIOS_TAG, at, "put !override on the key of the list",
			    "!override stands on a list item");
	if (!frame->has_key || frame->is_merge)
		return fail(build, HELIOS_TAG, at, "put !override behind the ':' of a key",
			    "!override stands on a key");
	return 0;
}

/* Sets *ret_core to the name of a core tag, or to NULL when there is none. */
static int read_tag(struct build *build, const struct build_event *event, struct node *node,
		    const char **ret_core)
{
	*ret_core = NULL;
	if (!event->tag)
		return 0;
	if (streq(event->tag, "!override")) {
		node->override_tag = true;
		return check_override(build, &event->place);
	}
	if (strncmp(event->tag, CORE_TAG, strlen(CORE_TAG)) == 0) {
		static const char *const known[] = {"str",  "int", "float", "bool",
						    "null", "map", "seq"};

		*ret_core = event->tag + strlen(CORE_TAG);
		for (size_t i = 0; i < ARRAY_SIZE(known); i++)
			if (streq(*ret_core, known[i]))
				return 0;
		return fail(build, HELIOS_TAG, &event->place, NULL, "the tag !!%s is not known",
			    *ret_core);
	}
	return fail(build, HELIOS_TAG, &event->place, NULL, "the tag %s is not known", event->tag);
}

static int resolve(struct build *build, const struct build_event *event, const char *core,
		   struct node *node)
{
	char *text = arena_strndup(&build->document->arena, event->text, event->length);

	if (!text)
		return no_memory(build);
	if (core) {
		if (!scalar_resolve_as(node, core, text, event->length))
			return fail(build, HELIOS_TAG, &event->place,
				    "remove the tag or mend the value",
				    "'%s' does not fit its tag !!%s", text, core);
	} else if (event->style == STYLE_PLAIN) {
		scalar_resolve(node, text, event->length);
	} else {
		node->kind = NODE_STRING;
		node->text = text;
		node->length = event->length;
	}
	return 0;
}

static int set_anchor(struct build *build, const struct build_event *event, struct node *node,
		      struct anchor **ret)
{
	struct arena *arena = &build->document->arena;
	struct name_slot *slot;
	char *name;

	*ret = NULL;
	if (!event->anchor)
		return 0;
	node->anchor = true;
	*ret = arena_alloc(arena, sizeof(**ret));
	name = arena_strdup(arena, event->anchor);
	if (!*ret || !name || names_add(&build->names, NULL, name, NULL, &slot) < 0)
		return no_memory(build);
	**ret = (struct anchor){.node = node, .weight = 1, .bytes = event->length, .open = true};
	slot->value = *ret;
	return 0;
}

/* Large mappings have their keys in the table of names, small ones are scanned. */
static int add_key_name(struct build *build, struct node *map, const struct node_entry *entry,
			unsigned *ret_line)
{
	struct name_slot *slot;
	int r;

	if (map->count < FEW_KEYS) {
		for (size_t i = 0; i < map->count; i++) {
			if (!streq(map->entries[i].key, entry->key))
				continue;
			*ret_line = map->entries[i].key_place.line;
			return 0;
		}
		return 1;
	}
	for (size_t i = 0; map->count == FEW_KEYS && i < map->count; i++) {
		struct node_entry *old = &map->entries[i];

		r = names_add(&build->names, map, old->key, (void *)(uintptr_t)old->key_place.line,
			      NULL);
		if (r < 0)
			return r;
	}
	r = names_add(&build->names, map, entry->key, (void *)(uintptr_t)entry->key_place.line,
		      &slot);
	if (r == 0)
		*ret_line = (unsigned)(uintptr_t)slot->value;
	return r;
}

static int take_key(struct build *build, const struct build_event *event, const char *text)
{
	struct build_frame *frame = top(build);
	unsigned first_line = 0;
	int r;

	if (strlen(text) != event->length)
		return fail(build, HELIOS_ENCODING, &event->place, NULL, "a key holds a NUL");
	frame->key = (struct node_entry){
		.key = text, .key_style = event->style, .key_place = event->place};
	frame->is_merge = event->style == STYLE_PLAIN && !event->tag && streq(text, "<<");
	if (frame->is_merge) {
		r = !frame->merge;
		first_line = frame->merge_place.line;
	} else {
		r = add_key_name(build, frame->node, &frame->key, &first_line);
	}
	if (r < 0)
		return no_memory(build);
	frame->has_key = true;
	if (r == 0)
		return fail(build, HELIOS_DUPLICATE_KEY, &event->place, NULL,
			    "the key '%s' stands twice in one mapping, first on line %u", text,
			    first_line);
	return 0;
}

/* Whether a node can be the value of <<: a mapping or a list of mappings. */
static bool can_merge(const struct node *node)
{
	if (node->kind != NODE_LIST)
		return node->kind == NODE_MAP;
	for (size_t i = 0; i < node->count; i++)
		if (node->items[i]->kind != NODE_MAP)
			return false;
	return true;
}

static int take_merge(struct build *build, struct build_frame *frame, struct node *node)
{
	struct node_place *key = &frame->key.key_place;

	if (!can_merge(node))
		return fail(build, HELIOS_ALIAS, &node->place,
			    "write '<<: *name', where &name stands on a mapping",
			    "'<<' needs a mapping or a list of mappings, not %s",
			    node_kind_name(node));
	frame->merge = node;
	frame->merge_index = frame->node->count;
	frame->merge_place = *key;
	frame->merge_place.end = node->place.end;
	return 0;
}

/* Hands a finished node to the collection it stands in. */
static int attach(struct build *build, struct node *node, unsigned height)
{
	struct arena *arena = &build->document->arena;
	struct build_frame *frame = top(build);
	struct node *parent;
	int r = 0;

	if (!frame) {
		build->document->root = node;
		return 0;
	}
	parent = frame->node;
	if (height > frame->height)
		frame->height = height;
	frame->end = node->place.end;
	if (parent->kind == NODE_LIST) {
		r = node_append(arena, parent, node);
		return r < 0 ? no_memory(build) : 0;
	}
	if (frame->is_merge) {
		r = take_merge(build, frame, node);
	} else {
		struct node_entry *entries = arena_grow(arena, parent->entries, parent->count,
							&parent->capacity, sizeof(*entries));

		if (!entries)
			return no_memory(build);
		parent->entries = entries;
		parent->entries[parent->count] = frame->key;
		parent->entries[parent->count++].value = node;
	}
	frame->has_key = false;
	return r;
}

int build_scalar(struct build *build, const struct build_event *event)
{
	struct build_frame *frame = top(build);
	struct node *node = node_null(&build->document->arena);
	struct anchor *anchor = NULL;
	const char *core;
	int r;

	if (!node)
		return no_memory(build);
	node->style = event->style;
	node->place = event->place;
	r = check_position(build, NODE_STRING, &event->place);
	if (r == 0)
		r = read_tag(build, event, node, &core);
	if (r == 0)
		r = resolve(build, event, core, node);
	if (r == 0)
		r = set_anchor(build, event, node, &anchor);
	if (r < 0)
		return r;
	if (anchor)
		anchor->open = false;
	if (frame && frame->node->kind == NODE_MAP && !frame->has_key)
		return take_key(build, event, node->text);
	if (memchr(event->text, 0, event->length))
		return fail(build, HELIOS_ENCODING, &event->place, "remove the \\0",
			    "a text holds a NUL");
	r = charge(build, 1, event->length, &event->place);
	return r < 0 ? r : attach(build, node, 0);
}

int build_open(struct build *build, const struct build_event *event, enum node_kind kind)
{
	struct node *node = node_null(&build->document->arena);
	struct build_frame *frame;
	struct anchor *anchor;
	const char *core;
	int r;

	if (!node)
		return no_memory(build);
	node->kind = kind;
	node->style = event->style;
	node->place = event->place;
	r = check_position(build, kind, &event->place);
	if (r == 0)
		r = check_depth(build, 1, &event->place);
	if (r == 0)
		r = read_tag(build, event, node, &core);
	if (r == 0 && core && !streq(core, kind == NODE_LIST ? "seq" : "map"))
		r = fail(build, HELIOS_TAG, &event->place, "remove the tag or mend the value",
			 "%s does not fit its tag !!%s", node_kind_name(node), core);
	if (r == 0)
		r = set_anchor(build, event, node, &anchor);
	if (r == 0)
		r = charge(build, 1, 0, &event->place);
	if (r < 0)
		return r;
	frame = &build->frames[build->depth++];
	*frame = (struct build_frame){.node = node,
				      .anchor = anchor,
				      .nodes_before = build->nodes - 1,
				      .bytes_before = build->bytes,
				      .end = event->place.end};
	return 0;
}

/* Appends the entries of one merged mapping that the mapping does not have yet. */
static int merge_from(struct build *build, struct build_frame *frame, const struct node *source,
		      struct node *merged)
{
	for (size_t i = 0; i < source->count; i++) {
		struct node_entry entry = source->entries[i];
		struct node_entry *entries;
		unsigned line;
		int r;

		r = add_key_name(build, merged, &entry, &line);
		if (r < 0)
			return no_memory(build);
		if (r == 0)
			continue;
		entries = arena_grow(&build->document->arena, merged->entries, merged->count,
				     &merged->capacity, sizeof(*entries));
		if (!entries)
			return no_memory(build);
		entry.merged = true;
		entry.key_place = frame->merge_place;
		merged->entries = entries;
		merged->entries[merged->count++] = entry;
	}
	return 0;
}

/*
 * Puts the merged entries where << stands. They are gathered behind the explicit ones, which
 * win, and then moved.
 */
static int merge(struct build *build, struct build_frame *frame)
{
	struct node *map = frame->node, *source = frame->merge;
	size_t explicit_count = map->count, added, size = sizeof(*map->entries);
	struct node_entry *moved;
	int r = 0;

	if (source->kind == NODE_MAP)
		r = merge_from(build, frame, source, map);
	for (size_t i = 0; source->kind == NODE_LIST && r == 0 && i < source->count; i++)
		r = merge_from(build, frame, source->items[i], map);
	added = map->count - explicit_count;
	if (r < 0 || !added || frame->merge_index == explicit_count)
		return r;
	moved = arena_alloc(&build->document->arena, map->count * size);
	if (!moved)
		return no_memory(build);
	memcpy(moved, map->entries, frame->merge_index * size);
	memcpy(moved + frame->merge_index, map->entries + explicit_count, added * size);
	memcpy(moved + frame->merge_index + added, map->entries + frame->merge_index,
	       (explicit_count - frame->merge_index) * size);
	map->entries = moved;
	map->capacity = map->count;
	return 0;
}

int build_close(struct build *build, size_t end)
{
	struct build_frame *frame = &build->frames[build->depth - 1]; /* what ends was begun */
	struct node *node = frame->node;
	unsigned height = frame->height + 1;
	int r;

	/* libyaml ends a block collection where the next thing begins; here it is where the last
	 * child ends. */
	node->place.end = node->style == STYLE_FLOW ? end : frame->end;
	if (frame->merge) {
		r = merge(build, frame);
		if (r < 0)
			return r;
	}
	if (frame->anchor) {
		frame->anchor->open = false;
		frame->anchor->height = height;
		frame->anchor->weight = build->nodes - frame->nodes_before;
		frame->anchor->bytes = build->bytes - frame->bytes_before;
	}
	build->depth--;
	return attach(build, node, height);
}

int build_alias(struct build *build, const char *name, const struct node_place *place)
{
	struct build_frame *frame = top(build);
	struct name_slot *slot = names_find(&build->names, NULL, name);
	const struct anchor *anchor = slot ? slot->value : NULL;
	struct node *copy;
	int r;

	if (!anchor)
		return fail(build, HELIOS_ALIAS, place, NULL, "there is no anchor &%s above", name);
	if (anchor->open)
		return fail(build, HELIOS_ALIAS, place, NULL, "*%s stands inside &%s itself", name,
			    name);
	if (frame && frame->node->kind == NODE_MAP && !frame->has_key)
		return fail(build, HELIOS_KEY_KIND, place, NULL, "a key is an alias");
	if (anchor->node->override_tag && frame && frame->node->kind == NODE_LIST)
		return fail(build, HELIOS_TAG, place, "put !override on the key of the list",
			    "a list item is an alias of a value with !override");
	r = check_depth(build, anchor->height, place);
	if (r == 0)
		r = charge(build, anchor->weight, anchor->bytes, place);
	if (r < 0)
		return r;
	copy = arena_alloc(&build->document->arena, sizeof(*copy));
	if (!copy)
		return no_memory(build);
	*copy = *anchor->node;
	copy->capacity = copy->count;
	copy->alias = true;
	copy->anchor = false;
	copy->place = *place;
	return attach(build, copy, anchor->height);
}

void build_done(struct build *build)
{
	names_done(&build->names);
}
