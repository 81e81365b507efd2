/*
 * Random documents with numbered comments in every place, in lines and between brackets, and
 * whose each comment is. Relies on random.h.
 */
#pragma once

#include "random.h"
#include "base/buf.h"
#include "yaml/yaml.h"

#define MOST 6u

enum shape { SCALAR, LITERAL, MAP, LIST };

/* A value with its key, if it has one. */
struct thing {
	enum shape shape;
	bool flow, tag;
	bool dead, fresh;	 /* it is not in the target; not in the text */
	bool reshaped;		 /* its children are dead, and new ones may have come */
	bool lines_moved, inner; /* in a list: items came or went; something in an item changed */
	unsigned number, value;	 /* for its name, and its text */
	struct thing *parent, *children[2 * MOST];
	unsigned count;
	bool anchor;
	struct node *alias;  /* it is written *name and means this */
	struct node *merged; /* a mapping: what comes in through its << */
	unsigned merge;	     /* of which anchor that is */
};

struct comment {
	unsigned number;
	const struct thing *owner; /* it must live as long as this does */
	bool loose;		   /* or rather until its children are replaced */
};

struct world {
	struct arena arena;
	struct buf text;
	struct comment comments[512];
	unsigned comment_count, numbers;
	const char *newline;
	struct thing *root;
	struct thing *anchors[64]; /* that are closed */
	unsigned anchor_count;
};

static inline struct thing *make(struct world *world, struct thing *parent, unsigned depth,
				 bool flow)
{
	struct thing *thing = arena_alloc(&world->arena, sizeof(*thing));
	unsigned shape = depth ? random_below(8) : 0;

	thing->parent = parent;
	thing->number = thing->value = ++world->numbers;
	thing->flow = flow || random_chance(3);
	thing->shape = shape < 3 ? SCALAR : shape == 3 ? LITERAL : shape < 6 ? MAP : LIST;
	if (thing->shape == LITERAL && thing->flow)
		thing->shape = SCALAR;
	thing->tag = parent && parent->shape == MAP && random_chance(10);
	thing->anchor = parent && !thing->tag && random_chance(8);
	if (thing->shape < MAP)
		return thing;
	for (thing->count = 1; thing->count < MOST && random_chance(2); thing->count++)
		;
	for (unsigned i = 0; i < thing->count; i++)
		thing->children[i] = make(world, thing, depth - 1, thing->flow);
	return thing;
}

static inline void add_comment(struct world *world, const struct thing *owner, bool loose)
{
	assert_true(world->comment_count < ARRAY_SIZE(world->comments));
	world->comments[world->comment_count] =
		(struct comment){world->comment_count + 100, owner, loose};
	buf_addf(&world->text, "# c%u.", world->comment_count++ + 100);
}

static inline bool is_number(const struct thing *thing)
{
	return thing->value % 4 == 0;
}

static inline struct node *build(struct world *world, const struct thing *thing)
{
	struct arena *arena = &world->arena;
	struct node *node;
	char text[64];

	if (thing->alias) {
		node = node_copy(arena, thing->alias);
		node->override_tag = thing->tag;
		return node;
	}
	if (thing->shape == MAP || thing->shape == LIST) {
		node = thing->shape == MAP ? node_map(arena) : node_list(arena);
		for (size_t i = 0; thing->merged && i < thing->merged->count; i++)
			assert_int_equal(node_put(arena, node, thing->merged->entries[i].key,
						  thing->merged->entries[i].value),
					 0);
		for (unsigned i = 0; i < thing->count; i++) {
			const struct thing *child = thing->children[i];

			if (child->dead)
				continue;
			if (thing->shape == LIST)
				assert_int_equal(node_append(arena, node, build(world, child)), 0);
			else
				assert_int_equal(node_put(arena, node,
							  arena_printf(arena, "k%u", child->number),
							  build(world, child)),
						 0);
		}
	} else {
		if (thing->shape == LITERAL)
			snprintf(text, sizeof(text), "line %u\nline %u\n", thing->value,
				 thing->value);
		else
			snprintf(text, sizeof(text), "v%u", thing->value);
		node = thing->shape == SCALAR && is_number(thing)
			       ? node_int(arena, thing->value)
			       : node_string(arena, text, strlen(text));
	}
	node->override_tag = thing->tag;
	return node;
}

