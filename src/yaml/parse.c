/*
 * The one home of libyaml: drives its event parser over a checked text and hands the events to
 * yaml/build. Whether libyaml has asked for bytes beyond the end is remembered: what it refuses
 * before that, no continuation can mend.
 */
#include "yaml/yaml.h"

#include <stdint.h>

#include <yaml.h>

#include "yaml/breaks.h"
#include "yaml/build.h"

struct parse {
	struct text text;
	struct breaks breaks;
	size_t breaks_seen; /* how many of text.breaks were met in double quotes */
	const char *feed;
	size_t feed_length, fed;
	bool asked_for_end;
	struct helios_error *error;
	struct build build; /* last: its frames are not cleared */
};

static int read_text(void *data, unsigned char *buffer, size_t size, size_t *size_read)
{
	struct parse *parse = data;
	size_t left = parse->feed_length - parse->fed;

	*size_read = left < size ? left : size;
	memcpy(buffer, parse->feed + parse->fed, *size_read);
	parse->fed += *size_read;
	parse->asked_for_end = parse->asked_for_end || !left;
	return 1;
}

static int refuse_break(struct parse *parse, size_t at)
{
	struct helios_place place = {.file = parse->text.file};
	uint32_t codepoint;

	utf8_decode(parse->text.bytes + at, parse->text.length - at, &codepoint);
	text_position(parse->text.bytes, at, &place.line, &place.column);
	return helios_fail(parse->error, HELIOS_ENCODING, &place,
			   "put the text in double quotes, or remove the character",
			   "the line separator U+%04X stands outside double quotes", codepoint);
}

/* Refuses line separators before 'start'; those in [start, end) are in double quotes. */
static int pass_breaks(struct parse *parse, size_t start, size_t end)
{
	const struct text *text = &parse->text;
	size_t *seen = &parse->breaks_seen;

	if (*seen < text->break_count && text->breaks[*seen] < start)
		return refuse_break(parse, text->breaks[*seen]);
	while (*seen < text->break_count && text->breaks[*seen] < end)
		(*seen)++;
	return 0;
}

static struct node_place place_of(const struct parse *parse, const yaml_event_t *event)
{
	return (struct node_place){
		.start = text_offset(&parse->text, event->start_mark.index),
		.end = text_offset(&parse->text, event->end_mark.index),
		.line = (unsigned)event->start_mark.line + 1,
		.column = (unsigned)event->start_mark.column + 1,
	};
}

static int take_scalar(struct parse *parse, yaml_event_t *event)
{
	static const enum node_style styles[] = {
		[YAML_ANY_SCALAR_STYLE] = STYLE_PLAIN,
		[YAML_PLAIN_SCALAR_STYLE] = STYLE_PLAIN,
		[YAML_SINGLE_QUOTED_SCALAR_STYLE] = STYLE_SINGLE_QUOTED,
		[YAML_DOUBLE_QUOTED_SCALAR_STYLE] = STYLE_DOUBLE_QUOTED,
		[YAML_LITERAL_SCALAR_STYLE] = STYLE_LITERAL,
		[YAML_FOLDED_SCALAR_STYLE] = STYLE_FOLDED,
	};
	struct build_event scalar = {
		.anchor = (const char *)event->data.scalar.anchor,
		.tag = (const char *)event->data.scalar.tag,
		.text = (const char *)event->data.scalar.value,
		.length = event->data.scalar.length,
		.style = styles[event->data.scalar.style],
		.place = place_of(parse, event),
	};
	int r;

	if (parse->breaks.text) {
		size_t end =
			scalar.style == STYLE_DOUBLE_QUOTED ? scalar.place.end : scalar.place.start;

		r = pass_breaks(parse, scalar.place.start, end);
		if (r < 0)
			return r;
		scalar.length = breaks_restore(&parse->breaks, (char *)event->data.scalar.value,
					       scalar.length);
	}
	return build_scalar(&parse->build, &scalar);
}

static int take_sequence(struct parse *parse, const yaml_event_t *event)
{
	struct build_event start = {
		.anchor = (const char *)event->data.sequence_start.anchor,
		.tag = (const char *)event->data.sequence_start.tag,
		.style = event->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE ? STYLE_FLOW
										      : STYLE_BLOCK,
		.place = place_of(parse, event),
	};

	return build_open(&parse->build, &start, NODE_LIST);
}

static int take_mapping(struct parse *parse, const yaml_event_t *event)
{
	struct build_event start = {
		.anchor = (const char *)event->data.mapping_start.anchor,
		.tag = (const char *)event->data.mapping_start.tag,
		.style = event->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE ? STYLE_FLOW
										    : STYLE_BLOCK,
		.place = place_of(parse, event),
	};

	return build_open(&parse->build, &start, NODE_MAP);
}

