/*
 * What agents may do by themselves: 'agent_writes' of settings.yaml, one word or one for each PATH,
 * with "*" for all others:
 *
 *     agent_writes: propose
 *     agent_writes: {"*": propose, communication: allow, technical.safety: deny}
 *
 * The longest path that leads to a value decides; of several values the strictest word does. A
 * transaction of a tool is judged where it would be carried out, so no tool can pass by.
 */
#pragma once

#include "store/txn.h"

enum agent_word { AGENT_ALLOW, AGENT_PROPOSE, AGENT_DENY };

/*
 * Whether tools may write at all, before anything is looked at: -EPERM (HELIOS_AGENTS) when one
 * word denies everything, or when what the person has said cannot be understood.
 */
int agents_check(struct helios_home *home, struct helios_error *error);

/* Whether what the person has said can be understood. */
int agents_understand(struct helios_home *home, struct helios_error *error);

/* The same as agents_check() for what changes no value, such as a snapshot: what "*" says. */
int agents_check_rest(struct helios_home *home, struct helios_error *error);

/* The word for all that txn would change. -EPERM (HELIOS_AGENTS), naming the key, when denied. */
int agents_judge(struct txn *txn, enum agent_word *ret, struct helios_error *error);
