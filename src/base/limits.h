/*
 * Every limit on what a user, an agent or a damaged file can make large, in one list.
 */
#pragma once

#define LIMIT_TEXT (1u << 20)	      /* bytes of one document (DESIGN.md section 2) */
#define LIMIT_DEPTH 64u		      /* nesting of a document */
#define LIMIT_NODES 100000u	      /* nodes of a document after aliases are expanded */
#define LIMIT_EXPANDED (4u << 20)     /* bytes of its keys and texts, likewise */
#define LIMIT_EXPLAINED (64u << 20)   /* bytes of what explains a document, as JSON */
#define LIMIT_ANSWER (8u << 20)	      /* bytes of one answer to an AI client, which takes 10 MiB */
#define LIMIT_BATCH 100u	      /* messages of an AI client in one batch */
#define LIMIT_LISTED 1000u	      /* bytes of a description in a list */
#define LIMIT_MESSAGE (10u << 20)     /* bytes of one message of an AI client */
#define LIMIT_CLIENT_FILE (32u << 20)  /* bytes of an AI client's configuration */
#define LIMIT_PICTURE (32u << 20)     /* bytes of a picture that a character card stands in */
#define LIMIT_CARD (2u << 20)	      /* bytes of a character card's JSON */
#define LIMIT_HEADINGS 2000u	      /* of an imported Markdown file */
#define LIMIT_JSON_DEPTH 128u	      /* nesting of a JSON message */
#define LIMIT_NAME 64u		      /* bytes of a persona's name */
#define LIMIT_PARENTS 16u	      /* inherits_from, one after the other */
#define LIMIT_TEMPORARY 16u	      /* temporary overlays in force at once */
#define LIMIT_SCRATCH (16u << 20)     /* bytes of all scratch files together */
#define LIMIT_SUMMARY 200u	      /* bytes of a commit's first line */
#define LIMIT_LOCK_WAIT_MS 5000	      /* for .helios.lock, then EBUSY */
#define LIMIT_DEAD_LOCK_MS 1000	      /* after which a git lock nobody holds open is cleared */
#define LIMIT_QUIET_MS 100	      /* an edit behind our back must be this old */
#define LIMIT_LOOSE 4096u		/* objects of the history that are not packed, about */
#define LIMIT_CHECKPOINT_OPS 64u      /* operations in the journal that are not synced yet */
#define LIMIT_JOURNAL_FILE (1u << 30) /* bytes of one day's journal that recovery reads */
