/* The functions behind the table of methods, by the file that has them. */
#pragma once

#include "mcp/server.h"

/* lifecycle.c */
method_fn method_initialize, method_discover, method_ping, method_set_level;
/* tools.c */
method_fn method_tools_list, method_tools_call;
/* resources.c */
method_fn method_resources_list, method_templates_list, method_resources_read;
/* prompts.c */
method_fn method_prompts_list, method_prompts_get;
/* complete.c */
method_fn method_complete;
/* subscriptions.c */
method_fn method_listen, method_subscribe, method_unsubscribe;
/* skills.c */
method_fn method_skills_list, method_skills_get;