/* Tag and anchor, or instead of a value an alias; true for that. */
static inline bool write_properties(struct world *world, struct thing *thing)
{
	const struct thing *anchor = NULL;

	if (world->anchor_count)
		anchor = world->anchors[random_below(world->anchor_count)];
	if (anchor && thing->shape == SCALAR && !thing->tag && random_chance(4)) {
		thing->alias = build(world, anchor);
		thing->anchor = false;
		buf_addf(&world->text, " *a%u", anchor->number);
		return true;
	}
	if (thing->tag)
		buf_addstr(&world->text, " !override");
	if (thing->anchor)
		buf_addf(&world->text, " &a%u", thing->number);
	return false;
}

/* What is written may be named from now on. */
static inline void close_anchor(struct world *world, struct thing *thing)
{
	if (thing->anchor && world->anchor_count < ARRAY_SIZE(world->anchors))
		world->anchors[world->anchor_count++] = thing;
}

/* Decides on a <<, to be written before the first key. */
static inline bool begins_with_merge(struct world *world, struct thing *map)
{
	const struct thing *anchor = NULL;

	if (map->shape == MAP && world->anchor_count && random_chance(3))
		anchor = world->anchors[random_below(world->anchor_count)];
	if (!anchor || anchor->shape != MAP)
		return false;
	map->merged = build(world, anchor);
	map->merge = anchor->number;
	return true;
}

static inline void indent(struct world *world, unsigned column)
{
	while (column--)
		buf_addch(&world->text, ' ');
}

static inline void end_line(struct world *world, const struct thing *owner)
{
	if (random_chance(3)) {
		indent(world, 1 + random_below(2));
		add_comment(world, owner, false);
	}
	buf_addstr(&world->text, world->newline);
}

/* Comments on lines of their own; those directly above a thing are the thing's. */
static inline void write_above(struct world *world, const struct thing *thing, unsigned column)
{
	if (random_chance(8)) {
		buf_addstr(&world->text, world->newline);
		indent(world, column);
		add_comment(world, thing->parent, true);
		buf_addf(&world->text, "%s%s", world->newline, world->newline);
	}
	while (random_chance(5)) {
		indent(world, column);
		add_comment(world, thing, false);
		buf_addstr(&world->text, world->newline);
	}
}

static inline void write_scalar(struct world *world, const struct thing *thing)
{
	static const char *const quotes[] = {"", "'", "\""};
	const char *quote = is_number(thing) ? "" : quotes[thing->value % 3];

	buf_addf(&world->text, "%s%s%u%s", quote, is_number(thing) ? "" : "v", thing->value, quote);
}

static inline void write_flow(struct world *world, struct thing *thing, unsigned column);

static inline void write_flow_child(struct world *world, struct thing *child, unsigned column)
{
	if (child->parent->shape == MAP)
		buf_addf(&world->text, "k%u:", child->number);
	if (write_properties(world, child))
		return;
	if (child->parent->shape == MAP && random_chance(10)) {
		end_line(world, child);
		indent(world, column + 2);
	} else {
		buf_addch(&world->text, ' ');
	}
	write_flow(world, child, column);
	close_anchor(world, child);
}

/* What stands between a child in brackets and the next. */
static inline void write_comma(struct world *world, const struct thing *child, bool last,
			       unsigned column)
{
	bool late = !last && random_chance(10);

	if (!late && (!last || random_chance(4)))
		buf_addch(&world->text, ',');
	if (last ? random_chance(2) : late || !random_chance(4)) {
		end_line(world, child);
		indent(world, column);
	} else {
		buf_addch(&world->text, ' ');
	}
	if (late)
		buf_addstr(&world->text, ", ");
}

