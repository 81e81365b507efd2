/* The reader of base/slice.h. The stack of open brackets is a fixed array: depth has a limit. */
#include "base/slice.h"

#include "base/limits.h"
#include "base/utf8.h"

/* What is being checked, and how far. */
struct scan {
	const char *at, *end;
	char open[LIMIT_JSON_DEPTH]; /* '{' or '[' */
	unsigned depth;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static const char *skip_blanks(const char *at, const char *end)
{
	while (at < end && is_blank(*at))
		at++;
	return at;
}

static unsigned hex_value(const char *digits)
{
	unsigned value = 0;

	for (unsigned i = 0; i < 4; i++) {
		char c = digits[i];

		value = value * 16 + (unsigned)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
	}
	return value;
}

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* Behind the backslash at scan->at. */
static bool check_escape(struct scan *scan)
{
	char c = scan->at + 1 < scan->end ? scan->at[1] : '\0';

	if (c == 'u') {
		if (scan->end - scan->at < 6)
			return false;
		for (unsigned i = 2; i < 6; i++)
			if (!is_hex(scan->at[i]))
				return false;
		if (hex_value(scan->at + 2) == 0)
			return false; /* would cut a C string */
		scan->at += 6;
		return true;
	}
	scan->at += 2;
	return c && strchr("\"\\/bfnrt", c);
}

static bool check_string(struct scan *scan)
{
	for (scan->at++; scan->at < scan->end && *scan->at != '"';) {
		if ((unsigned char)*scan->at < 0x20)
			return false;
		if (*scan->at != '\\')
			scan->at++;
		else if (!check_escape(scan))
			return false;
	}
	return scan->at++ < scan->end;
}

static bool check_digits(struct scan *scan)
{
	const char *begin = scan->at;

	while (scan->at < scan->end && *scan->at >= '0' && *scan->at <= '9')
		scan->at++;
	return scan->at > begin;
}

static bool take(struct scan *scan, const char *one_of)
{
	if (scan->at >= scan->end || !*scan->at || !strchr(one_of, *scan->at))
		return false;
	scan->at++;
	return true;
}

static bool check_number(struct scan *scan)
{
	take(scan, "-");
	if (!take(scan, "0") && !check_digits(scan))
		return false;
	if (take(scan, ".") && !check_digits(scan))
		return false;
	if (!take(scan, "eE"))
		return true;
	take(scan, "+-");
	return check_digits(scan);
}

static bool check_word(struct scan *scan)
{
	static const char *const words[] = {"null", "true", "false"};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		size_t length = strlen(words[i]);

		if ((size_t)(scan->end - scan->at) >= length &&
		    memcmp(scan->at, words[i], length) == 0) {
			scan->at += length;
			return true;
		}
	}
	return false;
}

static bool check_key(struct scan *scan)
{
	scan->at = skip_blanks(scan->at, scan->end);
	if (scan->at >= scan->end || *scan->at != '"' || !check_string(scan))
		return false;
	scan->at = skip_blanks(scan->at, scan->end);
	return take(scan, ":");
}

/* A scalar, or the beginning of a collection; *ret_open: a value or its end comes next. */
static bool check_value(struct scan *scan, bool *ret_open)
{
	char c;

	scan->at = skip_blanks(scan->at, scan->end);
	c = scan->at < scan->end ? *scan->at : '\0';
	*ret_open = c == '{' || c == '[';
	if (*ret_open) {
		if (scan->depth == LIMIT_JSON_DEPTH)
			return false;
		scan->open[scan->depth++] = c;
		scan->at++;
		return true;
	}
	if (c == '"')
		return check_string(scan);
	return c == '-' || (c >= '0' && c <= '9') ? check_number(scan) : check_word(scan);
}

/* Behind a value: closes what ends here. *ret_more: another value follows. */
static bool check_end(struct scan *scan, bool *ret_more)
{
	*ret_more = false;
	while (scan->depth) {
		char open = scan->open[scan->depth - 1];

		scan->at = skip_blanks(scan->at, scan->end);
		if (take(scan, ",")) {
			*ret_more = true;
			return open == '[' || check_key(scan);
		}
		if (!take(scan, open == '{' ? "}" : "]"))
			return false;
		scan->depth--;
	}
	return true;
}

