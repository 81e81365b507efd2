/* The formats of persona/render.h; where each limit comes from stands beside it. */
#include "persona/render.h"

#include "base/json_write.h"
#include "base/slug.h"
#include "persona/card.h"
#include "persona/prompt.h"

#define SECTIONS 256

const struct render_format render_formats[] = {
	/* Codex stops reading at project_doc_max_bytes, 32 KiB */
	{"agents-md", "AGENTS.md", NULL, 32768, 0, false},
	/* Claude Code's documentation advises fewer than 200 lines */
	{"claude-md", "CLAUDE.md", NULL, 0, 200, false},
	/* Cursor's documentation advises fewer than 500 lines; a description in one line */
	{"mdc", "helios.mdc", "---\ndescription: %d\nglobs:\nalwaysApply: true\n---\n\n", 0, 500,
	 false},
	{"instructions", "helios.instructions.md", "---\ndescription: %d\napplyTo: \"**\"\n---\n\n",
	 0, 0, false},
	{"output-style", "output-style.md",
	 "---\nname: %n\ndescription: %d\nkeep-coding-instructions: true\n---\n\n", 0, 0, false},
	/* small letters, digits and hyphens, say the documents of subagents and of skills */
	{"agent", "agent.md", "---\nname: %s\ndescription: %d\n---\n\n", 0, 0, false},
	{"skill", "SKILL.md", "---\nname: %s\ndescription: %d\n---\n\n", 0, 0, false},
	{"card", "card.json", NULL, 0, 0, true},
	/* a rule of Windsurf: 12 000 characters are documented, 6 000 were met */
	{"windsurf", "windsurf.md", "---\ntrigger: always_on\n---\n\n", 6000, 0, false},
	{"continue", "continue.md", "---\nname: %n\nalwaysApply: true\n---\n\n", 0, 0, false},
	{NULL, NULL, NULL, 0, 0, false},
};

const struct render_format *render_format_find(const char *name)
{
	for (const struct render_format *format = render_formats; format->name; format++)
		if (streq(format->name, name))
			return format;
	return NULL;
}

const struct render_format *render_format_of_file(const char *file)
{
	for (const struct render_format *format = render_formats; format->name; format++)
		if (streq(format->file, file))
			return format;
	return NULL;
}

static const char *text_of(const struct node *root, const char *key, const char *otherwise)
{
	const struct node *value = node_get(root, key);

	return node_is(value, NODE_STRING) && value->length ? value->text : otherwise;
}

/* JSON's strings are YAML's: nothing in a value can end the front matter. */
static void add_quoted(struct buf *out, const char *value)
{
	cleanup_buf struct buf quoted = {0};

	json_text(&quoted, value);
	buf_add(out, buf_text(&quoted), quoted.length);
	out->failed |= quoted.failed;
}

static void add_head(const char *head, const struct node *root, const char *name, struct buf *out)
{
	cleanup_buf struct buf otherwise = {0}, slug = {0};

	buf_addf(&otherwise, "How to work as %s", name);
	slug_add(&slug, name);
	for (; *head; head++) {
		if (head[0] != '%') {
			buf_addch(out, *head);
			continue;
		}
		head++;
		if (*head == 'd')
			add_quoted(out, text_of(root, "description", buf_text(&otherwise)));
		else
			add_quoted(out, *head == 'n' ? name : buf_text(&slug));
	}
}

/* Where the prompt's sections begin: the one before the first heading counts as one. */
static size_t find_sections(const char *text, size_t *starts)
{
	size_t count = 0;

	starts[count++] = 0;
	for (const char *at = strstr(text, "\n## "); at && count < SECTIONS - 1;
	     at = strstr(at + 1, "\n## "))
		starts[count++] = (size_t)(at - text);
	starts[count] = strlen(text);
	return count;
}

/* The most important ones last: what says who the agent is stays longest. */
static unsigned priority(const char *section)
{
	static const char *const order[] = {"\n## Technical\n", "\n## Behaviors\n",
					    "\n## Communication\n", "\n## Identity\n"};

	for (unsigned i = 0; i < ARRAY_SIZE(order); i++)
		if (strncmp(section, order[i], strlen(order[i])) == 0)
			return i + 1;
	return 0;
}

static bool fits(const struct render_format *format, const struct buf *text)
{
	size_t lines = 0;

	for (size_t i = 0; i < text->length; i++)
		lines += text->data[i] == '\n';
	return (!format->bytes || text->length <= format->bytes) &&
	       (!format->lines || lines < format->lines);
}

/* What is not dropped, and a last line that says what is. */
static void join(const char *text, const size_t *starts, const bool *gone, size_t count,
		 struct buf *out, struct buf *dropped)
{
	buf_clear(dropped);
	for (size_t i = 0; i < count; i++) {
		const char *section = text + starts[i];

		if (!gone[i]) {
			buf_add(out, section, starts[i + 1] - starts[i]);
			continue;
		}
		buf_addstr(dropped, dropped->length ? ", " : "");
		buf_add(dropped, section + 4, strcspn(section + 4, "\n"));
	}
	if (dropped->length)
		buf_addf(out, "\nLeft out, for the size this tool reads: %s.\n", buf_text(dropped));
}

/* The section to go next: the last of the least important ones; count when only the first is. */
static size_t least(const char *text, const size_t *starts, const bool *gone, size_t count)
{
	size_t found = count;

	for (size_t i = 1; i < count; i++)
		if (!gone[i] && (found == count ||
				 priority(text + starts[i]) <= priority(text + starts[found])))
			found = i;
	return found;
}

static void cut(const struct render_format *format, const struct buf *head, const char *text,
		struct buf *out, struct buf *dropped)
{
	size_t starts[SECTIONS], count = find_sections(text, starts), next;
	bool gone[SECTIONS] = {false};

	for (;;) {
		cleanup_buf struct buf whole = {0};

		buf_add(&whole, buf_text(head), head->length);
		join(text, starts, gone, count, &whole, dropped);
		next = least(text, starts, gone, count);
		if (whole.failed || fits(format, &whole) || next == count) {
			buf_add(out, buf_text(&whole), whole.length);
			out->failed |= whole.failed || dropped->failed;
			return;
		}
		gone[next] = true;
	}
}

void render_persona(const struct render_format *format, const struct node *root, const char *name,
		    bool body, struct buf *out, struct buf *dropped)
{
	cleanup_buf struct buf prompt = {0}, head = {0};

	prompt_render(root, name, &prompt);
	if (format->head && !body)
		add_head(format->head, root, name, &head);
	if (format->card)
		card_render(root, name, out);
	else
		cut(format, &head, buf_text(&prompt), out, dropped);
	out->failed |= prompt.failed || head.failed;
}
