/*
 * What a character card (chara_card_v2 and v3) and a persona have in common. A card's texts for the
 * model are values of the persona; the rest of the card, which must reach no prompt and must not be
 * lost, is kept in 'author', as the mapping 'card'. Pure.
 */
#pragma once

#include "base/buf.h"
#include "yaml/node.h"

/* A text of a card, and where the persona has it. */
struct card_field {
	const char *name;	   /* in the card's data */
	const char *section, *key; /* in the persona */
};

/* Ends with a NULL name. */
extern const struct card_field card_fields[];

/* The key of our own extension: in a card with it the system prompt is all of a persona's. */
#define CARD_EXTENSION "helios"

/* Appends a resolved persona as a card: what has no field of its own is the system prompt. */
void card_render(const struct node *root, const char *name, struct buf *out);
