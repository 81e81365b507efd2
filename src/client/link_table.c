/*
 * The table of client/link_table.h. A tool's own documentation says where it reads; a symbolic link
 * is used only where the tool is known to follow one, and a block where one file is all there is.
 */
#include "client/link_table.h"

const char *const link_modes[] = {"symlink", "copy", "block"};

const struct link_client link_clients[] = {
	/* it skips links in a project that lead out of it */
	{"claude-code",
	 {".claude/rules/helios.md", NULL, "CLAUDE_CONFIG_DIR", "rules/helios.md", "claude-md",
	  LINK_SYMLINK},
	 {".claude/rules/helios.md", NULL, NULL, NULL, "claude-md", LINK_COPY},
	 NULL},
	{"claude-desktop",
	 {NULL, NULL, NULL, NULL, NULL, LINK_COPY},
	 {NULL, NULL, NULL, NULL, NULL, LINK_COPY},
	 "it reads no file of rules; it gets personas from helios-mcp"},
	{"cursor",
	 {NULL, NULL, NULL, NULL, NULL, LINK_COPY},
	 {".cursor/rules/helios.mdc", NULL, NULL, NULL, "mdc", LINK_COPY},
	 "it reads files of rules in projects alone: give --project DIR"},
	{"vscode",
	 {".copilot/instructions/helios.instructions.md", NULL, NULL, NULL, "instructions",
	  LINK_COPY},
	 {".github/instructions/helios.instructions.md", NULL, NULL, NULL, "instructions",
	  LINK_COPY},
	 NULL},
	{"zed",
	 {".config/zed/AGENTS.md", NULL, "XDG_CONFIG_HOME", "zed/AGENTS.md", "agents-md",
	  LINK_BLOCK},
	 {"AGENTS.md", ".rules", NULL, NULL, "agents-md", LINK_BLOCK},
	 NULL},
	/* of its two files it reads one */
	{"codex",
	 {".codex/AGENTS.md", ".codex/AGENTS.override.md", "CODEX_HOME", "AGENTS.md", "agents-md",
	  LINK_BLOCK},
	 {"AGENTS.md", "AGENTS.override.md", NULL, NULL, "agents-md", LINK_BLOCK},
	 NULL},
	{"gemini",
	 {".gemini/GEMINI.md", NULL, NULL, NULL, "agents-md", LINK_BLOCK},
	 {"GEMINI.md", NULL, NULL, NULL, "agents-md", LINK_BLOCK},
	 NULL},
	{"windsurf",
	 {".codeium/windsurf/memories/global_rules.md", NULL, NULL, NULL, "windsurf", LINK_BLOCK},
	 {".windsurf/rules/helios.md", NULL, NULL, NULL, "windsurf", LINK_COPY},
	 NULL},
	{"continue",
	 {NULL, NULL, NULL, NULL, NULL, LINK_COPY},
	 {".continue/rules/helios.md", NULL, NULL, NULL, "continue", LINK_COPY},
	 "it reads files of rules in projects alone: give --project DIR"},
	{NULL,
	 {NULL, NULL, NULL, NULL, NULL, LINK_COPY},
	 {NULL, NULL, NULL, NULL, NULL, LINK_COPY},
	 NULL},
};

const struct link_client *link_client_find(const char *name)
{
	for (const struct link_client *client = link_clients; client->name; client++)
		if (streq(client->name, name))
			return client;
	return NULL;
}
