/* The table of client/client.h, and where each client is. */
#include "client/client.h"

#include <sys/stat.h>

#include "base/nearest.h"
#include "base/program.h"
#include "client/entry.h"

/*
 * Continue: a new config.yaml would put a config.json that is there out of use, so without one the
 * entry is a file of its own. The command line cn reads config.yaml alone.
 */
const struct client clients[] = {
	{.name = "claude-code",
	 .title = "Claude Code",
	 .format = &entry_json,
	 .key = "mcpServers",
	 .variable = "CLAUDE_CONFIG_DIR",
	 .path_in_variable = ".claude.json",
	 .path = ".claude.json",
	 .sign = ".claude",
	 .program = "claude",
	 .before = {{"type", "\"stdio\""}},
	 .after = {{"env", "{}"}}},
	{.name = "claude-desktop",
	 .title = "Claude Desktop",
	 .format = &entry_json,
	 .key = "mcpServers",
	 .in_config = true,
	 .path = "Claude/claude_desktop_config.json",
	 .sign = "Claude",
	 .program = "claude-desktop"},
	{.name = "cursor",
	 .title = "Cursor",
	 .format = &entry_json,
	 .key = "mcpServers",
	 .path = ".cursor/mcp.json",
	 .sign = ".cursor",
	 .program = "cursor",
	 .before = {{"type", "\"stdio\""}},
	 .after = {{"env", "{}"}}},
	{.name = "vscode",
	 .title = "VS Code",
	 .format = &entry_json,
	 .key = "servers",
	 .in_config = true,
	 .path = "Code/User/mcp.json",
	 .sign = "Code",
	 .program = "code",
	 .before = {{"type", "\"stdio\""}}},
	{.name = "zed",
	 .title = "Zed",
	 .format = &entry_json,
	 .key = "context_servers",
	 .in_config = true,
	 .path = "zed/settings.json",
	 .sign = "zed",
	 .program = "zed",
	 .before = {{"source", "\"custom\""}},
	 .after = {{"env", "{}"}}},
	{.name = "codex",
	 .title = "Codex",
	 .format = &entry_toml,
	 .key = "mcp_servers",
	 .variable = "CODEX_HOME",
	 .path_in_variable = "config.toml",
	 .path = ".codex/config.toml",
	 .sign = ".codex",
	 .program = "codex"},
	{.name = "gemini",
	 .title = "Gemini CLI",
	 .format = &entry_json,
	 .key = "mcpServers",
	 .variable = "GEMINI_CLI_HOME",
	 .path_in_variable = ".gemini/settings.json",
	 .path = ".gemini/settings.json",
	 .sign = ".gemini",
	 .program = "gemini",
	 .after = {{"timeout", "30000"}, {"trust", "false"}}},
	{.name = "windsurf",
	 .title = "Windsurf",
	 .format = &entry_json,
	 .key = "mcpServers",
	 .path = ".codeium/windsurf/mcp_config.json",
	 .sign = ".codeium/windsurf",
	 .program = "windsurf"},
	{.name = "continue",
	 .title = "Continue",
	 .format = &entry_yaml,
	 .key = "mcpServers",
	 .variable = "CONTINUE_GLOBAL_DIR",
	 .path_in_variable = "config.yaml",
	 .path = ".continue/config.yaml",
	 .other = "mcpServers/helios.yaml",
	 .sign = ".continue",
	 .program = "cn"},
	{.name = NULL},
};

const struct client *client_find(const char *name, struct helios_error *error)
{
	const char *names[ARRAY_SIZE(clients)], *near;
	char hint[64];
	size_t count = 0;

	for (; clients[count].name; count++) {
		if (streq(clients[count].name, name))
			return &clients[count];
		names[count] = clients[count].name;
	}
	near = nearest(name, names, count);
	if (near)
		snprintf(hint, sizeof(hint), "did you mean '%s'?", near);
	helios_fail(error, HELIOS_NO_CLIENT, NULL, near ? hint : "'helios setup' lists the clients",
		    "Helios knows no AI client '%s'", name);
	return NULL;
}

/* The directory a client's paths are beneath; NULL when memory is out or nothing says. */
static char *base_directory(const struct client *client)
{
	const char *home = getenv("HOME"), *config = getenv("XDG_CONFIG_HOME");
	char *path = NULL;

	if (client->in_config && config && config[0] == '/')
		return strdup(config);
	if (!home || home[0] != '/' ||
	    asprintf(&path, "%s%s", home, client->in_config ? "/.config" : "") < 0)
		return NULL;
	return path;
}

static bool is_there(const char *directory, const char *path)
{
	cleanup_free char *whole = NULL;
	struct stat st;

	return asprintf(&whole, "%s/%s", directory, path) >= 0 && lstat(whole, &st) == 0;
}

static bool is_in_path(const char *name)
{
	cleanup_free char *program = program_find(name);

	return program != NULL;
}

/* Beside the file there is none, the one that is made instead. */
static int locate_other(const struct client *client, struct client_place *place)
{
	char *slash = strrchr(place->path, '/'), *path = NULL;

	if (asprintf(&path, "%.*s/%s", (int)(slash - place->path), place->path, client->other) < 0)
		return -ENOMEM;
	free(place->path);
	place->path = path;
	place->exists = is_there("", path);
	return 0;
}

int client_locate(const struct client *client, struct client_place *ret, struct helios_error *error)
{
	const char *variable = client->variable ? getenv(client->variable) : NULL;
	bool moved = variable && variable[0] == '/';
	cleanup_free char *directory = moved ? strdup(variable) : base_directory(client);
	int err = 0;

	*ret = (struct client_place){0};
	if (!directory)
		return helios_fail(error, HELIOS_NO_CLIENT, NULL, "set HOME to its absolute path",
				   "nothing says where your home directory is");
	if (asprintf(&ret->path, "%s/%s", directory,
		     moved ? client->path_in_variable : client->path) < 0) {
		ret->path = NULL;
		return helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "memory ran out");
	}
	ret->exists = is_there("", ret->path);
	ret->found = ret->exists || is_there(directory, moved ? "." : client->sign) ||
		     is_in_path(client->program);
	if (client->other && !ret->exists)
		err = locate_other(client, ret);
	if (err == 0)
		return 0;
	client_place_done(ret);
	return helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "memory ran out");
}

void client_place_done(struct client_place *place)
{
	free(place->path);
	*place = (struct client_place){0};
}
