/* SipHash-1-3 under the random bytes that the kernel hands to each program it starts. */
#include "base/hash.h"

#include <sys/auxv.h>

struct state {
	uint64_t v[4];
};

static uint64_t rotate(uint64_t x, unsigned bits)
{
	return x << bits | x >> (64 - bits);
}

static void stir(struct state *s)
{
	uint64_t *v = s->v;

	v[0] += v[1];
	v[2] += v[3];
	v[1] = rotate(v[1], 13) ^ v[0];
	v[3] = rotate(v[3], 16) ^ v[2];
	v[0] = rotate(v[0], 32) + v[3];
	v[2] += v[1];
	v[3] = rotate(v[3], 21) ^ v[0];
	v[1] = rotate(v[1], 17) ^ v[2];
	v[2] = rotate(v[2], 32);
}

static void take(struct state *s, uint64_t piece)
{
	s->v[3] ^= piece;
	stir(s);
	s->v[0] ^= piece;
}

static struct state begin(void)
{
	const void *random = (const void *)getauxval(AT_RANDOM);
	uint64_t key[2] = {0};

	if (random)
		memcpy(key, random, sizeof(key));
	return (struct state){{key[0] ^ 0x736f6d6570736575u, key[1] ^ 0x646f72616e646f6du,
			       key[0] ^ 0x6c7967656e657261u, key[1] ^ 0x7465646279746573u}};
}

static uint64_t end(struct state *s)
{
	s->v[2] ^= 0xff;
	for (unsigned i = 0; i < 3; i++)
		stir(s);
	return s->v[0] ^ s->v[1] ^ s->v[2] ^ s->v[3];
}

uint64_t hash_bytes(const void *bytes, size_t length)
{
	struct state s = begin();
	const char *at = bytes;
	uint64_t piece, last = (uint64_t)length << 56;
	size_t left;

	for (left = length; left >= sizeof(piece); left -= sizeof(piece), at += sizeof(piece)) {
		memcpy(&piece, at, sizeof(piece));
		take(&s, piece);
	}
	piece = 0;
	memcpy(&piece, at, left);
	take(&s, last | piece);
	return end(&s);
}

uint64_t hash_text(const char *text)
{
	return hash_bytes(text, strlen(text));
}

uint64_t hash_pair(uint64_t first, uint64_t second)
{
	struct state s = begin();

	take(&s, first);
	take(&s, second);
	return end(&s);
}
