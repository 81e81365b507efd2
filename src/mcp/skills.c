/* The Skills extension: each persona is a skill of one file, SKILL.md. */
#include "base/slug.h"
#include "mcp/digest.h"
#include "mcp/methods.h"
#include "mcp/uri.h"

#define SKILL_URI "skill://helios/"
#define SKILL_FILE "/SKILL.md"
#define SLUG_AT_MOST 64 /* bytes, as of a persona's name */
#define STEM_AT_MOST 56 /* before a number */

static bool is_taken(const struct persona *personas, size_t count, const char *slug)
{
	for (size_t i = 0; i < count; i++)
		if (streq(personas[i].slug, slug))
			return true;
	return false;
}

/* Each persona's slug; one that another has already gets a number. */
static int list_skills(struct server *server, struct persona **ret, size_t *ret_count,
		       struct helios_error *error)
{
	if (personas_list(server, ret, ret_count, error) < 0)
		return -1;
	for (size_t i = 0; i < *ret_count; i++) {
		struct persona *persona = &(*ret)[i];
		cleanup_buf struct buf stem = {0};
		char slug[SLUG_AT_MOST + 16];
		unsigned twin = 1;

		slug_add(&stem, persona->name);
		snprintf(slug, sizeof(slug), "%s", buf_text(&stem));
		while (is_taken(*ret, i, slug))
			snprintf(slug, sizeof(slug), "%.*s-%u", STEM_AT_MOST, buf_text(&stem),
				 ++twin);
		persona->slug = strdup(slug);
		if (!persona->slug) {
			personas_free(*ret, *ret_count);
			return helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "memory ran out"),
			       -1;
		}
	}
	return 0;
}

static void add_description(struct buf *out, const struct persona *persona)
{
	if (*persona->description)
		json_text(out, persona->description);
	else
		json_text(out, "A persona: how to behave in this role");
}

/* SKILL.md: its front matter, then the prompt. */
static int add_skill_file(struct server *server, const struct persona *persona, struct buf *out,
			  struct helios_error *error)
{
	struct helios_home *home = server_home(server, false, error);
	cleanup_buf struct buf name = {0}, description = {0};
	struct helios_text *text;

	if (!home || helios_read(home, HELIOS_PROMPT, persona->name, &text, error) < 0)
		return -1;
	json_text(&name, persona->slug); /* in quotes: it may look like a number */
	add_description(&description, persona);
	buf_addf(out, "---\nname: %s\ndescription: %s\n---\n\n", buf_text(&name),
		 buf_text(&description));
	buf_add(out, text->data, text->length);
	helios_text_unref(text);
	return 0;
}

static int add_skill(struct server *server, const struct persona *persona, struct buf *out,
		     struct helios_error *error)
{
	cleanup_buf struct buf file = {0}, uri = {0}, digest = {0};
	char hex[DIGEST_HEX + 1];

	if (add_skill_file(server, persona, &file, error) < 0)
		return -1;
	digest_hex(buf_text(&file), file.length, hex);
	buf_addf(&uri, SKILL_URI "%s" SKILL_FILE, persona->slug);
	buf_addf(&digest, "sha256:%s", hex);
	json_open(out, '{');
	json_member(out, "uri", buf_text(&uri));
	json_key(out, "frontmatter");
	json_open(out, '{');
	json_member(out, "name", persona->slug);
	json_key(out, "description");
	add_description(out, persona);
	json_close(out, '}');
	json_key(out, "resources");
	json_open(out, '[');
	json_open(out, '{');
	json_member(out, "uri", buf_text(&uri));
	json_member(out, "digest", buf_text(&digest));
	json_member_whole(out, "size", (int64_t)file.length);
	json_close(out, '}');
	json_close(out, ']');
	json_close(out, '}');
	return 0;
}

int method_skills_list(struct server *server, const struct message *message, struct buf *result,
		       struct fault *fault)
{
	cleanup_free char *after = NULL;
	struct helios_error error = {0};
	struct persona *personas = NULL;
	size_t count = 0, i, end;

	if (read_cursor(message, &after, fault) < 0)
		return -1;
	if (list_skills(server, &personas, &count, &error) < 0 && error.code != HELIOS_NO_HOME)
		return fail_with(fault, &error);
	json_key(result, "skills");
	json_open(result, '[');
	/* one that cannot be read just now is left out */
	for (i = personas_after(personas, count, after, &end); i < end; i++)
		add_skill(server, &personas[i], result, &error);
	json_close(result, ']');
	add_next_cursor(result, personas, count, end);
	personas_free(personas, count);
	return 0;
}

/* The persona behind a skill's URI: its index, or count when there is none. */
static size_t find_skill(const char *uri, const struct persona *personas, size_t count)
{
	cleanup_free char *wanted = uri_between(uri, SKILL_URI, SKILL_FILE);
	size_t i = 0;

	while (wanted && i < count && !streq(personas[i].slug, wanted))
		i++;
	return wanted ? i : count;
}

int skill_read(struct server *server, const char *uri, struct buf *out, struct helios_error *error)
{
	struct persona *personas;
	size_t count, i;
	int r = -1;

	if (list_skills(server, &personas, &count, error) < 0)
		return -1;
	i = find_skill(uri, personas, count);
	if (i < count)
		r = add_skill_file(server, &personas[i], out, error);
	personas_free(personas, count);
	return r;
}

int method_skills_get(struct server *server, const struct message *message, struct buf *result,
		      struct fault *fault)
{
	cleanup_free char *uri = slice_strdup(slice_get(message->params, "uri"));
	struct helios_error error = {0};
	struct persona *personas;
	size_t count, i;
	int r = 0;

	if (!uri)
		return fail(fault, RPC_PARAMS, "params.uri must be a string");
	if (list_skills(server, &personas, &count, &error) < 0)
		return error.code == HELIOS_NO_HOME
			       ? fail(fault, RPC_PARAMS, "%s; %s", error.message, error.hint)
			       : fail_with(fault, &error);
	i = find_skill(uri, personas, count);
	if (i == count) {
		r = fail(fault, RPC_PARAMS, "there is no such skill");
	} else {
		json_key(result, "skill");
		if (add_skill(server, &personas[i], result, &error) < 0)
			r = fail_with(fault, &error);
	}
	personas_free(personas, count);
	return r;
}