/* Behind an opening bracket: whether the collection is empty, or its first key. */
static bool check_first(struct scan *scan, bool *ret_empty)
{
	char open = scan->open[scan->depth - 1];

	scan->at = skip_blanks(scan->at, scan->end);
	*ret_empty = scan->at < scan->end && *scan->at == (open == '{' ? '}' : ']');
	return *ret_empty || open == '[' || check_key(scan);
}

static bool check(struct scan *scan)
{
	bool more = true, open, empty;

	while (more) {
		if (!check_value(scan, &open))
			return false;
		if (open) {
			if (!check_first(scan, &empty))
				return false;
			if (!empty)
				continue;
		}
		if (!check_end(scan, &more))
			return false;
	}
	return skip_blanks(scan->at, scan->end) == scan->end;
}

/* The end of the value that begins at text; the text was checked. */
static const char *value_end(const char *at, const char *end)
{
	unsigned depth = 0;

	do {
		if (*at == '"') {
			for (at++; *at != '"'; at++)
				at += *at == '\\';
		} else if (*at == '{' || *at == '[') {
			depth++;
		} else if (*at == '}' || *at == ']') {
			depth--;
		} else if (!depth) { /* a number or word */
			while (at < end && !is_blank(*at) && !strchr(",]}", *at))
				at++;
			return at;
		}
		at++;
	} while (depth && at < end);
	return at;
}

bool slice_next(struct slice collection, size_t *at, struct slice *ret_key, struct slice *ret)
{
	const char *next, *end;

	if (slice_kind(collection) != (ret_key ? SLICE_MAP : SLICE_LIST))
		return false;
	end = collection.at + collection.length;
	next = skip_blanks(collection.at + *at + 1, end); /* past the bracket or comma */
	if (*next == ']' || *next == '}')
		return false;
	if (ret_key) {
		*ret_key = (struct slice){next, (size_t)(value_end(next, end) - next)};
		next = skip_blanks(next + ret_key->length, end);
		next = skip_blanks(next + 1, end); /* past the colon */
	}
	*ret = (struct slice){next, (size_t)(value_end(next, end) - next)};
	next = skip_blanks(next + ret->length, end);
	/* at the closing bracket: stay one before it, so that the next call sees it */
	*at = (size_t)(next - collection.at) - (*next == ',' ? 0 : 1);
	return true;
}

static int compare_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Whether an object has a key twice. */
static int find_twins(struct slice object, size_t count)
{
	char **keys = calloc(count + 1, sizeof(*keys));
	struct slice key, value;
	size_t at = 0, n = 0;
	int err = keys ? 0 : -ENOMEM;

	while (err == 0 && n < count && slice_next(object, &at, &key, &value)) {
		keys[n] = slice_strdup(key);
		err = keys[n++] ? 0 : -ENOMEM;
	}
	if (err == 0)
		qsort(keys, n, sizeof(*keys), compare_text);
	for (size_t i = 1; err == 0 && i < n; i++)
		err = streq(keys[i - 1], keys[i]) ? -EINVAL : 0;
	for (size_t i = 0; keys && i < n; i++)
		free(keys[i]);
	free(keys);
	return err;
}

/* Each object below value is looked at once; depth was checked. */
static int check_twins(struct slice value)
{
	bool map = slice_kind(value) == SLICE_MAP;
	struct slice key, child;
	size_t at = 0, count = 0;
	int err = 0;

	while (err == 0 && slice_next(value, &at, map ? &key : NULL, &child)) {
		count++;
		if (*child.at == '{' || *child.at == '[')
			err = check_twins(child);
	}
	return err == 0 && map && count > 1 ? find_twins(value, count) : err;
}

int slice_parse(const char *text, size_t length, struct slice *ret)
{
	struct scan scan = {.at = text, .end = text + length};
	const char *begin = skip_blanks(text, text + length);

	if (utf8_valid_prefix(text, length) != length || !check(&scan))
		return -EINVAL;
	*ret = (struct slice){begin, (size_t)(value_end(begin, scan.end) - begin)};
	return check_twins(*ret);
}

