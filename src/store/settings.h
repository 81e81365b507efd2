/* settings.yaml: the person's word on what Helios does. What is not said has its default. */
#pragma once

#include "store/home_private.h"
#include "yaml/yaml.h"

#define SETTINGS_FILE "settings.yaml"

/*
 * The settings at HEAD, or NULL: there are none, or (error->code is set) they cannot be read. The
 * caller frees them with document_free().
 */
struct document *settings_read(struct helios_home *home, struct helios_error *error);

/* Whether AI clients are offered all tools, not the core ones only. */
bool settings_all_tools(struct helios_home *home);

/*
 * Whether a rule of the secret gate is waved through: allow_secrets, true or a list of rules. 0, or
 * -ENOMEM, explained.
 */
int settings_allow_secret(struct helios_home *home, const char *rule, bool *ret,
			  struct helios_error *error);

/* For how many days the journal is kept; without memory to read that as long as can be. */
size_t settings_journal_days(struct helios_home *home);

/* How many previous sessions are kept, likewise. */
size_t settings_sessions_kept(struct helios_home *home);

/*
 * settings.yaml as it stands on the disk, which is not in service while it cannot be read: 0 and its
 * document, NULL when there is none; or a negative errno, explained. document_free() is for the
 * caller.
 */
int settings_read_disk(struct helios_home *home, struct document **ret, struct helios_error *error);

/* The same, judged: also a setting that no program knows is a fault (HELIOS_NO_KEY). */
int settings_check(struct helios_home *home, struct helios_error *error);