static int take_document(struct parse *parse, const yaml_event_t *event)
{
	struct helios_place place = {.file = parse->text.file,
				     .line = (unsigned)event->start_mark.line + 1,
				     .column = (unsigned)event->start_mark.column + 1};

	if (!parse->build.document->root)
		return 0;
	return helios_fail(parse->error, HELIOS_DOCUMENTS, &place, NULL,
			   "a second document begins here");
}

/* 0 to go on, 1 at the end, or a negative errno. */
static int take_event(struct parse *parse, yaml_event_t *event)
{
	struct node_place place;

	switch (event->type) {
	case YAML_SCALAR_EVENT:
		return take_scalar(parse, event);
	case YAML_SEQUENCE_START_EVENT:
		return take_sequence(parse, event);
	case YAML_MAPPING_START_EVENT:
		return take_mapping(parse, event);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return build_close(&parse->build, text_offset(&parse->text, event->end_mark.index));
	case YAML_ALIAS_EVENT:
		place = place_of(parse, event);
		return build_alias(&parse->build, (const char *)event->data.alias.anchor, &place);
	case YAML_DOCUMENT_START_EVENT:
		return take_document(parse, event);
	case YAML_STREAM_END_EVENT:
		return 1;
	default:
		return 0;
	}
}

/* A better hint than the code's for what people do most often. */
static const char *hint_for(const struct parse *parse, const char *problem, size_t at)
{
	static const struct {
		const char *problem, *hint;
	} hints[] = {
		{"mapping values are not allowed",
		 "quote text that holds ': ', or mend the indentation of this line"},
		{"could not find expected ':'", "write 'key: value', and end quotes on their line"},
		{"found unexpected end of stream", "close the quote or bracket"},
		{"did not find expected ',' or", "close the bracket, or put ',' between items"},
		{"did not find expected key", "indent the keys of one mapping alike"},
		{"did not find expected '-'", "indent the items of one list alike"},
		{"found undefined tag handle", "remove the tag; only !override is known"},
		{"unknown escape character", "write \\\\ for a backslash in double quotes"},
	};
	char c = at < parse->text.length ? parse->text.bytes[at] : '\0';

	if (c == '\t')
		return "indent with spaces, not with tabs";
	if (strstr(problem, "cannot start any token"))
		return "put text that begins with this character in quotes";
	for (size_t i = 0; i < ARRAY_SIZE(hints); i++)
		if (strstr(problem, hints[i].problem))
			return hints[i].hint;
	return NULL;
}

static int refuse_syntax(struct parse *parse, const yaml_parser_t *parser)
{
	const char *problem = parser->problem ?: "";
	size_t at = text_offset(&parse->text, parser->problem_mark.index);
	struct helios_place place = {.file = parse->text.file,
				     .line = (unsigned)parser->problem_mark.line + 1,
				     .column = (unsigned)parser->problem_mark.column + 1};
	enum helios_code code = strstr(problem, "tag") ? HELIOS_TAG : HELIOS_SYNTAX;

	/* libyaml forgets to say so here and there, but it names a problem of every text */
	if (parser->error == YAML_MEMORY_ERROR || !*problem)
		return helios_fail(parse->error, HELIOS_NO_MEMORY, NULL, NULL, "memory ran out");
	if (strstr(problem, "expected <document start>"))
		return helios_fail(parse->error, HELIOS_DOCUMENTS, &place, NULL,
				   "there is text behind the end of the document");

	if (parser->context && parser->context_mark.line != parser->problem_mark.line)
		return helios_fail(parse->error, code, &place, hint_for(parse, problem, at),
				   "%s, %s that began on line %zu", problem, parser->context,
				   parser->context_mark.line + 1);
	return helios_fail(parse->error, code, &place, hint_for(parse, problem, at), "%s%s%s",
			   problem, parser->context ? ", " : "",
			   parser->context ? parser->context : "");
}

static int run(struct parse *parse)
{
	yaml_parser_t parser;
	int r = 0;

	if (!yaml_parser_initialize(&parser))
		return helios_fail(parse->error, HELIOS_NO_MEMORY, NULL, NULL, "memory ran out");
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input(&parser, read_text, parse);
	while (r == 0) {
		yaml_event_t event;

		if (!yaml_parser_parse(&parser, &event)) {
			r = refuse_syntax(parse, &parser);
			break;
		}
		r = take_event(parse, &event);
		yaml_event_delete(&event);
	}
	yaml_parser_delete(&parser);
	return r < 0 ? r : 0;
}

