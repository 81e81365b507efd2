/*
 * The tree of personas as an SVG picture: a column a generation, a line a persona. The bar in a box
 * is how much the base counts in it.
 */
#include "op/tree.h"

#define LINE 52	      /* from one persona to the next, pixels */
#define BOX 40	      /* a box's height */
#define GAP 56	      /* between two columns */
#define MARGIN 16     /* around everything */
#define CHARACTER 8   /* the width of one, roughly */
#define NARROWEST 190 /* what the words below a name need */

static const char style[] =
	"<style>\n"
	"text { font: 13px system-ui, sans-serif; fill: #1f2328 }\n"
	".words { font-size: 10px; fill: #57606a }\n"
	".box { fill: #f6f8fa; stroke: #8c959f } .active .box { stroke: #1a7f37; stroke-width: 2 "
	"}\n"
	".invalid .box { stroke: #cf222e; stroke-dasharray: 4 }\n"
	".weight { fill: #54aeff } .edge { fill: none; stroke: #8c959f }\n"
	"@media (prefers-color-scheme: dark) {\n"
	"text { fill: #e6edf3 } .words { fill: #9198a1 } .box { fill: #161b22 }\n"
	"}\n"
	"</style>\n";

/* Text as XML has it. */
static void add_escaped(struct buf *out, const char *text)
{
	cleanup_buf struct buf line = {0};

	add_one_line(&line, text, strlen(text));
	out->failed |= line.failed;
	for (const char *at = buf_text(&line); *at; at++) {
		if (*at == '&')
			buf_addstr(out, "&amp;");
		else if (*at == '<')
			buf_addstr(out, "&lt;");
		else if (*at == '>')
			buf_addstr(out, "&gt;");
		else
			buf_addch(out, *at);
	}
}

struct picture {
	struct buf *out;
	const struct branches *tree;
	size_t box; /* the width of each */
	size_t columns;
};

static size_t left_of(const struct picture *picture, const struct branch *branch)
{
	return MARGIN + branch->depth * (picture->box + GAP);
}

static size_t top_of(size_t line)
{
	return MARGIN + line * LINE;
}

/* The line from a branch to the one it grows from. */
static void add_edge(const struct picture *picture, size_t at)
{
	const struct branch *branch = &picture->tree->items[at];
	size_t from = left_of(picture, &picture->tree->items[branch->parent]) + picture->box;
	size_t to = left_of(picture, branch), bend = to - GAP / 2;

	buf_addf(picture->out, "<path class=\"edge\" d=\"M%zu %zu H%zu V%zu H%zu\"/>\n", from,
		 top_of(branch->parent) + BOX / 2, bend, top_of(at) + BOX / 2, to);
}

static void add_box(const struct picture *picture, size_t at)
{
	const struct branch *branch = &picture->tree->items[at];
	const struct persona_row *row = branch->row;
	size_t left = left_of(picture, branch), top = top_of(at);
	double weight = row && row->served ? row->weight : row ? 0 : 1;
	cleanup_buf struct buf words = {0};
	struct buf *out = picture->out;

	if (row && !row->valid)
		buf_addstr(&words, "INVALID");
	else
		add_branch_words(&words, picture->tree, branch);
	out->failed |= words.failed;
	buf_addf(out, "<g class=\"%s%s\">", row && row->active ? "active " : "",
		 row && !row->valid ? "invalid" : "valid");
	if (row && (!row->valid || row->description)) {
		buf_addstr(out, "<title>");
		add_escaped(out, row->valid ? row->description : row->error.message);
		buf_addstr(out, "</title>");
	}
	buf_addf(out,
		 "<rect class=\"box\" x=\"%zu\" y=\"%zu\" width=\"%zu\" height=\"%d\" rx=\"6\"/>",
		 left, top, picture->box, BOX);
	buf_addf(out, "<rect class=\"weight\" x=\"%zu\" y=\"%zu\" width=\"%.0f\" height=\"3\"/>",
		 left + 10, top + BOX - 6, weight * (double)(picture->box - 20));
	buf_addf(out, "<text x=\"%zu\" y=\"%zu\">", left + 10, top + 16);
	add_escaped(out, branch_name(branch));
	buf_addf(out, "</text><text class=\"words\" x=\"%zu\" y=\"%zu\">", left + 10, top + 29);
	add_escaped(out, buf_text(&words));
	buf_addstr(out, "</text></g>\n");
}

static void measure(struct picture *picture)
{
	picture->box = NARROWEST;
	for (size_t i = 0; i < picture->tree->count; i++) {
		const struct branch *branch = &picture->tree->items[i];
		size_t wanted = text_width(branch_name(branch)) * CHARACTER + 20;

		if (wanted > picture->box)
			picture->box = wanted;
		if (branch->depth + 1 > picture->columns)
			picture->columns = branch->depth + 1;
	}
}

void add_tree_picture(struct buf *out, const struct branches *tree)
{
	struct picture picture = {.out = out, .tree = tree};
	size_t width, height = top_of(tree->count) - (LINE - BOX) + MARGIN;

	measure(&picture);
	width = 2 * MARGIN + picture.columns * (picture.box + GAP) - GAP;
	buf_addf(out,
		 "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		 "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%zu\" height=\"%zu\" "
		 "viewBox=\"0 0 %zu %zu\">\n",
		 width, height, width, height);
	buf_addstr(out, style);
	for (size_t i = 1; i < tree->count; i++)
		add_edge(&picture, i);
	for (size_t i = 0; i < tree->count; i++)
		add_box(&picture, i);
	buf_addstr(out, "</svg>\n");
}