enum slice_kind slice_kind(struct slice value)
{
	if (!value.at)
		return SLICE_NONE;
	switch (*value.at) {
	case '{':
		return SLICE_MAP;
	case '[':
		return SLICE_LIST;
	case '"':
		return SLICE_STRING;
	case 'n':
		return SLICE_NULL;
	case 't':
	case 'f':
		return SLICE_BOOL;
	default:
		return SLICE_NUMBER;
	}
}

struct slice slice_get(struct slice object, const char *key)
{
	struct slice name, value;
	size_t at = 0;

	while (slice_next(object, &at, &name, &value))
		if (slice_is(name, key))
			return value;
	return (struct slice){NULL, 0};
}

bool slice_is(struct slice value, const char *text)
{
	cleanup_buf struct buf decoded = {0};

	if (slice_kind(value) != SLICE_STRING)
		return false;
	if (!memchr(value.at, '\\', value.length)) /* as nearly always */
		return value.length - 2 == strlen(text) &&
		       memcmp(value.at + 1, text, value.length - 2) == 0;
	return slice_text(value, &decoded) && streq(buf_text(&decoded), text);
}

static void add_codepoint(struct buf *out, uint32_t c)
{
	if (c < 0x80) {
		buf_addch(out, (char)c);
	} else if (c < 0x800) {
		buf_addch(out, (char)(0xc0 | c >> 6));
		buf_addch(out, (char)(0x80 | (c & 0x3f)));
	} else if (c < 0x10000) {
		buf_addch(out, (char)(0xe0 | c >> 12));
		buf_addch(out, (char)(0x80 | (c >> 6 & 0x3f)));
		buf_addch(out, (char)(0x80 | (c & 0x3f)));
	} else {
		buf_addch(out, (char)(0xf0 | c >> 18));
		buf_addch(out, (char)(0x80 | (c >> 12 & 0x3f)));
		buf_addch(out, (char)(0x80 | (c >> 6 & 0x3f)));
		buf_addch(out, (char)(0x80 | (c & 0x3f)));
	}
}

/* Decodes \uXXXX at at, with its second half if it has one; returns the bytes it took. */
static size_t add_unicode(struct buf *out, const char *at, const char *end)
{
	uint32_t c = hex_value(at + 2), low;

	if (c < 0xd800 || c > 0xdfff) {
		add_codepoint(out, c);
		return 6;
	}
	if (c < 0xdc00 && end - at >= 12 && at[6] == '\\' && at[7] == 'u') {
		low = hex_value(at + 8);
		if (low >= 0xdc00 && low <= 0xdfff) {
			add_codepoint(out, 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00));
			return 12;
		}
	}
	add_codepoint(out, 0xfffd);
	return 6;
}

bool slice_text(struct slice value, struct buf *out)
{
	static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
	const char *at, *end;

	if (slice_kind(value) != SLICE_STRING)
		return false;
	at = value.at + 1;
	end = value.at + value.length - 1;
	while (at < end) {
		const char *escape = memchr(at, '\\', (size_t)(end - at)) ?: end, *known;

		buf_add(out, at, (size_t)(escape - at));
		at = escape;
		if (at == end)
			break;
		if (at[1] == 'u') {
			at += add_unicode(out, at, end);
			continue;
		}
		known = strchr(from, at[1]);
		buf_addch(out, known ? to[known - from] : at[1]);
		at += 2;
	}
	return true;
}

char *slice_strdup(struct slice value)
{
	struct buf out = {0};

	if (!slice_text(value, &out))
		return NULL;
	buf_addstr(&out, ""); /* so that there is a text even when it is empty */
	return buf_take(&out);
}

bool slice_integer(struct slice value, int64_t *ret)
{
	char digits[24], *end;

	if (slice_kind(value) != SLICE_NUMBER || value.length >= sizeof(digits))
		return false;
	memcpy(digits, value.at, value.length);
	digits[value.length] = '\0';
	errno = 0;
	*ret = strtoll(digits, &end, 10);
	if (end > digits && *end == '.') /* 1.0 is one, too */
		end += 1 + strspn(end + 1, "0");
	return !*end && errno == 0;
}