static inline void write_flow(struct world *world, struct thing *thing, unsigned column)
{
	if (thing->shape < MAP) {
		write_scalar(world, thing);
		return;
	}
	buf_addch(&world->text, thing->shape == MAP ? '{' : '[');
	if (random_chance(2)) {
		end_line(world, thing);
		indent(world, column + 2);
	}
	if (begins_with_merge(world, thing))
		buf_addf(&world->text, "<<: *a%u, ", thing->merge);
	for (unsigned i = 0; i < thing->count; i++) {
		struct thing *child = thing->children[i];

		if (random_chance(5)) {
			buf_addstr(&world->text, world->newline);
			write_above(world, child, column + 2);
			indent(world, column + 2);
		}
		write_flow_child(world, child, column + 2);
		write_comma(world, child, i + 1 == thing->count,
			    column + (i + 1 == thing->count ? 0 : 2));
	}
	buf_addch(&world->text, thing->shape == MAP ? '}' : ']');
}

static inline void write_block(struct world *world, struct thing *thing, unsigned column,
			       bool begun);

/* What follows ':' or '-'. */
static inline void write_value(struct world *world, struct thing *thing, unsigned column)
{
	unsigned deeper = column + 1 + random_below(3);

	if (write_properties(world, thing)) {
		end_line(world, thing);
		return;
	}
	if (thing->shape == LITERAL) {
		buf_addstr(&world->text, " |");
		end_line(world, thing);
		for (unsigned i = 0; i < 2; i++) {
			indent(world, deeper);
			buf_addf(&world->text, "line %u%s", thing->value, world->newline);
		}
	} else if (thing->flow || thing->shape == SCALAR) {
		if (random_chance(12)) {
			end_line(world, thing);
			indent(world, column + 1);
		}
		buf_addch(&world->text, ' ');
		write_flow(world, thing, column + 2);
		end_line(world, thing);
	} else if (thing->parent->shape == MAP || thing->anchor || random_chance(2)) {
		end_line(world, thing);
		write_block(world, thing, deeper, false);
	} else {
		buf_addch(&world->text, ' ');
		write_block(world, thing, column + 2, true);
	}
	close_anchor(world, thing);
}

/* What ends with the last line of a block collection. */
static const struct thing *innermost_last(const struct thing *thing)
{
	while (thing->shape >= MAP && !thing->flow)
		thing = thing->children[thing->count - 1];
	return thing;
}

static inline void write_key(struct world *world, const struct thing *thing, unsigned column)
{
	if (random_chance(20)) {
		buf_addf(&world->text, "? k%u", thing->number);
		end_line(world, thing);
		indent(world, column);
		buf_addch(&world->text, ':');
	} else {
		buf_addf(&world->text, random_chance(6) ? "'k%u':" : "k%u:", thing->number);
	}
}

/* Below the last child: what is indented deeper than all is its, or else the collection's. */
static inline void write_below(struct world *world, const struct thing *thing, unsigned column)
{
	const struct thing *last = innermost_last(thing);
	bool deeper = random_chance(2);

	if (last->shape == LITERAL || !random_chance(6))
		return;
	indent(world, deeper ? 40 : column);
	add_comment(world, deeper ? last : thing, !deeper);
	buf_addstr(&world->text, world->newline);
}

static inline void write_block(struct world *world, struct thing *thing, unsigned column,
			       bool begun)
{
	if (begins_with_merge(world, thing)) {
		if (!begun)
			indent(world, column);
		buf_addf(&world->text, "<<: *a%u%s", thing->merge, world->newline);
		begun = false;
	}
	for (unsigned i = 0; i < thing->count; i++) {
		struct thing *child = thing->children[i];

		if (!begun || i) {
			write_above(world, child, column);
			indent(world, column);
		}
		if (thing->shape == MAP)
			write_key(world, child, column);
		else
			buf_addch(&world->text, '-');
		write_value(world, child, column);
	}
	if (column)
		write_below(world, thing, column);
}

static inline void write_document(struct world *world)
{
	if (random_chance(4)) {
		add_comment(world, world->root, false);
		buf_addf(&world->text, "%s%s", world->newline, world->newline);
	}
	if (world->root->flow) {
		write_flow(world, world->root, 0);
		end_line(world, world->root);
	} else {
		write_block(world, world->root, 0, false);
	}
	if (random_chance(4)) {
		buf_addstr(&world->text, world->newline);
		add_comment(world, world->root, false);
		buf_addstr(&world->text, world->newline);
	}
}
