/* The file of store/version.h. */
#include "store/version.h"

#include <inttypes.h>
#include <time.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/limits.h"
#include "yaml/yaml.h"

/* A scalar as its text, cut to what fits. 0 or -ENOMEM. */
static int copy(const struct node *root, const char *key, char out[40])
{
	const struct node *node = node_get(root, key);
	cleanup_buf struct buf text = {0};

	out[0] = '\0';
	if (node_is(node, NODE_STRING))
		snprintf(out, 40, "%.39s", node->text);
	else if (node && node->kind != NODE_MAP && node->kind != NODE_LIST &&
		 yaml_emit_flow(node, &text) == 0)
		snprintf(out, 40, "%.39s", buf_text(&text));
	return text.failed ? -ENOMEM : 0;
}

int version_read(int directory, struct home_version *ret, struct helios_error *error)
{
	cleanup_document struct document *document = NULL;
	cleanup_buf struct buf text = {0};
	const struct node *schema;
	int err = file_read(directory, VERSION_FILE, LIMIT_TEXT, &text, NULL);

	*ret = (struct home_version){.schema = SCHEMA_VERSION};
	if (err == -ENOMEM || err == -EIO)
		return helios_fail_errno(error, -err, VERSION_FILE, "cannot read " VERSION_FILE);
	if (err < 0)
		return 0;
	err = yaml_try(buf_text(&text), text.length, VERSION_FILE, &document, error);
	if (err < 0 || !document)
		return err;
	if (copy(document->root, "version", ret->version) < 0 ||
	    copy(document->root, "installed_at", ret->installed_at) < 0 ||
	    (!*ret->installed_at && /* what the Python server called it */
	     copy(document->root, "install_date", ret->installed_at) < 0) ||
	    copy(document->root, "migrated_from", ret->migrated_from) < 0)
		return helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL,
				   "cannot read " VERSION_FILE);
	schema = node_get(document->root, "schema_version");
	ret->schema = node_is(schema, NODE_INT) && schema->integer > 0 ? schema->integer : 0;
	return 0;
}

static void add_quoted(struct buf *out, const char *key, const char *value)
{
	struct node node = {.kind = NODE_STRING, .text = (char *)value, .length = strlen(value)};

	buf_addf(out, "%s: ", key);
	out->failed |= yaml_emit_flow(&node, out) < 0;
	buf_addch(out, '\n');
}

void version_write(struct buf *out, const char *installed_at, const char *migrated_from)
{
	char now[32];

	time_format(now, (int64_t)time(NULL));
	buf_addstr(out, "version: " HELIOS_VERSION "\n");
	add_quoted(out, "installed_at", installed_at && *installed_at ? installed_at : now);
	buf_addf(out, "schema_version: %d\n", SCHEMA_VERSION);
	buf_addstr(out, "features: [resolution, view, journal, snapshots]\n");
	if (*migrated_from)
		add_quoted(out, "migrated_from", migrated_from);
}

int version_check(int directory, struct helios_error *error)
{
	struct home_version version;
	int err = version_read(directory, &version, error);

	if (err < 0 || version.schema <= SCHEMA_VERSION)
		return err;
	return helios_fail(
		error, HELIOS_NEWER_HOME, &(struct helios_place){.file = VERSION_FILE}, NULL,
		"the home follows schema %" PRId64 " of Helios %s, this program knows %d",
		version.schema, version.version, SCHEMA_VERSION);
}
