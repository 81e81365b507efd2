/*
 * yaml_patch() drops no comment whose key or item lives, whatever is edited. HELIOS_SEED repeats
 * a run, HELIOS_RUNS sets its length.
 */
#include "test.h"

#include "commented.h"

static bool lives(const struct thing *thing)
{
	for (; thing; thing = thing->parent)
		if (thing->dead)
			return false;
	return true;
}

/* Whether a comment on no child's line must be there: some of the children are. */
static bool has_old_child(const struct thing *thing)
{
	for (unsigned i = 0; i < thing->count; i++)
		if (!thing->children[i]->dead && !thing->children[i]->fresh)
			return true;
	return false;
}

/* Which item became which is only clear when nothing else happens in a list. */
static bool may_change(const struct thing *thing)
{
	for (; thing; thing = thing->parent)
		if (thing->parent && thing->parent->shape == LIST && thing->parent->lines_moved)
			return false;
	return true;
}

static void note_change(struct thing *thing)
{
	for (; thing; thing = thing->parent)
		if (thing->parent && thing->parent->shape == LIST)
			thing->parent->inner = true;
}

static void insert(struct world *world, struct thing *thing)
{
	unsigned at = random_below(thing->count + 1);

	if (thing->count == ARRAY_SIZE(thing->children))
		return;
	memmove(thing->children + at + 1, thing->children + at,
		(thing->count - at) * sizeof(*thing->children));
	thing->children[at] = make(world, thing, 1, false);
	thing->children[at]->fresh = true;
	thing->count++;
}

static void reshape(struct world *world, struct thing *thing)
{
	struct thing *like = make(world, thing->parent, 1, false);

	for (unsigned i = 0; i < thing->count; i++)
		thing->children[i]->dead = true;
	for (unsigned i = 0; i < like->count && thing->count < 2 * MOST; i++) {
		like->children[i]->parent = thing;
		like->children[i]->fresh = true;
		thing->children[thing->count++] = like->children[i];
	}
	thing->value = like->value;
	thing->alias = thing->merged = NULL;
	thing->shape = like->shape;
	thing->reshaped = true;
}

/* Which of two equal items went nobody can tell. */
static bool has_twin(struct world *world, const struct thing *item)
{
	const struct node *node = build(world, item);

	for (unsigned i = 0; i < item->parent->count; i++)
		if (item->parent->children[i] != item &&
		    node_equal(build(world, item->parent->children[i]), node))
			return true;
	return false;
}

static void edit_children(struct world *world, struct thing *thing)
{
	struct thing *child = thing->children[random_below(thing->count)];

	if (thing->shape == LIST && (thing->inner || has_twin(world, child)))
		return;
	note_change(thing);
	thing->lines_moved = true;
	if (random_chance(2))
		child->dead = true;
	else
		insert(world, thing);
}

/* One change somewhere below. */
static void edit(struct world *world, struct thing *thing)
{
	struct thing *child;

	if (thing->shape < MAP || !thing->count)
		return;
	child = thing->children[random_below(thing->count)];
	if (!may_change(child) || random_chance(3)) {
		if (may_change(thing))
			edit_children(world, thing);
		return;
	}
	if (child->shape >= MAP && !child->reshaped && !random_chance(8)) {
		edit(world, child);
		return;
	}
	if (thing->shape == LIST && child->shape == SCALAR)
		return; /* a new value is a new item */
	note_change(child);
	if (thing->shape == MAP && random_chance(4))
		child->tag = !child->tag;
	else if (thing->shape == MAP)
		reshape(world, child);
}

static void check(struct world *world, const struct buf *out, uint64_t seed)
{
	for (unsigned i = 0; i < world->comment_count; i++) {
		const struct comment *comment = &world->comments[i];
		char text[16];

		if (!lives(comment->owner) || (comment->loose && !has_old_child(comment->owner)))
			continue;
		snprintf(text, sizeof(text), "# c%u.", comment->number);
		if (!strstr(buf_text(out), text))
			fail_msg("%s is lost; seed %llu; from\n%s\ngot\n%s", text,
				 (unsigned long long)seed, buf_text(&world->text), buf_text(out));
	}
}

static void parse(const struct buf *text, struct document **ret)
{
	struct helios_error error = {0};

	if (yaml_parse(buf_text(text), text->length, "", ret, &error) < 0)
		fail_msg("line %u: %s\n%s", error.line, error.message, buf_text(text));
}

static void comments_live_as_long_as_their_keys(void **state)
{
	const char *runs = getenv("HELIOS_RUNS");

	(void)state;
	random_begin();
	for (unsigned long i = runs ? strtoul(runs, NULL, 0) : 20000; i; i--) {
		struct world world = {.newline = random_chance(6) ? "\r\n" : "\n"};
		cleanup_document struct document *document = NULL, *again = NULL;
		cleanup_buf struct buf out = {0};
		uint64_t seed = random_state;
		struct node *target;

		world.root = make(&world, NULL, 4, false);
		while (world.root->shape != MAP)
			world.root = make(&world, NULL, 4, false);
		write_document(&world);
		parse(&world.text, &document);
		assert_true(node_same(document->root, build(&world, world.root)));
		for (unsigned n = 1 + random_below(3); n; n--)
			edit(&world, world.root);
		target = build(&world, world.root);
		assert_int_equal(yaml_patch(document, target, NULL, 0, &out, NULL), 0);
		parse(&out, &again);
		assert_true(node_same(again->root, target));
		check(&world, &out, seed);
		buf_done(&world.text);
		arena_done(&world.arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comments_live_as_long_as_their_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
