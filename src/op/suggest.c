/* What a mistyped command may have meant. Relies on base/nearest. */
#include <helios/op.h>

#include "base/base.h"
#include "base/nearest.h"

const char *helios_suggest(const char *word, const char *const *candidates, size_t count)
{
	return nearest(word, candidates, count);
}

const struct helios_op *helios_op_find(const char *name)
{
	for (const struct helios_op *op = helios_ops; op->name; op++)
		if (streq(op->name, name))
			return op;
	return NULL;
}

/* What other tools call it. */
static const struct {
	const char *said, *meant;
} synonyms[] = {
	{"add", "new"},	    {"cat", "show"},	   {"copy", "cp"},	  {"create", "new"},
	{"delete", "rm"},   {"del", "rm"},	   {"history", "log"},	  {"ls", "list"},
	{"move", "mv"},	    {"put", "set"},	   {"remove", "rm"},	  {"rename", "mv"},
	{"select", "use"},  {"switch", "use"},	   {"unmount", "umount"}, {"activate", "use"},
	{"why", "explain"}, {"annotate", "blame"}, {"find", "search"},	  {"grep", "search"},
};

const struct helios_op *helios_op_suggest(const char *name)
{
	const char *names[64] = {NULL};
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_SIZE(synonyms); i++)
		if (streq(synonyms[i].said, name))
			return helios_op_find(synonyms[i].meant);
	for (const struct helios_op *op = helios_ops; op->name && count < ARRAY_SIZE(names); op++)
		if (!(op->flags & HELIOS_OP_HIDDEN))
			names[count++] = op->name;
	name = helios_suggest(name, names, count);
	return name ? helios_op_find(name) : NULL;
}
