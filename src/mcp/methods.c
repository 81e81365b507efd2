/* The table of methods: which era knows each, and how long a client may keep its result. */
#include "mcp/methods.h"

const struct method methods[] = {
	{"initialize", ERA_HANDSHAKE, CACHE_NONE, method_initialize},
	{"ping", ERA_HANDSHAKE, CACHE_NONE, method_ping},
	{"logging/setLevel", ERA_HANDSHAKE, CACHE_NONE, method_set_level},
	{"resources/subscribe", ERA_HANDSHAKE, CACHE_NONE, method_subscribe},
	{"resources/unsubscribe", ERA_HANDSHAKE, CACHE_NONE, method_unsubscribe},
	{"server/discover", ERA_MODERN, CACHE_LISTS, method_discover},
	{"subscriptions/listen", ERA_MODERN, CACHE_NONE, method_listen},
	{"tools/list", ERA_BOTH, CACHE_LISTS, method_tools_list},
	{"tools/call", ERA_BOTH, CACHE_NONE, method_tools_call},
	{"resources/list", ERA_BOTH, CACHE_PERSONAL, method_resources_list},
	{"resources/templates/list", ERA_BOTH, CACHE_LISTS, method_templates_list},
	{"resources/read", ERA_BOTH, CACHE_PERSONAL, method_resources_read},
	{"prompts/list", ERA_BOTH, CACHE_PERSONAL, method_prompts_list},
	{"prompts/get", ERA_BOTH, CACHE_NONE, method_prompts_get},
	{"completion/complete", ERA_BOTH, CACHE_NONE, method_complete},
	{"skills/list", ERA_BOTH, CACHE_PERSONAL, method_skills_list},
	{"skills/get", ERA_BOTH, CACHE_PERSONAL, method_skills_get},
	{NULL, 0, CACHE_NONE, NULL},
};
