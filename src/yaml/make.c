/* Trees of yaml/make.h. */
#include "yaml/make.h"

#include "base/base.h"

void make_entry(struct maker *maker, struct node *map, const char *key, struct node *value)
{
	if (maker->err == 0)
		maker->err = map ? node_put(maker->arena, map, key, value) : -ENOMEM;
}

void make_text(struct maker *maker, struct node *map, const char *key, const char *text)
{
	make_entry(maker, map, key, node_string(maker->arena, text, strlen(text)));
}

void make_int(struct maker *maker, struct node *map, const char *key, int64_t number)
{
	make_entry(maker, map, key, node_int(maker->arena, number));
}

void make_item(struct maker *maker, struct node *list, struct node *item)
{
	if (maker->err == 0)
		maker->err = list ? node_append(maker->arena, list, item) : -ENOMEM;
}
