/* Open addressing with linear probing; at most half of the slots are taken. */
#include "yaml/names.h"

#include "base/hash.h"

#define FIRST_CAPACITY 64u

static uint64_t hash(const void *scope, const char *name)
{
	return hash_pair((uintptr_t)scope, hash_text(name));
}

/* The slot that holds the name, or the free one where it belongs. */
static struct name_slot *probe(const struct names *names, const void *scope, const char *name)
{
	size_t mask = names->capacity - 1;
	size_t at = (size_t)hash(scope, name) & mask;

	while (names->slots[at].name &&
	       (names->slots[at].scope != scope || !streq(names->slots[at].name, name)))
		at = (at + 1) & mask;
	return &names->slots[at];
}

static int grow(struct names *names)
{
	struct names larger = {.capacity = names->capacity ? names->capacity * 4 : FIRST_CAPACITY};

	larger.slots = calloc(larger.capacity, sizeof(*larger.slots));
	if (!larger.slots)
		return -ENOMEM;
	larger.count = names->count;
	for (size_t i = 0; i < names->capacity; i++) {
		const struct name_slot *old = &names->slots[i];

		if (old->name)
			*probe(&larger, old->scope, old->name) = *old;
	}
	free(names->slots);
	*names = larger;
	return 0;
}

struct name_slot *names_find(const struct names *names, const void *scope, const char *name)
{
	struct name_slot *slot = names->capacity ? probe(names, scope, name) : NULL;

	return slot && slot->name ? slot : NULL;
}

int names_add(struct names *names, const void *scope, const char *name, void *value,
	      struct name_slot **ret)
{
	struct name_slot *slot;
	bool new_name;

	if (names->count * 2 >= names->capacity && grow(names) < 0)
		return -ENOMEM;
	slot = probe(names, scope, name);
	new_name = !slot->name;
	if (new_name) {
		*slot = (struct name_slot){.scope = scope, .name = name, .value = value};
		names->count++;
	}
	if (ret)
		*ret = slot;
	return new_name;
}

void names_done(struct names *names)
{
	free(names->slots);
	*names = (struct names){0};
}
