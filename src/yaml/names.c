/* Open addressing with linear probing; at most half of the slots are taken. */
#include "yaml/names.h"

#define FIRST_CAPACITY 64u

/* Eight bytes a step, each mixed by a wide multiplication with the seed. */
static uint64_t mix(uint64_t a, uint64_t b)
{
	__uint128_t product = (__uint128_t)(a ^ 0x9E3779B97F4A7C15u) * (b ^ 0xD6E8FEB86659FD93u);

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t hash(const struct names *names, const void *scope, const char *name)
{
	size_t length = strlen(name);
	uint64_t result = mix(names->seed, (uintptr_t)scope + length), piece;

	for (; length >= sizeof(piece); length -= sizeof(piece), name += sizeof(piece)) {
		memcpy(&piece, name, sizeof(piece));
		result = mix(result, piece);
	}
	piece = 0;
	memcpy(&piece, name, length);
	return mix(result, piece);
}

/* The slot that holds the name, or the free one where it belongs. */
static struct name_slot *probe(const struct names *names, const void *scope, const char *name)
{
	size_t mask = names->capacity - 1;
	size_t at = (size_t)hash(names, scope, name) & mask;

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
	/* Where memory lies is random enough that nobody can prepare colliding keys. */
	larger.seed = (uintptr_t)larger.slots;
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
