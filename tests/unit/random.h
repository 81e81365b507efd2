/*
 * Random documents for property tests. The seed is printed, and HELIOS_SEED repeats a run.
 * Relies on yaml/node.h.
 */
#pragma once

#include "choices.h"
#include "yaml/node.h"

static uint64_t random_state;

static inline void random_begin(void)
{
	const char *seed = getenv("HELIOS_SEED");

	random_state = seed ? strtoull(seed, NULL, 0) : (uint64_t)getpid() * 2654435761u;
	printf("# HELIOS_SEED=%llu\n", (unsigned long long)random_state);
}

/* A number below limit. */
static inline unsigned random_below(unsigned limit)
{
	return (unsigned)pick(&random_state, limit);
}

static inline bool random_chance(unsigned one_in)
{
	return random_below(one_in) == 0;
}

static inline struct node *random_string(struct arena *arena)
{
	static const char *const words[] = {
		"",	  "a",	       "hello",	     "two words",   "yes",	"No",
		"1:30",	  "2025-09-07", "12",	     "-",	    "- x",	"? y",
		": z",	  "a: b",      "a #b",	     "#c",	    "it's",	"say \"x\"",
		"~",	  "null",      "true",	     ".inf",	    "0x1F",	"1e3",
		"---",	  "--- x",     "...",	     "[x]",	    "{y}",	"a, b",
		"*star",  "&and",      "!bang",	     "%pct",	    "@at",	"`tick",
		"|",	  ">",	       "line\nline", "line\nline\n", "x\n\ny\n", "\n",
		"\nlead", " lead",     "trail ",     "tab\there",   "a\\b",	"\xC3\xA9t\xC3\xA9",
		"x\xC2\x85y", "\xE2\x80\xA8", "\xF0\x9F\x98\x80", "\x1B[1m", "x\r\ny",	"t\n\n",
		"a:b",	  "http://x/?a=b#c", "x:",   "key?",	    "=",	"<<",
		"s\n  t\n", "u \nv",   "\tw\nx",     "trail\n ",    "\xEF\xBB\xBF mark", "-1",
		":z",	  "?y",
	};
	const char *word = words[random_below(ARRAY_SIZE(words))];

	return node_string(arena, word, strlen(word));
}

static inline struct node *random_scalar(struct arena *arena)
{
	static const double reals[] = {0.5, 2.0, -0.0, 1e300, 1e-7, 0.1, 1e15, 1e16, 3.25e-5,
				       5e-324, 0.30000000000000004, 123456789.125};

	switch (random_below(8)) {
	case 0:
		return node_null(arena);
	case 1:
		return node_bool(arena, random_chance(2));
	case 2:
		return node_int(arena, random_chance(9) ? INT64_MIN : (int64_t)random_below(50));
	case 3:
		return random_chance(9) ? node_float(arena, random_chance(2) ? 1 / 0.0 : 0 / 0.0)
					: node_float(arena, reals[random_below(ARRAY_SIZE(reals))]);
	default:
		return random_string(arena);
	}
}

static inline const char *random_key(struct arena *arena)
{
	static const char *const odd[] = {"a b", "x: y", "",   "1",   "null", "a.b", "on", "<<",
					  "#h",	 "'q'",	 "\"", "k\nl", "- d",  "?",   "[l",   ":m",  "?n"};

	if (random_chance(12))
		return odd[random_below(ARRAY_SIZE(odd))];
	return arena_printf(arena, "%c%u", 'a' + (int)random_below(5), random_below(3));
}

static inline struct node *random_map(struct arena *arena, unsigned depth);

static inline struct node *random_node(struct arena *arena, unsigned depth)
{
	unsigned kind = depth ? random_below(6) : 9;

	if (kind == 0) {
		struct node *list = node_list(arena);

		for (unsigned n = random_below(5); n; n--)
			if (node_append(arena, list, random_node(arena, depth - 1)) < 0)
				return NULL;
		list->style = random_chance(3) ? STYLE_FLOW : STYLE_ANY;
		return list;
	}
	return kind <= 2 ? random_map(arena, depth - 1) : random_scalar(arena);
}

static inline struct node *random_map(struct arena *arena, unsigned depth)
{
	struct node *map = node_map(arena);

	for (unsigned n = random_below(6); n; n--) {
		struct node *value = random_node(arena, depth);

		value->override_tag = random_chance(10);
		if (node_put(arena, map, random_key(arena), value) < 0)
			return NULL;
	}
	map->style = random_chance(4) ? STYLE_FLOW : STYLE_ANY;
	return map;
}