/* Refuses what only the end of the text can tell. */
static int check_end(struct parse *parse)
{
	struct helios_place place = {.file = parse->text.file, .line = 1, .column = 1};

	parse->asked_for_end = true;
	if (parse->breaks.text) {
		int r = pass_breaks(parse, parse->text.length, parse->text.length);

		if (r < 0)
			return r;
	}
	if (!parse->build.document->root)
		return helios_fail(parse->error, HELIOS_NOT_A_MAPPING, &place,
				   parse->build.any_root
					   ? "write \"\" for an empty text, null for nothing"
					   : NULL,
				   "the document is empty");
	return 0;
}

static int check_size(const struct text *text, struct helios_error *error)
{
	const struct helios_place place = {.file = text->file, .line = 1, .column = 1};

	if (text->length <= LIMIT_TEXT)
		return 0;
	return helios_fail(error, HELIOS_LIMIT, &place, NULL,
			   "the text has %zu bytes; at most %u are allowed", text->length,
			   LIMIT_TEXT);
}

static int parse_text(struct parse *parse, bool prefix)
{
	struct document *document = parse->build.document;
	int r = text_check(&parse->text, prefix, &document->arena, parse->error);

	if (r < 0)
		return r;
	parse->feed = parse->text.bytes + parse->text.bom;
	parse->feed_length = parse->text.length - parse->text.bom;
	if (parse->text.break_count) {
		if (breaks_replace(&parse->breaks, &parse->text) < 0)
			return helios_fail(parse->error, HELIOS_NO_MEMORY, NULL, NULL,
					   "memory ran out");
		parse->feed = parse->breaks.text;
		parse->feed_length = parse->breaks.length;
	}
	r = run(parse);
	return r < 0 ? r : check_end(parse);
}

static struct document *new_document(const char *text, size_t length, const char *file)
{
	struct document *document = calloc(1, sizeof(*document));

	if (!document)
		return NULL;
	document->text = arena_strndup(&document->arena, text, length);
	document->length = length;
	document->file = arena_strdup(&document->arena, file ? file : "");
	if (!document->text || !document->file) {
		document_free(document);
		return NULL;
	}
	return document;
}

static int read_document(const char *text, size_t length, const char *file, bool any_root,
			 bool prefix, struct document **ret, struct helios_error *error)
{
	struct parse parse;
	cleanup_document struct document *document = NULL;
	int r;

	/* Each frame is set up when its collection begins. */
	memset(&parse, 0, offsetof(struct parse, build.frames));
	parse.error = error;
	parse.text.length = length;
	parse.text.file = file;
	r = check_size(&parse.text, error);
	if (r < 0)
		return r;
	document = new_document(text, length, file);
	if (!document)
		return helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "memory ran out");
	parse.text.bytes = document->text;
	parse.text.file = document->file;
	parse.build.document = document;
	parse.build.error = error;
	parse.build.any_root = any_root;
	r = parse_text(&parse, prefix);
	build_done(&parse.build);
	free(parse.breaks.text);
	if (prefix && r != -ENOMEM && parse.asked_for_end)
		return 0;
	if (r == 0 && ret)
		*ret = take_ptr(document);
	return r;
}

int yaml_parse(const char *text, size_t length, const char *file, struct document **ret,
	       struct helios_error *error)
{
	return read_document(text, length, file, false, false, ret, error);
}

int yaml_try(const char *text, size_t length, const char *file, struct document **ret,
	     struct helios_error *error)
{
	struct helios_error reason;

	*ret = NULL;
	return yaml_parse(text, length, file, ret, &reason) == -ENOMEM
		       ? helios_fail(error, HELIOS_NO_MEMORY, NULL, NULL, "memory ran out")
		       : 0;
}

int yaml_parse_value(const char *text, size_t length, struct document **ret,
		     struct helios_error *error)
{
	int r = read_document(text, length, "", true, false, ret, error);
	enum node_style style;

	if (r < 0)
		return r;
	style = (*ret)->root->style;
	if (style == STYLE_BLOCK || style == STYLE_LITERAL || style == STYLE_FOLDED) {
		document_free(take_ptr(*ret));
		return helios_fail(error, HELIOS_USAGE, NULL,
				   "quote a text: \"what: now\"; write a mapping as {what: now}",
				   "the value is YAML over lines, not a scalar or flow value");
	}
	return 0;
}

int yaml_check_prefix(const char *text, size_t length, const char *file, struct helios_error *error)
{
	struct helios_error refusal;
	int r = read_document(text, length, file, false, true, NULL, &refusal);

	if (r < 0 && error)
		*error = refusal;
	return r;
}

void document_free(struct document *document)
{
	if (!document)
		return;
	arena_done(&document->arena);
	free(document);
}
