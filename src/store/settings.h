/* settings.yaml: the person's word on what Helios does. What is not said has its default. */
#pragma once

#include "store/home_private.h"

/* 0 when agents may write; else a negative errno (HELIOS_AGENTS), explained. */
int settings_check_agents(struct helios_home *home, struct helios_error *error);

/* Whether AI clients are offered all tools, not the core ones only. */
bool settings_all_tools(struct helios_home *home);

/* For how many days the journal is kept. */
size_t settings_journal_days(struct helios_home *home);

/* How many previous sessions are kept. */
size_t settings_sessions_kept(struct helios_home *home);
